//! What `#[kv_bootstrap_test]` expands to: constants that say what is tested with what. Not to be written by hand.

use std::pin::Pin;
use std::time::Duration;

use kvguard_contract::Contract;
#[cfg(feature = "datasvc")]
use kvguard_contract::Role;

use super::KvHarness;
use super::outcome::Boot;
use super::setup::Setup;
use crate::{Descriptor, Key};

/// A service and how it is tested, the same in each deployment.
#[derive(Debug)]
pub struct Suite {
    /// What the service declares.
    pub descriptor: &'static Descriptor,
    /// Where its key is declared.
    pub key_location: &'static str,
    /// The keys, as they are declared, that it may read and write besides its own.
    pub other_keys: &'static [&'static str],
    /// Patterns of the fields that must never reach the store.
    pub secret_fields: &'static [&'static str],
    /// Patterns of those that are no secrets although one of the former names them.
    pub not_secret_fields: &'static [&'static str],
    /// Fields, each with what it may be changed to.
    pub probes: &'static [(&'static str, Literal)],
    /// Values for the variables of the key's template.
    pub values: &'static [(&'static str, &'static str)],
    /// How long one load may take.
    pub timeout: Duration,
    /// The worker threads of the runtime; `None` for one that has the current thread only.
    pub worker_threads: Option<usize>,
    /// What an outage has to come to: `fail` or `use_file`; `None` for either.
    pub on_outage: Option<&'static str>,
    /// Whether the service has to watch its key, or must not; `None` for either.
    pub watch: Option<bool>,
    /// Whether the function gives no result, so that it panics where it fails.
    pub panics: bool,
    /// The name of the configuration file; `None` for `config` with the format's extension.
    pub config_name: Option<&'static str>,
    /// A name that the service expects the store's certificate to be for, besides what the deployment says.
    pub server_name: Option<&'static str>,
    /// What is tested.
    pub subject: Subject,
    /// The files that the tests were made from, absolute, each with a digest of its content.
    pub inputs: &'static [(&'static str, u64)],
}

/// What is tested.
#[derive(Debug)]
pub enum Subject {
    /// A function that is given a store.
    Store(Body),
    /// A function that connects by itself, from the environment.
    Environment(Body),
    /// A binary.
    Binary(Binary),
}

/// The function.
pub type Body = fn(KvHarness) -> Pin<Box<dyn Future<Output = Result<Boot, String>>>>;

/// A program.
#[derive(Debug)]
pub struct Binary {
    /// What is started.
    pub program: Program,
    /// Its arguments, with placeholders: `{config}` stands for the configuration file, see [`Setup`] for the others.
    pub arguments: &'static [&'static str],
    /// Its variables besides those of the deployment, with placeholders.
    pub environment: &'static [(&'static str, &'static str)],
    /// What it logs once it has loaded its configuration.
    pub ready: Option<&'static str>,
    /// The ports that it always uses.
    pub ports: &'static [u16],
    /// The servers that it needs besides the store.
    pub needs: &'static [&'static str],
    /// What gives it whatever else it needs.
    pub before: Option<Before>,
    /// Fields of the template that have another value in the test, with placeholders.
    pub set: &'static [(&'static str, Literal)],
    /// Words by which a line of its log tells of the store.
    pub words: &'static [&'static str],
}

/// A function that prepares a program's surroundings.
pub type Before = fn(&mut Setup) -> Result<(), String>;

/// Where a program is.
#[derive(Debug)]
pub enum Program {
    /// In a file, relative to a directory.
    File {
        /// The package's directory.
        directory: &'static str,
        /// The file.
        path: &'static str,
    },
    /// In a directory of `PATH`.
    Found(&'static str),
}

/// A value in the attribute.
#[derive(Debug, Clone, Copy)]
pub enum Literal {
    /// A string.
    Text(&'static str),
    /// An integer.
    Integer(i64),
    /// Another number.
    Float(f64),
    /// `true` or `false`.
    Bool(bool),
}

/// A workload that runs the service in a deployment.
#[derive(Debug)]
pub struct Trial {
    /// The deployment.
    pub deployment: &'static str,
    /// The workload.
    pub workload: &'static str,
    /// Where it is named.
    pub workload_location: &'static str,
    /// The names and words of its environment.
    pub contract: &'static Contract,
    /// Its security mode, by the contract's word.
    pub mode: Option<&'static str>,
    /// Its environment, each variable with its value if files tell it.
    pub environment: &'static [(&'static str, Option<&'static str>)],
    /// The SPIFFE ID that it presents.
    pub spiffe_id: Option<&'static str>,
    /// The subject that it presents.
    pub subject: Option<&'static str>,
    /// What the store takes it for.
    pub identity: Option<&'static str>,
    /// The forms of identity that the store compares, in the policy's words.
    pub compare: &'static [&'static str],
    /// Whether it tries each form.
    pub tries_all: bool,
    /// Where the access table is.
    pub table_location: &'static str,
    /// The table's rules: who, the role, where it is written.
    pub rules: &'static [(&'static str, &'static str, &'static str)],
    /// The role that it needs.
    pub need: &'static str,
    /// Whether that is less than the most powerful one.
    pub is_need_lowered: bool,
    /// Where the policy says so.
    pub need_location: Option<&'static str>,
    /// The template's text and where it is.
    pub template: (&'static str, &'static str),
    /// The critical fields that something other than the template supplies, with the variable if it is one.
    pub supplied: &'static [(&'static str, Option<&'static str>)],
}

