//! Findings as rustc shows its errors.

use annotate_snippets::{AnnotationKind, Group, Level as Title, Origin, Patch, Renderer, Snippet};

use super::mask::mask;
use crate::check::Report;
use crate::deploy::Failure;
use crate::finding::{Edit, Finding, Label, Level};
use crate::source::{SourceId, Sources, Span};

/// How many places of one finding are shown; more are counted.
const MAX_LABELS: usize = 8;

/// How many lines may lie between two places for them to be shown in one excerpt.
const MAX_GAP: u32 = 2_000;

/// The whole report: findings, failures, and a line that sums up.
pub fn report(report: &Report, colour: bool) -> String {
    let renderer = if colour {
        Renderer::styled()
    } else {
        Renderer::plain()
    };
    let sources = report.sources();
    let mut out = String::new();
    for finding in &report.findings {
        out.push_str(&self::finding(finding, sources, &renderer));
        out.push_str("\n\n");
    }
    out.push_str(&failures(report, colour));
    out.push_str(&summary(report));
    out.push('\n');
    out
}

/// What could not be checked.
pub fn failures(report: &Report, colour: bool) -> String {
    let renderer = if colour {
        Renderer::styled()
    } else {
        Renderer::plain()
    };
    let sources = report.sources();
    report
        .failures
        .iter()
        .map(|failure| format!("{}\n\n", self::failure(failure, sources, &renderer)))
        .collect()
}

/// How many findings of which level, and what was looked at.
pub fn summary(report: &Report) -> String {
    let count = |level| {
        report
            .findings
            .iter()
            .filter(|finding| finding.level == level)
            .count()
    };
    let (denied, warned, failed) = (
        count(Level::Deny),
        count(Level::Warn),
        report.failures.len(),
    );
    let looked_at = report.model.as_ref().map_or_else(String::new, |model| {
        let workloads: usize = model
            .deployments
            .iter()
            .map(|deployment| deployment.workloads.len())
            .sum();
        format!(
            " ({}, {}, {})",
            counted(model.services.len(), "service"),
            counted(model.deployments.len(), "deployment"),
            counted(workloads, "workload")
        )
    });
    let verdict = match (failed, denied) {
        (0, 0) => "ok".to_owned(),
        (0, _) => counted(denied, "error"),
        (_, 0) => format!("{} could not be checked", counted(failed, "thing")),
        (_, _) => format!(
            "{}, {} could not be checked",
            counted(denied, "error"),
            counted(failed, "thing")
        ),
    };
    let warnings = if warned == 0 {
        String::new()
    } else {
        format!(", {}", counted(warned, "warning"))
    };
    format!("kvguard: {verdict}{warnings}{looked_at}")
}

fn counted(count: usize, what: &str) -> String {
    if count == 1 {
        format!("1 {what}")
    } else {
        format!("{count} {what}s")
    }
}

fn finding(finding: &Finding, sources: &Sources, renderer: &Renderer) -> String {
    let title = if finding.level == Level::Warn {
        Title::WARNING
    } else {
        Title::ERROR
    };
    let rule = finding.rule.rule();
    let mut group = Group::with_title(title.primary_title(finding.message.as_str()).id(rule.code));
    for snippet in snippets(finding, sources) {
        group = group.element(snippet);
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
            let title = Group::with_title(Title::HELP.secondary_title(message));
            match source {
                None => title,
                Some(source) => title.element(patches(source, &edits, finding, sources)),
            }
        })
        .collect()
}

fn failure(failure: &Failure, sources: &Sources, renderer: &Renderer) -> String {
    let mut group = Group::with_title(
        Title::ERROR
            .primary_title(failure.message.as_str())
            .id("could not check"),
    );
    if let Some(span) = failure.span {
        let place = sources.location(span);
        group = group.element(
            Origin::path(place.file)
                .line(place.line as usize)
                .char_column(place.column as usize),
        );
    }
    renderer.render(&[group])
}

/// The places of a finding, those of one file that lie near each other in one excerpt, the primary's first.
fn snippets<'s>(
    finding: &'s Finding,
    sources: &'s Sources,
) -> Vec<Snippet<'s, annotate_snippets::Annotation<'s>>> {
    let mut excerpts: Vec<(SourceId, Vec<(&Label, bool)>)> = Vec::new();
    let labels = std::iter::once((&finding.primary, true))
        .chain(finding.related.iter().map(|label| (label, false)));
    for (label, primary) in labels.take(MAX_LABELS) {
        let near = |other: &Label| {
            let line = |span: Span| sources.location(span).line;
            line(other.span).abs_diff(line(label.span)) <= MAX_GAP
        };
        let same = excerpts.iter_mut().find(|(source, labels)| {
            *source == label.span.source && labels.iter().any(|(other, _)| near(other))
        });
        match same {
            Some((_, labels)) => labels.push((label, primary)),
            None => excerpts.push((label.span.source, vec![(label, primary)])),
        }
    }
    excerpts
        .into_iter()
        .map(|(id, labels)| {
            let source = sources.get(id);
            let ranges: Vec<_> = labels
                .iter()
                .map(|(label, _)| (first_line(sources, label.span), label.shown))
                .collect();
            let masked = mask(source, &ranges);
            let annotations = labels
                .iter()
                .zip(masked.ranges)
                .map(|((label, primary), range)| {
                    let kind = if *primary {
                        AnnotationKind::Primary
                    } else {
                        AnnotationKind::Context
                    };
                    kind.span(range).label(label.text.as_str())
                });
            Snippet::source(masked.text)
                .line_start(masked.first_line)
                .path(source.path())
                .fold(true)
                .annotations(annotations.collect::<Vec<_>>())
        })
        .collect()
}

/// What of a span lies in its first line.
fn first_line(sources: &Sources, span: Span) -> std::ops::Range<usize> {
    let source = sources.get(span.source);
    let line = source.line_range(source.line_of(span.start));
    let start = span.start as usize;
    start..(span.end as usize).min(line.end).max(start)
}

fn patches<'s>(
    id: SourceId,
    edits: &[&'s Edit],
    finding: &Finding,
    sources: &'s Sources,
) -> Snippet<'s, Patch<'s>> {
    let source = sources.get(id);
    let labels = || std::iter::once(&finding.primary).chain(&finding.related);
    let ranges: Vec<_> = edits
        .iter()
        .map(|edit| {
            let shown = labels().any(|label| label.shown && label.span.contains(edit.span));
            (first_line(sources, edit.span), shown)
        })
        .collect();
    let masked = mask(source, &ranges);
    let patches = edits
        .iter()
        .zip(masked.ranges)
        .map(|(edit, range)| Patch::new(range, edit.replacement.as_str()));
    Snippet::source(masked.text)
        .line_start(masked.first_line)
        .path(source.path())
        .fold(true)
        .patches(patches.collect::<Vec<_>>())
}
