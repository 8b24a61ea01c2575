//! From the containers of pods to workloads.

use std::sync::Arc;

use super::config_maps::Store;
use super::environment::{Environment, Environments};
use super::expansion::expand_told;
use super::pods::{Names, Pod};
use super::references::References;
use super::{Problems, shown, volumes};
use crate::deploy::command::{Argument, MAX_BYTES, starts_another};
use crate::deploy::{
    self, AddressFilter, AllDangling, Dangling, Idle, Network, PodNetwork, Workload,
};
use crate::source::{Node, Problem};
use crate::suggest::nearest;

/// The annotation that names the container that a pod is for.
const DEFAULT_CONTAINER: &str = "kubectl.kubernetes.io/default-container";

/// The fields of a container.
const FIELDS: &[&str] = &[
    "args",
    "command",
    "env",
    "envFrom",
    "image",
    "imagePullPolicy",
    "lifecycle",
    "livenessProbe",
    "name",
    "ports",
    "readinessProbe",
    "resizePolicy",
    "resources",
    "restartPolicy",
    "restartPolicyRules",
    "securityContext",
    "startupProbe",
    "stdin",
    "stdinOnce",
    "terminationMessagePath",
    "terminationMessagePolicy",
    "tty",
    "volumeDevices",
    "volumeMounts",
    "workingDir",
];

/// What containers refer to.
pub(super) struct Found<'a, 'd> {
    pub(super) store: &'a Store<'d>,
    pub(super) references: &'a References<'d>,
}

/// A workload for each container and each init container.
pub(super) fn workloads(
    pods: &[Pod<'_>],
    surroundings: &[(Arc<PodNetwork>, Option<Idle>)],
    found: &Found<'_, '_>,
    watched: &[&str],
    problems: &mut Problems,
) -> Vec<Workload> {
    let mut environments = Environments::new(watched);
    let mut names = Names::default();
    let mut workloads = Vec::new();
    for (pod, (network, idle)) in pods.iter().zip(surroundings) {
        let containers = problems.list(pod.spec.get("containers"), "`containers`");
        if containers.is_empty() {
            let message = format!(
                "{} `{}` has no container",
                pod.object.kind,
                shown(pod.object.name)
            );
            problems.invalid(pod.object.name_span, message);
        }
        let first = pod.annotations.get(DEFAULT_CONTAINER).copied().or_else(|| {
            containers
                .first()
                .and_then(|container| container.get("name")?.as_str())
        });
        let volumes = volumes::volumes(pod, found.store, problems);
        let of_pod: Arc<[Dangling]> = found.references.of_pod(pod).into();
        let init_containers = problems.list(pod.spec.get("initContainers"), "`initContainers`");
        let containers = containers.iter().map(|container| (container, false));
        let init_containers = init_containers.iter().map(|container| (container, true));
        for (container, is_init) in containers.chain(init_containers) {
            let name = container
                .get("name")
                .and_then(|node| Some((node.as_str()?, node.span)));
            let (Some((name, name_span)), Some(fields)) = (name, container.as_mapping()) else {
                problems.invalid(container.span, "a container without its `name`");
                continue;
            };
            for field in fields.entries() {
                let field_name = &*field.key.text;
                if !FIELDS.contains(&field_name)
                    && let Some(meant) = nearest(field_name, FIELDS.iter().copied())
                {
                    let message = format!(
                        "a container has no field `{}`; did you mean `{meant}`?",
                        shown(field_name)
                    );
                    problems.invalid(field.key.span, message);
                }
            }
            let mut environment = environments.of(container, pod, found.store, problems);
            let issued = pod.issued.iter().filter(|given| {
                given
                    .containers
                    .as_ref()
                    .is_none_or(|containers| containers.iter().any(|meant| meant == name))
            });
            // What an init container lacks is among what the pod lacks.
            let own = if is_init {
                Vec::new()
            } else {
                found.references.of_container(container, pod)
            };
            let command = command(container, &mut environment, &mut environments, problems);
            workloads.push(Workload {
                name: names.unique(&pod.object, name),
                name_span,
                other_names: vec![name.to_owned(), pod.object.name.to_owned()],
                command,
                environment: environment.variables.into_iter().collect(),
                untold: environment.untold,
                is_unread: false,
                overridden: environment.overridden,
                taken: environment.taken,
                image: container.get("image").map(|image| deploy::Image {
                    name: image.as_str().map(str::to_owned),
                    span: image.span,
                }),
                mounts: volumes::mounts(container, &volumes, problems),
                network: Network::Pod(Arc::clone(network)),
                address_filter: AddressFilter::default(),
                is_socket_activated: false,
                idle: idle.clone(),
                dangling: AllDangling {
                    own,
                    of_pod: Arc::clone(&of_pod),
                },
                environment_span: fields.entry("env").map_or(name_span, |env| env.key.span),
                pod: Some(Box::new(deploy::Pod {
                    object: pod.object.name.to_owned(),
                    container: name.to_owned(),
                    is_main: first == Some(name),
                    namespace: pod.object.namespace.to_owned(),
                    namespace_span: pod.object.namespace_span,
                    service_account: pod.service_account.to_owned(),
                    service_account_span: pod.service_account_span,
                    labels_span: pod.labels_span,
                    issued: issued.map(|given| given.issued.clone()).collect(),
                    nearest: pod.nearest.clone(),
                    removed: pod.removed.clone(),
                    undecided: pod.undecided.clone(),
                })),
            });
        }
    }
    workloads
}

/// The words that a container is started with, as far as the files tell: those of its image are not known. A program
/// that starts no other has no words that matter.
fn command(
    container: &Node,
    environment: &mut Environment,
    environments: &mut Environments<'_>,
    problems: &mut Problems,
) -> Vec<Argument> {
    let all_told = environment.untold.is_empty();
    let mut words = Vec::new();
    let mut length = 0;
    for field in ["command", "args"] {
        for item in problems.list(container.get(field), &format!("`{field}`")) {
            let Some(scalar) = item.as_scalar() else {
                continue;
            };
            let text = expand_told(&scalar.text, &environment.variables, all_told);
            let text = text.filter(|text| {
                length += text.len();
                length <= MAX_BYTES && environments.spend(text.len(), item.span, problems)
            });
            let Some(text) = text else {
                let message = "the command becomes too long from here on, and was not read";
                environment.untold.push(Problem::new(item.span, message));
                return Vec::new();
            };
            // The words before it are empty.
            let is_first = length == text.len();
            if is_first && !text.is_empty() && !starts_another(&text) {
                return Vec::new();
            }
            words.push(Argument::Word {
                text,
                span: item.span,
            });
        }
    }
    words
}
