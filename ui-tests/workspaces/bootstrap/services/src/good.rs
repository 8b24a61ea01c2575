//! A service that is well.

use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_core::Stream;
use kvguard_runtime::testing::harness::Boot;
use kvguard_runtime::{Change, KvStore, Watch};
use serde_json::Value;

use crate::configuration::{
    Config, Error, KEY, checked, file, merge, of_tree, overlay_where_allowed, value,
};

pub async fn load(store: &dyn KvStore, path: &Path) -> Result<Config, Error> {
    let file = file(path)?;
    let over = overlay_where_allowed(store, &file).await?;
    let mut tree = file;
    if let Some(over) = over {
        merge(&mut tree, over);
    }
    checked(of_tree(tree)?)
}

/// Which updates a watch brings.
#[derive(Clone, Copy, Default)]
pub struct Manner {
    pub starts_with_an_update: bool,
    pub ends_with_an_invalid_one: bool,
    pub applies_an_invalid_one: bool,
}

/// As [`load`], and goes on with what a watch brings.
pub async fn watch(store: Arc<dyn KvStore>, path: &Path, manner: Manner) -> Result<Boot, Error> {
    let config = load(&*store, path).await?;
    let base = file(path)?;
    let watch = store.watch(&KEY).await.map_err(Error::Store)?;
    let updates = Updates {
        _store: store,
        watch,
        base,
        last: (!manner.starts_with_an_update).then(|| config.clone()),
        manner,
        is_over: false,
    };
    Ok(Boot::new(&config).with_updates(updates))
}

struct Updates {
    _store: Arc<dyn KvStore>,
    watch: Watch,
    base: Value,
    last: Option<Config>,
    manner: Manner,
    is_over: bool,
}

impl Stream for Updates {
    type Item = Result<Config, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            if self.is_over {
                return Poll::Ready(None);
            }
            let change = match Pin::new(&mut self.watch).poll_next(context) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(None) => return Poll::Ready(None),
                Poll::Ready(Some(Err(error))) => {
                    return Poll::Ready(Some(Err(Error::Store(error))));
                }
                Poll::Ready(Some(Ok(change))) => change,
            };
            let Change::Set { value: bytes, .. } = change else {
                continue;
            };
            let read = value(bytes.as_bytes()).and_then(|over| {
                let mut tree = self.base.clone();
                merge(&mut tree, over);
                checked(of_tree(tree)?)
            });
            match read {
                Ok(config) if self.last.as_ref() == Some(&config) => {}
                Ok(config) => {
                    self.last = Some(config.clone());
                    return Poll::Ready(Some(Ok(config)));
                }
                Err(_) if self.manner.ends_with_an_invalid_one => self.is_over = true,
                Err(_) if self.manner.applies_an_invalid_one => {
                    let mut config = self.last.clone().expect("something was loaded");
                    config.listen = String::new();
                    return Poll::Ready(Some(Ok(config)));
                }
                Err(error) => return Poll::Ready(Some(Err(error))),
            }
        }
    }
}
