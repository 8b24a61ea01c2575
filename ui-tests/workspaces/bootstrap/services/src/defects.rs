//! A service for each defect: all else is as in the good one.

use std::path::Path;

use kvguard_runtime::{Key, KvStore};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::configuration::{
    Config, Error, KEY, checked, file, is_edge, merge, of_tree, overlay_where_allowed, seed, value,
};
use crate::good;

/// Never asks the store.
pub async fn ignores_the_store(_: &dyn KvStore, path: &Path) -> Result<Config, Error> {
    checked(of_tree(file(path)?)?)
}

/// Has kept the key of the service that it was copied from.
pub async fn reads_anothers_key(store: &dyn KvStore, path: &Path) -> Result<Config, Error> {
    let mut tree = file(path)?;
    let other = Key::new("config/clock.json").expect("a key");
    if let Some(entry) = store.get(&other).await.map_err(Error::Store)? {
        merge(&mut tree, value(entry.value.as_bytes())?);
    }
    checked(of_tree(tree)?)
}

/// Reads another's key besides its own.
pub async fn reads_two_keys(store: &dyn KvStore, path: &Path) -> Result<Config, Error> {
    let other = Key::new("config/clock.json").expect("a key");
    store.get(&other).await.map_err(Error::Store)?;
    good::load(store, path).await
}

/// Lays the file over the store's value.
pub async fn lets_the_file_win(store: &dyn KvStore, path: &Path) -> Result<Config, Error> {
    let file = file(path)?;
    let mut tree = overlay_where_allowed(store, &file)
        .await?
        .unwrap_or(Value::Null);
    merge(&mut tree, file);
    checked(of_tree(tree)?)
}

/// Puts the store's value in the file's place.
pub async fn replaces_the_file(store: &dyn KvStore, path: &Path) -> Result<Config, Error> {
    let file = file(path)?;
    let over = overlay_where_allowed(store, &file).await?;
    checked(of_tree(over.unwrap_or(file))?)
}

/// Leaves an empty store empty.
pub async fn never_seeds(store: &dyn KvStore, path: &Path) -> Result<Config, Error> {
    let mut tree = file(path)?;
    if let Some(entry) = store.get(&KEY).await.map_err(Error::Store)? {
        merge(&mut tree, value(entry.value.as_bytes())?);
    }
    checked(of_tree(tree)?)
}

/// Seeds all that the file holds.
pub async fn seeds_its_secrets(store: &dyn KvStore, path: &Path) -> Result<Config, Error> {
    let tree = file(path)?;
    if !is_edge() {
        match store.create(&KEY, tree.to_string().into()).await {
            Err(error) if !error.is_conflict() => return Err(Error::Store(error)),
            _ => {}
        }
    }
    good::load(store, path).await
}

/// Seeds where the policy says that it only reads.
pub async fn seeds_at_the_edge(store: &dyn KvStore, path: &Path) -> Result<Config, Error> {
    let file = file(path)?;
    let mut tree = file.clone();
    if let Some(over) = crate::configuration::overlay(store, &file).await? {
        merge(&mut tree, over);
    }
    checked(of_tree(tree)?)
}

/// Seeds at every start.
pub async fn seeds_at_every_start(store: &dyn KvStore, path: &Path) -> Result<Config, Error> {
    let held = store.get(&KEY).await.map_err(Error::Store)?;
    let config = good::load(store, path).await?;
    if held.is_some() && !is_edge() {
        let text = seed(file(path)?);
        store.put(&KEY, text.into()).await.map_err(Error::Store)?;
    }
    Ok(config)
}

/// Looks whether the key holds something, and then puts its seed.
pub async fn seeds_over_another(store: &dyn KvStore, path: &Path) -> Result<Config, Error> {
    let file = file(path)?;
    let held = store.get(&KEY).await.map_err(Error::Store)?;
    if held.is_none() && !is_edge() {
        let text = seed(file.clone());
        store.put(&KEY, text.into()).await.map_err(Error::Store)?;
    }
    let mut tree = file;
    if let Some(entry) = held {
        merge(&mut tree, value(entry.value.as_bytes())?);
    }
    checked(of_tree(tree)?)
}

