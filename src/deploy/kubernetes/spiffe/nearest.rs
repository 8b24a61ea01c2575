//! What keeps a pod from an identity that was probably meant for it.

use super::super::pods::Pod;
use super::super::selectors::Labels;
use super::super::shown;
use super::controller::Controllers;
use super::giver::Giver;
use crate::source::Span;

/// That the namespace is one that SPIRE ignores.
pub(super) fn ignored(giver: &Giver<'_>, pod: &Pod<'_>) -> (Span, String) {
    let text = format!(
        "ClusterSPIFFEID `{}` selects it, and SPIRE's controller manager ignores the namespace `{}`",
        shown(giver.object.name),
        shown(pod.object.namespace)
    );
    (giver.object.name_span, text)
}

/// That an object which selects the pod is of a class that nobody looks at.
pub(super) fn unwatched(
    givers: &[Giver<'_>],
    pod: &Pod<'_>,
    of_namespace: &Labels<'_>,
    controllers: &Controllers,
) -> Option<(Span, String)> {
    let giver = givers
        .iter()
        .find(|giver| giver.pods.matches(&pod.labels) && giver.namespaces.matches(of_namespace))?;
    let class = giver.object.node.pointer("/spec/className");
    let text = format!(
        "ClusterSPIFFEID `{}` selects it, and SPIRE's controller manager looks only at {}",
        shown(giver.object.name),
        controllers.classes()
    );
    Some((class.map_or(giver.object.name_span, |node| node.span), text))
}

/// The selector that does not fit only because a patch removed labels of the pod, and the first one of those.
pub(super) fn lost_by_patch(
    givers: &[Giver<'_>],
    pod: &Pod<'_>,
    of_namespace: &Labels<'_>,
) -> Option<((Span, String), (Span, String))> {
    givers
        .iter()
        .filter(|giver| giver.namespaces.matches(of_namespace))
        .find_map(|giver| {
            let requirements = giver.pods.requirements.iter();
            let unmet = requirements.filter(|requirement| !requirement.is_met(&pod.labels));
            let mut removed = unmet.map(|requirement| {
                let span = pod.removed_labels.get(requirement.key)?;
                Some((requirement, *span))
            });
            let (requirement, span) = removed.next()??;
            let all_removed = removed.all(|removed| removed.is_some());
            all_removed.then(|| {
                let wanted = format!(
                    "ClusterSPIFFEID `{}` wants {}",
                    shown(giver.object.name),
                    requirement.wanted()
                );
                let removal = format!("the label `{}` is removed here", shown(requirement.key));
                ((requirement.span, wanted), (span, removal))
            })
        })
}

/// The selector that does not fit.
pub(super) fn nearest(
    givers: &[Giver<'_>],
    pod: &Pod<'_>,
    of_namespace: &Labels<'_>,
) -> Option<(Span, String)> {
    let wrong_namespace = givers
        .iter()
        .find(|giver| !giver.pods.requirements.is_empty() && giver.pods.matches(&pod.labels));
    if let Some(giver) = wrong_namespace
        && let Some(unmet) = giver.namespaces.unmet(of_namespace)
    {
        let text = format!(
            "ClusterSPIFFEID `{}` does not select the namespace `{}`",
            shown(giver.object.name),
            shown(pod.object.namespace)
        );
        return Some((unmet.span, text));
    }
    let meant = givers.iter().find(|giver| {
        let last = giver.template_text.rsplit('/').next();
        giver.object.name == pod.object.name
            || last == Some(pod.object.name)
            || pod.service_account != "default" && last == Some(pod.service_account)
    })?;
    let unmet = meant.pods.unmet(&pod.labels)?;
    let text = format!(
        "ClusterSPIFFEID `{}` selects pods by the label `{}`",
        shown(meant.object.name),
        shown(unmet.key)
    );
    Some((unmet.span, text))
}
