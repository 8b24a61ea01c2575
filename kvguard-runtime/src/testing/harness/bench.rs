//! What a case works with.

use std::cell::RefCell;
use std::time::Duration;

use serde_json::Value;

use super::changes::{changed, literal};
use super::document;
use super::failed::Failed;
use super::plan::{Backend, Binary, Literal, Subject, Suite, Trial};
use super::scene::{Ending, Scene};
use super::setup::Setup;
use crate::testing::{Outcome, Recorded};
use crate::{Key, Operation};

/// What stands where a secret would, so that it can be looked for.
pub(super) const CANARY: &str = "kvguard-canary-3f9c27";

/// The service, the deployment, and what follows from them.
pub(super) struct Bench {
    pub(super) suite: &'static Suite,
    pub(super) trial: &'static Trial,
    pub(super) backend: Backend,
    /// The path of the test.
    pub(super) test: String,
    pub(super) key: Key,
    /// The template, with what the attribute sets in it.
    pub(super) template: Value,
    template_text: String,
    /// What a program needs besides the store.
    pub(super) setup: RefCell<Setup>,
    /// Called when a load begins.
    pub(super) began: RefCell<Box<dyn FnMut()>>,
}

/// What the store and the file hold when a service starts.
#[derive(Default)]
pub(super) struct Setting<'s> {
    /// What the key holds.
    pub(super) value: Option<&'s [u8]>,
    /// What the configuration file holds; `None`: the template.
    pub(super) file: Option<&'s str>,
    /// What goes wrong.
    pub(super) fault: Fault,
}

/// What goes wrong from the start.
#[derive(Default, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    #[default]
    None,
    /// The store cannot be reached.
    Outage,
    /// The access table grants nothing to the service.
    Denied,
    /// Watches bring nothing.
    SilentWatches,
}

/// A field that shows whether a value is used.
pub(super) struct Probed {
    pub(super) pointer: String,
    pub(super) changed: Value,
}

/// How many fields are tried of each kind.
const MAX_TRIED: usize = 6;

impl Bench {
    pub(super) fn new(
        suite: &'static Suite,
        trial: &'static Trial,
        backend: Backend,
        test: String,
    ) -> Result<Self, Failed> {
        let (text, location) = trial.template;
        let name = suite.descriptor.name;
        let key = suite.key().map_err(|error| {
            Failed::new(format!("the key of `{name}` cannot be made: {error}"))
                .at(suite.key_location, "declared here")
                .help("give the attribute values for its variables: `values(agent_id = \"a1\")`")
        })?;
        let template = document::parse(suite.descriptor.format, text).map_err(|error| {
            // The reader's words may hold values.
            let _ = error;
            Failed::new(format!(
                "the template of `{name}` is no {}",
                suite.descriptor.format
            ))
            .at(location, "the template")
        })?;
        let mut bench = Self {
            suite,
            trial,
            backend,
            test,
            key,
            template,
            template_text: text.to_owned(),
            setup: RefCell::default(),
            began: RefCell::new(Box::new(|| {})),
        };
        if let Subject::Binary(binary) = &suite.subject {
            bench.setup = RefCell::new(Setup::of(binary)?);
            bench.set_fields(binary.set)?;
        }
        Ok(bench)
    }

    /// Gives fields of the template the values that the attribute says.
    fn set_fields(&mut self, fields: &[(&str, Literal)]) -> Result<(), Failed> {
        for (pointer, value) in fields {
            let value = match literal(*value) {
                Value::String(text) => self.setup.borrow_mut().filled(&text)?.into(),
                other => other,
            };
            let Some(tree) = document::with(&self.template, pointer, value) else {
                return Err(self
                    .failed(format!(
                        "the template has no place for `{pointer}`, which `set` names"
                    ))
                    .at(self.trial.template.1, "the template"));
            };
            self.template = tree;
        }
        if !fields.is_empty() {
            self.template_text = self.text(&self.template)?;
        }
        Ok(())
    }

