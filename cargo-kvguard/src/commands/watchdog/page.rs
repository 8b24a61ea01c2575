//! The report as a page that needs nothing but itself: no network, no script.

mod html;
mod parts;

use kvguard::finding::Level;

use super::watch::Watched;
use crate::live::run::Judged;
use html::{Html, escaped};

const STYLE: &str = include_str!("page.css");

/// The page.
pub fn page(judged: &Judged, watched: &Watched) -> String {
    let snapshot = &watched.snapshot;
    let title = format!(
        "kvguard watchdog: {}, {}",
        snapshot.deployment, snapshot.began
    );
    let mut html = Html::default();
    html.raw("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
    // Whatever a name of the fleet tried, the browser would load and run nothing. An icon that is empty is not asked for.
    html.raw("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; img-src data:\">\n");
    html.raw("<meta name=\"viewport\" content=\"width=device-width\">\n<link rel=\"icon\" href=\"data:,\">\n");
    html.raw(&format!(
        "<title>{}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n",
        escaped(&title)
    ));
    html.element("h1", &format!("Watchdog of `{}`", snapshot.deployment));
    html.raw("<p class=\"aside\">");
    html.text(&format!("{}; {}", snapshot.began, snapshot.store));
    html.raw("</p>\n");
    verdict(&mut html, judged);
    parts::failures(&mut html, judged);
    parts::findings(&mut html, judged);
    parts::changes(&mut html, watched);
    parts::services(&mut html, watched);
    parts::keys(&mut html, watched);
    parts::not_looked_at(&mut html, judged);
    html.raw("</body>\n</html>\n");
    html.end()
}

fn verdict(html: &mut Html, judged: &Judged) {
    let count = |level| {
        let findings = judged.report.findings.iter();
        findings.filter(|finding| finding.level == level).count()
    };
    let (errors, warnings) = (count(Level::Deny), count(Level::Warn));
    let failures = judged.report.failures.len();
    let (class, text) = match (failures, errors, warnings) {
        (0, 0, 0) => ("clean", "Everything is as it should be.".to_owned()),
        (0, 0, _) => ("warned", format!("Warnings: {warnings}.")),
        (0, ..) => ("failed", format!("Errors: {errors}; warnings: {warnings}.")),
        _ => (
            "failed",
            format!("Could not be looked at: {failures}; errors: {errors}; warnings: {warnings}."),
        ),
    };
    html.raw(&format!(
        "<p class=\"verdict {class}\">{}</p>\n",
        escaped(&text)
    ));
}
