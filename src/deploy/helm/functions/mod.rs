//! Helm's and Sprig's functions. A function is added by one line in its family's list.
#![expect(
    clippy::unnecessary_wraps,
    reason = "what a table of functions holds has one signature"
)]

mod ciphers;
mod dates;
mod defaults;
mod dicts;
mod durations;
mod encoding;
mod hashes;
pub(crate) mod helm;
pub(crate) mod json;
mod layout;
mod lists;
mod math;
mod paths;
mod pattern;
mod reflection;
mod regex;
mod regex_parse;
mod regex_run;
pub(crate) mod semver;
mod strings;
mod text_shapes;
mod toml;
mod urls;
mod words;
pub(crate) mod yaml;
mod yaml_scalar;

use std::sync::OnceLock;

use super::template::value::Value;
use super::template::{Arguments, Frame, Refusal};

pub(crate) use dates::Moment;
pub(crate) use encoding::base64;
pub(crate) use paths::base as base_name;
pub(crate) use pattern::Pattern;
pub(crate) use urls::query_escape;

/// What a function does.
pub(crate) type Run = fn(&mut Frame<'_>, &Arguments) -> Result<Value, Refusal>;

/// What a function gives.
type Outcome = Result<Value, Refusal>;

/// A function that templates can call.
#[derive(Debug)]
pub(crate) struct Function {
    name: &'static str,
    /// A letter for each parameter, see [`super::template::Parameter`]; `*` behind the last one if there
    /// may be any number of it.
    pub(crate) takes: &'static str,
    pub(crate) run: Run,
}

impl Function {
    const fn new(name: &'static str, takes: &'static str, run: Run) -> Self {
        Self { name, takes, run }
    }
}

/// The families, of which an earlier one goes before a later one.
const FAMILIES: [&[Function]; 14] = [
    helm::FUNCTIONS,
    ciphers::FUNCTIONS,
    dates::FUNCTIONS,
    defaults::FUNCTIONS,
    dicts::FUNCTIONS,
    encoding::FUNCTIONS,
    hashes::FUNCTIONS,
    lists::FUNCTIONS,
    math::FUNCTIONS,
    paths::FUNCTIONS,
    reflection::FUNCTIONS,
    regex::FUNCTIONS,
    strings::FUNCTIONS,
    urls::FUNCTIONS,
];

/// A function by its name.
pub(crate) fn find(name: &str) -> Option<&'static Function> {
    static BY_NAME: OnceLock<Vec<(u64, &'static Function)>> = OnceLock::new();
    let by_name = BY_NAME.get_or_init(|| {
        let families = FAMILIES.into_iter().flatten();
        let all = families.chain(semver::FUNCTIONS);
        let mut all: Vec<_> = all.map(|one| (beginning(one.name), one)).collect();
        // Of equal names the first stays.
        all.sort_by_key(|(_, function)| function.name);
        all.dedup_by_key(|(_, function)| function.name);
        all
    });
    let sought = (beginning(name), name);
    let position = by_name.binary_search_by_key(&sought, |(begins, one)| (*begins, one.name));
    position.ok().map(|position| by_name[position].1)
}

/// The first bytes of a name as a number, which has the order of the names and is compared in one step.
fn beginning(name: &str) -> u64 {
    let mut bytes = [0; 8];
    let length = name.len().min(bytes.len());
    bytes[..length].copy_from_slice(&name.as_bytes()[..length]);
    u64::from_be_bytes(bytes)
}

/// Whether templates can call a function of a name.
pub(crate) fn is_function(name: &str) -> bool {
    matches!(
        name,
        "and"
            | "or"
            | "not"
            | "len"
            | "index"
            | "print"
            | "println"
            | "printf"
            | "html"
            | "js"
            | "urlquery"
            | "call"
            | "eq"
            | "ne"
            | "lt"
            | "le"
            | "gt"
            | "ge"
    ) || find(name).is_some()
}

/// Every function's name, sorted.
#[cfg(test)]
pub(crate) fn names() -> Vec<&'static str> {
    let mut names: Vec<&'static str> = FAMILIES
        .into_iter()
        .flatten()
        .chain(semver::FUNCTIONS)
        .map(|function| function.name)
        .collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// What Go says when code indexes past an end, which Sprig does on some arguments.
fn out_of_range() -> Refusal {
    "runtime error: slice bounds out of range".into()
}

/// Text that a function would cut in the middle of a character.
fn no_text() -> Refusal {
    Refusal::Unsupported(
        "the function makes bytes that are no text, which kvguard does not hold".to_owned(),
    )
}
