//! What a workload presents, or what a service would present if it were deployed.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use kvguard_contract::{Mode as Means, Role};

use super::environment::Mode;
use crate::access::identity::{Identity, expand, stem};
use crate::access::placeholder;
use crate::deploy::{Failure, Issued, Workload};
use crate::inputs::Inputs;
use crate::policy::{DeploymentPolicy, IdentityForm, IdentityRule, Policy};

/// A deployment's rules for identities, with the lists of who has one.
pub(super) struct Identities<'a> {
    deployment: &'a DeploymentPolicy,
    policy: &'a Policy,
    rules: Vec<(&'a IdentityRule, Option<BTreeSet<String>>)>,
    /// The contract's modes in which a certificate is presented, the one that the deployment's workloads use most first.
    modes: Vec<&'a str>,
    /// The modes in which SPIFFE IDs are presented that objects of the deployment give; without such a mode they are presented
    /// in each.
    spiffe_modes: Vec<&'a str>,
    /// Whether objects of the deployment give SPIFFE IDs.
    issues: bool,
    /// The prefix that the workloads of the deployment carry before their services' names.
    usual_prefix: Option<&'a str>,
}

/// What somebody presents in a mode; a service shares it with the workload that runs it.
pub(super) type Way = Rc<[Identity]>;

/// The ways in which somebody may present itself: what it presents in each mode it may run in.
pub(super) type Ways = Vec<Way>;

/// Every identity of some ways, each once.
pub(super) fn all_of(ways: &[Way]) -> impl Iterator<Item = &Identity> {
    let all = || ways.iter().flat_map(|way| way.iter());
    let is_first = move |(position, identity): &(usize, &Identity)| {
        !all().take(*position).any(|earlier| earlier == *identity)
    };
    let firsts = all().enumerate().filter(is_first);
    firsts.map(|(_, identity)| identity)
}

/// Who an identity is for.
struct Bearer<'a> {
    workload: &'a str,
    container: &'a str,
    service: Option<&'a str>,
    certificate: Option<&'a str>,
    namespace: Option<&'a str>,
    service_account: Option<&'a str>,
    /// What objects of the deployment give it; `None` if the policy's patterns say.
    issued: Option<&'a [Issued]>,
    mode: &'a Mode,
}

