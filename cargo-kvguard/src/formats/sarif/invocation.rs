//! The run: whether all could be checked, and what else is to be known of the results.

use kvguard::emit::json::Writer;
use kvguard::rules::RuleId;
use kvguard::source::Span;

use super::Alert;
use super::driver::{
    ALLOWED, COULD_NOT_CHECK, LEFT_OUT, NOT_JUDGED, notification_index, rule_index,
};
use super::location::location;
use super::message;
use crate::formats::Checked;
use crate::formats::text::{counted, counted_by_rule, line, not_judged};

/// How many notifications of one kind there are at most; more are counted.
const MAX_NOTIFICATIONS: usize = 200;

/// Something to be known of the run.
struct Notification {
    id: &'static str,
    level: &'static str,
    message: String,
    place: Option<Span>,
    rule: Option<RuleId>,
}

/// The members of the run.
pub(super) fn members(json: &mut Writer, checked: &Checked, left_out: &[Alert]) {
    let report = checked.report;
    let whole = report.failures.is_empty();
    json.key("executionSuccessful")
        .raw(if whole { "true" } else { "false" });
    json.key("exitCode").number(report.exit_code().into());
    json.key("exitCodeDescription")
        .string(match report.exit_code() {
            0 => "nothing was found at the level deny",
            1 => "something was found at the level deny",
            _ => "something could not be checked",
        });
    json.key("toolExecutionNotifications")
        .array(notifications(checked, left_out), |json, one| {
            json.object(|json| notification(json, &one, checked));
        });
}

fn notifications(checked: &Checked, left_out: &[Alert]) -> Vec<Notification> {
    let report = checked.report;
    let failures = report.failures.iter().map(|failure| Notification {
        id: COULD_NOT_CHECK,
        level: "error",
        message: line(&failure.message),
        place: failure.span,
        rule: None,
    });
    let unjudged = report.not_judged.iter().map(|one| Notification {
        id: NOT_JUDGED,
        level: "note",
        message: format!("{}: {}", line(&one.deployment), not_judged(one)),
        place: one.why.place,
        rule: Some(one.rule),
    });
    let mut all: Vec<Notification> = failures.take(MAX_NOTIFICATIONS).collect();
    all.extend(unjudged.take(MAX_NOTIFICATIONS));
    let given = all.len();
    let more = report.failures.len() + report.not_judged.len() - given;
    let note = |message| Notification {
        id: LEFT_OUT,
        level: "warning",
        message,
        place: None,
        rule: None,
    };
    if more > 0 {
        all.push(note(format!(
            "{} left out; `cargo kvguard check --format json` has all",
            counted(more, "notification")
        )));
    }
    if !left_out.is_empty() {
        all.push(note(format!(
            "{} left out, as GitHub takes no more: {}; `cargo kvguard check --format json` has all",
            counted(left_out.len(), "result"),
            counted_by_rule(left_out.iter().filter_map(Alert::finding))
        )));
    }
    let hidden = report.allowed.len();
    if hidden > 0 && !checked.shows_allowed {
        let message = format!(
            "{} allowed, which `--show-allowed` adds",
            counted(hidden, "finding")
        );
        all.push(Notification {
            id: ALLOWED,
            level: "note",
            message,
            place: None,
            rule: None,
        });
    }
    all
}

fn notification(json: &mut Writer, one: &Notification, checked: &Checked) {
    json.key("descriptor").object(|json| {
        json.key("id").string(one.id);
        json.key("index").number(notification_index(one.id));
    });
    json.key("level").string(one.level);
    message::member(json, "message", &one.message);
    if let Some(rule) = one.rule {
        json.key("associatedRule").object(|json| {
            json.key("id").string(rule.rule().code);
            json.key("index").number(rule_index(Some(rule)));
        });
    }
    if let Some(place) = one.place {
        json.key("locations").array([place], |json, span| {
            location(json, span, None, checked);
        });
    }
}
