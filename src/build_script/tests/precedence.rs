//! What decides about a finding, and in which order. `docs/allow.md` describes it; this table holds it.

use super::{Date, Environment, Fleet, Guard, Kind, Switch, Verdict, errors, told, warnings};
use crate::allowed::AllowedKind;
use crate::allowed::baseline::{BASELINE_FILE, Baseline};
use crate::check::{Options, Report, check};
use crate::finding::Level;
use crate::live::{Seen, SeenLog};
use crate::rules::RuleId;

/// What a row states; what it leaves out is not stated.
#[derive(Debug, Default, Clone, Copy)]
struct Stated {
    /// Whether the finding is about what a command saw of the running fleet.
    is_live: bool,
    /// `[levels]`, the deployment's, the service's and the command line's.
    level: Option<&'static str>,
    of_deployment: Option<&'static str>,
    of_service: Option<&'static str>,
    of_command: Option<Level>,
    /// The last day of an `[[allow]]`.
    entry: Option<&'static str>,
    /// The last day of a comment.
    comment: Option<&'static str>,
    is_in_baseline: bool,
    switch: Option<Switch>,
    /// `[build] local`.
    build: Option<&'static str>,
}

/// What a finding comes to.
#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    Error,
    Warning,
    /// It is not reported, as something allows it.
    AllowedBy(AllowedKind),
    /// It is not reported, and nobody is told.
    Nothing,
}

use AllowedKind::{Baseline as ByBaseline, Comment as ByComment, Entry as ByEntry};
use Outcome::{AllowedBy, Error, Nothing, Warning};

const FUTURE: Option<&str> = Some("2100-01-01");
const PAST: Option<&str> = Some("2001-01-01");

/// What is stated, what `cargo kvguard check` makes of it, and what a build does.
#[rustfmt::skip]
fn table() -> Vec<(Stated, Outcome, Outcome)> {
    let none = Stated::default();
    let live = Stated { is_live: true, ..none };
    vec![
        (none, Error, Error),
        // The nearest level counts: the command line's, the service's, the deployment's, the policy's, the rule's own.
        (Stated { level: Some("warn"), ..none }, Warning, Warning),
        (Stated { level: Some("allow"), ..none }, Nothing, Nothing),
        (Stated { level: Some("allow"), of_deployment: Some("warn"), ..none }, Warning, Warning),
        (Stated { of_deployment: Some("allow"), of_service: Some("deny"), ..none }, Error, Error),
        (Stated { of_service: Some("allow"), of_command: Some(Level::Deny), ..none }, Error, Nothing),
        (Stated { of_service: Some("deny"), of_command: Some(Level::Allow), ..none }, Nothing, Error),
        // What is not allowed by its level may be allowed by an entry, a comment or the baseline, in this order.
        (Stated { entry: FUTURE, ..none }, AllowedBy(ByEntry), Nothing),
        (Stated { entry: PAST, ..none }, Error, Error),
        (Stated { entry: FUTURE, comment: FUTURE, is_in_baseline: true, ..none }, AllowedBy(ByEntry), Nothing),
        (Stated { entry: PAST, comment: FUTURE, is_in_baseline: true, ..none }, AllowedBy(ByComment), Nothing),
        (Stated { entry: PAST, comment: PAST, is_in_baseline: true, ..none }, AllowedBy(ByBaseline), Nothing),
        (Stated { comment: PAST, ..none }, Error, Error),
        (Stated { is_in_baseline: true, ..none }, AllowedBy(ByBaseline), Nothing),
        // No level brings back what is allowed.
        (Stated { comment: FUTURE, of_command: Some(Level::Deny), ..none }, AllowedBy(ByComment), Nothing),
        (Stated { is_in_baseline: true, of_service: Some("deny"), ..none }, AllowedBy(ByBaseline), Nothing),
        (Stated { is_in_baseline: true, switch: Some(Switch::Require), ..none }, AllowedBy(ByBaseline), Nothing),
        // `[build]` caps the level in a build, and `KVGUARD` overrides that.
        (Stated { build: Some("warn"), ..none }, Error, Warning),
        (Stated { build: Some("allow"), ..none }, Error, Nothing),
        (Stated { build: Some("allow"), switch: Some(Switch::Warn), ..none }, Error, Warning),
        (Stated { build: Some("warn"), switch: Some(Switch::Deny), ..none }, Error, Error),
        (Stated { switch: Some(Switch::Warn), ..none }, Error, Warning),
        (Stated { switch: Some(Switch::Off), ..none }, Error, Nothing),
        // What the policy sets to `warn` is an error in such a build.
        (Stated { level: Some("warn"), switch: Some(Switch::Deny), ..none }, Warning, Error),
        // What runs is decided alike in a command that looks at it. No build looks.
        (live, Error, Nothing),
        (Stated { level: Some("warn"), ..live }, Warning, Nothing),
        (Stated { level: Some("allow"), of_deployment: Some("warn"), ..live }, Warning, Nothing),
        (Stated { of_deployment: Some("warn"), of_service: Some("allow"), ..live }, Nothing, Nothing),
        (Stated { of_service: Some("allow"), of_command: Some(Level::Deny), ..live }, Error, Nothing),
        (Stated { entry: FUTURE, comment: FUTURE, is_in_baseline: true, ..live }, AllowedBy(ByEntry), Nothing),
        (Stated { entry: PAST, ..live }, Error, Nothing),
        (Stated { entry: PAST, comment: FUTURE, is_in_baseline: true, ..live }, AllowedBy(ByComment), Nothing),
        (Stated { comment: PAST, ..live }, Error, Nothing),
        (Stated { comment: PAST, is_in_baseline: true, ..live }, AllowedBy(ByBaseline), Nothing),
        (Stated { switch: Some(Switch::Deny), ..live }, Error, Nothing),
    ]
}

