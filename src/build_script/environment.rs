//! What the process that runs the build script says.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::policy::date::Date;
use crate::suggest::nearest;

/// What is known of the process's surroundings.
#[derive(Debug, Clone)]
pub(super) struct Environment {
    /// The crate's directory.
    pub(super) manifest_dir: Option<PathBuf>,
    /// Where the script may write.
    pub(super) out_dir: Option<PathBuf>,
    /// The package's name.
    pub(super) package: Option<String>,
    /// `KVGUARD_ROOT`.
    pub(super) root: Option<PathBuf>,
    /// `KVGUARD`.
    pub(super) switch: Result<Switch, String>,
    /// Whether `CI` is set.
    pub(super) is_ci: bool,
    /// Whether cargo itself runs the script, for certain.
    pub(super) is_run_by_cargo: bool,
    /// The day on which excuses are judged.
    pub(super) today: Date,
}

/// `KVGUARD`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Switch {
    /// The policy decides.
    Unset,
    /// Nothing is checked.
    Off,
    /// Findings are warnings.
    Warn,
    /// Findings have their full level, those that the policy sets to `warn` are errors.
    Deny,
    /// The same, and what is not checked is an error.
    Require,
}

const SWITCHES: [(&str, Switch); 4] = [
    ("off", Switch::Off),
    ("warn", Switch::Warn),
    ("deny", Switch::Deny),
    ("require", Switch::Require),
];

impl Switch {
    /// Reads `KVGUARD`.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        if text.is_empty() {
            return Ok(Self::Unset);
        }
        let known = SWITCHES.iter().find(|(name, _)| *name == text);
        known.map(|(_, switch)| *switch).ok_or_else(|| {
            let names = SWITCHES.iter().map(|(name, _)| *name);
            let hint = match nearest(text, names) {
                Some(meant) => format!("; did you mean `{meant}`?"),
                None => String::new(),
            };
            format!(
                "the variable `KVGUARD` holds none of `off`, `warn`, `deny` and `require`{hint}"
            )
        })
    }
}

impl Environment {
    /// The surroundings of this process.
    pub(super) fn of_process() -> Self {
        let executable = std::env::current_exe().ok();
        #[expect(
            clippy::disallowed_methods,
            reason = "what the build script's runner says, not the fleet's configuration"
        )]
        let variable = |name: &str| std::env::var_os(name);
        Self::of(&variable, executable.as_deref(), today())
    }

    pub(super) fn of(
        variable: &dyn Fn(&str) -> Option<OsString>,
        executable: Option<&Path>,
        today: Date,
    ) -> Self {
        let set = |name: &str| variable(name).filter(|value| !value.is_empty());
        let text = |name: &str| set(name).map(|value| value.to_string_lossy().into_owned());
        Self {
            manifest_dir: set("CARGO_MANIFEST_DIR").map(PathBuf::from),
            out_dir: set("OUT_DIR").map(PathBuf::from),
            package: text("CARGO_PKG_NAME"),
            root: set("KVGUARD_ROOT").map(PathBuf::from),
            switch: Switch::parse(text("KVGUARD").unwrap_or_default().trim()),
            is_ci: text("CI").is_some_and(|value| !value.eq_ignore_ascii_case("false")),
            is_run_by_cargo: is_run_by_cargo(&set, executable),
            today,
        }
    }
}

/// Whether it is certain that cargo runs the script, and will read `cargo::error`.
///
/// Others imitate cargo, so each sign alone may mislead. `rules_rust` sets `CARGO`, `CARGO_MANIFEST_DIR`, `OUT_DIR`,
/// `NUM_JOBS` and more, but not `CARGO_MANIFEST_PATH` (cargo does since 1.84) nor `CARGO_MAKEFLAGS` (cargo's own
/// job server), and names directory and executable otherwise. A variable that was inherited from a cargo
/// further out names another manifest.
fn is_run_by_cargo(variable: &dyn Fn(&str) -> Option<OsString>, executable: Option<&Path>) -> bool {
    let path = |name: &str| variable(name).map(PathBuf::from);
    let is_own_manifest = match (path("CARGO_MANIFEST_PATH"), path("CARGO_MANIFEST_DIR")) {
        (Some(manifest), Some(directory)) => manifest.parent() == Some(directory.as_path()),
        _ => false,
    };
    let has_own_names = executable.is_some_and(|executable| {
        let name = executable.file_name().unwrap_or_default();
        name.to_string_lossy().starts_with("build-script-")
    }) && path("OUT_DIR").is_some_and(|directory| directory.ends_with("out"));
    let has_another_runner = [
        "RULES_RUST_SUPPRESS_BUILD_SCRIPT_WARNINGS",
        "RULES_RUST_SYMLINK_EXEC_ROOT",
        "RULES_RUST_OUT_DIR_VOLATILE_BASENAMES",
        "BUCK_SCRATCH_PATH",
    ]
    .iter()
    .any(|name| variable(name).is_some());
    variable("CARGO").is_some()
        && variable("CARGO_MAKEFLAGS").is_some()
        && is_own_manifest
        && has_own_names
        && !has_another_runner
}

