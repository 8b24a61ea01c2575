//! The report as JSON, whose form is stable: `version` grows when it changes. `docs/report.schema.json` describes every field.

mod live;

use std::fmt::Write;

use crate::allowed::{Allowed, AllowedKind};
use crate::check::Report;
use crate::deploy::Failure;
use crate::finding::{Edit, Finding, Level};
use crate::resolve::{Deployment, Model, ResolvedWorkload};
use crate::rules::links::NotJudged;
use crate::source::{Sources, Span};

/// The version of the form.
pub const VERSION: u32 = 2;

/// The whole report.
pub fn report(report: &Report) -> String {
    let sources = report.sources();
    let mut json = Writer::default();
    json.object(|json| {
        json.key("version").raw(&VERSION.to_string());
        json.key("findings")
            .array(&report.findings, |json, finding| {
                self::finding(json, finding, sources);
            });
        json.key("allowed").array(&report.allowed, |json, allowed| {
            self::allowed(json, allowed, sources);
        });
        json.key("not_judged")
            .array(&report.not_judged, |json, not_judged| {
                self::not_judged(json, not_judged, sources);
            });
        json.key("failures")
            .array(&report.failures, |json, failure| {
                self::failure(json, failure, sources);
            });
        json.key("deployments")
            .array(report.deployments(), |json, (model, deployment)| {
                json.object(|json| {
                    json.key("name").string(deployment.name());
                    json.key("workloads")
                        .array(report.workloads(deployment), |json, workload| {
                            self::workload(json, report, model, deployment, workload);
                        });
                });
            });
        let seen = report.model.iter().flat_map(|model| &model.seen);
        if seen.clone().next().is_some() {
            json.key("live").array(seen, live::seen);
        }
        json.key("summary").object(|json| {
            let count = |level| {
                report
                    .findings
                    .iter()
                    .filter(|finding| finding.level == level)
                    .count()
            };
            json.key("deny").number(count(Level::Deny));
            json.key("warn").number(count(Level::Warn));
            json.key("allowed").number(report.allowed.len());
            json.key("failures").number(report.failures.len());
            json.key("exit_code").number(report.exit_code().into());
        });
    });
    json.out.push('\n');
    json.out
}

/// One thing that could not be checked.
pub fn failure(json: &mut Writer, failure: &Failure, sources: &Sources) {
    json.object(|json| {
        json.key("message").string(&failure.message);
        json.key("locations")
            .array(failure.span, |json, span| location(json, span, "", sources));
    });
}

/// One finding.
pub fn finding(json: &mut Writer, finding: &Finding, sources: &Sources) {
    let rule = finding.rule.rule();
    json.object(|json| {
        json.key("code").string(rule.code);
        json.key("rule").string(rule.name);
        json.key("level").string(finding.level.name());
        json.key("fingerprint").string(&finding.fingerprint());
        json.key("deployments").strings(&finding.deployments);
        json.key("services").strings(&finding.services);
        json.key("workloads").strings(&finding.workloads);
        json.key("message").string(&finding.message);
        json.key("help").array(&finding.help, |json, help| {
            let text = match &help.edit {
                None => help.message.clone(),
                Some(edit) => {
                    let place = sources.location(edit.span);
                    format!(
                        "{}, at {}:{}:{}: {}",
                        help.message, place.file, place.line, place.column, edit.replacement
                    )
                }
            };
            json.string(&text);
        });
        let edits = finding.help.iter().enumerate();
        let edits = edits.filter_map(|(index, help)| Some((index, help.edit.as_ref()?)));
        json.key("edits").array(edits, |json, (help, edit)| {
            self::edit(json, help, edit, sources);
        });
        let labels = std::iter::once(&finding.primary).chain(&finding.related);
        json.key("locations").array(labels, |json, label| {
            location(json, label.span, &label.text, sources);
        });
    });
}

/// A finding that is not reported, and what allows it.
fn allowed(json: &mut Writer, allowed: &Allowed, sources: &Sources) {
    let by = &allowed.by;
    json.object(|json| {
        json.key("finding");
        finding(json, &allowed.finding, sources);
        json.key("by").object(|json| {
            json.key("kind").string(match by.kind {
                AllowedKind::Entry => "entry",
                AllowedKind::Comment => "comment",
                AllowedKind::Baseline => "baseline",
            });
            json.key("reason").string(&by.reason);
            json.key("until");
            match by.until {
                Some(day) => json.string(&day.to_string()),
                None => json.raw("null"),
            }
            json.key("locations").array([by.span], |json, span| {
                location(json, span, "", sources);
            });
        });
    });
}

/// Something that was not judged.
pub fn not_judged(json: &mut Writer, not_judged: &NotJudged, sources: &Sources) {
    let rule = not_judged.rule.rule();
    json.object(|json| {
        json.key("code").string(rule.code);
        json.key("rule").string(rule.name);
        json.key("reason").string(not_judged.why.reason.name());
        json.key("deployment").string(&not_judged.deployment);
        json.key("services").strings(&not_judged.services);
        json.key("workloads").strings(&not_judged.workloads);
        json.key("message").string(&not_judged.why.message);
        json.key("help").string(&not_judged.why.help);
        json.key("locations")
            .array(not_judged.why.place, |json, span| {
                location(json, span, "", sources);
            });
    });
}

fn location(json: &mut Writer, span: Span, label: &str, sources: &Sources) {
    json.object(|json| {
        range(json, span, sources);
        json.key("label").string(label);
    });
}

