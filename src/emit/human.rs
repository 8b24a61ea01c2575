//! Findings as rustc shows its errors.

use std::collections::BTreeMap;

use annotate_snippets::{AnnotationKind, Group, Level as Title, Origin, Patch, Renderer, Snippet};

use super::mask::{lines_of, mask};
use super::printable;
use super::summary::{counted, summary};
use crate::check::Report;
use crate::deploy::Failure;
use crate::finding::{Edit, Finding, Label, Level};
use crate::source::{Source, SourceId, Sources, Span, TokenKind};

/// How many places of one finding are shown; more are counted.
const MAX_LABELS: usize = 8;

/// How many lines may lie between two places for them to be shown in one excerpt.
const MAX_GAP: u32 = 2_000;

/// The longest line, in bytes, that is shown.
const MAX_LINE: usize = 4_096;

/// What a report for people shows.
#[derive(Debug, Clone, Copy, Default)]
pub struct Style {
    /// Whether the text has terminal colours.
    pub colour: bool,
    /// Whether warnings are left out, and the last line as well if nothing failed.
    pub quiet: bool,
    /// How many findings are shown; the others are counted by rule. `None`: all are shown.
    pub max_findings: Option<usize>,
}

/// The whole report: failures, findings, and a line that sums up. What could not be read is often why there are findings, so it
/// comes first.
pub fn report(report: &Report, style: Style) -> String {
    let mut out = failures(report, style.colour);
    out.push_str(&findings(report, style));
    if !style.quiet || report.exit_code() != 0 {
        out.push_str(&summary(report));
        out.push('\n');
    }
    out
}

/// The findings, without what could not be checked and without the last line.
pub fn findings(report: &Report, style: Style) -> String {
    let renderer = renderer(style.colour);
    let (shown, hidden) = chosen(&report.findings, style);
    let mut out = String::new();
    for finding in shown {
        out.push_str(&self::finding(finding, report.sources(), &renderer));
        out.push_str("\n\n");
    }
    if !hidden.is_empty() {
        out.push_str(&counted_by_rule(&hidden));
    }
    out
}

fn renderer(colour: bool) -> Renderer {
    if colour {
        Renderer::styled()
    } else {
        Renderer::plain()
    }
}

/// The findings that are shown and those that are only counted, each in the order of the report. Errors are shown before
/// warnings where there is no room for both.
fn chosen(findings: &[Finding], style: Style) -> (Vec<&Finding>, Vec<&Finding>) {
    let is_error = |finding: &&Finding| finding.level == Level::Deny;
    let all: Vec<&Finding> = findings
        .iter()
        .filter(|finding| !style.quiet || is_error(finding))
        .collect();
    let mut room = style.max_findings.unwrap_or(usize::MAX);
    let errors = all.iter().copied().filter(is_error).count();
    let mut room_for_warnings = room.saturating_sub(errors);
    all.into_iter().partition(|finding| {
        let room = if is_error(finding) {
            &mut room
        } else {
            &mut room_for_warnings
        };
        let fits = *room > 0;
        *room = room.saturating_sub(1);
        fits
    })
}

/// A line that counts the findings that are not shown.
fn counted_by_rule(hidden: &[&Finding]) -> String {
    let mut counts: BTreeMap<&str, (&str, usize)> = BTreeMap::new();
    for finding in hidden {
        let rule = finding.rule.rule();
        counts.entry(rule.code).or_insert((rule.name, 0)).1 += 1;
    }
    let counts: Vec<String> = counts
        .iter()
        .map(|(code, (name, count))| format!("{count} of {code} `{name}`"))
        .collect();
    let hidden = counted(hidden.len(), "more finding");
    let counts = counts.join(", ");
    format!("{hidden} not shown (--max-findings all shows them): {counts}\n\n")
}

/// What could not be checked.
pub fn failures(report: &Report, colour: bool) -> String {
    let renderer = renderer(colour);
    report
        .failures
        .iter()
        .map(|failure| format!("{}\n\n", self::failure(failure, report, &renderer)))
        .collect()
}

