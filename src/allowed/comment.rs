//! Comments that allow a finding in the line that they are about: `# kvguard: allow missing-grant until 2027-01-01 because …`.

mod content;
mod parse;

use std::collections::{BTreeSet, HashMap};

use self::content::Content;
use super::{AllowedBy, AllowedKind};
use crate::deploy::Failure;
use crate::finding::{Finding, Label};
use crate::policy::date::Date;
use crate::rules::RuleId;
use crate::source::{SourceId, Sources, Span, offset_u32};

/// A comment that allows findings of some rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Comment {
    pub(crate) rules: Vec<RuleId>,
    /// The last day it holds.
    pub(crate) until: Option<Date>,
    pub(crate) reason: String,
    pub(crate) span: Span,
    /// The line that it is about, from 0.
    line: usize,
}

/// How many comments may be about one line: every finding in it is compared with all of them.
const MAX_OF_LINE: usize = 8;

/// How many names a text lists.
const MAX_NAMES: usize = 8;

/// The comments of all files.
#[derive(Debug, Clone, Default)]
pub(crate) struct Comments {
    all: Vec<Comment>,
    /// The comments about a line.
    by_line: HashMap<(SourceId, usize), Vec<usize>>,
}

impl Comments {
    /// The comments of all files that were read, and what is wrong with those that are not understood.
    pub(super) fn of(sources: &Sources, failures: &mut Vec<Failure>) -> Self {
        let mut comments = Self::default();
        for (id, source) in sources.iter() {
            if !source.text().contains(parse::MARK) {
                continue;
            }
            let content = Content::of(source);
            for found in parse::comments(source.path(), source.text()) {
                let span = Span {
                    source: id,
                    start: offset_u32(found.range.start),
                    end: offset_u32(found.range.end),
                };
                if content.holds(&found.range) {
                    continue;
                }
                match parse::allowance(&source.text()[found.range]) {
                    Ok(_) if comments.count((id, found.about)) >= MAX_OF_LINE => {
                        failures.push(Failure::new(
                            format!("this comment allows nothing: {MAX_OF_LINE} others are about the same line; name several rules in one"),
                            Some(span),
                        ));
                    }
                    Ok(allowance) => comments.add(Comment {
                        rules: allowance.rules,
                        until: allowance.until,
                        reason: allowance.reason,
                        span,
                        line: found.about,
                    }),
                    Err(why) => failures.push(Failure::new(
                        format!("this comment allows nothing: {why}"),
                        Some(span),
                    )),
                }
            }
        }
        comments
    }

    fn count(&self, place: (SourceId, usize)) -> usize {
        self.by_line.get(&place).map_or(0, Vec::len)
    }

    fn add(&mut self, comment: Comment) {
        let place = (comment.span.source, comment.line);
        let position = self.all.len();
        self.by_line.entry(place).or_default().push(position);
        self.all.push(comment);
    }

    /// The comments about a line that a finding shows, which name its rule.
    fn about<'a>(
        &'a self,
        finding: &'a Finding,
        sources: &'a Sources,
    ) -> impl Iterator<Item = usize> + 'a {
        let labels = std::iter::once(&finding.primary).chain(&finding.related);
        labels.flat_map(move |label| {
            let line = sources.get(label.span.source).line_of(label.span.start);
            let own = self.by_line.get(&(label.span.source, line));
            let own = own.into_iter().flatten().copied();
            own.filter(|position| self.all[*position].rules.contains(&finding.rule))
        })
    }

    /// Takes the findings that comments allow out of the list, and gives for each what allows it. A finding whose comment does not hold
    /// (any more) shows that.
    pub(crate) fn take(
        &self,
        findings: &mut Vec<Finding>,
        sources: &Sources,
        today: Date,
    ) -> Taken<'_> {
        let mut taken = Taken {
            allowed: Vec::new(),
            unused: Vec::new(),
        };
        if self.all.is_empty() {
            return taken;
        }
        let mut subjects: Vec<BTreeSet<Vec<String>>> = vec![BTreeSet::new(); self.all.len()];
        let mut used: BTreeSet<(usize, RuleId)> = BTreeSet::new();
        for finding in findings.iter() {
            for position in self.about(finding, sources) {
                subjects[position].insert(subject(finding));
                used.insert((position, finding.rule));
            }
        }
        let mut kept = Vec::new();
        for mut finding in std::mem::take(findings) {
            let about: BTreeSet<usize> = self.about(&finding, sources).collect();
            let holds = |position: &&usize| {
                let comment = &self.all[**position];
                !comment.is_past(today) && subjects[**position].len() == 1
            };
            if let Some(position) = about.iter().find(holds) {
                let comment = &self.all[*position];
                taken.allowed.push((finding, comment.allows()));
                continue;
            }
            for position in about {
                let comment = &self.all[position];
                let why = comment.why_not(today, &subjects[position]);
                finding = finding.label(Label::masked(comment.span, why));
            }
            kept.push(finding);
        }
        *findings = kept;
        let all = self.all.iter().enumerate();
        taken.unused = all
            .flat_map(|(position, comment)| {
                let rules = comment.rules.iter();
                rules.map(move |rule| (position, comment, *rule))
            })
            .filter(|(position, _, rule)| !used.contains(&(*position, *rule)))
            .map(|(_, comment, rule)| (comment, rule))
            .collect();
        taken
    }
}

/// What comments did.
pub(crate) struct Taken<'c> {
    /// The findings that are allowed.
    pub(crate) allowed: Vec<(Finding, AllowedBy)>,
    /// The comments about whose line no finding of a rule that they name is, with that rule.
    pub(crate) unused: Vec<(&'c Comment, RuleId)>,
}

/// Whom a finding is about. A comment in a line that many share (where an access table begins) would allow what is added for others later.
fn subject(finding: &Finding) -> Vec<String> {
    let names = [&finding.services, &finding.workloads, &finding.subjects];
    let named = names.into_iter().find(|names| !names.is_empty());
    named.cloned().unwrap_or_default()
}

impl Comment {
    fn is_past(&self, today: Date) -> bool {
        self.until.is_some_and(|until| until < today)
    }

    fn allows(&self) -> AllowedBy {
        AllowedBy {
            kind: AllowedKind::Comment,
            span: self.span,
            reason: self.reason.clone(),
            until: self.until,
        }
    }

    /// Why it does not allow a finding in its line.
    fn why_not(&self, today: Date, subjects: &BTreeSet<Vec<String>>) -> String {
        match self.until {
            Some(until) if until < today => format!("allowed until {until}, which is past"),
            _ => {
                let names = subjects.iter().flatten().map(String::as_str);
                let shown: Vec<&str> = names.take(MAX_NAMES).collect();
                let others = match subjects.iter().flatten().count() - shown.len() {
                    0 => String::new(),
                    others => format!(" and {others} others"),
                };
                format!(
                    "allows nothing, as findings about `{}`{others} meet in its line; write it at a line that only one has",
                    shown.join("`, `")
                )
            }
        }
    }
}