impl<'a> Identities<'a> {
    pub(super) fn new(
        deployment: &'a DeploymentPolicy,
        policy: &'a Policy,
        issues: bool,
        inputs: &mut Inputs,
        failures: &mut Vec<Failure>,
    ) -> Self {
        let rules = deployment
            .identities
            .iter()
            .map(|rule| (rule, listed(rule, inputs, failures)))
            .collect();
        let words = |is_meant: fn(Option<Means>) -> bool| -> Vec<&'a str> {
            let modes = policy.contract.modes.iter();
            let meant = modes.filter(|mode| is_meant(mode.means));
            meant.map(|mode| &*mode.word).collect()
        };
        Self {
            deployment,
            policy,
            rules,
            modes: words(|means| !matches!(means, Some(Means::Credentials | Means::Nkey))),
            spiffe_modes: words(|means| means == Some(Means::Spiffe)),
            issues,
            usual_prefix: None,
        }
    }

    /// Takes it that whoever is not deployed would carry the prefix that most others carry.
    pub(super) fn prefer_prefix<'w>(&mut self, workloads: impl Iterator<Item = &'w Workload>) {
        let names: Vec<&str> = workloads
            .filter(|workload| workload.pod.is_some())
            .map(Workload::base_name)
            .collect();
        let carriers = |prefix: &str| {
            let carrying = names.iter().filter(|name| name.starts_with(prefix));
            carrying.count()
        };
        self.usual_prefix = self
            .policy
            .prefixes
            .iter()
            .map(String::as_str)
            .max_by_key(|prefix| carriers(prefix))
            .filter(|prefix| carriers(prefix) * 2 > names.len());
    }

    /// Takes it that whoever does not tell its mode runs in the one that most others run in.
    pub(super) fn prefer_usual(&mut self, users: &BTreeMap<&str, usize>) {
        self.modes
            .sort_by_key(|mode| std::cmp::Reverse(users.get(mode)));
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
            .get(self.policy.contract.shown_name(Role::Certificate))
            .and_then(|variable| variable.text())
            .and_then(stem);
        let stated =
            service.and_then(|service| self.policy.service(service)?.certificate.as_deref());
        // A workload that does not use the store yet needs no certificate variable; of one that does,
        // a missing one is not made up for.
        let fallback = stated.or(service.filter(|_| !is_kv_sourced));
        let pod = workload.pod.as_ref();
        let issued = pod.map(|pod| pod.issued.as_slice());
        self.of(&Bearer {
            workload: workload.base_name(),
            container: pod.map_or(&workload.name, |pod| &pod.container),
            service,
            certificate: certificate.or(fallback),
            namespace: pod.map(|pod| pod.namespace.as_str()),
            service_account: pod.map(|pod| pod.service_account.as_str()),
            issued: issued.filter(|_| self.issues),
            mode,
        })
    }

    /// The SPIFFE IDs of a workload; `None` where nothing tells who has which.
    pub(super) fn spiffe_ids(
        &self,
        workload: &Workload,
        service: Option<&str>,
    ) -> Option<Vec<String>> {
        let is_undecided = workload
            .pod
            .as_ref()
            .is_some_and(|pod| pod.undecided.is_some());
        if self.issues && is_undecided {
            return None;
        }
        let is_issued = self.issues && workload.pod.is_some();
        let mut rules = self.rules.iter();
        if !is_issued && !rules.any(|(rule, _)| rule.form == IdentityForm::Spiffe) {
            return None;
        }
        let mut ids = Vec::new();
        for mode in &self.spiffe_modes {
            let span = workload.name_span;
            let mode = Mode::Known {
                name: (*mode).to_owned(),
                span,
            };
            let ways = self.of_workload(workload, service, &mode, false);
            let spiffe = all_of(&ways).filter(|identity| identity.form == IdentityForm::Spiffe);
            ids.extend(spiffe.map(|identity| identity.text.clone()));
        }
        // A pattern that lacks a part tells nothing, unless a list tells that the workload has none.
        let is_listed = self
            .rules
            .iter()
            .any(|(rule, listed)| rule.form == IdentityForm::Spiffe && listed.is_some());
        let is_decided = is_issued || is_listed || !ids.is_empty();
        (is_decided && ids.iter().all(|id| placeholder::find(id).is_none())).then_some(ids)
    }

    /// What a service would present if it were deployed.
    pub(super) fn of_service(&self, service: &str) -> Ways {
        let policy = self.policy.service(service);
        let aliases = policy.into_iter().flat_map(|policy| &policy.aliases);
        let certificate = policy.and_then(|policy| policy.certificate.as_deref());
        let names = std::iter::once(service).chain(aliases.map(|alias| alias.value.as_str()));
        let names: Vec<String> = match self.usual_prefix {
            Some(prefix) => names.map(|name| format!("{prefix}{name}")).collect(),
            None => names.map(str::to_owned).collect(),
        };
        let in_pods = self.deployment.kind().is_kubernetes();
        let mut ways = Ways::new();
        for name in &names {
            let bearer = Bearer {
                workload: name,
                container: service,
                service: Some(service),
                certificate: certificate.or(Some(name)),
                namespace: None,
                service_account: Some(name.as_str()).filter(|_| in_pods),
                issued: None,
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

    fn in_mode(&self, bearer: &Bearer<'_>, mode: Option<&str>) -> Way {
        let presents_issued = self.spiffe_modes.is_empty()
            || mode.is_none_or(|mode| self.spiffe_modes.contains(&mode));
        let issued = bearer
            .issued
            .unwrap_or_default()
            .iter()
            .filter(|_| presents_issued)
            .map(|issued| Identity {
                form: IdentityForm::Spiffe,
                text: issued.id.clone(),
                origin: issued.origin,
            });
        let by_pattern = self.rules.iter().filter(|(rule, listed)| {
            let in_mode = match (&rule.modes, mode) {
                (Some(modes), Some(mode)) => modes.iter().any(|name| name == mode),
                _ => true,
            };
            in_mode
                && (bearer.issued.is_none() || rule.form != IdentityForm::Spiffe)
                && listed
                    .as_ref()
                    .is_none_or(|names| names.contains(bearer.workload))
        });
        let by_pattern = by_pattern.filter_map(|(rule, _)| {
            let text = expand(&rule.pattern.value, |name| match name {
                "workload" => Some(bearer.workload.to_owned()),
                "container" => Some(bearer.container.to_owned()),
                "service" => Some(bearer.service.unwrap_or(bearer.workload).to_owned()),
                "certificate" => bearer.certificate.map(str::to_owned),
                "trust_domain" => {
                    let stated = self.deployment.trust_domain.as_ref();
                    stated.map(|stated| stated.value.clone())
                }
                "namespace" => bearer
                    .namespace
                    .map(str::to_owned)
                    .or_else(|| self.deployment.namespace().map(str::to_owned)),
                "service_account" => bearer.service_account.map(str::to_owned),
                _ => None,
            });
            // What lacks a part is not presented; rule no-identity tells of it.
            Some(Identity {
                form: rule.form,
                text: text.ok()?,
                origin: rule.pattern.span,
            })
        });
        issued.chain(by_pattern).collect()
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
            failures.push(Failure::unread(&error, Some(file.span)));
            return Some(BTreeSet::new());
        }
    };
    let source = inputs.sources().get(id);
    if let Some(defect) = source.defect() {
        let message = format!("`{}` is {}", file.value, defect.message);
        failures.push(Failure::new(message, Some(defect.span)));
        return Some(BTreeSet::new());
    }
    let text = source.text().trim_start_matches('\u{feff}');
    let names: BTreeSet<String> = text
        .lines()
        .filter(|text| text.len() <= MAX_LISTED_LINE)
        .filter_map(|text| captured(text, &line.value))
        .collect();
    if names.is_empty() {
        let message = format!(
            "no line of `{}` is like `{}`, so nobody would have an identity",
            file.value, line.value
        );
        failures.push(Failure::new(message, Some(line.span)));
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

#[cfg(test)]
mod tests {
    use super::captured;

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
            ("removing zen", "register {workload}", None),
            ("register zen", "register {workload} *", None),
            ("host7 zen", "host? {workload}", Some("zen")),
            ("host77 zen", "host? {workload}", None),
        ] {
            assert_eq!(captured(line, pattern).as_deref(), name, "{line}");
        }
    }
}
