//! SARIF 2.1.0 (<https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>), for code scanning and editors.
//!
//! What could not be checked is both a notification and a result: code scanning shows results only, and a file without any
//! means there that all is well.

mod driver;
mod invocation;
mod limits;
mod location;
mod message;

use kvguard::allowed::{Allowed, AllowedBy, AllowedKind};
use kvguard::deploy::Failure;
use kvguard::emit::json::Writer;
use kvguard::finding::{Finding, Level};

use self::driver::{COULD_NOT_CHECK, rule_index};
use self::limits::MAX_RELATED;
use self::location::{location, policy_location, region};
use super::Checked;
use super::text::{counted, explained, line};

/// The schema that the text follows.
const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// What a viewer shows as one alert.
#[derive(Clone, Copy)]
enum Alert<'r> {
    Failure(&'r Failure),
    Finding(&'r Finding),
    Allowed(&'r Allowed),
}

impl<'r> Alert<'r> {
    /// The finding, if it is one.
    fn finding(&self) -> Option<&'r Finding> {
        match self {
            Self::Failure(_) => None,
            Self::Finding(finding) => Some(finding),
            Self::Allowed(allowed) => Some(&allowed.finding),
        }
    }

    /// What allows it, if something does.
    fn allowed_by(&self) -> Option<&'r AllowedBy> {
        match self {
            Self::Failure(_) | Self::Finding(_) => None,
            Self::Allowed(allowed) => Some(&allowed.by),
        }
    }
}

/// The report as SARIF, within GitHub's limits.
pub fn write(checked: &Checked) -> String {
    let (kept, left_out) = limits::kept(checked);
    log(checked, &kept, &left_out)
}

/// The whole text with these alerts, which says that the others are left out.
fn log(checked: &Checked, kept: &[Alert], left_out: &[Alert]) -> String {
    let mut json = Writer::default();
    json.object(|json| {
        json.key("$schema").string(SCHEMA);
        json.key("version").string("2.1.0");
        json.key("runs").array([()], |json, ()| {
            json.object(|json| {
                json.key("tool")
                    .object(|json| json.key("driver").object(driver::members));
                json.key("columnKind").string("unicodeCodePoints");
                json.key("originalUriBaseIds").object(location::bases);
                json.key("invocations").array([()], |json, ()| {
                    json.object(|json| invocation::members(json, checked, left_out));
                });
                json.key("results").array(kept, |json, alert| {
                    self::alert(json, *alert, checked);
                });
            });
        });
    });
    json.finish()
}

fn alert(json: &mut Writer, alert: Alert, checked: &Checked) {
    json.object(|json| {
        match alert {
            Alert::Failure(failure) => {
                json.key("ruleId").string(COULD_NOT_CHECK);
                json.key("ruleIndex").number(rule_index(None));
                json.key("level").string("error");
                message::member(json, "message", &line(&failure.message));
                json.key("locations")
                    .array([failure.span], |json, span| match span {
                        Some(span) => location(json, span, None, checked),
                        None => policy_location(json, checked),
                    });
            }
            Alert::Finding(finding) => result(json, finding, checked),
            Alert::Allowed(allowed) => result(json, &allowed.finding, checked),
        }
        // Either every result has this member or none has it (section 3.27.23).
        if checked.shows_allowed {
            json.key("suppressions")
                .array(alert.allowed_by(), |json, by| {
                    json.object(|json| suppression(json, by, checked));
                });
        }
    });
}

fn result(json: &mut Writer, finding: &Finding, checked: &Checked) {
    json.key("ruleId").string(finding.rule.rule().code);
    json.key("ruleIndex").number(rule_index(Some(finding.rule)));
    json.key("level").string(match finding.level {
        Level::Deny => "error",
        Level::Warn => "warning",
        Level::Allow => "none",
    });
    message::member(json, "message", &text(finding, checked));
    json.key("locations")
        .array([finding.primary.span], |json, span| {
            location(json, span, None, checked);
        });
    let related = finding.related.iter().take(MAX_RELATED).enumerate();
    json.key("relatedLocations")
        .array(related, |json, (id, label)| {
            location(json, label.span, Some((id, &label.text)), checked);
        });
    // What makes it the same alert in the next run, wherever its lines are by then.
    json.key("partialFingerprints")
        .object(|json| json.key("kvguard/v1").string(&finding.fingerprint()));
    let edits = finding.help.iter().any(|help| help.edit.is_some());
    if edits {
        json.key("fixes").array([finding], |json, finding| {
            json.object(|json| fix(json, finding, checked));
        });
    }
    json.key("properties").object(|json| {
        json.key("deployments").strings(&finding.deployments);
        json.key("services").strings(&finding.services);
        json.key("workloads").strings(&finding.workloads);
    });
}

/// What keeps a finding out of the other formats.
fn suppression(json: &mut Writer, by: &AllowedBy, checked: &Checked) {
    json.key("kind").string(match by.kind {
        AllowedKind::Comment => "inSource",
        AllowedKind::Entry | AllowedKind::Baseline => "external",
    });
    json.key("status").string("accepted");
    if !by.reason.is_empty() {
        json.key("justification").string(&line(&by.reason));
    }
    json.key("location");
    location(json, by.span, None, checked);
}

/// The message, and what to do. The texts to paste are in the fixes; a viewer may change their brackets.
fn text(finding: &Finding, checked: &Checked) -> String {
    let mut text = line(&finding.message);
    let mut told: Vec<&str> = Vec::new();
    for help in &finding.help {
        if told.contains(&help.message.as_str()) {
            continue;
        }
        told.push(&help.message);
        let place = help.edit.as_ref().map_or_else(String::new, |edit| {
            format!(", at {}", line(&checked.places.at(edit.span)))
        });
        text += &format!("\nhelp: {}{place}", line(&help.message));
    }
    if finding.help.iter().any(|help| help.edit.is_some()) {
        text += "\nnote: `cargo kvguard check` shows the text to put there";
    }
    let left_out = finding.related.len().saturating_sub(MAX_RELATED);
    if left_out > 0 {
        let more = counted(left_out, "more place");
        text += &format!("\nnote: {more}; `cargo kvguard check --format json` lists all");
    }
    text + "\n" + &explained(finding)
}

/// The changes of a finding's helps, which belong together: all of them mend it.
fn fix(json: &mut Writer, finding: &Finding, checked: &Checked) {
    let first = finding.help.iter().find(|help| help.edit.is_some());
    let description = first.map_or("", |help| help.message.as_str());
    message::member(json, "description", &line(description));
    let mut changes: Vec<(_, Vec<_>)> = Vec::new();
    for edit in finding.help.iter().filter_map(|help| help.edit.as_ref()) {
        match changes.iter_mut().find(|(of, _)| *of == edit.span.source) {
            Some((_, of_file)) => of_file.push(edit),
            None => changes.push((edit.span.source, vec![edit])),
        }
    }
    json.key("artifactChanges")
        .array(&changes, |json, (file, edits)| {
            json.object(|json| {
                json.key("artifactLocation")
                    .object(|json| location::artifact(json, &checked.places.file(*file)));
                json.key("replacements").array(edits, |json, edit| {
                    json.object(|json| {
                        json.key("deletedRegion")
                            .object(|json| region(json, &checked.places.range(edit.span)));
                        json.key("insertedContent")
                            .object(|json| json.key("text").string(&edit.replacement));
                    });
                });
            });
        });
}
