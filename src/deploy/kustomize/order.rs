//! The order of documents, and of fields.

use super::context::Context;
use super::fields::{Fields, Strictness};
use super::kustomization::Kustomization;
use super::resource::{Gvk, Resource};

/// What comes first, in this order.
const FIRST: [&str; 22] = [
    "Namespace",
    "ResourceQuota",
    "StorageClass",
    "CustomResourceDefinition",
    "ServiceAccount",
    "PodSecurityPolicy",
    "Role",
    "ClusterRole",
    "RoleBinding",
    "ClusterRoleBinding",
    "ConfigMap",
    "Secret",
    "Endpoints",
    "Service",
    "LimitRange",
    "PriorityClass",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "Deployment",
    "StatefulSet",
    "CronJob",
    "PodDisruptionBudget",
];

/// What comes last, in this order.
const LAST: [&str; 2] = [
    "MutatingWebhookConfiguration",
    "ValidatingWebhookConfiguration",
];

fn rank<S: AsRef<str>>(kind: &str, first: &[S], last: &[S]) -> i64 {
    let position = |names: &[S]| {
        let found = names.iter().rposition(|name| name.as_ref() == kind)?;
        i64::try_from(found).ok()
    };
    if let Some(position) = position(last) {
        return position + 1;
    }
    position(first).map_or(0, |position| {
        position - i64::try_from(first.len()).unwrap_or(i64::MAX)
    })
}

fn or<'a>(text: &'a str, absent: &'a str) -> &'a str {
    if text.is_empty() { absent } else { text }
}

fn joined(gvk: &Gvk) -> String {
    format!(
        "{}_{}_{}",
        or(&gvk.group, "~G"),
        or(&gvk.version, "~V"),
        or(&gvk.kind, "~K")
    )
}

/// What orders the fields of a configuration.
pub fn of_fields(gvk: &Gvk) -> (i64, String) {
    (rank(&gvk.kind, &FIRST, &LAST), joined(gvk))
}

/// Sorts an overlay's documents as its `sortOptions` say.
pub fn sort(context: &mut Context<'_>, kustomization: &Kustomization, resources: &mut [Resource]) {
    let problems = &mut context.problems;
    let mut first: Vec<String> = FIRST.map(str::to_owned).to_vec();
    let mut last: Vec<String> = LAST.map(str::to_owned).to_vec();
    let fields = kustomization.root.get("sortOptions").and_then(|node| {
        let known = ["order", "legacySortOptions"];
        Fields::new(
            problems,
            node,
            Strictness::Kustomization,
            "`sortOptions`",
            &known,
        )
    });
    if let Some(fields) = fields {
        let legacy = fields.get("legacySortOptions");
        let order = fields.text(problems, "order");
        match order.as_ref().map(|order| order.value.as_str()) {
            Some("fifo") => {
                if let Some(legacy) = legacy {
                    problems.invalid(legacy.span, "`legacySortOptions` needs `order: legacy`");
                }
                return;
            }
            Some("legacy") => {}
            _ => {
                let span = order.map_or(fields.span, |order| order.span);
                problems.invalid(span, "`order` must be `legacy` or `fifo`");
                return;
            }
        }
        let known = ["orderFirst", "orderLast"];
        let what = "`legacySortOptions`";
        if let Some(fields) = legacy
            .and_then(|node| Fields::new(problems, node, Strictness::Kustomization, what, &known))
        {
            let texts = fields.texts(problems, "orderFirst");
            first = texts.into_iter().map(|text| text.value).collect();
            let texts = fields.texts(problems, "orderLast");
            last = texts.into_iter().map(|text| text.value).collect();
        }
    }
    resources.sort_by_cached_key(|resource| {
        let id = resource.id();
        let gvk = &id.gvk;
        let shown = format!(
            "{}.{}.{}",
            or(&gvk.kind, "[noKind]"),
            or(&gvk.version, "[noVer]"),
            or(&gvk.group, "[noGrp]")
        );
        let name = format!("{shown}|{}|{}", or(&id.namespace, "~X"), or(&id.name, "~N"));
        (rank(&gvk.kind, &first, &last), joined(gvk), name)
    });
}