pub(super) fn today() -> Date {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    Date::from_days_since_epoch(since.as_secs() / 86_400)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::ffi::OsString;
    use std::path::Path;
    use std::time::{SystemTime, UNIX_EPOCH};

    use super::{Environment, Switch, today};
    use crate::policy::date::Date;

    const CARGO: [(&str, &str); 7] = [
        ("CARGO", "/toolchain/bin/cargo"),
        ("CARGO_MAKEFLAGS", "-j --jobserver-fds=6,7"),
        ("CARGO_MANIFEST_DIR", "/fleet/trapd"),
        ("CARGO_MANIFEST_PATH", "/fleet/trapd/Cargo.toml"),
        ("CARGO_PKG_NAME", "trapd"),
        ("NUM_JOBS", "2"),
        ("OUT_DIR", "/fleet/target/debug/build/trapd-0123/out"),
    ];

    fn environment(changes: &[(&str, &str)], executable: &str) -> Environment {
        let mut variables: BTreeMap<&str, &str> = CARGO.into();
        variables.extend(changes.iter().copied());
        let variable = |name: &str| variables.get(name).map(OsString::from);
        Environment::of(
            &variable,
            Some(Path::new(executable)),
            Date::from_days_since_epoch(0),
        )
    }

    const SCRIPT: &str = "/fleet/target/debug/build/trapd-4567/build-script-build";

    #[test]
    fn cargo_is_recognised() {
        assert!(environment(&[], SCRIPT).is_run_by_cargo);
        let named = SCRIPT.replace("-build", "-guard");
        assert!(environment(&[], &named).is_run_by_cargo);
    }

    #[test]
    fn one_sign_that_is_amiss_makes_it_uncertain() {
        for change in [
            ("CARGO", ""),
            ("CARGO_MAKEFLAGS", ""),
            ("CARGO_MANIFEST_PATH", ""),
            ("CARGO_MANIFEST_PATH", "/outer/Cargo.toml"),
            ("OUT_DIR", "/sandbox/trapd_build_script.out_dir"),
            ("RULES_RUST_SUPPRESS_BUILD_SCRIPT_WARNINGS", "1"),
        ] {
            assert!(
                !environment(&[change], SCRIPT).is_run_by_cargo,
                "{change:?}"
            );
        }
        assert!(!environment(&[], "/sandbox/trapd_build_script_").is_run_by_cargo);
    }

    #[test]
    fn an_empty_variable_is_as_good_as_none() {
        let environment = environment(&[("KVGUARD", ""), ("KVGUARD_ROOT", ""), ("CI", "")], SCRIPT);
        assert_eq!(environment.switch, Ok(Switch::Unset));
        assert_eq!(environment.root, None);
        assert!(!environment.is_ci);
    }

    #[test]
    fn ci_is_on_unless_it_says_false() {
        assert!(environment(&[("CI", "true")], SCRIPT).is_ci);
        assert!(environment(&[("CI", "1")], SCRIPT).is_ci);
        assert!(!environment(&[("CI", "false")], SCRIPT).is_ci);
    }

    #[test]
    fn today_is_the_day_that_the_clock_of_the_machine_tells() {
        let told = || {
            let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
            Date::from_days_since_epoch(since.as_secs() / (24 * 60 * 60))
        };
        let before = told();
        let today = today();
        // Midnight may have passed in between.
        assert!((before..=told()).contains(&today), "{today:?}");
    }

    #[test]
    fn an_unknown_switch_lists_those_there_are_and_never_its_value() {
        let error = Switch::parse("denny").unwrap_err();
        assert_eq!(
            error,
            "the variable `KVGUARD` holds none of `off`, `warn`, `deny` and `require`; did you mean `deny`?"
        );
        for (name, switch) in super::SWITCHES {
            assert_eq!(Switch::parse(name), Ok(switch));
        }
    }
}
