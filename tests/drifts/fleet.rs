//! A copy of the example fleet to change by hand.

use std::fs;
use std::path::Path;

use kvguard::check::{Options, Report, check};
use kvguard::policy::date::Date;
use tempfile::TempDir;

/// A copy of the example fleet.
pub struct Fleet {
    directory: TempDir,
}

impl Fleet {
    /// The fleet as it is.
    pub fn new() -> Self {
        let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/fleet");
        let directory = tempfile::tempdir().expect("a temporary directory");
        let report = check(&options(&example));
        assert!(report.failures.is_empty(), "{:#?}", report.failures);
        for (_, source) in report.sources().iter() {
            let target = directory.path().join(source.path());
            fs::create_dir_all(target.parent().expect("a file has a parent")).expect("writable");
            fs::write(target, source.text().as_bytes()).expect("writable");
        }
        Self { directory }
    }

    /// Writes one text in the place of another one, which the file holds just once.
    pub fn edit(&self, file: &str, from: &str, to: &str) -> &Self {
        let text = self.text(file);
        assert_eq!(
            text.matches(from).count(),
            1,
            "how often {file} holds {from}"
        );
        self.write(file, &text.replacen(from, to, 1))
    }

    /// Adds a text at a file's end.
    pub fn append(&self, file: &str, more: &str) -> &Self {
        self.write(file, &(self.text(file) + more))
    }

    /// Writes a file.
    pub fn write(&self, file: &str, text: &str) -> &Self {
        fs::write(self.directory.path().join(file), text).expect("the copy is writable");
        self
    }

    /// Makes a link to somewhere else.
    #[cfg(unix)]
    pub fn link(&self, file: &str, to: &Path) -> &Self {
        let link = self.directory.path().join(file);
        std::os::unix::fs::symlink(to, link).expect("the copy is writable");
        self
    }

    /// A file's text.
    pub fn text(&self, file: &str) -> String {
        #[expect(
            clippy::disallowed_methods,
            reason = "a test looks at its own copy of the fleet"
        )]
        let text = fs::read_to_string(self.directory.path().join(file));
        text.unwrap_or_else(|error| panic!("{file}: {error}"))
    }

    pub fn check(&self) -> Report {
        check(&options(self.directory.path()))
    }

    /// Asserts that just this is found: the rule's code, the level, and the file's line with what stands at the place.
    pub fn finds(&self, expected: &[&str]) -> &Self {
        let report = self.check();
        let found: Vec<String> = report
            .findings
            .iter()
            .map(|finding| {
                let place = report.sources().location(finding.primary.span);
                let rule = finding.rule.rule();
                let text = report
                    .sources()
                    .get(finding.primary.span.source)
                    .text()
                    .to_string();
                let line = text
                    .lines()
                    .nth(place.line as usize - 1)
                    .unwrap_or_default();
                format!(
                    "{} {} {}: {}",
                    rule.code,
                    finding.level.name(),
                    place.file,
                    line.trim()
                )
            })
            .collect();
        assert_eq!(
            found,
            expected,
            "{}",
            kvguard::emit::human::report(&report, kvguard::emit::human::Style::default())
        );
        assert!(report.failures.is_empty(), "{:#?}", report.failures);
        self
    }

    /// Asserts that a finding's help says this.
    pub fn helps(&self, with: &str) -> &Self {
        let report = self.check();
        let mut helps = report.findings.iter().flat_map(|finding| &finding.help);
        assert!(
            helps.any(|help| help.message.contains(with)),
            "no help says `{with}`\n{}",
            kvguard::emit::human::report(&report, kvguard::emit::human::Style::default())
        );
        self
    }

    /// Asserts that the check fails, as something could not be checked, and says this.
    pub fn fails(&self, with: &str) -> &Self {
        let report = self.check();
        assert_eq!(report.exit_code(), 2);
        let mut failures = report.failures.iter();
        assert!(
            failures.any(|failure| failure.message.contains(with)),
            "no failure says `{with}`: {:#?}",
            report.failures
        );
        self
    }

    /// Asserts that nothing is found.
    pub fn is_clean(&self) -> &Self {
        self.finds(&[])
    }
}

fn options(root: &Path) -> Options {
    Options {
        root: root.to_owned(),
        policy: None,
        deployments: Vec::new(),
        services: Vec::new(),
        levels: Vec::new(),
        today: Date::parse("2026-01-31").expect("a date"),
        variables: Vec::new(),
        reads_code: cfg!(feature = "rust-sources"),
    }
}
