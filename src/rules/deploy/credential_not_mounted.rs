//! A KV-sourced workload into which no volume brings its certificate files or the socket of the Workload API.
//!
//! ## Why
//!
//! The variables are right, and what they name is not there: the client cannot log in, and goes on with its file. It happens when
//! a workload is copied and its volumes are left behind.
//!
//! The rule looks at mode `spiffe`, for the socket, and at mode `mtls`, for the files of the certificate, its key and the
//! authorities. Files may also be part of an image, so it speaks only in deployments in which another client or the store gets the
//! same kind of thing by a volume, and it only warns. Pods into which a mesh or an agent puts something are not judged, nor are
//! units.
//!
//! ## Example
//!
//! Each service of the compose project has `spire-sockets:/run/spire/sockets:ro` among its `volumes`, and `ingest` has none.
//!
//! ## What to do
//!
//! Mount what the other workload mounts. If the image brings it, accept the finding in the policy: `[[allow]]` with
//! `rule = "credential-not-mounted"`, the `service`, the `deployment` and a `reason`.

use std::cell::LazyCell;
use std::collections::HashSet;

use kvguard_contract::{Contract, Mode as Means, Role, SPIFFE_ENDPOINT_SOCKET};

use super::super::common::{about_workload, workload_label};
use crate::deploy::{Mount, MountSource, Network, Workload};
use crate::finding::{Finding, Label};
use crate::resolve::{Deployment, Model, ResolvedWorkload};
use crate::rules::RuleId;

/// The files of mode `mtls`.
const FILES: [Role; 3] = [Role::Certificate, Role::PrivateKey, Role::Authority];

pub(in crate::rules) fn check(model: &Model, findings: &mut Vec<Finding>) {
    let contract = &model.policy.contract;
    for deployment in &model.deployments {
        let with_socket = LazyCell::new(|| with_socket(contract, deployment));
        let with_files = LazyCell::new(|| with_files(contract, deployment));
        let clients = deployment
            .workloads
            .iter()
            .filter(|workload| workload.is_kv_sourced());
        let found = clients
            .filter(|client| is_judged(&client.workload))
            .filter_map(|client| {
                let finding = match client.means(contract)? {
                    Means::Spiffe => without_socket(contract, deployment, client, &with_socket),
                    Means::Mtls => without_files(contract, deployment, client, &with_files),
                    Means::Credentials | Means::Nkey => None,
                };
                Some(about_workload(model, deployment, client, finding?))
            });
        findings.extend(found);
    }
}

/// A workload that gets such a thing by a volume, and how; looked for once in a deployment, if at all.
type Another<'m, F> = LazyCell<Option<(&'m ResolvedWorkload, &'m Mount)>, F>;

/// Whether the files tell all that is mounted.
fn is_judged(workload: &Workload) -> bool {
    match &workload.network {
        Network::Host | Network::Isolated(_) => false,
        Network::Project(_) => true,
        Network::Pod(pod) => !pod.subject.is_untold,
    }
}

fn without_socket<'m>(
    contract: &Contract,
    deployment: &Deployment,
    client: &ResolvedWorkload,
    another: &Another<'m, impl FnOnce() -> Option<(&'m ResolvedWorkload, &'m Mount)>>,
) -> Option<Finding> {
    let path = match socket(contract, client) {
        Socket::Path(path) => Some(path),
        Socket::Unset => None,
        Socket::Other => return None,
    };
    let own = &client.workload.mounts;
    let brings = |mount: &Mount| match path {
        Some(path) => covers(mount, path),
        None => is_of_workload_api(mount),
    };
    if own.iter().any(brings) {
        return None;
    }
    let (other, mount) = (**another)?;
    // Where this one mounts the same or a directory above it, it has the socket, too.
    if path.is_none() && own.iter().any(|own| covers(own, &mount.target)) {
        return None;
    }
    let message = format!(
        "workload `{}` of `{}` runs in mode `spiffe`, and no volume brings it the socket of the Workload API",
        client.workload.name,
        deployment.name()
    );
    let finding = Finding::new(
        RuleId::CredentialNotMounted,
        message,
        Label::new(client.workload.name_span, "it mounts no such socket"),
    )
    .subject("socket");
    Some(as_another(finding, deployment, other, mount))
}

