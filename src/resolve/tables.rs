//! Finds and reads a deployment's access table.

use super::TableState;
use crate::access::AccessTable;
use crate::deploy::{Failure, MountSource, Workload};
use crate::inputs::Inputs;
use crate::policy::{AccessTableFile, DeploymentPolicy, Policy};
use crate::registry::Spanned;
use crate::source::{Documents, Fragment, Node, Problem, Span, Syntax, TokenKind, read};

/// A deployment's table, its bucket's time to live where that would expire something, and what is wrong.
pub(super) struct Found {
    pub(super) table: TableState,
    pub(super) bucket_ttl: Option<Span>,
    pub(super) mode: Option<Spanned<String>>,
    pub(super) malformed: Vec<Problem>,
    pub(super) invalid: Vec<Problem>,
}

pub(super) fn find(
    deployment: &DeploymentPolicy,
    policy: &Policy,
    workloads: &[Workload],
    inputs: &mut Inputs,
    failures: &mut Vec<Failure>,
) -> Found {
    let mut found = Found {
        table: TableState::NotChecked,
        bucket_ttl: None,
        mode: None,
        malformed: Vec::new(),
        invalid: Vec::new(),
    };
    let (documents, syntax) = match store_configuration(deployment, policy, workloads, inputs) {
        Ok(read) => read,
        Err(failure) => {
            failures.push(failure);
            return found;
        }
    };
    let pointer = &deployment.access_table.pointer;
    let root = documents.single();
    found.table = match root.and_then(|root| root.pointer(&pointer.value)) {
        // The file does not parse, which is the cause.
        None if !documents.problems.is_empty() => TableState::NotChecked,
        None => match (root, documents.roots.get(1)) {
            (None, Some(second)) => TableState::Missing {
                span: second.span,
                reason: "its file holds a second document, so it is not clear which one counts"
                    .to_owned(),
            },
            _ => TableState::Missing {
                span: root.map_or(pointer.span, |root| {
                    nearest_parent(root, &pointer.value).span
                }),
                reason: format!("there is nothing at `{}`", pointer.value),
            },
        },
        Some(node) => match AccessTable::read(node, syntax, inputs.sources(), &mut found.invalid) {
            Err(problem) => TableState::Missing {
                span: problem.span,
                reason: problem.message,
            },
            Ok(table) if table.grants.is_empty() => TableState::Missing {
                span: table.span,
                reason: format!("the list at `{}` is empty", pointer.value),
            },
            Ok(table) => {
                // Identities and roles are no secrets, and grants are shown beside each other.
                for grant in &table.grants {
                    for span in [grant.identity.span, grant.role.span] {
                        inputs.sources_mut().note_token(span, TokenKind::Key);
                    }
                }
                TableState::Read(table)
            }
        },
    };
    found.bucket_ttl = deployment
        .access_table
        .bucket_ttl
        .as_ref()
        .and_then(|pointer| root?.pointer(&pointer.value))
        .filter(|ttl| expires(ttl))
        .map(|ttl| ttl.span);
    found.mode = store_mode(deployment, policy, root);
    if let (Some(pointer), Some(root)) = (&deployment.access_table.mode, root)
        && root.pointer(&pointer.value).is_none()
    {
        failures.push(Failure {
            message: format!(
                "deployment `{}`: the store's file has no security mode at `{}`",
                deployment.name.value, pointer.value
            ),
            span: Some(pointer.span),
        });
    }
    found.malformed = documents.problems;
    found
}

/// The store's own security mode, as the contract names it if it does.
fn store_mode(
    deployment: &DeploymentPolicy,
    policy: &Policy,
    root: Option<&Node>,
) -> Option<Spanned<String>> {
    let node = root?.pointer(&deployment.access_table.mode.as_ref()?.value)?;
    let written = node.as_str()?.trim();
    let mut modes = policy.contract.modes.keys();
    // A mode that no client has is one that no client runs in.
    let known = modes.find(|mode| mode.eq_ignore_ascii_case(written));
    let mode = known.map_or(written, String::as_str);
    Some(Spanned::new(mode.to_owned(), node.span))
}

