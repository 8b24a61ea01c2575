//! Why two commits cannot be compared, and what to type then.

use std::path::PathBuf;

/// Why two commits cannot be compared.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such directory.
    #[error("the root `{}` does not exist", .0.display())]
    NoRoot(PathBuf),
    /// The root is in no repository.
    #[error(
        "`{root}` is in no git repository, and --against compares two commits of one\n\n  run this in a clone of the fleet's repository; without --against the files are checked as they are",
        root = .0.display()
    )]
    NoRepository(PathBuf),
    /// There is a repository, and it cannot be opened.
    #[error("the git repository of `{root}` cannot be opened: {reason}", root = .root.display())]
    NotOpened { root: PathBuf, reason: String },
    /// Its references lie in a form that is not read.
    #[error(
        "the git repository of `{root}` stores its references as `{storage}`, which kvguard does not read\n\n  `git refs migrate --ref-format=files` stores them as files",
        root = .root.display()
    )]
    ReferenceStorage { root: PathBuf, storage: String },
    /// The repository has no work tree.
    #[error(
        "`{directory}` is a bare repository, which has no directory of the fleet\n\n  `git -C {directory} worktree add /path/to/fleet` makes one; run this there",
        directory = .0.display()
    )]
    Bare(PathBuf),
    /// The root lies beside the repository's work tree.
    #[error(
        "`{root}` is not in the work tree of its git repository, `{work_tree}`; name a directory in it with --root",
        root = .root.display(),
        work_tree = .work_tree.display()
    )]
    NotInWorkTree { root: PathBuf, work_tree: PathBuf },
    /// There is no commit yet.
    #[error(
        "HEAD names the branch `{0}`, which has no commit yet\n\n  only what is committed is compared: `git add` the fleet's files and `git commit` them"
    )]
    NoCommitYet(String),
    /// No commit has this name.
    #[error("no commit here is named `{name}`{hint}")]
    Unknown {
        name: String,
        /// What to do, in paragraphs of its own.
        hint: String,
    },
    /// A branch and a tag have the same name.
    #[error(
        "`{0}` is a branch and also a tag, of different commits\n\n  say which one is meant: `--against refs/heads/{0}` or `--against refs/tags/{0}`"
    )]
    BranchAndTag(String),
    /// Several commits begin with these digits.
    #[error(
        "several commits have an id that begins with `{name}`: {candidates}\n\n  type more digits of the one that is meant"
    )]
    ShortId { name: String, candidates: String },
    /// It names a range.
    #[error(
        "`{0}` does not name one commit\n\n  name the branch or the commit that the change is to be compared with; where the two parted is found from that"
    )]
    NotOne(String),
    /// It names something else.
    #[error("`{name}` names a {kind}, not a commit")]
    NotACommit { name: String, kind: String },
    /// The clone does not reach back far enough.
    #[error(
        "this is a shallow clone, and it does not reach back to where `{0}` and HEAD parted\n\n  `git fetch --unshallow` gets the rest of the history; in GitHub Actions, give actions/checkout `fetch-depth: 0`"
    )]
    Shallow(String),
    /// The two have nothing in common.
    #[error("`{0}` and HEAD have no commit in common; name a branch that HEAD came from")]
    Unrelated(String),
    /// The history cannot be followed.
    #[error(
        "the history of `{name}` and HEAD cannot be followed: {reason}\n\n  `git fsck` lists what is missing or damaged in this repository"
    )]
    History { name: String, reason: String },
    /// What is checked out has no policy.
    #[error(
        "HEAD has no `{0}`\n\n  only what is committed is compared: `git add` it and `git commit`, or name with --root or --policy where it is"
    )]
    NoPolicy(String),
    /// A commit cannot be read.
    #[error("the commit `{name}` cannot be read: {reason}")]
    Unreadable { name: String, reason: String },
}