impl Trial {
    /// The name of a role's variable, if the policy names one.
    #[cfg(feature = "datasvc")]
    pub(super) fn name(&self, role: Role) -> Option<&'static str> {
        self.contract.name(role)
    }

    /// The value of a role's variable, if it is set and files tell it.
    #[cfg(feature = "datasvc")]
    pub(super) fn value(&self, role: Role) -> Option<&'static str> {
        let name = self.name(role)?;
        let mut all = self.environment.iter();
        all.find(|(known, _)| *known == name)
            .and_then(|(_, value)| *value)
    }

    /// The workload's variables, with a stand-in for the value of each that its host or a Secret gives.
    pub(super) fn variables(&self) -> impl Iterator<Item = (String, String)> {
        self.environment.iter().map(|(name, value)| {
            let value = value.map_or_else(|| format!("value-of-{name}"), str::to_owned);
            ((*name).to_owned(), value)
        })
    }
}

/// What holds the values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Backend {
    /// Memory.
    Memory,
    /// The data service's interface, in process.
    Datasvc,
    /// A real `nats-server`.
    Nats,
}

/// One test.
#[derive(Debug)]
pub struct Test {
    /// The position of its trial.
    pub trial: usize,
    /// The name of its backend.
    pub backend: &'static str,
    /// The path of its module.
    pub module: &'static str,
    /// Its case.
    pub case: &'static str,
}

impl Suite {
    /// The key, its template filled with the values of the attribute, or else with made-up ones.
    pub(super) fn key(&self) -> Result<Key, String> {
        let variables: Vec<(&str, String)> = self
            .descriptor
            .variables
            .iter()
            .map(|name| (*name, self.value(name)))
            .collect();
        let values: Vec<(&str, &dyn std::fmt::Display)> = variables
            .iter()
            .map(|(name, value)| (*name, value as &dyn std::fmt::Display))
            .collect();
        self.descriptor
            .key(&values)
            .map_err(|error| error.to_string())
    }

    /// The value of a variable of the key's template.
    pub(super) fn value(&self, name: &str) -> String {
        let given = self.values.iter().find(|(known, _)| *known == name);
        given.map_or_else(
            || format!("test-{}", name.replace('_', "-")),
            |(_, value)| (*value).to_owned(),
        )
    }

    /// Whether a key is its own, or one that the policy knows besides.
    pub(super) fn is_known(&self, own: &Key, key: &str) -> bool {
        key == own.as_str() || self.other_keys.iter().any(|declared| fits(declared, key))
    }
}

impl Trial {
    /// The rule that counts for its identity: the role, and where it is.
    pub(super) fn grant(&self) -> Option<(&'static str, &'static str)> {
        let rules = self.rules.iter();
        let mut own = rules.filter(|(identity, _, _)| Some(*identity) == self.identity);
        own.next().map(|(_, role, location)| (*role, *location))
    }
}

/// Whether a key is one of a declared key or key template: each `{{…}}` stands for some text without `/`.
fn fits(declared: &str, key: &str) -> bool {
    let Some((before, rest)) = declared.split_once("{{") else {
        return declared == key;
    };
    let Some(key) = key.strip_prefix(before) else {
        return false;
    };
    let Some((_, after)) = rest.split_once("}}") else {
        return false;
    };
    let end = key.find('/').unwrap_or(key.len());
    (1..=end).any(|length| key.is_char_boundary(length) && fits(after, &key[length..]))
}

#[cfg(test)]
mod tests {
    use super::fits;

    #[test]
    fn a_template_stands_for_all_its_keys() {
        assert!(fits("config/a.json", "config/a.json"));
        assert!(!fits("config/a.json", "config/b.json"));
        assert!(fits("agents/{{id}}.json", "agents/a1.json"));
        assert!(!fits("agents/{{id}}.json", "agents/.json"));
        assert!(!fits("agents/{{id}}.json", "agents/a/b.json"));
        assert!(fits("a/{{id}}/c/{{kind}}", "a/1/c/2"));
    }
}
