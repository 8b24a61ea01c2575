//! The SPIFFE IDs that `ClusterStaticEntry` objects give.

use super::super::objects::Object;
use super::super::{Problems, shown, string_at};
use super::controller::{Controllers, Watched};
use super::id;
use crate::deploy::Issued;
use crate::source::{Node, Span};

/// An entry with its selectors, all of which must hold.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) issued: Issued,
    pub(super) selectors: Vec<(String, Span)>,
}

impl Entry {
    /// Whether it may be for a pod of the cluster.
    pub(super) fn is_for_pods(&self) -> bool {
        let mut selectors = self.selectors.iter();
        selectors.any(|(text, _)| text.starts_with("k8s:"))
    }
}

/// The entries that the controller manager reads.
pub(super) fn entries(
    objects: &[Object<'_>],
    controllers: &Controllers,
    problems: &mut Problems,
) -> Vec<Entry> {
    let own = objects.iter().filter(|object| {
        object.is("ClusterStaticEntry")
            && controllers.watches(string_at(object.node, "/spec/className")) != Watched::No
    });
    own.filter_map(|object| entry(object, problems)).collect()
}

fn entry(object: &Object<'_>, problems: &mut Problems) -> Option<Entry> {
    let node = object.node.pointer("/spec/spiffeID");
    let text = node.and_then(Node::as_str).unwrap_or_default();
    let span = node.map_or(object.name_span, |node| node.span);
    if let Err(reason) = id::check(text) {
        let message = format!(
            "ClusterStaticEntry `{}` has no valid `spec.spiffeID`: {reason}",
            shown(object.name)
        );
        problems.invalid(span, message);
        return None;
    }
    let items = problems.list(object.node.pointer("/spec/selectors"), "`selectors`");
    let selectors = items
        .iter()
        .filter_map(|item| Some((item.as_str()?.to_owned(), item.span)));
    Some(Entry {
        issued: Issued {
            id: text.to_owned(),
            origin: span,
        },
        selectors: selectors.collect(),
    })
}
