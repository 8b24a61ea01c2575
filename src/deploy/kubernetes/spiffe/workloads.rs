//! The selectors of SPIRE that say which workloads of a pod get an identity.

use super::super::pods::Pod;
use super::super::shown;
use crate::deploy::LabelOwner;
use crate::source::Span;

/// Whom selectors leave of a pod. All of them must hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Reach {
    /// Every container.
    All,
    /// One container, and where it is named.
    Container(String, Span),
    /// Nobody: where, and why.
    Nobody(Span, String),
    /// That cannot be decided: where, and why.
    Undecided(Span, String),
}

/// Whom selectors leave of a pod, by their texts and places.
pub(super) fn reach(selectors: &[(String, Span)], pod: &Pod<'_>) -> Reach {
    let mut container: Option<(&str, Span)> = None;
    let mut undecided = None;
    for (text, span) in selectors {
        let holds = match text
            .strip_prefix("k8s:")
            .and_then(|rest| rest.split_once(':'))
        {
            Some(("ns", name)) => name == pod.object.namespace,
            Some(("sa", name)) => name == pod.service_account,
            Some(("pod-label", label)) => {
                let (key, value) = label.split_once(':').unwrap_or((label, ""));
                if !pod.labels.contains_key(key) && LabelOwner::Pod.may_gain(key) {
                    let why = format!(
                        "something else than the files may give pods the label `{}`; whom the identity reaches is not known",
                        shown(key)
                    );
                    undecided.get_or_insert((*span, why));
                    continue;
                }
                pod.labels.get(key).is_some_and(|own| *own == value)
            }
            Some(("container-name", name)) => {
                let is_same = container.is_none_or(|(other, _)| other == name);
                container = Some((name, *span));
                is_same
            }
            _ => {
                let kind: Vec<&str> = text.splitn(3, ':').take(2).collect();
                let why = format!(
                    "kvguard does not read selectors of the kind `{}`; whom the identity reaches is not known",
                    shown(&kind.join(":"))
                );
                undecided.get_or_insert((*span, why));
                true
            }
        };
        if !holds {
            let why = "this selector of workloads does not fit the pod".to_owned();
            return Reach::Nobody(*span, why);
        }
    }
    match (undecided, container) {
        (Some((span, why)), _) => Reach::Undecided(span, why),
        (None, Some((name, span))) => Reach::Container(name.to_owned(), span),
        (None, None) => Reach::All,
    }
}
