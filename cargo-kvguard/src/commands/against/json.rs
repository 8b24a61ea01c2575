//! What a change does to the findings, for programs.

use kvguard::emit::json::{VERSION, Writer, failure, finding, not_judged};

use super::exit_code;
use super::sides::{Base, Compared, Side};
use crate::git::Commit;

/// The whole report. Its findings have the form that those of `check` have.
pub fn text(compared: &Compared) -> String {
    let head = &compared.head;
    let base = match &compared.base {
        Base::Checked(side) => Some(&**side),
        Base::WithoutPolicy(_) => None,
    };
    let mut json = Writer::default();
    json.object(|json| {
        json.key("version").raw(&VERSION.to_string());
        json.key("base").object(|json| {
            commit(json, compared.base.commit());
            json.key("has_policy")
                .raw(if base.is_some() { "true" } else { "false" });
            failures(json, base);
        });
        json.key("head").object(|json| {
            commit(json, &head.commit);
            failures(json, Some(head));
        });
        json.key("added");
        findings(json, Some(head));
        json.key("removed");
        findings(json, base);
        json.key("allowed_since");
        let sources = base.map(|base| base.report.sources());
        let allowed = sources.into_iter().flat_map(|sources| {
            let all = compared.rest.allowed_since.iter();
            all.map(move |one| (one, sources))
        });
        json.array(allowed, |json, (one, sources)| finding(json, one, sources));
        json.key("in_both").raw(&compared.rest.common.to_string());
        json.key("no_longer_judged")
            .array(&compared.rest.no_longer_judged, |json, one| {
                not_judged(json, one, head.report.sources());
            });
        json.key("uncommitted").strings(&compared.uncommitted);
        json.key("exit_code").raw(&exit_code(compared).to_string());
    });
    json.finish()
}

fn commit(json: &mut Writer, commit: &Commit) {
    json.key("commit").string(&commit.id());
    json.key("name").string(commit.name());
}

fn failures(json: &mut Writer, side: Option<&Side>) {
    let reports = side.map(|side| &side.report);
    let all = reports.into_iter().flat_map(|report| {
        let all = report.failures.iter();
        all.map(|one| (one, report.sources()))
    });
    json.key("failures")
        .array(all, |json, (one, sources)| failure(json, one, sources));
}

fn findings(json: &mut Writer, side: Option<&Side>) {
    let reports = side.map(|side| &side.report);
    let all = reports.into_iter().flat_map(|report| {
        let all = report.findings.iter();
        all.map(|one| (one, report.sources()))
    });
    json.array(all, |json, (one, sources)| finding(json, one, sources));
}
