//! The tool and its rules.

use kvguard::emit::json::Writer;
use kvguard::finding::Level;
use kvguard::rules::{RULES, Rule, RuleId};

use super::message;

/// Names what could not be checked: the rule of such results, and the kind of such notifications.
pub(super) const COULD_NOT_CHECK: &str = "could-not-check";

/// The kinds of notifications beside that.
pub(super) const NOT_JUDGED: &str = "not-judged";
pub(super) const LEFT_OUT: &str = "left-out";
pub(super) const ALLOWED: &str = "allowed";

/// What the notifications are, in the order of their numbers.
const NOTIFICATIONS: [(&str, &str); 4] = [
    (COULD_NOT_CHECK, CANNOT),
    (
        NOT_JUDGED,
        "Something that no file decides, so that a rule does not judge it",
    ),
    (
        LEFT_OUT,
        "Results or notifications for which there is no room in this file",
    ),
    (
        ALLOWED,
        "Findings that are not reported, as something allows them",
    ),
];

const CANNOT: &str =
    "Something that could not be checked, so that what is found is not all there is";

/// Where the project is.
const REPOSITORY: &str = env!("CARGO_PKG_REPOSITORY");

/// The longest description that GitHub takes.
const MAX_DESCRIPTION: usize = 1_024;

/// The number of a rule in the list; without one, that of what could not be checked.
pub(super) fn rule_index(rule: Option<RuleId>) -> usize {
    rule.map_or(RULES.len(), |rule| rule as usize)
}

/// The number of a notification's kind in the list.
pub(super) fn notification_index(id: &str) -> usize {
    NOTIFICATIONS
        .iter()
        .position(|(other, _)| *other == id)
        .unwrap_or(0)
}

/// The members of the tool.
pub(super) fn members(json: &mut Writer) {
    json.key("name").string("kvguard");
    json.key("version").string(env!("CARGO_PKG_VERSION"));
    json.key("semanticVersion")
        .string(env!("CARGO_PKG_VERSION"));
    json.key("informationUri").string(REPOSITORY);
    let rules = RULES.iter().map(Some).chain([None]);
    json.key("rules").array(rules, |json, rule| match rule {
        Some(rule) => json.object(|json| self::rule(json, rule)),
        None => json.object(|json| {
            descriptor(json, COULD_NOT_CHECK, CANNOT);
            configuration(json, Level::Deny);
        }),
    });
    json.key("notifications")
        .array(NOTIFICATIONS, |json, (id, what)| {
            json.object(|json| descriptor(json, id, what));
        });
}

fn rule(json: &mut Writer, rule: &Rule) {
    let Rule { code, name, .. } = rule;
    let documentation = rule.documentation();
    let summary = rule.summary();
    let anchor = format!("{}-{name}", code.to_lowercase());
    json.key("id").string(code);
    json.key("name").string(name);
    message::member(json, "shortDescription", &shortened(&summary));
    message::member(json, "fullDescription", &shortened(&full(&documentation)));
    // Not as messages have it: it is shown as it stands, and holds braces of the examples.
    json.key("help").object(|json| {
        json.key("text").string(&documentation);
        json.key("markdown").string(&documentation);
    });
    json.key("helpUri")
        .string(&format!("{REPOSITORY}/blob/main/docs/rules.md#{anchor}"));
    configuration(json, rule.default_level);
}

/// What it finds, and why that matters: the documentation up to the example.
fn full(documentation: &str) -> String {
    let before = documentation.split("## Example").next().unwrap_or_default();
    let lines = before.lines().filter(|line| !line.starts_with("## "));
    let words: Vec<&str> = lines.flat_map(str::split_whitespace).collect();
    words.join(" ")
}

fn shortened(text: &str) -> String {
    if text.chars().count() <= MAX_DESCRIPTION {
        return text.to_owned();
    }
    let mut text: String = text.chars().take(MAX_DESCRIPTION - 1).collect();
    text.push('…');
    text
}

fn configuration(json: &mut Writer, level: Level) {
    json.key("defaultConfiguration").object(|json| {
        json.key("enabled").raw(if level == Level::Allow {
            "false"
        } else {
            "true"
        });
        let level = if level == Level::Deny {
            "error"
        } else {
            "warning"
        };
        json.key("level").string(level);
    });
}

fn descriptor(json: &mut Writer, id: &str, what: &str) {
    json.key("id").string(id);
    message::member(json, "shortDescription", what);
}
