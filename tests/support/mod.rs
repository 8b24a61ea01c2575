//! What the tests of whole fleets have in common.

#![expect(clippy::expect_used, reason = "what a test cannot do without fails it")]
#![allow(
    dead_code,
    reason = "every test program compiles this module and none uses all of it"
)]

pub mod seen;

use std::path::{Path, PathBuf};

use kvguard::check::{Options, Report, check};
use kvguard::emit;
use kvguard::policy::date::Date;
use kvguard::rules::RuleId;

/// The day on which the fixtures are judged.
pub const TODAY: &str = "2026-06-01";

/// Stands in every value of the fixtures that nobody may ever see.
pub const CANARY: &str = "canary";

/// The options with which a fleet is checked.
pub fn options(root: &Path) -> Options {
    Options {
        root: root.to_path_buf(),
        policy: None,
        deployments: Vec::new(),
        services: Vec::new(),
        levels: Vec::new(),
        today: Date::parse(TODAY).expect("a date"),
        variables: Vec::new(),
        reads_code: cfg!(feature = "rust-sources"),
    }
}

/// What a check told, in every form there is.
pub struct Told {
    /// The report.
    pub report: Report,
    /// For people.
    pub human: String,
    /// For programs.
    pub json: String,
}

/// Judges a fleet: its files; or, where it has a `seen.json`, what a command saw of it.
pub fn judge(options: &Options) -> Report {
    let mut report = check(options);
    seen::observe(&mut report, options, no_rule);
    report
}

fn no_rule(_: RuleId) -> bool {
    false
}

/// Judges, and holds what is told against what must hold of everything that is told.
pub fn tell(options: &Options) -> Told {
    let report = judge(options);
    let human = emit::human::report(&report, emit::human::Style::default());
    let json = emit::json::report(&report);
    let colours = emit::human::Style {
        colour: true,
        ..emit::human::Style::default()
    };
    let colourful = emit::human::report(&report, colours);
    let sources = report.sources();
    let findings = report
        .findings
        .iter()
        .map(|finding| emit::short::finding(finding, sources, emit::short::Rest::Report));
    let failures = report
        .failures
        .iter()
        .map(|failure| emit::cargo::failure(failure, sources));
    let directives: String = findings
        .chain(failures)
        .flat_map(|text| emit::cargo::directives("error", &text))
        .collect();
    let allowed = emit::allowed::allowed(&report);
    for text in [&human, &json, &colourful, &directives, &allowed] {
        assert!(!text.contains(CANARY), "a value was told:\n{text}");
    }
    let again = judge(options);
    assert_eq!(json, emit::json::report(&again), "not the same twice");
    assert_eq!(
        human,
        emit::human::report(&again, emit::human::Style::default()),
        "not the same twice"
    );
    Told {
        report,
        human,
        json,
    }
}

/// The root of the fixtures.
pub fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}

/// The names of the directories in a directory, sorted.
pub fn directories(path: &Path) -> Vec<String> {
    entries(path, Path::is_dir)
}

/// The names of the files in a directory, sorted.
pub fn files(path: &Path) -> Vec<String> {
    entries(path, Path::is_file)
}

fn entries(path: &Path, is_meant: fn(&Path) -> bool) -> Vec<String> {
    #[expect(
        clippy::disallowed_methods,
        reason = "a test looks at its own fixtures"
    )]
    let entries =
        std::fs::read_dir(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut names: Vec<String> = entries
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| is_meant(path))
        .filter_map(|path| Some(path.file_name()?.to_str()?.to_owned()))
        .collect();
    names.sort();
    names
}

/// Copies a fleet, without what cargo builds there.
pub fn copy_fleet(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("writable");
    for file in files(from) {
        #[expect(
            clippy::disallowed_methods,
            reason = "a test looks at its own fixtures"
        )]
        let content = std::fs::read(from.join(&file)).expect("a file of the fleet");
        // Written anew, so that the copy is writable although its model may not be.
        std::fs::write(to.join(&file), content).expect("writable");
    }
    for directory in directories(from) {
        if directory != "target" {
            copy_fleet(&from.join(&directory), &to.join(&directory));
        }
    }
}

/// The text of a file.
pub fn text(path: &Path) -> String {
    #[expect(
        clippy::disallowed_methods,
        reason = "a test looks at its own fixtures"
    )]
    let text = std::fs::read_to_string(path);
    text.unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