/// The store's configuration file, read.
fn store_configuration(
    deployment: &DeploymentPolicy,
    policy: &Policy,
    workloads: &[Workload],
    inputs: &mut Inputs,
) -> Result<(Documents, Syntax), Failure> {
    let name = &deployment.name.value;
    let (path, span) = match &deployment.access_table.file {
        AccessTableFile::File(file) => (file.value.clone(), file.span),
        AccessTableFile::MountedAt { workload, path } => {
            mounted(deployment, policy, workloads, workload, path)?
        }
    };
    let fail = |message: String| Failure {
        message: format!("deployment `{name}`: {message}"),
        span: Some(span),
    };
    let syntax = Syntax::of_path(&path).ok_or_else(|| {
        fail(format!(
            "the access table's file `{path}` is neither JSON nor YAML nor TOML by its extension"
        ))
    })?;
    let id = inputs
        .read(&path)
        .map_err(|error| fail(format!("the access table's file {error}")))?;
    let fragment = Fragment::of_source(inputs.sources(), id);
    Ok((read(inputs.sources_mut(), &fragment, syntax), syntax))
}

/// The project's file that a workload sees at a path, and where that is written.
fn mounted(
    deployment: &DeploymentPolicy,
    policy: &Policy,
    workloads: &[Workload],
    workload: &Spanned<String>,
    path: &Spanned<String>,
) -> Result<(String, Span), Failure> {
    let name = &deployment.name.value;
    let fail = |message: String, span| Failure {
        message: format!("deployment `{name}`: {message}"),
        span: Some(span),
    };
    let Some(store) = workloads
        .iter()
        .find(|candidate| candidate.name == workload.value)
    else {
        return Err(fail(
            format!(
                "there is no workload `{}`, whose access table is to be read",
                workload.value
            ),
            workload.span,
        ));
    };
    if let Some((file, span)) = mounted_file(store, &path.value) {
        return match file {
            Some(file) => Ok((file, span)),
            None => Err(fail(
                format!(
                    "what workload `{}` sees at `{}` is no file of the project",
                    workload.value, path.value
                ),
                span,
            )),
        };
    }
    policy.map_path(name, &path.value).map(|file| (file, path.span)).ok_or_else(|| {
        fail(
            format!(
                "nothing is mounted into workload `{}` at `{}`; name the file with `file`, or map the path with `[[path_map]]`",
                workload.value, path.value
            ),
            path.span,
        )
    })
}

/// What a workload sees at a path: the project's file (`None` if it is none), and where it is mounted.
pub(super) fn mounted_file(workload: &Workload, path: &str) -> Option<(Option<String>, Span)> {
    workload
        .mounts
        .iter()
        .filter_map(|mount| {
            let rest = path.strip_prefix(mount.target.trim_end_matches('/'))?;
            (rest.is_empty() || rest.starts_with('/')).then_some((mount, rest))
        })
        .max_by_key(|(mount, _)| mount.target.len())
        .map(|(mount, rest)| {
            let file = match &mount.source {
                MountSource::Path(source) => Some(format!("{source}{rest}")),
                MountSource::Host(_) | MountSource::Volume(_) | MountSource::Inline(_) => None,
            };
            (file, mount.span)
        })
}

/// The deepest node on the way to what a pointer names.
fn nearest_parent<'n>(root: &'n Node, pointer: &str) -> &'n Node {
    let mut end = pointer.len();
    loop {
        if let Some(node) = root.pointer(&pointer[..end]) {
            return node;
        }
        match pointer[..end].rfind('/') {
            Some(slash) => end = slash,
            None => return root,
        }
    }
}

/// Whether a time to live expires anything: neither absent nor zero.
fn expires(ttl: &Node) -> bool {
    let Some(scalar) = ttl.as_scalar() else {
        return true;
    };
    let text = scalar.text.trim();
    // `0`, `0s`, `0h0m`: no digit but zero.
    let mut digits = text.chars().filter(char::is_ascii_digit).peekable();
    let zero = digits.peek().is_some() && digits.all(|digit| digit == '0');
    !(ttl.is_null() || text.is_empty() || zero)
}
