//! Commits by their names, and where two of them parted.

use gix::bstr::BStr;
use gix::revision::spec::parse;
use gix::{ObjectId, Repository, objs};
use kvguard::suggest::nearest;

use super::Error;

/// The commit that HEAD names.
pub(super) fn head(repository: &Repository) -> Result<ObjectId, Error> {
    let fail = |error: gix::Error| Error::Unreadable {
        name: "HEAD".to_owned(),
        reason: error.to_string(),
    };
    let head = repository.head().map_err(fail)?;
    if head.is_unborn() {
        let name = head.referent_name();
        let name = name.map_or_else(String::new, |name| name.shorten().to_string());
        return Err(Error::NoCommitYet(name));
    }
    let id = repository.head_id().map_err(fail)?;
    peeled(repository, "HEAD", id.detach())
}

/// The commit that a user names: a branch, a tag, an id or its beginning, or one of these with `~1` or the like behind it.
pub(super) fn commit(repository: &Repository, name: &str) -> Result<ObjectId, Error> {
    let of = |kind: &str| {
        let found = repository.try_find_reference(&format!("refs/{kind}/{name}"));
        found.ok()??.peel_to_id().ok()
    };
    if let (Some(branch), Some(tag)) = (of("heads"), of("tags"))
        && peeled(repository, name, branch.detach()).ok()
            != peeled(repository, name, tag.detach()).ok()
    {
        return Err(Error::BranchAndTag(name.to_owned()));
    }
    let options = parse::Options {
        object_kind_hint: Some(parse::ObjectKindHint::Committish),
        ..parse::Options::default()
    };
    let found = gix::revision::Spec::from_bstr(BStr::new(name), repository, options)
        .map_err(|error| unknown(repository, name, &error))?;
    let id = found
        .single()
        .ok_or_else(|| Error::NotOne(name.to_owned()))?;
    peeled(repository, name, id.detach())
}

/// The commit itself where a tag leads to it.
fn peeled(repository: &Repository, name: &str, id: ObjectId) -> Result<ObjectId, Error> {
    let fail = |error: gix::Error| Error::Unreadable {
        name: name.to_owned(),
        reason: error.to_string(),
    };
    let object = repository.find_object(id).map_err(fail)?;
    let object = object.peel_tags_to_end().map_err(fail)?;
    if object.kind == objs::Kind::Commit {
        return Ok(object.id);
    }
    let kind = if object.kind == objs::Kind::Tree {
        "directory"
    } else {
        "file"
    };
    Err(Error::NotACommit {
        name: name.to_owned(),
        kind: kind.to_owned(),
    })
}

fn unknown(repository: &Repository, name: &str, error: &gix::Error) -> Error {
    let name = name.to_owned();
    let known = error
        .iter_errors()
        .find_map(|error| error.downcast_ref::<parse::Error>());
    if let Some(parse::Error::AmbiguousPrefix { candidates, .. }) = known {
        let candidates: Vec<String> = candidates.iter().map(|(id, _)| id.to_string()).collect();
        let candidates = candidates.join(", ");
        return Error::ShortId { name, candidates };
    }
    let mut hint = match meant(repository, &name) {
        Some(meant) => format!("\n\n  did you mean `{meant}`?"),
        None => "\n\n  `git branch --all`, `git tag` and `git log` list what there is; `git fetch` gets what the remote has"
            .to_owned(),
    };
    if repository.is_shallow().unwrap_or(false) {
        hint.push_str("\n\n  this is a shallow clone, which may lack it: `git fetch --unshallow` gets the rest of the history");
    }
    Error::Unknown { name, hint }
}

/// A name that there is, and that is nearly the same: one of a remote before all others.
fn meant(repository: &Repository, name: &str) -> Option<String> {
    let references = repository.references().ok()?;
    let names: Vec<String> = references
        .all()
        .ok()?
        .filter_map(Result::ok)
        .filter(|reference| reference.name().as_bstr().starts_with(b"refs/"))
        .map(|reference| reference.name().shorten().to_string())
        .collect();
    let mut of_remotes = names.iter().filter(|known| {
        let own = known.split_once('/').map(|(_, own)| own);
        own == Some(name)
    });
    if let Some(of_remote) = of_remotes.next() {
        return Some(of_remote.clone());
    }
    nearest(name, names.iter().map(String::as_str)).map(str::to_owned)
}

/// The best commit that is in the history of both.
pub(super) fn parting(
    repository: &Repository,
    name: &str,
    named: ObjectId,
    head: ObjectId,
) -> Result<ObjectId, Error> {
    let fail = |error: gix::Error| Error::History {
        name: name.to_owned(),
        reason: error.to_string(),
    };
    let base = repository.merge_base(named, head).map_err(fail)?;
    let base = base.map(gix::Id::detach);
    // Where one is in the other's history there is no better one.
    if let Some(base) = base.filter(|base| *base == named || *base == head) {
        return Ok(base);
    }
    // A commit that is missing is passed over, so the history must be whole down to what was found.
    let shallow = repository.shallow_commits().map_err(fail)?;
    let walk = repository.rev_walk([named, head]).with_hidden(base);
    for commit in walk.all().map_err(fail)? {
        let commit = commit.map_err(fail)?;
        let ends_here = |ends: &gix::shallow::Commits| ends.contains(&commit.id);
        if shallow.as_ref().is_some_and(ends_here) {
            return Err(Error::Shallow(name.to_owned()));
        }
    }
    base.ok_or_else(|| Error::Unrelated(name.to_owned()))
}