/// Keeps a note of its start in the store.
pub async fn writes_elsewhere(store: &dyn KvStore, path: &Path) -> Result<Config, Error> {
    if !is_edge() {
        let note = Key::new("status/gauge").expect("a key");
        store
            .put(&note, "started".into())
            .await
            .map_err(Error::Store)?;
    }
    good::load(store, path).await
}

/// Goes on with its file where the store cannot be reached.
pub async fn swallows_an_outage(store: &dyn KvStore, path: &Path) -> Result<Config, Error> {
    match good::load(store, path).await {
        Err(Error::Store(error)) if error.is_outage() => checked(of_tree(file(path)?)?),
        ended => ended,
    }
}

/// Goes on with its file where it may not read.
pub async fn swallows_a_denial(store: &dyn KvStore, path: &Path) -> Result<Config, Error> {
    match good::load(store, path).await {
        Err(Error::Store(error)) if error.is_permission_denied() => checked(of_tree(file(path)?)?),
        ended => ended,
    }
}

/// Goes on with its file where the value cannot be read.
pub async fn swallows_a_malformed_value(store: &dyn KvStore, path: &Path) -> Result<Config, Error> {
    match good::load(store, path).await {
        Err(Error::Value(..)) => checked(of_tree(file(path)?)?),
        ended => ended,
    }
}

/// Panics where the value cannot be read.
pub async fn panics_at_a_malformed_value(
    store: &dyn KvStore,
    path: &Path,
) -> Result<Config, Error> {
    match good::load(store, path).await {
        Err(Error::Value(key, why)) => panic!("{key}: {why}"),
        ended => ended,
    }
}

/// Does not tell which value cannot be read.
pub async fn names_no_key(store: &dyn KvStore, path: &Path) -> Result<Config, Error> {
    match good::load(store, path).await {
        Err(Error::Value(..)) => Err(Error::Bare),
        ended => ended,
    }
}

/// Does not look at its critical fields.
pub async fn takes_empty_fields(store: &dyn KvStore, path: &Path) -> Result<Config, Error> {
    let file = file(path)?;
    let over = overlay_where_allowed(store, &file).await?;
    let mut tree = file;
    if let Some(over) = over {
        merge(&mut tree, over);
    }
    of_tree(tree)
}

/// Does not read the variable that supplies a critical field.
pub async fn reads_no_site(store: &dyn KvStore, path: &Path) -> Result<Config, Error> {
    let mut config = good::load(store, path).await?;
    config.site = String::new();
    Ok(config)
}

/// A configuration that the template is none of.
#[derive(Debug, Serialize, Deserialize)]
pub struct Outgrown {
    pub listen: String,
    pub interval_seconds: String,
}

/// Has a configuration that the template is none of.
pub async fn outgrew_its_template(store: &dyn KvStore, path: &Path) -> Result<Outgrown, Error> {
    let file = file(path)?;
    let mut tree = file.clone();
    if let Some(over) = overlay_where_allowed(store, &file).await? {
        merge(&mut tree, over);
    }
    serde_json::from_value(tree).map_err(|error| Error::Value(KEY, error.to_string()))
}

/// Ends its process, as if all were well, where it has no configuration.
pub async fn exits(store: &dyn KvStore, path: &Path) -> Result<Config, Error> {
    match good::load(store, path).await {
        Ok(config) => Ok(config),
        Err(_) => std::process::exit(0),
    }
}

/// Executes itself again where it has no configuration.
pub async fn executes_itself(store: &dyn KvStore, path: &Path) -> Result<Config, Error> {
    match good::load(store, path).await {
        Ok(config) => Ok(config),
        Err(_) => {
            let program = std::env::current_exe().expect("it is run");
            let mut again = std::process::Command::new(program);
            again.args(std::env::args().skip(1));
            #[cfg(unix)]
            {
                use std::os::unix::process::CommandExt;
                panic!("{}", again.exec());
            }
            #[cfg(not(unix))]
            {
                let _ = again.spawn();
                std::process::exit(0)
            }
        }
    }
}
