//! The two commits, each checked by itself.

use kvguard::allowed::baseline::BASELINE_FILE;
use kvguard::check::{Options, POLICY_FILE, Report, check_inputs, unknown_names};
use kvguard::deploy::Failure;
use kvguard::finding::Finding;
use kvguard::inputs::{InputErrorKind, Inputs, Tree};
use kvguard::rules::links::NotJudged;

use super::changes::{is_known, known, take_common};
use crate::fleet::{Error, show_paths_from_here};
use crate::git::{self, Commit, Repository};

/// Two commits, with the findings that only one of them has.
pub struct Compared {
    /// Where HEAD parted from what it is compared with. Its findings are those that were removed since.
    pub base: Base,
    /// What is checked out. Its findings are those that were added.
    pub head: Side,
    /// What is neither added nor removed.
    pub rest: Rest,
    /// The files of HEAD that the check read and that the work tree holds otherwise, sorted.
    pub uncommitted: Vec<String>,
}

/// What two commits have in common, and what is found no longer for another reason than that it is mended.
#[derive(Default)]
pub struct Rest {
    /// How many findings both have.
    pub common: usize,
    /// HEAD's findings that HEAD allows and the base did not, whether or not the base had them.
    pub allowed_since: Vec<Finding>,
    /// What HEAD leaves open and the base does not: findings about it would not be found.
    pub no_longer_judged: Vec<NotJudged>,
}

/// The commit that is compared with.
pub enum Base {
    /// It was checked.
    Checked(Box<Side>),
    /// It has no policy, so there is nothing in it to compare with.
    WithoutPolicy(Commit),
}

/// A commit and what was found in it.
pub struct Side {
    /// The commit.
    pub commit: Commit,
    /// What was found.
    pub report: Report,
}

impl Base {
    /// The commit.
    pub fn commit(&self) -> &Commit {
        match self {
            Self::Checked(side) => &side.commit,
            Self::WithoutPolicy(commit) => commit,
        }
    }
}

impl Compared {
    /// Tells what could not be checked of the base with what could not be checked of HEAD. Its places are left out: they are none of HEAD.
    pub fn tell_failures_at_head(&mut self) {
        let Base::Checked(base) = &mut self.base else {
            return;
        };
        let failures = std::mem::take(&mut base.report.failures).into_iter();
        let failures = failures.map(|failure| {
            let mut told = Failure::new(format!("the base: {}", failure.message), None);
            told.deployments = failure.deployments;
            told
        });
        self.head.report.failures.extend(failures);
    }
}

/// Checks both commits and takes from their findings those that both have.
pub fn compare(
    repository: &Repository,
    base: Commit,
    head: Commit,
    options: &Options,
) -> Result<Compared, Error> {
    let Some(mut head) = checked(repository, head, options)? else {
        return Err(git::Error::NoPolicy(policy_name(options)).into());
    };
    if let Some(model) = &head.report.model {
        let unknown = unknown_names(options, model);
        head.report.failures.extend(unknown);
    }
    let uncommitted = uncommitted(&head.report);
    let mut base = match checked(repository, base.clone(), options)? {
        Some(side) => Base::Checked(Box::new(side)),
        None => Base::WithoutPolicy(base),
    };
    let rest = match &mut base {
        Base::Checked(base) => rest(base, &mut head),
        Base::WithoutPolicy(_) => Rest::default(),
    };
    head.tell_together();
    if let Base::Checked(base) = &mut base {
        base.tell_together();
    }
    Ok(Compared {
        base,
        head,
        rest,
        uncommitted,
    })
}

/// Takes from both what was neither added nor removed.
fn rest(base: &mut Side, head: &mut Side) -> Rest {
    let common = take_common(&mut base.report.findings, &mut head.report.findings);
    let of_base = known(base.report.allowed.iter().map(|allowed| &allowed.finding));
    let of_head = head.report.allowed.iter().map(|allowed| &allowed.finding);
    let since = of_head.clone().filter(|one| !is_known(one, &of_base));
    let allowed_since: Vec<Finding> = since.cloned().collect();
    let of_head = known(of_head);
    let mut removed = std::mem::take(&mut base.report.findings);
    removed.retain(|finding| !is_known(finding, &of_head));
    base.report.findings = removed;
    Rest {
        common: head.together(common).len(),
        allowed_since: head.together(allowed_since),
        no_longer_judged: no_longer_judged(&base.report, &head.report),
    }
}

