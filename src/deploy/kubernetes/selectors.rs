//! Label selectors.

use std::collections::BTreeMap;

use super::{Problems, shown};
use crate::source::{Node, Span};

/// The labels of an object.
pub(super) type Labels<'d> = BTreeMap<&'d str, &'d str>;

/// What a label must be for a selector to match.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Requirement<'d> {
    pub(super) key: &'d str,
    pub(super) condition: Condition<'d>,
    /// Where it is written.
    pub(super) span: Span,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Condition<'d> {
    In(Vec<&'d str>),
    NotIn(Vec<&'d str>),
    Exists,
    DoesNotExist,
    /// One that the API server refuses: it matches nothing.
    Refused,
}

/// Whether labels fit a selector.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fit<'s, 'd> {
    Yes,
    No,
    /// It depends on this requirement, and no file says whether the label is there.
    Untold(&'s Requirement<'d>),
}

/// Requirements that must all hold; without any, everything matches.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Selector<'d> {
    pub(super) requirements: Vec<Requirement<'d>>,
}

impl<'d> Selector<'d> {
    /// Reads a selector; one that is absent matches everything, as an empty one does.
    pub(super) fn read(node: Option<&'d Node>, problems: &mut Problems) -> Self {
        let mut requirements = Vec::new();
        let fields = problems.entries(node, "a selector");
        for entry in fields {
            match &*entry.key.text {
                "matchLabels" => {
                    for label in problems.entries(Some(&entry.value), "`matchLabels`") {
                        let value = problems.string(&label.value, || "a label's value".to_owned());
                        requirements.push(Requirement {
                            key: &label.key.text,
                            condition: Condition::In(vec![value.unwrap_or_default()]),
                            span: label.value.span,
                        });
                    }
                }
                "matchExpressions" => {
                    for item in problems.list(Some(&entry.value), "`matchExpressions`") {
                        requirements.push(expression(item, problems));
                    }
                }
                other => problems.invalid(
                    entry.key.span,
                    format!(
                        "a selector has no field `{}`, only `matchLabels` and `matchExpressions`",
                        shown(other)
                    ),
                ),
            }
        }
        Self { requirements }
    }

    /// The first requirement that labels do not meet.
    pub(super) fn unmet(&self, labels: &Labels<'_>) -> Option<&Requirement<'d>> {
        self.requirements
            .iter()
            .find(|requirement| !requirement.is_met(labels))
    }

    /// Whether labels meet every requirement.
    pub(super) fn matches(&self, labels: &Labels<'_>) -> bool {
        self.unmet(labels).is_none()
    }

    /// Whether labels meet every requirement, where `may_gain` tells of a key whether the files may lack a label of it. That
    /// one which is to keep objects out was added unseen is not assumed.
    pub(super) fn fit(&self, labels: &Labels<'_>, may_gain: impl Fn(&str) -> bool) -> Fit<'_, 'd> {
        let mut fit = Fit::Yes;
        for requirement in &self.requirements {
            if requirement.is_met(labels) {
                continue;
            }
            let needs_one = matches!(requirement.condition, Condition::In(_) | Condition::Exists);
            let is_told = labels.contains_key(requirement.key) || !may_gain(requirement.key);
            if is_told || !needs_one {
                return Fit::No;
            }
            fit = Fit::Untold(requirement);
        }
        fit
    }

    /// A label that whatever matches must have, if there is one.
    pub(super) fn needed_label(&self) -> Option<(&'d str, &'d str)> {
        self.requirements
            .iter()
            .find_map(|requirement| match &requirement.condition {
                Condition::In(values) => match values.as_slice() {
                    [value] => Some((requirement.key, *value)),
                    _ => None,
                },
                _ => None,
            })
    }
}

impl Requirement<'_> {
    /// What it wants of a label, for a message: `settings=bucket` in backquotes.
    pub(super) fn wanted(&self) -> String {
        let key = shown(self.key);
        match &self.condition {
            Condition::In(values) => match values.as_slice() {
                [value] => format!("`{key}={}`", shown(value)),
                values => format!("`{key}` to be one of `{}`", shown(&values.join("`, `"))),
            },
            Condition::NotIn(_)
            | Condition::Exists
            | Condition::DoesNotExist
            | Condition::Refused => {
                format!("the label `{key}`")
            }
        }
    }

    pub(super) fn is_met(&self, labels: &Labels<'_>) -> bool {
        let label = labels.get(self.key);
        match &self.condition {
            Condition::In(values) => label.is_some_and(|label| values.contains(label)),
            Condition::NotIn(values) => label.is_none_or(|label| !values.contains(label)),
            Condition::Exists => label.is_some(),
            Condition::DoesNotExist => label.is_none(),
            Condition::Refused => false,
        }
    }
}

fn expression<'d>(item: &'d Node, problems: &mut Problems) -> Requirement<'d> {
    let key = item.get("key").and_then(Node::as_str).unwrap_or_default();
    let operator = item.get("operator");
    let values: Vec<&str> = problems
        .list(item.get("values"), "`values`")
        .iter()
        .filter_map(|value| problems.string(value, || "a label's value".to_owned()))
        .collect();
    let refuse = |problems: &mut Problems, message: &str| {
        problems.invalid(operator.map_or(item.span, |node| node.span), message);
        Condition::Refused
    };
    let condition = match operator.and_then(Node::as_str) {
        Some("In" | "NotIn") if values.is_empty() => {
            refuse(problems, "`In` and `NotIn` need `values`")
        }
        Some("Exists" | "DoesNotExist") if !values.is_empty() => {
            refuse(problems, "`Exists` and `DoesNotExist` take no `values`")
        }
        Some("In") => Condition::In(values),
        Some("NotIn") => Condition::NotIn(values),
        Some("Exists") => Condition::Exists,
        Some("DoesNotExist") => Condition::DoesNotExist,
        _ => refuse(
            problems,
            "the operator of a selector is one of `In`, `NotIn`, `Exists` and `DoesNotExist`",
        ),
    };
    if key.is_empty() {
        problems.invalid(item.span, "an expression of a selector without its `key`");
        return Requirement {
            key,
            condition: Condition::Refused,
            span: item.span,
        };
    }
    Requirement {
        key,
        condition,
        span: item.span,
    }
}
