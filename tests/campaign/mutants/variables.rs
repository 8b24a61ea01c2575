//! Mutants of the variables by which a workload finds its store.

use std::collections::BTreeMap;

use kvguard::contract::Role;
use kvguard::deploy::Variable;
use kvguard::source::Span;

use super::Mutant;
use crate::change::Change;
use crate::fleet::Fleet;

/// A variable as it is written at one place, and the value that another workload of its deployment has for it.
struct Target<'f> {
    fleet: &'f Fleet,
    name: &'f str,
    variable: &'f Variable,
    of_another: Option<&'f str>,
}

pub fn mutants(fleet: &Fleet) -> Vec<Mutant> {
    let targets = targets(fleet);
    targets.iter().flat_map(Target::mutants).collect()
}

fn targets(fleet: &Fleet) -> Vec<Target<'_>> {
    let contract = &fleet.model().policy.contract;
    let names: Vec<&str> = Role::ALL
        .into_iter()
        .filter_map(|role| contract.name(role))
        .collect();
    let mut by_place: BTreeMap<(Span, Span), Target<'_>> = BTreeMap::new();
    for (deployment, workload) in fleet.kv_sourced() {
        for name in &names {
            let Some(variable) = workload.variable(name) else {
                continue;
            };
            let others = deployment.workloads.iter();
            let mut others = others.filter_map(|other| other.variable(name)?.text());
            let of_another = others.find(|value| variable.text() != Some(value));
            by_place
                .entry((variable.name_span, variable.value_span))
                .or_insert(Target {
                    fleet,
                    name,
                    variable,
                    of_another,
                });
        }
    }
    by_place.into_values().collect()
}

impl Target<'_> {
    fn mutants(&self) -> Vec<Mutant> {
        let Variable {
            name_span,
            value_span,
            ..
        } = self.variable;
        let rewritten = |value: &str| self.fleet.rewrite(*value_span, value);
        let mut changes = vec![
            (
                "variable dropped",
                self.fleet.drop_variable(*name_span, *value_span),
            ),
            ("variable emptied", rewritten("")),
            ("variable with a placeholder", rewritten("CHANGEME")),
        ];
        if let Some(value) = self.variable.text() {
            let blank = format!("{value} ");
            changes.push(("variable with a trailing blank", self.quoted(&blank)));
            let case = other_case(value);
            if case != value {
                changes.push(("variable in another case", rewritten(&case)));
            }
        }
        if let Some(value) = self.of_another {
            changes.push(("variable with another's value", rewritten(value)));
        }
        let mutants = changes.into_iter();
        mutants
            .map(|(kind, change)| self.mutant(kind, change))
            .collect()
    }

    /// Written so that blanks at its end count.
    fn quoted(&self, value: &str) -> Change {
        let span = self.variable.value_span;
        let text = self.fleet.sources().get(span.source).text();
        let is_in_quotes = text[..span.end as usize].ends_with(['"', '\''])
            || text[span.end as usize..].starts_with(['"', '\'']);
        if is_in_quotes {
            self.fleet.rewrite(span, value)
        } else {
            self.fleet.rewrite_quoted(span, value)
        }
    }

    fn mutant(&self, kind: &'static str, change: Change) -> Mutant {
        Mutant {
            kind,
            what: self.name.to_owned(),
            file: change.file,
            line: change.line,
            text: change.text,
        }
    }
}

fn other_case(value: &str) -> String {
    let upper = value.to_uppercase();
    if upper == value {
        value.to_lowercase()
    } else {
        upper
    }
}