fn without_files<'m>(
    contract: &Contract,
    deployment: &Deployment,
    client: &ResolvedWorkload,
    another: &Another<'m, impl FnOnce() -> Option<(&'m ResolvedWorkload, &'m Mount)>>,
) -> Option<Finding> {
    let lacking: Vec<Role> = FILES
        .into_iter()
        .filter(|role| {
            let path = file(contract, client, *role);
            path.is_some_and(|path| {
                !client
                    .workload
                    .mounts
                    .iter()
                    .any(|mount| covers(mount, &path))
            })
        })
        .collect();
    let (_, first) = client.said(contract, *lacking.first()?)?;
    let (other, mount) = (**another)?;
    let names: Vec<&str> = lacking
        .iter()
        .map(|role| contract.shown_name(*role))
        .collect();
    let message = format!(
        "workload `{}` of `{}` runs in mode `mtls`, and no volume brings the files that `{}` name",
        client.workload.name,
        deployment.name(),
        names.join("`, `")
    );
    let finding = Finding::new(
        RuleId::CredentialNotMounted,
        message,
        Label::new(first.shown_span(), "no volume brings it"),
    )
    .label(workload_label(client));
    let finding = names.into_iter().fold(finding, Finding::subject);
    Some(as_another(finding, deployment, other, mount))
}

/// What a workload mounts, and where: of another container's volumes, which it takes over, nothing is known.
fn mounts_with_place(workload: &ResolvedWorkload) -> impl Iterator<Item = &Mount> {
    let mounts = workload.workload.mounts.iter();
    mounts.filter(|mount| mount.target != "/")
}

/// A client or a store that gets the socket by a volume.
fn with_socket<'m>(
    contract: &Contract,
    deployment: &'m Deployment,
) -> Option<(&'m ResolvedWorkload, &'m Mount)> {
    // Of another client or the store, its known path or the name of what is mounted tells what a mount is for.
    let others = deployment.workloads.iter().enumerate();
    let stores = deployment.stores.iter();
    let of_stores: HashSet<usize> = stores
        .flat_map(|store| store.workloads.iter().copied())
        .collect();
    let mut others =
        others.filter(|(position, other)| other.is_kv_sourced() || of_stores.contains(position));
    others.find_map(|(_, other)| {
        let path = match socket(contract, other) {
            Socket::Path(path) => Some(path),
            Socket::Unset | Socket::Other => None,
        };
        let mut mounts = mounts_with_place(other);
        let mount = mounts.find(|mount| {
            path.is_some_and(|path| covers(mount, path)) || is_of_workload_api(mount)
        })?;
        Some((other, mount))
    })
}

/// A workload that gets a file of a certificate by a volume.
fn with_files<'m>(
    contract: &Contract,
    deployment: &'m Deployment,
) -> Option<(&'m ResolvedWorkload, &'m Mount)> {
    deployment.workloads.iter().find_map(|other| {
        let mut mounts = mounts_with_place(other);
        let mount = mounts.find(|mount| {
            let mut paths = FILES.iter().filter_map(|role| file(contract, other, *role));
            paths.any(|path| covers(mount, &path))
        })?;
        Some((other, mount))
    })
}

/// Says how another workload of the deployment, or the same one, gets such a thing.
fn as_another(
    finding: Finding,
    deployment: &Deployment,
    other: &ResolvedWorkload,
    mount: &Mount,
) -> Finding {
    let name = &other.workload.name;
    let what = match &mount.source {
        MountSource::Volume(volume) if !volume.is_empty() => format!("the volume `{volume}`"),
        MountSource::Path(path) => format!("`{}`", as_compose_writes(path, deployment)),
        MountSource::Host(path) => format!("`{path}`"),
        _ => "what it mounts".to_owned(),
    };
    let text = format!("`{name}` mounts it here");
    finding.label(Label::masked(mount.span, text)).help(format!(
        "mount {what} at `{}`, as workload `{name}` does",
        mount.target
    ))
}

