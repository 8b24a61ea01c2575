//! What a workload presents, or what a service would present if it were deployed.

use std::collections::BTreeSet;

use super::environment::Mode;
use crate::access::identity::{Identity, expand};
use crate::deploy::{Failure, Workload};
use crate::inputs::Inputs;
use crate::policy::{DeploymentPolicy, IdentityRule, Policy};

/// A deployment's rules for identities, with the lists of who has one.
pub(super) struct Identities<'a> {
    deployment: &'a DeploymentPolicy,
    policy: &'a Policy,
    rules: Vec<(&'a IdentityRule, Option<BTreeSet<String>>)>,
    /// The contract's modes, the one that the deployment's workloads use most first.
    modes: Vec<&'a str>,
}

/// The ways in which somebody may present itself: what it presents in each mode it may run in.
pub(super) type Ways = Vec<Vec<Identity>>;

/// Who an identity is for.
pub(super) struct Bearer<'a> {
    pub(super) workload: &'a str,
    pub(super) service: Option<&'a str>,
    pub(super) certificate: Option<&'a str>,
    pub(super) mode: &'a Mode,
}

impl<'a> Identities<'a> {
    pub(super) fn new(
        deployment: &'a DeploymentPolicy,
        policy: &'a Policy,
        inputs: &mut Inputs,
        failures: &mut Vec<Failure>,
    ) -> Self {
        let rules = deployment
            .identities
            .iter()
            .map(|rule| (rule, listed(rule, inputs, failures)))
            .collect();
        let modes = policy.contract.modes.keys().map(String::as_str).collect();
        Self {
            deployment,
            policy,
            rules,
            modes,
        }
    }

    /// Takes it that whoever does not tell its mode runs in the one that most others run in.
    pub(super) fn prefer_usual(&mut self, modes: &[Mode]) {
        let users = |asked: &str| {
            let same = |mode: &&Mode| matches!(mode, Mode::Known { name, .. } if name == asked);
            modes.iter().filter(same).count()
        };
        self.modes
            .sort_by_cached_key(|mode| std::cmp::Reverse(users(mode)));
    }

    /// What a workload presents.
    pub(super) fn of_workload(
        &self,
        workload: &Workload,
        service: Option<&str>,
        mode: &Mode,
        is_kv_sourced: bool,
    ) -> Ways {
        let certificate = workload
            .environment
            .get(&self.policy.contract.certificate_variable)
            .and_then(|variable| variable.text())
            .and_then(stem);
        let stated =
            service.and_then(|service| self.policy.service(service)?.certificate.as_deref());
        // A workload that does not use the store yet needs no certificate variable; of one that does,
        // a missing one is not made up for.
        let fallback = stated.or(service.filter(|_| !is_kv_sourced));
        self.of(&Bearer {
            workload: &workload.name,
            service,
            certificate: certificate.or(fallback),
            mode,
        })
    }

    /// What a service would present if it were deployed.
    pub(super) fn of_service(&self, service: &str) -> Ways {
        let policy = self.policy.service(service);
        let aliases = policy.into_iter().flat_map(|policy| &policy.aliases);
        let certificate = policy.and_then(|policy| policy.certificate.as_deref());
        let mut ways = Ways::new();
        for name in std::iter::once(service).chain(aliases.map(|alias| alias.value.as_str())) {
            let bearer = Bearer {
                workload: name,
                service: Some(service),
                certificate: certificate.or(Some(name)),
                mode: &Mode::Unset,
            };
            for way in self.of(&bearer) {
                if !ways.contains(&way) {
                    ways.push(way);
                }
            }
        }
        ways
    }

    fn of(&self, bearer: &Bearer<'_>) -> Ways {
        if let Mode::Known { name, .. } = bearer.mode {
            return vec![self.in_mode(bearer, Some(name))];
        }
        if self.modes.is_empty() {
            return vec![self.in_mode(bearer, None)];
        }
        let mut ways = Ways::new();
        for mode in &self.modes {
            let way = self.in_mode(bearer, Some(mode));
            if !ways.contains(&way) {
                ways.push(way);
            }
        }
        ways
    }

    fn in_mode(&self, bearer: &Bearer<'_>, mode: Option<&str>) -> Vec<Identity> {
        self.rules
            .iter()
            .filter(|(rule, listed)| {
                let in_mode = match (&rule.modes, mode) {
                    (Some(modes), Some(mode)) => modes.iter().any(|name| name == mode),
                    _ => true,
                };
                in_mode
                    && listed
                        .as_ref()
                        .is_none_or(|names| names.contains(bearer.workload))
            })
            .filter_map(|(rule, _)| {
                let text = expand(&rule.pattern.value, |name| match name {
                    "workload" => Some(bearer.workload.to_owned()),
                    "service" => Some(bearer.service.unwrap_or(bearer.workload).to_owned()),
                    "certificate" => bearer.certificate.map(str::to_owned),
                    "trust_domain" => self.deployment.trust_domain.clone(),
                    "namespace" => self.deployment.namespace.clone(),
                    _ => None,
                });
                // What lacks a part is not presented; rule no-identity tells of it.
                Some(Identity {
                    form: rule.form,
                    text: text.ok()?,
                    origin: rule.pattern.span,
                })
            })
            .collect()
    }
}

