//! `why` and `check` agree on every fixture of the rules: what `check` denies of a service breaks its chain, and nothing else does.

#![allow(
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "the test looks at fixtures, and what it cannot do without fails it"
)]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

use kvguard::check::{Options, Report, check};
use kvguard::finding::{Finding, Level};
use kvguard::policy::date::Date;

#[test]
fn a_chain_is_broken_exactly_where_check_denies_something() {
    let mut broken = 0;
    let mut whole = 0;
    for fleet in fleets() {
        let all = report(&fleet, None);
        let model = all.model.as_ref().expect("fixtures can be read");
        for service in &model.services {
            let service = service.name.value.as_str();
            let told = why(&fleet, service);
            let report = report(&fleet, Some(service));
            for chain in told.chains() {
                let denied = denied(&report, service, &chain);
                if denied.is_empty() {
                    whole += 1;
                } else {
                    broken += 1;
                }
                agrees(&chain, &denied, &fleet);
            }
            let is_broken = told.output.contains("  BROKEN ");
            assert_eq!(
                told.code,
                i32::from(is_broken),
                "{}: {}",
                fleet.display(),
                told.output
            );
        }
    }
    // The fixtures are there, of both kinds.
    assert!(broken > 100 && whole > 100, "{broken} {whole}");
}

#[test]
fn a_store_that_never_runs_breaks_the_chain_of_whoever_calls_it() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/rules");
    let told = why(&root.join("workload-never-runs/bad-store"), "worker");
    assert!(
        told.output.contains("  BROKEN       KV212 "),
        "{}",
        told.output
    );
    assert_eq!(told.code, 1);
}

/// Fails unless a chain is broken by one of the findings, or by nothing where there is none.
fn agrees(chain: &Chain<'_>, denied: &[&Finding], fleet: &Path) {
    let text = format!("{}, {}:\n{}", fleet.display(), chain.deployment, chain.text);
    let breaks = chain
        .text
        .lines()
        .filter_map(|line| line.strip_prefix("  BROKEN "));
    let codes: Vec<&str> = breaks
        .filter_map(|rest| rest.split_whitespace().next())
        .collect();
    let Some(code) = codes.first() else {
        assert!(denied.is_empty(), "`check` denies {denied:#?}\n{text}");
        return;
    };
    assert_eq!(codes.len(), 1, "{text}");
    assert!(!chain.text.contains("  ok "), "{text}");
    let mut rules = denied.iter().map(|finding| finding.rule.rule().code);
    assert!(rules.any(|denied| denied == *code), "{text}");
    // Which link it is stands in the line before.
    let lines: Vec<&str> = chain.text.lines().collect();
    let at = lines.iter().position(|line| line.starts_with("  BROKEN "));
    let before = at.and_then(|at| lines.get(at.checked_sub(1)?));
    let is_named = before.is_some_and(|line| {
        line.ends_with(" does not hold") || line.ends_with(" `check` denies this")
    });
    assert!(is_named, "{text}");
}

/// What `check` denies of a service in the deployment of a chain, and of its workload if it is of one.
fn denied<'r>(report: &'r Report, service: &str, chain: &Chain<'_>) -> Vec<&'r Finding> {
    let is_about =
        |names: &[String], name: &str| names.is_empty() || names.iter().any(|other| other == name);
    let denied = report.findings.iter().filter(|finding| {
        finding.level == Level::Deny
            && is_about(&finding.deployments, chain.deployment)
            && is_about(&finding.services, service)
            && match chain.workload {
                Some(workload) => is_about(&finding.workloads, workload),
                // What names a workload and no service is about somebody else.
                None => finding.workloads.is_empty() || !finding.services.is_empty(),
            }
    });
    denied.collect()
}

/// What `why` printed of one service.
struct Told {
    output: String,
    code: i32,
}

/// What it printed of one workload in a deployment, or of a service that none runs.
struct Chain<'t> {
    deployment: &'t str,
    workload: Option<&'t str>,
    text: String,
}

impl Told {
    fn chains(&self) -> Vec<Chain<'_>> {
        let mut chains: Vec<Chain<'_>> = Vec::new();
        for section in self.output.split("\n\n").filter(|text| !text.is_empty()) {
            let (head, lines) = section.split_once('\n').expect("a head and lines");
            let (_, deployment) = head
                .split_once(" in ")
                .unwrap_or_else(|| panic!("not SERVICE in DEPLOYMENT: {head}\n{}", self.output));
            let mut chain = Chain {
                deployment,
                workload: None,
                text: String::new(),
            };
            for line in lines.lines() {
                let deployed = line.strip_prefix("  deployed     workload `");
                if let Some((workload, _)) = deployed.and_then(|rest| rest.split_once('`')) {
                    if chain.workload.is_some() {
                        let text = String::new();
                        chains.push(std::mem::replace(
                            &mut chain,
                            Chain {
                                deployment,
                                workload: None,
                                text,
                            },
                        ));
                    }
                    chain.workload = Some(workload);
                }
                chain.text.push_str(line);
                chain.text.push('\n');
            }
            chains.push(chain);
        }
        chains
    }
}

fn why(fleet: &Path, service: &str) -> Told {
    let run = Command::new(env!("CARGO_BIN_EXE_kvguard"))
        .args(["why", service, "--root"])
        .arg(fleet)
        .output()
        .expect("the command can be run");
    Told {
        output: String::from_utf8(run.stdout).expect("text"),
        code: run.status.code().expect("an exit code"),
    }
}

/// What `check` reports, as the command would.
fn report(fleet: &Path, service: Option<&str>) -> Report {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let days = since.expect("a clock").as_secs() / 86_400;
    check(&Options {
        root: fleet.to_path_buf(),
        policy: None,
        deployments: Vec::new(),
        services: service.map(str::to_owned).into_iter().collect(),
        levels: Vec::new(),
        today: Date::from_days_since_epoch(days),
        variables: Vec::new(),
        reads_code: true,
    })
}

/// Every fleet under the rules' fixtures, good or bad.
fn fleets() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/rules");
    let cases = directories(&root)
        .into_iter()
        .flat_map(|rule| directories(&rule));
    cases.collect()
}

fn directories(path: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(path).expect("a directory");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    let mut found: Vec<PathBuf> = paths.filter(|path| path.is_dir()).collect();
    found.sort();
    found
}