fn finding(finding: &Finding, sources: &Sources, renderer: &Renderer) -> String {
    let title = if finding.level == Level::Warn {
        Title::WARNING
    } else {
        Title::ERROR
    };
    let rule = finding.rule.rule();
    let mut group = Group::with_title(
        title
            .primary_title(printable(&finding.message))
            .id(rule.code),
    );
    for excerpt in excerpts(finding, sources) {
        group = if excerpt.is_long(sources) {
            excerpt.places(sources).fold(group, Group::element)
        } else {
            group.element(excerpt.snippet(sources))
        };
    }
    let hidden = finding.related.len().saturating_sub(MAX_LABELS - 1);
    if hidden > 0 {
        group = group.element(Title::NOTE.message(format!(
            "{} more; --format json lists all",
            counted(hidden, "place")
        )));
    }
    let explain = format!("rule `{}`: cargo kvguard explain {}", rule.name, rule.code);
    group = group.element(Title::NOTE.message(explain));
    let mut groups = vec![group];
    groups.extend(helps(finding, sources));
    renderer.render(&groups)
}

/// What to do. Changes of one file with the same words are one help.
fn helps<'s>(finding: &'s Finding, sources: &'s Sources) -> Vec<Group<'s>> {
    let mut told: Vec<(&str, Option<SourceId>, Vec<&Edit>)> = Vec::new();
    for help in &finding.help {
        let source = help.edit.as_ref().map(|edit| edit.span.source);
        let same = told
            .iter_mut()
            .find(|(message, of, _)| *message == help.message && *of == source);
        match same {
            Some((_, _, edits)) => edits.extend(&help.edit),
            None => told.push((&help.message, source, help.edit.iter().collect())),
        }
    }
    told.into_iter()
        .map(|(message, source, edits)| {
            let Some(source) = source else {
                return Group::with_title(Title::HELP.secondary_title(printable(message)));
            };
            let ranges = edited(&edits, finding, sources);
            if is_long(sources.get(source), &ranges) {
                let texts: Vec<&str> = edits.iter().map(|edit| edit.replacement.trim()).collect();
                let message = format!("{message}: {}", texts.join(" "));
                let title = Title::HELP.secondary_title(printable(&message).into_owned());
                let places = edits.iter().map(|edit| origin(sources, edit.span));
                return places.fold(Group::with_title(title), Group::element);
            }
            Group::with_title(Title::HELP.secondary_title(printable(message)))
                .element(patches(source, &edits, &ranges, sources))
        })
        .collect()
}

fn failure(failure: &Failure, report: &Report, renderer: &Renderer) -> String {
    let sources = report.sources();
    let group = Group::with_title(
        Title::ERROR
            .primary_title(printable(&failure.message))
            .id("could not check"),
    );
    let Some(span) = failure.span else {
        return renderer.render(&[group]);
    };
    let label = if is_value_of_policy(span, report) {
        Label::new(span, "")
    } else {
        Label::masked(span, "")
    };
    let excerpt = Excerpt {
        source: span.source,
        labels: vec![(&label, true)],
    };
    let group = if excerpt.is_long(sources) {
        group.element(origin(sources, span))
    } else {
        group.element(excerpt.snippet(sources))
    };
    renderer.render(&[group])
}

/// Whether a place is a single value of the policy, which is no secret: what is wrong with a variable of `environment` or a value
/// of `set` is told at its name.
fn is_value_of_policy(span: Span, report: &Report) -> bool {
    // Unless the policy can be read, nothing else is.
    let is_of_policy = report
        .model
        .as_ref()
        .is_none_or(|model| model.policy.registry.path.span.source == span.source);
    let mut tokens = report.sources().get(span.source).tokens();
    is_of_policy && tokens.any(|token| token.kind == TokenKind::Scalar && token.span == span)
}

/// Places of one file that lie near each other.
struct Excerpt<'f> {
    source: SourceId,
    /// The labels, and whether they are the finding's primary one.
    labels: Vec<(&'f Label, bool)>,
}

