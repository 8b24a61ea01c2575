//! Reads single objects: bounded before they are read, and compared with their id afterwards, as git itself does.

use gix::ObjectId;
use gix::objs::{Kind, compute_hash};

/// Why an object could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unread {
    /// It is not in the repository.
    Missing,
    /// It is of another kind, or its content does not belong to its id, or it cannot be read at all.
    Damaged,
    /// It is larger than allowed.
    TooLarge,
}

/// The content of an object of a kind.
pub(super) fn read(
    repository: &gix::Repository,
    id: ObjectId,
    kind: Kind,
    allowed: u64,
) -> Result<Vec<u8>, Unread> {
    let header = repository.try_find_header(id);
    let header = header
        .map_err(|_| Unread::Damaged)?
        .ok_or(Unread::Missing)?;
    if header.kind() != kind {
        return Err(Unread::Damaged);
    }
    if header.size() > allowed {
        return Err(Unread::TooLarge);
    }
    let object = repository.try_find_object(id);
    let object = object
        .map_err(|_| Unread::Damaged)?
        .ok_or(Unread::Missing)?;
    let content = object.detach().data;
    let is_its_content = compute_hash(id.kind(), kind, &content).is_ok_and(|found| found == id);
    if is_its_content {
        Ok(content)
    } else {
        Err(Unread::Damaged)
    }
}

/// What is wrong with an object, and what to type.
pub(super) fn reason(repository: &gix::Repository, id: ObjectId, unread: Unread) -> String {
    match unread {
        Unread::Missing => match promisor(repository) {
            Some(remote) => format!(
                "the git object {id} is not here, as this is a partial clone; `git fetch --refetch --no-filter {remote}` gets what is left out"
            ),
            None => format!(
                "the git object {id} is missing; `git fsck` lists all that are, and `git fetch --refetch` gets those that the remote has"
            ),
        },
        Unread::Damaged => format!(
            "the git object {id} is damaged; `git fsck` lists all that are; clone the repository anew"
        ),
        Unread::TooLarge => format!("the git object {id} is larger than kvguard reads"),
    }
}

/// The remote that has the objects that a partial clone leaves out.
fn promisor(repository: &gix::Repository) -> Option<String> {
    let config = repository.config_snapshot();
    let mut remotes = config.plumbing().sections_by_name("remote")?;
    remotes.find_map(|remote| {
        let is_promisor = remote.value("promisor")?.eq_ignore_ascii_case(b"true");
        let name = remote.header().subsection_name()?;
        is_promisor.then(|| name.to_string())
    })
}