impl Stated {
    /// The rule of the finding.
    fn rule(self) -> RuleId {
        if self.is_live {
            RuleId::SilentService
        } else {
            RuleId::SourceDrift
        }
    }
}

/// A fleet with one finding about `trapd` in compose: a misspelt source; or, in what was seen of it, a log without its line.
fn fleet(stated: Stated) -> Fleet {
    let fleet = Fleet::new();
    let name = stated.rule().rule().name;
    let comment = stated.comment.map_or_else(String::new, |until| {
        format!("# kvguard: allow {name} until {until} because it is to be\n")
    });
    let before = "  trapd:\n    image: fleet/trapd\n    environment: *kv\n";
    let after = if stated.is_live {
        format!("{comment}{before}")
    } else {
        format!(
            "  trapd:\n    image: fleet/trapd\n    environment:\n      <<: *kv\n{comment}      CONFIG_SOURCE: kvx\n"
        )
    };
    fleet.edit("deploy/compose.yaml", before, &after);
    let mut policy = String::new();
    if let Some(level) = stated.level {
        policy.push_str(&format!("[levels]\n{name} = \"{level}\"\n"));
    }
    if let Some(level) = stated.of_service {
        policy.push_str(&format!("[service.trapd.levels]\n{name} = \"{level}\"\n"));
    }
    if let Some(level) = stated.build {
        policy.push_str(&format!("[build]\nlocal = \"{level}\"\n"));
    }
    if let Some(until) = stated.entry {
        policy.push_str(&format!(
            "[[allow]]\nrule = \"{name}\"\nservice = \"trapd\"\nreason = \"it is to be\"\nexpires = {until}\n"
        ));
    }
    fleet.edit(
        "kvguard.toml",
        "[registry]\n",
        &format!("{policy}[registry]\n"),
    );
    if let Some(level) = stated.of_deployment {
        fleet.edit(
            "kvguard.toml",
            "name = \"compose\"\n",
            &format!("name = \"compose\"\nlevels = {{ {name} = \"{level}\" }}\n"),
        );
    }
    fleet
}

fn options(fleet: &Fleet, stated: Stated) -> Options {
    Options {
        root: fleet.path(""),
        policy: None,
        deployments: Vec::new(),
        services: Vec::new(),
        levels: stated
            .of_command
            .map(|level| (stated.rule(), level))
            .into_iter()
            .collect(),
        today: Date::from_days_since_epoch(20_000),
        variables: Vec::new(),
        reads_code: false,
    }
}

/// What a command reports: `check`, or one that looks at what runs.
fn report(fleet: &Fleet, stated: Stated) -> Report {
    let options = options(fleet, stated);
    let mut report = check(&options);
    if stated.is_live {
        let log = SeenLog {
            service: "trapd".to_owned(),
            place: "container fleet-trapd-1".to_owned(),
            lines: 1,
            lacks: vec!["KV update detected".to_owned()],
            has: Vec::new(),
            used_to_speak: false,
        };
        let seen = Seen {
            deployment: "compose".to_owned(),
            logs: vec![log],
            ..Seen::default()
        };
        report.observe(&options, vec![seen], |_| false);
        report.tell_together();
    }
    report
}