/// A change of a file, and which of the helps it belongs to.
fn edit(json: &mut Writer, help: usize, edit: &Edit, sources: &Sources) {
    json.object(|json| {
        json.key("help").number(help);
        range(json, edit.span, sources);
        json.key("replacement").string(&edit.replacement);
    });
}

/// The members that say where something begins and ends.
fn range(json: &mut Writer, span: Span, sources: &Sources) {
    let start = sources.location(span);
    let end = sources.end_location(span);
    json.key("file").string(&start.file);
    json.key("line").number(start.line as usize);
    json.key("column").number(start.column as usize);
    json.key("end_line").number(end.line as usize);
    json.key("end_column").number(end.column as usize);
}

fn workload(
    json: &mut Writer,
    report: &Report,
    model: &Model,
    deployment: &Deployment,
    workload: &ResolvedWorkload,
) {
    let optional = |json: &mut Writer, text: Option<&str>| match text {
        Some(text) => json.string(text),
        None => json.raw("null"),
    };
    let granted = workload.is_kv_sourced().then(|| {
        let grant = workload.access.grant()?;
        let exact = !matches!(
            workload.access,
            crate::access::Access::NearMiss { .. } | crate::access::Access::Placeholder { .. }
        );
        exact
            .then(|| deployment.table.table()?.grants.get(grant))
            .flatten()
    });
    let access = workload
        .is_kv_sourced()
        .then(|| workload.access.rule().map_or("ok", |rule| rule.rule().name));
    let name = &workload.workload.name;
    let own = report.findings.iter().filter(|finding| {
        finding.workloads.contains(name)
            && finding.deployments.iter().any(|of| of == deployment.name())
    });
    let mut rules: Vec<&str> = own.map(|finding| finding.rule.rule().name).collect();
    rules.sort_unstable();
    rules.dedup();
    json.object(|json| {
        json.key("name").string(name);
        json.key("service");
        optional(json, model.service_of(workload));
        json.key("kv_sourced").raw(if workload.is_kv_sourced() {
            "true"
        } else {
            "false"
        });
        json.key("identities")
            .array(workload.identities(), |json, identity| {
                json.string(&identity.text);
            });
        json.key("role");
        optional(
            json,
            granted.flatten().map(|grant| grant.role.value.as_str()),
        );
        json.key("access");
        optional(json, access);
        json.key("findings").strings(&rules);
    });
}

/// Writes JSON, two blanks for each level.
#[derive(Default)]
pub struct Writer {
    out: String,
    depth: usize,
    filled: Vec<bool>,
    after_key: bool,
}

impl Writer {
    /// The text written so far.
    pub fn finish(mut self) -> String {
        self.out.push('\n');
        self.out
    }

    /// Begins a member of the object at hand; its value follows.
    pub fn key(&mut self, name: &str) -> &mut Self {
        self.separate();
        escape(&mut self.out, name);
        self.out.push_str(": ");
        self.after_key = true;
        self
    }

    /// An object, whose members the function writes.
    pub fn object(&mut self, members: impl FnOnce(&mut Self)) {
        self.nested('{', '}', members);
    }

    /// A list, whose items the function writes one by one.
    pub fn array<I: IntoIterator>(&mut self, items: I, mut item: impl FnMut(&mut Self, I::Item)) {
        self.nested('[', ']', |json| {
            for one in items {
                item(json, one);
            }
        });
    }

    /// A list of strings.
    pub fn strings<S: AsRef<str>>(&mut self, items: &[S]) {
        self.array(items, |json, text| json.string(text.as_ref()));
    }

    /// A string.
    pub fn string(&mut self, text: &str) {
        self.separate();
        escape(&mut self.out, text);
    }

    /// A whole number.
    pub fn number(&mut self, number: usize) {
        self.raw(&number.to_string());
    }

    /// A number, a truth value or null, as it is written.
    pub fn raw(&mut self, text: &str) {
        self.separate();
        self.out.push_str(text);
    }

    fn nested(&mut self, open: char, close: char, content: impl FnOnce(&mut Self)) {
        self.separate();
        self.out.push(open);
        self.depth += 1;
        self.filled.push(false);
        content(self);
        self.depth -= 1;
        if self.filled.pop() == Some(true) {
            self.new_line();
        }
        self.out.push(close);
    }

    fn separate(&mut self) {
        if std::mem::take(&mut self.after_key) {
            return;
        }
        if let Some(filled) = self.filled.last_mut() {
            if std::mem::replace(filled, true) {
                self.out.push(',');
            }
            self.new_line();
        }
    }

    fn new_line(&mut self) {
        self.out.push('\n');
        self.out.push_str(&"  ".repeat(self.depth));
    }
}

fn escape(out: &mut String, text: &str) {
    let is_plain = |byte: u8| matches!(byte, b' '..=b'~') && byte != b'"' && byte != b'\\';
    out.push('"');
    let mut rest = text;
    loop {
        let plain = rest.bytes().position(|byte| !is_plain(byte));
        let (before, after) = rest.split_at(plain.unwrap_or(rest.len()));
        out.push_str(before);
        let Some(character) = after.chars().next() else {
            break;
        };
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            control if super::steers(control) => {
                // Writing to a string cannot fail.
                let _ = write!(out, "\\u{:04x}", u32::from(control));
            }
            other => out.push(other),
        }
        rest = &after[character.len_utf8()..];
    }
    out.push('"');
}

#[cfg(test)]
mod tests;
