//! The parts of the page.

use kvguard::finding::Level;

use super::super::watch::Watched;
use super::html::{Html, escaped};
use crate::live::run::Judged;
use crate::snapshot::{Holds, Value};

/// What could not be looked at.
pub fn failures(html: &mut Html, judged: &Judged) {
    let failures = &judged.report.failures;
    if failures.is_empty() {
        return;
    }
    html.element("h2", "Could not be looked at");
    html.list(failures.iter().map(|failure| failure.message.as_str()));
}

/// What the rules found.
pub fn findings(html: &mut Html, judged: &Judged) {
    let findings = &judged.report.findings;
    if findings.is_empty() {
        return;
    }
    html.element("h2", "Findings");
    html.raw("<ul>\n");
    for finding in findings {
        let (class, level) = match finding.level {
            Level::Deny => ("failed", "error"),
            _ => ("warned", "warning"),
        };
        let rule = finding.rule.rule();
        html.raw(&format!(
            "<li><span class=\"{class}\">{level}</span> <code>{} {}</code> ",
            rule.code, rule.name
        ));
        html.text(&finding.message);
        let place = judged.report.sources().shown_location(finding.primary.span);
        let place = format!("{}:{}:{}", place.file, place.line, place.column);
        html.raw(&format!(
            "<br><code class=\"aside\">{}</code>",
            escaped(&place)
        ));
        for help in &finding.help {
            html.raw("<br>To do: ");
            html.text(&help.message);
        }
        html.raw("</li>\n");
    }
    html.raw("</ul>\n");
}

/// What changed since the last whole run.
pub fn changes(html: &mut Html, watched: &Watched) {
    html.element("h2", "Changes");
    let Some(difference) = &watched.difference else {
        html.element(
            "p",
            "There is no earlier whole run to compare with, or this one did not get that far.",
        );
        return;
    };
    html.element(
        "p",
        &format!("Compared with the run of {}.", difference.from),
    );
    let sentences = difference.sentences();
    if sentences.is_empty() {
        html.element("p", "Nothing is otherwise.");
    }
    html.list(sentences.iter().map(String::as_str));
    if !difference.not_compared.is_empty() {
        html.element("p", "Not compared:");
        html.list(difference.not_compared.iter().map(String::as_str));
    }
}

/// The services that were watched.
pub fn services(html: &mut Html, watched: &Watched) {
    html.element("h2", "Services");
    html.table(&[
        "Service",
        "Required lines",
        "Lines read",
        "Restarts in its life",
        "Images",
    ]);
    for (name, service) in &watched.snapshot.services {
        let speaks = match service.speaks {
            Some(true) => "all there",
            Some(false) => "missing",
            None => "log not read",
        };
        let restarts = service
            .restarts
            .map_or("not known".to_owned(), |count| count.to_string());
        let images: Vec<&str> = service.images.iter().map(String::as_str).collect();
        html.row(&[
            name,
            speaks,
            &service.lines.to_string(),
            &restarts,
            &images.join(", "),
        ]);
    }
    html.raw("</table>\n");
}

/// The expected keys, with their fields folded up.
pub fn keys(html: &mut Html, watched: &Watched) {
    html.element("h2", "Keys");
    html.table(&["Key", "Service", "Revision", "Written", "Bytes", "Fields"]);
    for (name, key) in &watched.snapshot.keys {
        let Holds::Value(value) = &key.holds else {
            let what = if key.holds == Holds::Nothing {
                "holds nothing"
            } else {
                "not read"
            };
            html.row(&[name, &key.service, what, "", "", ""]);
            continue;
        };
        html.raw("<tr>");
        let created = value.created.as_deref().unwrap_or("not known");
        let (revision, bytes) = (value.revision.to_string(), value.bytes.to_string());
        for cell in [name, key.service.as_str(), &revision, created, &bytes] {
            html.raw(&format!("<td>{}</td>", escaped(cell)));
        }
        html.raw("<td>");
        fields(html, value);
        html.raw("</td></tr>\n");
    }
    html.raw("</table>\n");
}

fn fields(html: &mut Html, value: &Value) {
    let Some(fields) = &value.fields else {
        html.text("cannot be read");
        return;
    };
    html.raw(&format!("<details><summary>{}</summary>", fields.len()));
    for (path, field) in fields {
        html.raw(&format!(
            "<code>{}</code> {}<br>",
            escaped(path),
            escaped(&field.kind)
        ));
    }
    html.raw("</details>");
}

/// What was not looked at, and why.
pub fn not_looked_at(html: &mut Html, judged: &Judged) {
    let model = judged.report.model.as_ref();
    let Some(seen) = model.and_then(|model| model.seen.first()) else {
        return;
    };
    if seen.not_checked.is_empty() && seen.excused.is_empty() {
        return;
    }
    html.element("h2", "Not looked at");
    let excused = seen.excused.iter();
    let excused: Vec<String> = excused
        .map(|excused| format!("service {}: {}", excused.service, excused.reason))
        .collect();
    let all = seen.not_checked.iter().chain(&excused);
    html.list(all.map(String::as_str));
}