/// The places of a finding, those of one file that lie near each other in one excerpt, the primary's first.
fn excerpts<'f>(finding: &'f Finding, sources: &Sources) -> Vec<Excerpt<'f>> {
    let mut excerpts: Vec<Excerpt<'f>> = Vec::new();
    let labels = std::iter::once((&finding.primary, true))
        .chain(finding.related.iter().map(|label| (label, false)));
    for (label, primary) in labels.take(MAX_LABELS) {
        let near = |other: &Label| {
            let line = |span: Span| sources.location(span).line;
            line(other.span).abs_diff(line(label.span)) <= MAX_GAP
        };
        let same = excerpts.iter_mut().find(|excerpt| {
            excerpt.source == label.span.source
                && excerpt.labels.iter().any(|(other, _)| near(other))
        });
        match same {
            Some(excerpt) => excerpt.labels.push((label, primary)),
            None => excerpts.push(Excerpt {
                source: label.span.source,
                labels: vec![(label, primary)],
            }),
        }
    }
    excerpts
}

impl<'f> Excerpt<'f> {
    fn ranges(&self, sources: &Sources) -> Vec<(std::ops::Range<usize>, bool)> {
        self.labels
            .iter()
            .map(|(label, _)| (first_line(sources, label.span), label.shown))
            .collect()
    }

    fn is_long(&self, sources: &Sources) -> bool {
        is_long(sources.get(self.source), &self.ranges(sources))
    }

    fn places<'s>(&self, sources: &Sources) -> impl Iterator<Item = Origin<'s>> {
        self.labels
            .iter()
            .map(|(label, _)| origin(sources, label.span))
    }

    fn snippet<'s>(&self, sources: &'s Sources) -> Snippet<'s, annotate_snippets::Annotation<'s>>
    where
        'f: 's,
    {
        let source = sources.get(self.source);
        let masked = mask(source, &self.ranges(sources));
        let annotations = self
            .labels
            .iter()
            .zip(masked.ranges)
            .map(|((label, primary), range)| {
                let kind = if *primary {
                    AnnotationKind::Primary
                } else {
                    AnnotationKind::Context
                };
                kind.span(range).label(printable(&label.text))
            });
        Snippet::source(masked.text)
            .line_start(masked.first_line)
            .path(printable(&sources.shown_path(self.source)).into_owned())
            .fold(true)
            .annotations(annotations.collect::<Vec<_>>())
    }
}

/// Whether a line that ranges lie in is too long for an excerpt: then their places are told without one.
fn is_long(source: &Source, ranges: &[(std::ops::Range<usize>, bool)]) -> bool {
    ranges.iter().any(|(range, _)| {
        let lines = lines_of(source, range);
        (lines.start..=lines.end).any(|line| source.line_range(line).len() > MAX_LINE)
    })
}

fn origin<'s>(sources: &Sources, span: Span) -> Origin<'s> {
    let place = sources.shown_location(span);
    Origin::path(printable(&place.file).into_owned())
        .line(place.line as usize)
        .char_column(place.column as usize)
}

/// What of a span lies in its first line.
fn first_line(sources: &Sources, span: Span) -> std::ops::Range<usize> {
    let source = sources.get(span.source);
    let line = source.line_range(source.line_of(span.start));
    let start = span.start as usize;
    start..(span.end as usize).min(line.end).max(start)
}

/// The ranges that edits replace, and whether what they hold may be shown.
fn edited(
    edits: &[&Edit],
    finding: &Finding,
    sources: &Sources,
) -> Vec<(std::ops::Range<usize>, bool)> {
    let labels = || std::iter::once(&finding.primary).chain(&finding.related);
    edits
        .iter()
        .map(|edit| {
            let shown = labels().any(|label| label.shown && label.span.contains(edit.span));
            (first_line(sources, edit.span), shown)
        })
        .collect()
}

fn patches<'s>(
    id: SourceId,
    edits: &[&'s Edit],
    ranges: &[(std::ops::Range<usize>, bool)],
    sources: &'s Sources,
) -> Snippet<'s, Patch<'s>> {
    let source = sources.get(id);
    let masked = mask(source, ranges);
    let patches = edits
        .iter()
        .zip(masked.ranges)
        .map(|(edit, range)| Patch::new(range, edit.replacement.as_str()));
    Snippet::source(masked.text)
        .line_start(masked.first_line)
        .path(printable(&sources.shown_path(id)).into_owned())
        .fold(true)
        .patches(patches.collect::<Vec<_>>())
}

#[cfg(test)]
mod tests;
