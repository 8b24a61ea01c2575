//! What GitHub takes of a file: <https://docs.github.com/code-security/reference/code-scanning/sarif-files/sarif-support-for-code-scanning>.

use kvguard::emit::json::Writer;

use super::{Alert, alert, log};
use crate::formats::Checked;
use crate::formats::text::errors_first;

/// How many results of a run GitHub shows. It takes 25,000.
const MAX_RESULTS: usize = 5_000;

/// How many bytes the whole text may have. GitHub takes 10 MB once the text is compressed, and compression makes it smaller.
const MAX_BYTES: usize = 9_500_000;

/// How many locations GitHub shows of a result beside its own. It takes 1,000.
pub(super) const MAX_RELATED: usize = 99;

/// How far a result is indented.
const INDENT: usize = 8;

/// The alerts for which there is room, what could not be checked and errors first, and those for which there is none.
pub(super) fn kept<'r>(checked: &Checked<'r>) -> (Vec<Alert<'r>>, Vec<Alert<'r>>) {
    let alerts = alerts(checked);
    // With all left out, the note on these is the longest.
    let mut bytes = log(checked, &[], &alerts).len();
    let (mut kept, mut left_out) = (Vec::new(), Vec::new());
    for one in alerts {
        let size = size(one, checked);
        if kept.len() < MAX_RESULTS && bytes + size <= MAX_BYTES {
            bytes += size;
            kept.push(one);
        } else {
            left_out.push(one);
        }
    }
    (kept, left_out)
}

/// Everything that there would be a result for: GitHub shows a finding that is allowed like every other one, so these are there only if they
/// are asked for.
fn alerts<'r>(checked: &Checked<'r>) -> Vec<Alert<'r>> {
    let report = checked.report;
    let mut alerts: Vec<Alert> = report.failures.iter().map(Alert::Failure).collect();
    alerts.extend(errors_first(checked).into_iter().map(Alert::Finding));
    if checked.shows_allowed {
        alerts.extend(report.allowed.iter().map(Alert::Allowed));
    }
    alerts
}

/// How many bytes a result adds.
fn size(one: Alert, checked: &Checked) -> usize {
    let mut json = Writer::default();
    alert(&mut json, one, checked);
    let text = json.finish();
    // Every line is indented, and a comma and a line break stand behind the last one.
    text.len() + text.lines().count() * INDENT + 2
}
