//! Writes what keys hold into files, and follows it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::try_join_all;
use kvguard::live::{Action, Expected};
use kvguard_runtime::bootstrap::{SecretFields, Shown};
use kvguard_runtime::{Change, Format, Key, KvStore, StoreError, Value, Watch};

use super::template;
use crate::files;
use crate::live::failure::Failure;
use crate::live::progress::Progress;
use crate::live::session::{Session, key};

/// The pause before a watch that could not be begun is begun again.
const PAUSE: Duration = Duration::from_secs(1);

/// A file, and the key whose value it gets.
pub struct File {
    expected: Expected,
    path: PathBuf,
}

/// A file that gets each value of a key.
pub struct Followed {
    store: Arc<dyn KvStore>,
    /// The store as messages name it.
    place: String,
    key: Key,
    path: PathBuf,
    view: View,
    written: Option<Vec<u8>>,
}

/// How a value is written.
struct View {
    format: Format,
    secrets: SecretFields,
    shown: Shown,
}

/// What is shown of values.
pub fn shown(with_values: bool) -> Shown {
    if with_values {
        Shown::AllButSecrets
    } else {
        Shown::Names
    }
}

/// The file of each expected key. A directory is made if there is none.
///
/// # Errors
///
/// One file is named for several keys; two keys would have one file; the directory cannot be made.
pub fn files(session: &Session, output: &Path) -> Result<Vec<File>, Failure> {
    let expected = &session.target.expected;
    let is_directory = output.is_dir() || ends_with_slash(output);
    if !is_directory {
        let [only] = expected.as_slice() else {
            return Err(Failure::Other(format!(
                "there are {} keys, and --output names one file, `{path}`: name a directory, as `{path}/`, or one key's service with --service",
                expected.len(),
                path = output.display()
            )));
        };
        return Ok(vec![File {
            expected: only.clone(),
            path: output.to_owned(),
        }]);
    }
    files::make_private_directory(output).map_err(|error| Failure::Other(error.to_string()))?;
    let mut taken: BTreeMap<String, &str> = BTreeMap::new();
    let mut files = Vec::with_capacity(expected.len());
    for expected in expected {
        let name = name(session, expected)?;
        // Some file systems do not tell `A` from `a`.
        if let Some(other) = taken.insert(name.to_lowercase(), &expected.key) {
            return Err(Failure::Other(format!(
                "`{other}` and `{}` would both be written to `{name}`: name one of their services with --service",
                expected.key
            )));
        }
        files.push(File {
            expected: expected.clone(),
            path: output.join(name),
        });
    }
    Ok(files)
}

fn ends_with_slash(path: &Path) -> bool {
    let text = path.as_os_str().as_encoded_bytes();
    text.last()
        .is_some_and(|last| std::path::is_separator(char::from(*last)))
}

/// A key's file in a directory: its service and format, and of a key template the instance.
fn name(session: &Session, expected: &Expected) -> Result<String, Failure> {
    let service = session.service(expected);
    let is_plain = |character: char| character.is_alphanumeric() || "-_.".contains(character);
    if service.starts_with('.') || !service.chars().all(is_plain) {
        return Err(Failure::Other(format!(
            "the name of the service `{service}` cannot be a file's: name the file, with --service {service} --output FILE"
        )));
    }
    let (format, _) = template::of_service(session.target.model(), expected);
    let mut name = service.to_owned();
    for value in expected.instance.values() {
        name.push('-');
        name.push_str(value);
    }
    Ok(format!("{name}.{}", format.name()))
}

