//! The findings that are not reported, and what allows each.

use std::fmt::Write;

use super::printable;
use crate::allowed::Allowed;
use crate::check::Report;
use crate::source::{Sources, Span};

/// Two lines for each, in the order of files and lines; empty if there are none.
pub fn allowed(report: &Report) -> String {
    let sources = report.sources();
    let mut all: Vec<&Allowed> = report.allowed.iter().collect();
    all.sort_by_cached_key(|allowed| {
        let finding = &allowed.finding;
        (
            sources.location(finding.primary.span),
            finding.rule,
            finding.message.clone(),
        )
    });
    let mut text = String::new();
    for allowed in &all {
        let finding = &allowed.finding;
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "allowed[{}]: {}: {}\n  {}",
            finding.rule.rule().code,
            place(finding.primary.span, sources),
            printable(&finding.message),
            printable(&by(allowed, sources))
        );
    }
    if !all.is_empty() {
        text.push('\n');
    }
    text
}

fn by(allowed: &Allowed, sources: &Sources) -> String {
    let by = &allowed.by;
    let mut text = format!("by {} at {}", by.kind.name(), place(by.span, sources));
    if let Some(until) = by.until {
        let _ = write!(text, " until {until}");
    }
    if !by.reason.is_empty() {
        let _ = write!(text, ": {}", by.reason);
    }
    text
}

fn place(span: Span, sources: &Sources) -> String {
    let place = sources.shown_location(span);
    format!("{}:{}:{}", place.file, place.line, place.column)
}
