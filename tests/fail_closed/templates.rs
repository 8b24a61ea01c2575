//! Templates that are there and cannot be read.

use crate::fleet::Fleet;

#[test]
fn a_template_that_is_no_file_is_not_told_as_missing() {
    let fleet = Fleet::new();
    fleet.remove("templates/api.json");
    fleet.write("templates/api.json/part.json", "{\"greeting\": \"canary\"}");
    for deployment in ["packages", "compose"] {
        fleet.fails_at(
            ("kvguard.toml", "\"templates/{service}.{format}\""),
            &format!(
                "deployment `{deployment}`: the template of `api`: `templates/api.json` is not a regular file"
            ),
        );
    }
    let told = fleet.tell();
    assert_eq!(told.report.findings, [], "{}", told.human);
}

#[test]
fn a_template_outside_of_the_root_is_not_told_as_missing() {
    let fleet = Fleet::new();
    fleet.edit(
        "kvguard.toml",
        "templates/{service}.{format}",
        "../{service}.{format}",
    );
    fleet.fails_at(
        ("kvguard.toml", "\"../{service}.{format}\""),
        "deployment `packages`: the template of `worker`: `../worker.json` is outside the root",
    );
}
