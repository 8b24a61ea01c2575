//! The SPIFFE IDs that `ClusterSPIFFEID` objects give, as SPIRE's controller manager gives them.

use std::collections::HashMap;

use super::objects::Object;
use super::pods::{Given, Pod, labels};
use super::selectors::{Labels, Selector};
use super::template::{self, Part, Value};
use super::{Options, Problems, shown, string_at};
use crate::access::placeholder;
use crate::deploy::Issued;
use crate::source::{Node, Span};

/// The label that every namespace has, with its name.
const NAME_LABEL: &str = "kubernetes.io/metadata.name";

/// How many pairs of a pod and an object that gives identities are looked at for one deployment.
const MAX_PAIRS: usize = 4_000_000;

/// An object that gives identities.
struct Giver<'d> {
    name: &'d str,
    template: Vec<Part>,
    template_text: &'d str,
    template_span: Span,
    pods: Selector<'d>,
    namespaces: Selector<'d>,
    containers: Option<Vec<String>>,
    is_fallback: bool,
}

/// Gives pods their SPIFFE IDs. The result is what is given to no pod and hangs on none; `None` if nothing
/// gives any.
pub(super) fn issue<'d>(
    objects: &[Object<'d>],
    pods: &mut [Pod<'d>],
    options: &Options<'_>,
    problems: &mut Problems,
) -> Option<Vec<Issued>> {
    let mut has_any = false;
    let mut givers = Vec::new();
    for object in objects.iter().filter(|object| object.is("ClusterSPIFFEID")) {
        has_any = true;
        givers.extend(giver(object, problems));
    }
    let namespaces = namespace_labels(objects, problems);
    let mut by_label: HashMap<(&str, &str), Vec<usize>> = HashMap::new();
    let mut of_all = Vec::new();
    for (position, giver) in givers.iter().enumerate() {
        match giver.pods.needed_label() {
            Some(label) => by_label.entry(label).or_default().push(position),
            None => of_all.push(position),
        }
    }
    let mut selected = vec![false; givers.len()];
    let mut told = vec![false; givers.len()];
    let mut pairs = 0_usize;
    for pod in pods {
        let mut of_namespace = namespaces
            .get(pod.object.namespace)
            .cloned()
            .unwrap_or_default();
        of_namespace.insert(NAME_LABEL, pod.object.namespace);
        let mut candidates = of_all.clone();
        for label in &pod.labels {
            candidates.extend(by_label.get(&(*label.0, *label.1)).into_iter().flatten());
        }
        candidates.sort_unstable();
        pairs = pairs.saturating_add(candidates.len());
        if pairs > MAX_PAIRS {
            problems.unsupported(
                pod.object.name_span,
                "too many pods and ClusterSPIFFEIDs; from here on no pod is given an identity",
            );
            break;
        }
        candidates.retain(|position| {
            let giver = &givers[*position];
            giver.pods.matches(&pod.labels) && giver.namespaces.matches(&of_namespace)
        });
        if candidates
            .iter()
            .any(|position| !givers[*position].is_fallback)
        {
            candidates.retain(|position| !givers[*position].is_fallback);
        }
        for position in &candidates {
            selected[*position] = true;
            let giver = &givers[*position];
            // What is wrong with a template is told once, not for each pod.
            let mut own = Problems::default();
            let issued = giver.give(Some(pod), options, &mut own);
            if !own.invalid.is_empty() && !std::mem::replace(&mut told[*position], true) {
                problems.invalid.append(&mut own.invalid);
            }
            if let Some(issued) = issued {
                pod.issued.push(Given {
                    issued,
                    containers: giver.containers.clone(),
                });
            }
        }
        if candidates.is_empty() {
            pod.nearest = nearest(&givers, pod, &of_namespace);
        }
    }
    let left = givers
        .iter()
        .zip(selected)
        .filter(|(giver, selected)| !selected && !template::hangs_on_pod(&giver.template));
    let left = left
        .filter_map(|(giver, _)| giver.give(None, options, problems))
        .collect();
    has_any.then_some(left)
}

fn giver<'d>(object: &Object<'d>, problems: &mut Problems) -> Option<Giver<'d>> {
    let spec = object.node.get("spec");
    let template = spec.and_then(|spec| spec.get("spiffeIDTemplate"));
    let Some((template_text, template_span)) = template
        .and_then(|node| Some((node.as_str()?, node.span)))
        .filter(|(text, _)| !text.is_empty())
    else {
        let message = format!(
            "ClusterSPIFFEID `{}` lacks `spec.spiffeIDTemplate`",
            shown(object.name)
        );
        problems.invalid(object.name_span, message);
        return None;
    };
    let template = match template::parse(template_text) {
        Ok(template) => template,
        Err(what) => {
            problems.unsupported(
                template_span,
                format!("the template of a SPIFFE ID holds {what}, which kvguard does not read"),
            );
            return None;
        }
    };
    let spec = spec?;
    let mut containers: Option<Vec<String>> = None;
    let selectors = problems.list(
        spec.get("workloadSelectorTemplates"),
        "`workloadSelectorTemplates`",
    );
    for selector in selectors {
        match selector.as_str().and_then(|text| text.strip_prefix("k8s:container-name:")) {
            Some(name) if !name.contains("{{") => {
                containers.get_or_insert_default().push(name.to_owned());
            }
            _ => problems.unsupported(
                selector.span,
                "kvguard reads only `k8s:container-name:` of the selectors of workloads; whom the identity reaches is not known",
            ),
        }
    }
    Some(Giver {
        name: object.name,
        template,
        template_text,
        template_span,
        pods: Selector::read(spec.get("podSelector"), problems),
        namespaces: Selector::read(spec.get("namespaceSelector"), problems),
        containers,
        is_fallback: spec.get("fallback").and_then(Node::as_bool) == Some(true),
    })
}