/// Checks a commit; `None` if it has no policy. What is asked for may be in one of the commits only, so both are checked as a whole,
/// and the findings that are not asked for are left out afterwards.
fn checked(
    repository: &Repository,
    commit: Commit,
    options: &Options,
) -> Result<Option<Side>, Error> {
    let (mut tree, unreadable) = repository.tree(&commit)?;
    let policy = match &options.policy {
        Some(policy) => tree.inside(policy).ok().flatten(),
        None => Some(POLICY_FILE.to_owned()),
    };
    let is_missing = |policy: String| tree.find(&policy) == Err(InputErrorKind::Missing);
    if policy.is_some_and(is_missing) {
        return Ok(None);
    }
    let whole = Options {
        deployments: Vec::new(),
        services: Vec::new(),
        ..options.clone()
    };
    let mut report = check_inputs(&whole, Inputs::of(tree));
    report.findings.retain(|finding| options.asks_for(finding));
    report
        .allowed
        .retain(|allowed| options.asks_for(&allowed.finding));
    let concerns = |asked: &[String], names: &[String]| {
        asked.is_empty() || names.is_empty() || names.iter().any(|name| asked.contains(name))
    };
    report.not_judged.retain(|one| {
        concerns(&options.deployments, std::slice::from_ref(&one.deployment))
            && concerns(&options.services, &one.services)
    });
    for told in unreadable.told() {
        let mut failures = report.failures.iter();
        if !failures.any(|failure| failure.message.contains(&told)) {
            report.failures.push(Failure::new(told, None));
        }
    }
    Ok(Some(Side { commit, report }))
}

impl Side {
    /// The findings of this commit that `check` would tell instead of these, those with one cause being one.
    fn together(&mut self, findings: Vec<Finding>) -> Vec<Finding> {
        let own = std::mem::replace(&mut self.report.findings, findings);
        self.report.tell_together();
        std::mem::replace(&mut self.report.findings, own)
    }

    fn tell_together(&mut self) {
        self.report.tell_together();
        show_paths_from_here(&mut self.report);
    }
}

/// What is not judged at HEAD and is at the base.
fn no_longer_judged(base: &Report, head: &Report) -> Vec<NotJudged> {
    let was_open = |one: &NotJudged, workload: &String| {
        let same = base
            .not_judged
            .iter()
            .filter(|other| (other.rule, &other.deployment) == (one.rule, &one.deployment));
        let mut workloads = same.flat_map(|other| &other.workloads);
        workloads.any(|other| other == workload)
    };
    let mut found = head.not_judged.clone();
    for one in &mut found {
        let workloads = std::mem::take(&mut one.workloads);
        let newly = workloads.into_iter();
        one.workloads = newly.filter(|name| !was_open(one, name)).collect();
    }
    found.retain(|one| !one.workloads.is_empty());
    found
}

/// The policy's name for people.
fn policy_name(options: &Options) -> String {
    let named = options.policy.as_ref();
    named.map_or_else(
        || POLICY_FILE.to_owned(),
        |policy| policy.display().to_string(),
    )
}

/// The files that a check read from a commit and that the disk holds otherwise. Line ends may differ, as git may change them when it
/// checks files out.
fn uncommitted(report: &Report) -> Vec<String> {
    let Some(committed) = &report.inputs else {
        return Vec::new();
    };
    let Ok(mut disk) = Inputs::new(committed.root()) else {
        return Vec::new();
    };
    let mut differs = |path: &&str| {
        let committed = committed.source(path).map(|source| source.text().lines());
        let on_disk = disk.read(path).ok();
        let on_disk = on_disk.map(|id| disk.sources().get(id).text().lines());
        !committed
            .zip(on_disk)
            .is_some_and(|(one, other)| one.eq(other))
    };
    let files = committed.files().filter(|path| differs(path));
    let mut files: Vec<String> = files.map(str::to_owned).collect();
    // The check would read it if it were there.
    if committed.source(BASELINE_FILE).is_none() && disk.exists(BASELINE_FILE) {
        files.push(BASELINE_FILE.to_owned());
        files.sort();
    }
    files
}