/// Writes what the keys hold now. What cannot be written is noted.
///
/// # Errors
///
/// A store cannot be connected to.
pub async fn write(
    session: &mut Session,
    files: Vec<File>,
    shown: Shown,
) -> Result<Vec<Followed>, Failure> {
    session
        .progress
        .step("writing what the keys hold", Some(files.len()));
    let mut all = Vec::with_capacity(files.len());
    for file in files {
        let service = session.service(&file.expected).to_owned();
        let store = session.stores.of(&service, session.request_timeout).await?;
        let (format, secrets) = template::of_service(session.target.model(), &file.expected);
        let mut followed = Followed {
            place: session.stores.place(&service)?.shown(),
            key: key(&file.expected)?,
            path: file.path,
            view: View {
                format,
                secrets,
                shown,
            },
            written: None,
            store,
        };
        match followed.store.get(&followed.key).await {
            Ok(Some(entry)) => {
                let text = followed.text(&entry.value);
                if let Err(failure) = text.and_then(|text| followed.write(text)) {
                    session.failures.push(failure);
                }
            }
            // What it should hold, and why it does not, is said already.
            Ok(None) => {}
            Err(error) => {
                let key = &file.expected.key;
                session.note_refusal(&service, key, Action::Read, &error);
            }
        }
        session.progress.advance();
        all.push(followed);
    }
    Ok(all)
}

/// Writes each value that the keys get, until one cannot be watched any more.
///
/// # Errors
///
/// Why one cannot.
pub async fn follow(files: Vec<Followed>, progress: &Progress) -> Result<(), Failure> {
    if files.is_empty() {
        return Ok(());
    }
    progress.step("following the keys; SIGTERM or Ctrl-C ends it", None);
    try_join_all(files.into_iter().map(|file| file.follow(progress))).await?;
    Ok(())
}

impl Followed {
    /// The text that the file gets for a value.
    fn text(&self, value: &Value) -> Result<Vec<u8>, Failure> {
        let view = &self.view;
        let masked = view
            .secrets
            .masked(view.format, value.as_bytes(), view.shown);
        let masked = masked.map_err(|fault| {
            Failure::Other(format!(
                "`{}` holds a value that cannot be read as {}: {fault}; `{}` is not written",
                self.key,
                view.format.name(),
                self.path.display()
            ))
        })?;
        Ok(masked.into_bytes())
    }

    /// Writes the file, unless it has this text; whether it was written.
    fn write(&mut self, text: Vec<u8>) -> Result<bool, Failure> {
        if self.written.as_ref() == Some(&text) {
            return Ok(false);
        }
        files::replace_private(&self.path, &text)
            .map_err(|error| Failure::Other(error.to_string()))?;
        self.written = Some(text);
        Ok(true)
    }

    async fn follow(mut self, progress: &Progress) -> Result<(), Failure> {
        let mut watch = self.begun(progress).await?;
        while let Some(change) = watch.next().await {
            let path = self.path.display().to_string();
            match change {
                Ok(Change::Set { value, .. }) => match self.text(&value) {
                    Ok(text) => {
                        if self.write(text)? {
                            progress.step(&format!("`{path}` is written anew"), None);
                        }
                    }
                    Err(failure) => progress.trouble(&failure.to_string()),
                },
                Ok(Change::Deleted { .. }) => {
                    let told = format!("`{}` was deleted; `{path}` stays as it was", self.key);
                    progress.trouble(&told);
                }
                Err(error) if error.is_outage() => self.wait(progress, &error),
                Err(error) => return Err(Failure::of(self.place, error)),
            }
        }
        Err(Failure::Other(format!(
            "{} tells no more changes of `{}`; start this again",
            self.place, self.key
        )))
    }

    async fn begun(&self, progress: &Progress) -> Result<Watch, Failure> {
        loop {
            match self.store.watch(&self.key).await {
                Ok(watch) => return Ok(watch),
                Err(error) if error.is_outage() => self.wait(progress, &error),
                Err(error) => return Err(Failure::of(self.place.clone(), error)),
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    fn wait(&self, progress: &Progress, error: &StoreError) {
        let told = format!(
            "{}: {}; `{}` is followed again when the store is there",
            self.place,
            error.with_causes(),
            self.key
        );
        progress.trouble(&told);
    }
}