fn namespace_labels<'d>(
    objects: &[Object<'d>],
    problems: &mut Problems,
) -> HashMap<&'d str, Labels<'d>> {
    objects
        .iter()
        .filter(|object| object.is("Namespace"))
        .map(|object| {
            let node = object.node.pointer("/metadata/labels");
            (object.name, labels(node, "label", problems))
        })
        .collect()
}

impl Giver<'_> {
    /// The SPIFFE ID for a pod, or the one for every pod.
    fn give(
        &self,
        pod: Option<&Pod<'_>>,
        options: &Options<'_>,
        problems: &mut Problems,
    ) -> Option<Issued> {
        let id = match template::render(&self.template, |path| value_of(path, pod, options)) {
            Ok(id) => id,
            Err(field) => {
                problems.invalid(
                    self.template_span,
                    format!(
                        "the template of a SPIFFE ID has no field `{}`",
                        shown(&field)
                    ),
                );
                return None;
            }
        };
        if placeholder::find(&id).is_none() {
            if let Err(reason) = check(&id) {
                problems.invalid(
                    self.template_span,
                    format!("the template gives no valid SPIFFE ID: {reason}"),
                );
                return None;
            }
            let trust_domain = trust_domain(&id);
            if let Some(expected) = options.trust_domain
                && trust_domain != Some(expected)
            {
                problems.invalid(
                    self.template_span,
                    format!(
                        "the template gives a SPIFFE ID outside the trust domain `{expected}`, which SPIRE refuses"
                    ),
                );
            }
        }
        Some(Issued {
            id,
            origin: self.template_span,
        })
    }
}

fn value_of<'a>(path: &[String], pod: Option<&'a Pod<'_>>, options: &Options<'a>) -> Value<'a> {
    let names: Vec<&str> = path.iter().map(String::as_str).collect();
    let known = |value: Option<&'a str>| value.map_or(Value::Unknown, Value::Text);
    let in_map = |map: Option<&Labels<'a>>, key: &str| match map {
        None => Value::Unknown,
        Some(map) => map.get(key).copied().map_or(Value::Absent, Value::Text),
    };
    match names.as_slice() {
        ["TrustDomain"] => known(options.trust_domain),
        ["ClusterName"] => known(options.cluster_name),
        ["PodMeta", "Name"] => known(pod.and_then(|pod| pod.name)),
        ["PodMeta", "Namespace"] => known(pod.map(|pod| pod.object.namespace)),
        ["PodMeta", "Labels", key] => in_map(pod.map(|pod| &pod.labels), key),
        ["PodMeta", "Annotations", key] => in_map(pod.map(|pod| &pod.annotations), key),
        ["PodSpec", "ServiceAccountName"] => known(pod.map(|pod| pod.service_account)),
        ["PodSpec", "NodeName"] => known(pod.and_then(|pod| string_at(pod.spec, "/nodeName"))),
        ["PodSpec", "Hostname"] => known(pod.and_then(|pod| string_at(pod.spec, "/hostname"))),
        ["ClusterDomain"]
        | ["PodMeta", "UID" | "GenerateName"]
        | ["NodeMeta", "Name" | "UID"]
        | ["NodeMeta", "Labels" | "Annotations", _]
        | ["NodeSpec", "ProviderID" | "PodCIDR"] => Value::Unknown,
        _ => Value::NoField,
    }
}

fn trust_domain(id: &str) -> Option<&str> {
    id.strip_prefix("spiffe://")?.split('/').next()
}

/// Whether a text is a SPIFFE ID.
fn check(id: &str) -> Result<(), &'static str> {
    let rest = id
        .strip_prefix("spiffe://")
        .ok_or("it must begin with `spiffe://`")?;
    let (domain, path) = rest
        .split_once('/')
        .map_or((rest, None), |(domain, path)| (domain, Some(path)));
    let in_domain = |character: char| {
        character.is_ascii_lowercase()
            || character.is_ascii_digit()
            || matches!(character, '.' | '-' | '_')
    };
    if domain.is_empty() || !domain.chars().all(in_domain) {
        return Err("its trust domain must be of small letters, digits, `.`, `-` and `_`");
    }
    let in_path =
        |character: char| character.is_ascii_alphanumeric() || matches!(character, '.' | '-' | '_');
    for segment in path.into_iter().flat_map(|path| path.split('/')) {
        if segment.is_empty() || segment == "." || segment == ".." {
            return Err("no part of its path may be empty, `.` or `..`");
        }
        if !segment.chars().all(in_path) {
            return Err("its path must be of letters, digits, `.`, `-` and `_`");
        }
    }
    Ok(())
}

/// The selector that keeps a pod from an identity that was probably meant for it.
fn nearest(
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
            shown(giver.name),
            shown(pod.object.namespace)
        );
        return Some((unmet.span, text));
    }
    let meant = givers.iter().find(|giver| {
        let last = giver.template_text.rsplit('/').next();
        giver.name == pod.object.name
            || last == Some(pod.object.name)
            || pod.service_account != "default" && last == Some(pod.service_account)
    })?;
    let unmet = meant.pods.unmet(&pod.labels)?;
    let text = format!(
        "ClusterSPIFFEID `{}` selects pods by the label `{}`",
        shown(meant.name),
        shown(unmet.key)
    );
    Some((unmet.span, text))
}