    /// The program, where one is tested.
    pub(super) fn binary(&self) -> Result<&'static Binary, Failed> {
        match &self.suite.subject {
            Subject::Binary(binary) => Ok(binary),
            _ => Err(Failed::new(
                "a function is no program; this is a mistake of the test itself",
            )),
        }
    }

    /// The name of the configuration file.
    pub(super) fn config_name(&self) -> String {
        self.suite.config_name.map_or_else(
            || format!("config.{}", self.suite.descriptor.format),
            str::to_owned,
        )
    }

    /// The service's and the deployment's names, to begin a message with.
    pub(super) fn who(&self) -> String {
        format!(
            "`{}` in `{}`",
            self.suite.descriptor.name, self.trial.deployment
        )
    }

    /// A failure with the places that it is about.
    pub(super) fn failed(&self, message: impl AsRef<str>) -> Failed {
        Failed::new(format!("{}: {}", self.who(), message.as_ref())).at(
            self.trial.workload_location,
            format!("the workload `{}`", self.trial.workload),
        )
    }

    /// That the case cannot be judged, with the places that it is about.
    pub(super) fn not_judged(&self, why: impl AsRef<str>) -> Failed {
        Failed::not_judged(format!("{}: {}", self.who(), why.as_ref())).at(
            self.trial.workload_location,
            format!("the workload `{}`", self.trial.workload),
        )
    }

    pub(super) fn timeout(&self) -> Duration {
        self.suite.timeout
    }

    /// How long a service may take to do what it is not to do. A busy machine may hide a defect by this, and makes none up.
    pub(super) fn grace(&self) -> Duration {
        match self.backend {
            Backend::Memory => Duration::from_millis(20),
            Backend::Datasvc | Backend::Nats => Duration::from_millis(400),
        }
    }

    /// A tree as text in the service's format.
    pub(super) fn text(&self, tree: &Value) -> Result<String, Failed> {
        document::render(self.suite.descriptor.format, tree)
            .map_err(|_| self.failed("the test cannot write its template in the service's format"))
    }

    /// The template's text.
    pub(super) fn template_text(&self) -> &str {
        &self.template_text
    }

    /// A service that is about to start.
    pub(super) async fn scene(&self, setting: Setting<'_>) -> Result<Scene<'_>, Failed> {
        Scene::open(self, setting).await
    }

    /// What loading comes to, with the template in the store and in the file.
    pub(super) async fn loaded_as_deployed(&self) -> Result<(Scene<'_>, Value), Failed> {
        let setting = Setting {
            value: Some(self.template_text().as_bytes()),
            ..Setting::default()
        };
        let mut scene = self.scene(setting).await?;
        match scene.load().await? {
            Ending::Loaded(loaded) => Ok((scene, loaded.configuration)),
            ending => Err(self
                .failed(format!(
                    "with its template in the store, loading the configuration {}",
                    ending.words()
                ))
                .at(self.trial.template.1, "the template")
                .help("the case `template_loads` is about this alone; mend it first")),
        }
    }

    /// A field whose change, in the store and in the file, the service takes, and which is seen in what it has loaded.
    pub(super) async fn probe(&self) -> Result<Probed, Failed> {
        let (_, configuration) = self.loaded_as_deployed().await?;
        let candidates = self.candidates(&configuration);
        let mut refused = Vec::new();
        for (pointer, changed) in candidates {
            let Some(tree) = document::with(&self.template, &pointer, changed.clone()) else {
                refused.push(pointer);
                continue;
            };
            let text = self.text(&tree)?;
            let setting = Setting {
                value: Some(text.as_bytes()),
                file: Some(&text),
                fault: Fault::None,
            };
            let mut scene = self.scene(setting).await?;
            match scene.load().await? {
                Ending::Loaded(loaded)
                    if loaded.configuration.pointer(&pointer) == Some(&changed) =>
                {
                    return Ok(Probed { pointer, changed });
                }
                _ => refused.push(pointer),
            }
        }
        let tried: Vec<String> = refused
            .iter()
            .map(|pointer| format!("`{}`", document::path_of(pointer)))
            .collect();
        let tried = match tried.as_slice() {
            [] => "no field of the template is seen, under its name there, in what was loaded"
                .to_owned(),
            tried => format!("tried {}", tried.join(", ")),
        };
        Err(self
            .failed(format!(
                "no field can be chosen whose change the service takes and shows; {tried}"
            ))
            .help("name one, and what it may be changed to: `probe(\"/log_level\" = \"debug\")`"))
    }

    /// The field that a binary logs, with what it is changed to.
    pub(super) fn logged_probe(&self) -> Result<(String, Value), Failed> {
        let Some(probe) = self.candidates(&Value::Null).into_iter().next() else {
            return Err(self
                .failed("what a program has loaded cannot be seen")
                .help("name a field that it logs: `probe(\"/log_level\" = \"debug\")`"));
        };
        if self.template.pointer(&probe.0).is_none() {
            return Err(self
                .failed(format!(
                    "the template has no field `{}`, which `probe` names",
                    document::path_of(&probe.0)
                ))
                .at(self.trial.template.1, "the template")
                .help("name a field of the template that the program logs"));
        }
        Ok(probe)
    }

    /// The words by which a program's log tells of the store: its address, the key, and those of the attribute.
    pub(super) fn words<'w>(&'w self, address: Option<&'w str>) -> Result<Vec<&'w str>, Failed> {
        let own = [address, Some(self.key.as_str())];
        let others = self.binary()?.words.iter().copied();
        Ok(own.into_iter().flatten().chain(others).collect())
    }

    /// The template with a field changed, whichever: the text, and the value as it would be logged.
    pub(super) fn any_change(&self) -> Result<(String, String), Failed> {
        let candidates = self.candidates(&self.template).into_iter();
        let mut changed = candidates.filter_map(|(pointer, value)| {
            let logged = value
                .as_str()
                .map_or_else(|| value.to_string(), str::to_owned);
            Some((document::with(&self.template, &pointer, value)?, logged))
        });
        match changed.next() {
            Some((tree, value)) => Ok((self.text(&tree)?, value)),
            None => Err(self.failed("the template has no field that can be changed")),
        }
    }

    /// Fields with what they are changed to: those that the attribute names, else numbers first, then texts, then truth values.
    fn candidates(&self, configuration: &Value) -> Vec<(String, Value)> {
        if !self.suite.probes.is_empty() {
            let probes = self.suite.probes.iter();
            return probes
                .map(|(pointer, value)| ((*pointer).to_owned(), literal(*value)))
                .collect();
        }
        let mut by_kind: [Vec<(String, Value)>; 3] = Default::default();
        for (pointer, value) in document::leaves(&self.template) {
            if configuration.pointer(&pointer) != Some(&value) || self.is_secret(&pointer) {
                continue;
            }
            let Some((kind, changed)) = changed(&value) else {
                continue;
            };
            if by_kind[kind].len() < MAX_TRIED {
                by_kind[kind].push((pointer, changed));
            }
        }
        by_kind.into_iter().flatten().collect()
    }

    /// Whether a field must never reach the store.
    pub(super) fn is_secret(&self, pointer: &str) -> bool {
        let names = document::names(pointer);
        let named = |patterns: &[&str]| {
            // What is below a secret table is secret, too.
            (1..=names.len()).any(|length| {
                patterns
                    .iter()
                    .any(|pattern| document::is_named(pattern, &names[..length]))
            })
        };
        named(self.suite.secret_fields) && !named(self.suite.not_secret_fields)
    }

    /// The first rule that counts for the service, for a failure that is about it.
    pub(super) fn about_grant(&self, failed: Failed) -> Failed {
        match self.trial.grant() {
            Some((role, location)) => {
                failed.at(location, format!("the grant, of the role `{role}`"))
            }
            None => failed.at(
                self.trial.table_location,
                "the access table, which grants it nothing",
            ),
        }
    }
}

/// The operations on a key.
pub(super) fn about<'r>(
    recorded: &'r [Recorded],
    key: &Key,
) -> impl Iterator<Item = &'r Recorded> + Clone + use<'r> {
    let key = key.as_str().to_owned();
    recorded
        .iter()
        .filter(move |recorded| recorded.key.as_deref() == Some(&key))
}

/// Whether an operation gives what a key holds.
pub(super) fn is_read(recorded: &Recorded) -> bool {
    matches!(recorded.operation, Operation::Get | Operation::Watch)
}

/// Whether a write was done.
pub(super) fn is_done_write(recorded: &Recorded) -> bool {
    recorded.operation.is_write() && recorded.outcome == Outcome::Done
}
