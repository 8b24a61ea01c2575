//! The model of the crate that is being compiled, read once.
//!
//! One process may expand many crates (rust-analyzer does), so each has its own, by its directories; and it may
//! live long, so a model is read again when its files change.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use kvguard::build_script::{Guard, REGISTRY_FILE};
use proc_macro2::{Span, TokenStream};

use crate::current;
use crate::model::Model;
use crate::runtime_path;
use crate::surroundings::{Site, Surroundings};
use crate::track::{self, Tracked};

/// How many mistakes of a policy or registry one error tells.
const MAX_TOLD: usize = 10;

/// What one expansion works with.
pub(crate) struct Opened {
    /// What the services declare; `Err` with the error that this expansion is to tell, if it is the one.
    pub(crate) model: Result<Arc<Model>, Option<syn::Error>>,
    /// The path of the runtime crate.
    pub(crate) runtime: TokenStream,
    /// What makes the compiler watch what was read; empty but once in a crate.
    pub(crate) tracking: TokenStream,
}

/// What tells crates apart.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Id([Option<OsString>; 6]);

impl Id {
    fn of(around: &Surroundings) -> Self {
        Self(
            [
                "CARGO_MANIFEST_DIR",
                "OUT_DIR",
                "KVGUARD_ROOT",
                "CARGO_PKG_NAME",
                "CARGO_CRATE_NAME",
                "CARGO_BIN_NAME",
            ]
            .map(|name| around.variable(name)),
        )
    }
}

struct Entry {
    model: Result<Arc<Model>, String>,
    tracked: Tracked,
    stamps: Vec<Stamp>,
    runtime: String,
    /// The call that tells what is wrong with the whole model.
    told_at: Option<Site>,
    /// The call that tracks.
    tracked_at: Option<Site>,
}

/// A file's time and size, if it is there.
type Stamp = Option<(SystemTime, u64)>;

static CRATES: Mutex<BTreeMap<Id, Entry>> = Mutex::new(BTreeMap::new());

impl Opened {
    /// Opens the model of the crate around an expansion.
    pub(crate) fn of(around: &Surroundings, runtime: Option<&syn::Path>) -> Self {
        let mut crates = CRATES.lock().unwrap_or_else(PoisonError::into_inner);
        let id = Id::of(around);
        let known = crates.remove(&id);
        let entry = match known {
            Some(entry) if entry.is_fresh() => entry,
            stale => {
                let mut entry = Entry::read(around);
                entry.told_at = stale.and_then(|stale| stale.told_at);
                entry
            }
        };
        let entry = crates.entry(id).or_insert(entry);
        let is_first = entry.tracked_at.get_or_insert_with(|| around.site.clone()) == &around.site;
        let tracking = if is_first {
            track::tokens(&entry.tracked)
        } else {
            TokenStream::new()
        };
        let model = match &entry.model {
            Ok(model) => Ok(Arc::clone(model)),
            Err(message) => {
                let tells =
                    entry.told_at.get_or_insert_with(|| around.site.clone()) == &around.site;
                Err(tells.then(|| syn::Error::new(Span::call_site(), message)))
            }
        };
        Self {
            model,
            runtime: runtime_path::tokens(runtime, &entry.runtime),
            tracking,
        }
    }
}

/// The path of the runtime crate alone, for an expansion that is an error anyway or reads nothing.
pub(crate) fn runtime(around: &Surroundings, argument: Option<&syn::Path>) -> TokenStream {
    let manifest_dir = around.path("CARGO_MANIFEST_DIR");
    runtime_path::tokens(argument, &runtime_path::name(manifest_dir.as_deref()))
}

impl Entry {
    fn read(around: &Surroundings) -> Self {
        let (model, tracked) = left_by_build_script(around).unwrap_or_else(|| declared(around));
        let manifest_dir = around.path("CARGO_MANIFEST_DIR");
        Self {
            stamps: tracked.files.iter().map(|path| stamp(path)).collect(),
            model: model.map(Arc::new),
            tracked,
            runtime: runtime_path::name(manifest_dir.as_deref()),
            told_at: None,
            tracked_at: None,
        }
    }

    /// Where no file was read, one may have appeared.
    fn is_fresh(&self) -> bool {
        let mut pairs = self.tracked.files.iter().zip(&self.stamps);
        !self.stamps.is_empty() && pairs.all(|(path, known)| stamp(path) == *known)
    }
}

fn stamp(path: &Path) -> Stamp {
    let metadata = std::fs::metadata(path).ok()?;
    Some((metadata.modified().ok()?, metadata.len()))
}

/// The registry that this package's own build script has left. `OUT_DIR` may be another's: a compiler that is started by a
/// test inherits the test's.
fn left_by_build_script(around: &Surroundings) -> Option<(Result<Model, String>, Tracked)> {
    let path = around.path("OUT_DIR")?.join(REGISTRY_FILE);
    #[expect(
        clippy::disallowed_methods,
        reason = "what the build script left, no input of the check"
    )]
    let text = std::fs::read_to_string(&path).ok()?;
    let tracked = Tracked {
        files: vec![path],
        is_out_dir: true,
        variables: Vec::new(),
    };
    let read = Model::read(&text).map_err(|error| {
        format!("`{REGISTRY_FILE}`, which the build script left, cannot be read: {error}")
    });
    match read {
        Ok((_, build))
            if build.package.as_ref().map(OsString::from) != around.variable("CARGO_PKG_NAME") =>
        {
            None
        }
        Ok((model, _)) if model.services.is_empty() => {
            let message = "the build script found no registry of services, so that no name can be checked; its own warning says why";
            Some((Err(message.to_owned()), tracked))
        }
        Ok((model, build)) => {
            let is_current = match &build.made_from {
                Some(made_from) => current::check(made_from, around),
                None => Ok(()),
            };
            Some((is_current.map(|()| model), tracked))
        }
        Err(error) => Some((Err(error), tracked)),
    }
}

/// What the policy's registry declares.
fn declared(around: &Surroundings) -> (Result<Model, String>, Tracked) {
    let declared = Guard::new().declared(&|name| around.variable(name));
    let tracked = Tracked {
        files: declared.files,
        is_out_dir: false,
        variables: vec!["KVGUARD_ROOT"],
    };
    let model = if declared.errors.is_empty() {
        Model::read(&declared.registry).map(|(model, _)| model)
    } else {
        Err(one_message(&declared.errors))
    };
    (model, tracked)
}

fn one_message(errors: &[String]) -> String {
    let shown: Vec<&str> = errors.iter().take(MAX_TOLD).map(String::as_str).collect();
    let mut message = shown.join("\n");
    if errors.len() > MAX_TOLD {
        message.push_str(&format!("\nand {} more mistakes", errors.len() - MAX_TOLD));
    }
    message
}

/// A directory that is absolute whatever the compiler's current one is.
pub(crate) fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf())
}