/// The longest line, in bytes, that may list somebody.
const MAX_LISTED_LINE: usize = 4096;

/// The names in the file that lists who has an identity; `None` if there is no such file to heed.
fn listed(
    rule: &IdentityRule,
    inputs: &mut Inputs,
    failures: &mut Vec<Failure>,
) -> Option<BTreeSet<String>> {
    let (file, line) = rule.listed_in.as_ref()?;
    let id = match inputs.read(&file.value) {
        Ok(id) => id,
        Err(error) => {
            failures.push(Failure {
                message: error.to_string(),
                span: Some(file.span),
            });
            return Some(BTreeSet::new());
        }
    };
    let source = inputs.sources().get(id);
    if let Some(defect) = source.defect() {
        failures.push(Failure {
            message: format!("`{}` is {}", file.value, defect.message),
            span: Some(defect.span),
        });
        return Some(BTreeSet::new());
    }
    let text = source.text().trim_start_matches('\u{feff}');
    let names: BTreeSet<String> = text
        .lines()
        .filter(|text| text.len() <= MAX_LISTED_LINE)
        .filter_map(|text| captured(text, &line.value))
        .collect();
    if names.is_empty() {
        failures.push(Failure {
            message: format!(
                "no line of `{}` is like `{}`, so nobody would have an identity",
                file.value, line.value
            ),
            span: Some(line.span),
        });
    }
    Some(names)
}

/// What stands for `{workload}` in a line.
fn captured(line: &str, pattern: &str) -> Option<String> {
    let line = line.trim_matches(|character: char| {
        character.is_whitespace() || matches!(character, '"' | '\'' | ',' | '(' | ')')
    });
    let (before, after) = pattern.split_once("{workload}")?;
    let is_name =
        |character: char| character.is_ascii_alphanumeric() || matches!(character, '-' | '_' | '.');
    let line: Vec<char> = line.chars().collect();
    let starts = matched_prefixes(before.chars(), &line);
    let backwards: Vec<char> = line.iter().rev().copied().collect();
    let ends = matched_prefixes(after.chars().rev(), &backwards);
    let mut end = line.len();
    let mut first = None;
    for start in (0..line.len()).rev() {
        if !is_name(line[start]) {
            end = start;
        } else if starts[start] && ends[line.len() - end] {
            first = Some(start..end);
        }
    }
    Some(line[first?].iter().collect())
}

/// For each length whether a pattern matches so much of a line's beginning: one walk for all of them.
fn matched_prefixes(pattern: impl Iterator<Item = char>, line: &[char]) -> Vec<bool> {
    let mut matched = vec![false; line.len() + 1];
    matched[0] = true;
    for expected in pattern {
        if expected == '*' {
            let first = matched.iter().position(|matched| *matched);
            if let Some(first) = first {
                matched[first..].fill(true);
            }
            continue;
        }
        for length in (1..matched.len()).rev() {
            let fits = expected == '?' || expected == line[length - 1];
            matched[length] = fits && matched[length - 1];
        }
        matched[0] = false;
    }
    matched
}

/// `/etc/acme/certs/agent.pem` → `agent`.
fn stem(path: &str) -> Option<&str> {
    let name = path.trim().rsplit('/').next()?;
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    (!stem.is_empty()).then_some(stem)
}

#[cfg(test)]
mod tests {
    use super::{captured, stem};

    #[test]
    fn a_name_is_captured_between_what_the_pattern_says() {
        for (line, pattern, name) in [
            ("  \"core|serviceradar-core\"", "{workload}|*", Some("core")),
            (
                "register db-event-writer /usr/bin/x",
                "register {workload} *",
                Some("db-event-writer"),
            ),
            ("x register zen", "*register {workload}", Some("zen")),
            ("# nothing", "{workload}|*", None),
            ("|empty", "{workload}|*", None),
        ] {
            assert_eq!(captured(line, pattern).as_deref(), name, "{line}");
        }
    }

    #[test]
    fn the_stem_of_a_certificate_is_its_name_without_directory_and_extension() {
        assert_eq!(stem("/etc/certs/agent.pem"), Some("agent"));
        assert_eq!(stem("agent"), Some("agent"));
        assert_eq!(stem("/etc/certs/"), None);
    }
}