/// A path that is relative to the root, as a compose file writes it: relative to the directory of the project's first file.
fn as_compose_writes(path: &str, deployment: &Deployment) -> String {
    let first = deployment.policy.files.first();
    let directory = first.and_then(|file| file.value.rsplit_once('/'));
    relative(path, directory.map_or("", |(directory, _)| directory))
}

/// The way to a path from a directory, both relative to the root.
fn relative(path: &str, directory: &str) -> String {
    let parts = directory.split('/').filter(|part| !part.is_empty());
    let mut from: Vec<&str> = parts.collect();
    let mut to: Vec<&str> = path.split('/').collect();
    while !from.is_empty() && to.first() == from.first() {
        from.remove(0);
        to.remove(0);
    }
    let up = if from.is_empty() {
        "./".to_owned()
    } else {
        "../".repeat(from.len())
    };
    format!("{up}{}", to.join("/"))
}

/// Where a client looks for the socket.
enum Socket<'w> {
    Path(&'w str),
    /// No variable says it.
    Unset,
    /// It is no socket of a path, or the files do not tell.
    Other,
}

fn socket<'w>(contract: &Contract, workload: &'w ResolvedWorkload) -> Socket<'w> {
    let named = contract.name(Role::WorkloadSocket);
    let mut variables = named.into_iter().chain([SPIFFE_ENDPOINT_SOCKET]);
    let Some(variable) = variables.find_map(|name| workload.variable(name)) else {
        return Socket::Unset;
    };
    let path = variable
        .text()
        .and_then(|text| text.trim().strip_prefix("unix:"));
    match path {
        // `unix:///run/…`, `unix:/run/…`
        Some(path) if path.starts_with('/') => {
            Socket::Path(path.strip_prefix("//").unwrap_or(path))
        }
        _ => Socket::Other,
    }
}

/// The path of a certificate's file, if the files tell it whole.
fn file(contract: &Contract, workload: &ResolvedWorkload, role: Role) -> Option<String> {
    let (name, _) = workload.said(contract, role)?;
    if name.starts_with('/') {
        return Some(name.to_owned());
    }
    let (directory, _) = workload.said(contract, Role::CertificateDirectory)?;
    let path = format!("{}/{name}", directory.trim_end_matches('/'));
    path.starts_with('/').then_some(path)
}

/// Whether a path is that of a mount or below it.
fn covers(mount: &Mount, path: &str) -> bool {
    let target = mount.target.trim_end_matches('/');
    path.strip_prefix(target)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Whether a mount is called as what brings the Workload API's socket.
fn is_of_workload_api(mount: &Mount) -> bool {
    let is_so_called = |text: &str| {
        let text = text.to_ascii_lowercase();
        ["spire", "spiffe", "workload-api"]
            .iter()
            .any(|word| text.contains(word))
    };
    let source = match &mount.source {
        MountSource::Path(text) | MountSource::Host(text) | MountSource::Volume(text) => text,
        MountSource::Inline(_) | MountSource::ConfigMap(_) => return false,
    };
    is_so_called(&mount.target) || is_so_called(source)
}

#[cfg(test)]
mod tests {
    use super::relative;

    #[test]
    fn a_path_is_given_as_the_compose_file_beside_it_would_write_it() {
        for (path, directory, expected) in [
            ("certs", "", "./certs"),
            ("compose/certs", "compose", "./certs"),
            ("compose/site/certs", "compose", "./site/certs"),
            ("certs", "compose", "../certs"),
            ("compose/certs", "compose/site", "../certs"),
        ] {
            assert_eq!(relative(path, directory), expected);
        }
    }
}