fn write_baseline(fleet: &Fleet, stated: Stated) {
    let report = report(fleet, stated);
    let all = report
        .findings
        .iter()
        .flat_map(|finding| &finding.fingerprints);
    let mut baseline = Baseline::default();
    baseline.add(
        all.filter(|fingerprint| fingerprint.rule == stated.rule()),
        None,
    );
    assert!(!baseline.is_empty());
    std::fs::write(
        fleet.path(BASELINE_FILE),
        crate::emit::baseline::text(&baseline),
    )
    .unwrap();
}

/// What the command makes of it.
fn of_command(fleet: &Fleet, stated: Stated) -> Outcome {
    let report = report(fleet, stated);
    assert_eq!(report.failures, []);
    let rule = stated.rule();
    let mut findings = report
        .findings
        .iter()
        .filter(|finding| finding.rule == rule);
    let mut allowed = report
        .allowed
        .iter()
        .filter(|allowed| allowed.finding.rule == rule);
    match (findings.next(), allowed.next()) {
        (Some(finding), None) if finding.level == Level::Deny => Error,
        (Some(_), None) => Warning,
        (None, Some(allowed)) => AllowedBy(allowed.by.kind),
        (None, None) => Nothing,
        (Some(finding), Some(_)) => panic!("reported and allowed: {}", finding.message),
    }
}

/// What a build makes of it.
fn of_build(fleet: &Fleet, stated: Stated) -> Outcome {
    let code = stated.rule().rule().code;
    let switch = stated.switch.unwrap_or(Switch::Unset);
    let environment: Environment = fleet.environment("trapd", switch);
    let verdict = Verdict::of(&Guard::new(), &environment);
    let tells = |kind| {
        let mut messages = told(&verdict, kind).into_iter();
        messages.any(|message| message.contains(code))
    };
    match (tells(Kind::Error), tells(Kind::Warning)) {
        (true, _) => Error,
        (false, true) => Warning,
        (false, false) => Nothing,
    }
}

#[test]
fn levels_entries_comments_the_baseline_the_variable_and_the_build_decide_in_their_order() {
    for (stated, by_command, by_build) in table() {
        let fleet = fleet(stated);
        if stated.is_in_baseline {
            // The baseline is older than what the row states.
            let plain = Stated {
                is_live: stated.is_live,
                ..Stated::default()
            };
            let older = self::fleet(plain);
            write_baseline(&older, plain);
            std::fs::copy(older.path(BASELINE_FILE), fleet.path(BASELINE_FILE)).unwrap();
        }
        assert_eq!(of_command(&fleet, stated), by_command, "check: {stated:?}");
        assert_eq!(of_build(&fleet, stated), by_build, "build: {stated:?}");
    }
}

#[test]
fn a_switch_that_does_not_exist_is_told_and_nothing_else() {
    let fleet = Fleet::new();
    fleet.drift();
    let mut environment = fleet.environment("trapd", Switch::Unset);
    environment.switch = Switch::parse("denny");
    let verdict = Verdict::of(&Guard::new(), &environment);
    assert_eq!(warnings(&verdict), [""; 0]);
    let [error] = errors(&verdict)[..] else {
        panic!("{:?}", verdict.messages);
    };
    assert!(error.contains("`KVGUARD`"), "{error}");
    let is_off = |fleet: &Fleet| {
        let off = fleet.verdict("trapd", Switch::Off);
        assert_eq!(errors(&off), [""; 0]);
        let why = "not checked: the variable `KVGUARD` is `off`";
        assert_eq!(warnings(&off), [why]);
    };
    is_off(&fleet);
    // Then nobody asks for a policy.
    std::fs::remove_file(fleet.path("kvguard.toml")).unwrap();
    is_off(&fleet);
}

#[test]
fn the_policy_that_the_guard_names_is_read_and_no_other() {
    let fleet = Fleet::new();
    fleet.drift();
    std::fs::rename(fleet.path("kvguard.toml"), fleet.path("fleet.toml")).unwrap();
    let environment = fleet.environment("trapd", Switch::Unset);
    let of = |guard: &Guard| errors(&Verdict::of(guard, &environment)).join("\n");
    let named = of(&Guard::new().policy("../fleet.toml"));
    assert!(named.contains("KV101"), "{named}");
    let unnamed = of(&Guard::new());
    assert!(unnamed.contains("there is no policy"), "{unnamed}");
}
