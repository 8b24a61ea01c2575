//! Where findings in charts are: the file, the line and the column that a person edits, and the values file, or
//! the line that prints the value, besides.

#![cfg(feature = "helm")]

mod support;

use std::collections::BTreeSet;

use kvguard::source::Location;
use support::{fixtures, options, tell};

/// Each finding's code, deployments and first place, and the places of values and of what prints them.
fn places() -> BTreeSet<String> {
    let told = tell(&options(&fixtures().join("helm/lines")));
    assert_eq!(told.report.failures, [], "{}", told.human);
    let sources = told.report.sources();
    let shown =
        |Location {
             file, line, column, ..
         }: Location| { format!("{}:{line}:{column}", file.trim_start_matches("chart/")) };
    let findings = told.report.findings.iter().map(|finding| {
        let mut place = format!(
            "{} {} {}",
            finding.rule.rule().code,
            finding.deployments.join("+"),
            shown(sources.location(finding.primary.span))
        );
        for label in &finding.related {
            let arrow = match label.text.as_str() {
                "printed here" => "printed at",
                "a value in it" => "with",
                _ => continue,
            };
            place += &format!(", {arrow} {}", shown(sources.location(label.span)));
        }
        place
    });
    findings.collect()
}

#[test]
fn findings_are_at_the_lines_of_templates_helpers_files_values_and_subcharts() {
    let template = [
        "KV203 first+second templates/workloads.yaml:39:79",
        "KV204 first templates/workloads.yaml:13:11",
        "KV304 first+second templates/store.yaml:20:22",
        "KV305 second templates/store.yaml:22:17",
    ];
    let helper = [
        "KV105 first templates/_helpers.tpl:15:14, with values.yaml:1:9",
        "KV105 second templates/_helpers.tpl:15:14, with values.yaml:1:9",
    ];
    let file_that_tpl_runs = ["KV102 first+second files/store.json:6:97"];
    let values = [
        "KV103 first values.yaml:11:9, printed at files/store.json:7:101",
        "KV205 first values.yaml:5:9, printed at templates/workloads.yaml:19:25",
        "KV305 first+second values.yaml:6:10, printed at templates/store.yaml:16:19",
    ];
    let second_values_set = [
        "KV102 second second.yaml:9:9, printed at files/store.json:7:101",
        "KV204 second second.yaml:5:12, printed at templates/_helpers.tpl:5:13",
        "KV306 second second.yaml:3:10, printed at templates/store.yaml:17:19",
    ];
    let subchart = [
        "KV204 first+second charts/pump/values.yaml:1:7, printed at charts/pump/templates/pump.yaml:16:45, printed at charts/pump/templates/pump.yaml:25:11",
        "KV303 first+second charts/pump/templates/pump.yaml:12:17",
        "KV401 first+second charts/pump/templates/broken.yaml:4:12",
        "KV402 first+second charts/pump/templates/pump.yaml:24:1",
    ];
    let expected = template
        .into_iter()
        .chain(helper)
        .chain(file_that_tpl_runs)
        .chain(values)
        .chain(second_values_set)
        .chain(subchart);
    let expected: BTreeSet<String> = expected.map(str::to_owned).collect();
    assert_eq!(places(), expected);
}
