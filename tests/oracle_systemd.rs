//! The systemd reader against systemd's own code: its parsers of unit files and environment files, called
//! directly, and its manager, as `systemd-analyze verify` runs it.

#![cfg(feature = "systemd")]
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "these are tests, helpers included"
)]

#[path = "oracle_systemd/cases.rs"]
mod cases;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use cases::{DROP_INS, FILE_PIECES, FILES, UNIT_PIECES, UNITS, WORD_PIECES, WORDS};
use kvguard::deploy::systemd::{Options, read};
use kvguard::deploy::{Failure, Known, Workloads};
use kvguard::inputs::Inputs;
use kvguard::registry::Spanned;
use kvguard::source::{Sources, Span};

const INSTALL: &str =
    "this test asks systemd 252 itself: apt-get install gcc systemd (on Debian 12)";

type Environment = BTreeMap<String, String>;

/// A numbers generator, so that every run has the same cases.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap() % limit
    }

    fn text(&mut self, pieces: &[&str], most: usize) -> String {
        let count = self.below(most) + 1;
        (0..count)
            .map(|_| pieces[self.below(pieces.len())])
            .collect()
    }
}

fn library(stem: &str) -> PathBuf {
    #[expect(clippy::disallowed_methods, reason = "a test looks for its oracle")]
    let list = |directory: &Path| fs::read_dir(directory).into_iter().flatten().flatten();
    let mut directories = Vec::new();
    for base in ["/usr/lib", "/lib", "/usr/lib64"] {
        directories.push(Path::new(base).join("systemd"));
        directories.extend(list(Path::new(base)).map(|entry| entry.path().join("systemd")));
    }
    directories
        .iter()
        .flat_map(|directory| list(directory).map(|entry| entry.path()))
        .find(|path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            name.starts_with(&format!("{stem}-252")) && name.ends_with(".so")
        })
        .unwrap_or_else(|| panic!("no {stem}-252*.so: {INSTALL}"))
}

/// What systemd's parsers make of each request; `None` where they refuse the whole file.
fn ask(directory: &Path, requests: &str) -> Vec<Option<Environment>> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracles/systemd/oracle.c");
    let program = directory.join("oracle");
    let built = Command::new("cc")
        .args(["-O1", "-Wall", "-o"])
        .arg(&program)
        .arg(source)
        .arg("-ldl")
        .status();
    assert!(built.is_ok_and(|status| status.success()), "{INSTALL}");
    let requests_path = directory.join("requests");
    fs::write(&requests_path, requests).unwrap();
    #[expect(clippy::disallowed_methods, reason = "a test hands its own file on")]
    let stdin = fs::File::open(requests_path).unwrap();
    let output = Command::new(program)
        .arg(library("libsystemd-shared"))
        .arg(library("libsystemd-core"))
        .stdin(stdin)
        .stderr(Stdio::null())
        .output()
        .unwrap();
    assert!(output.status.success(), "{:?}", output.status);
    let answers = String::from_utf8(output.stdout).unwrap();
    answers
        .lines()
        .map(|line| (line != "error").then(|| decode(line)))
        .collect()
}

fn decode(line: &str) -> Environment {
    line.split_whitespace()
        .map(|word| {
            let bytes = (0..word.len() / 2)
                .map(|index| u8::from_str_radix(&word[2 * index..2 * index + 2], 16).unwrap())
                .collect();
            let text = String::from_utf8(bytes).unwrap();
            let (name, value) = text.split_once('=').unwrap();
            (name.to_owned(), value.to_owned())
        })
        .collect()
}

fn nowhere() -> Span {
    let mut sources = Sources::new();
    let id = sources.add("kvguard.toml", "");
    sources.whole(id)
}

/// What kvguard makes of all units of a directory.
fn ours(root: &Path) -> (Inputs, Workloads, Vec<Failure>) {
    let mut inputs = Inputs::new(root).unwrap();
    let units = [Spanned::new("*.service".to_owned(), nowhere())];
    let path_map = |path: &str| path.strip_prefix("/etc/").map(str::to_owned);
    let options = Options {
        units: &units,
        path_map: &path_map,
    };
    let (workloads, failures) = read(&mut inputs, &options);
    (inputs, workloads, failures)
}

fn environment_of(workloads: &Workloads, name: &str) -> Environment {
    let workload = workloads
        .workloads
        .iter()
        .find(|workload| workload.name == name);
    let variables = workload.map(|workload| &workload.environment);
    variables
        .into_iter()
        .flat_map(kvguard::deploy::Environment::iter)
        .map(|(name, variable)| match &variable.value {
            Known::Text(text) => (name.to_owned(), text.clone()),
            Known::Opaque | Known::Computed => (name.to_owned(), "?".to_owned()),
        })
        .collect()
}

#[test]
fn unit_files_are_read_as_systemd_reads_them() {
    let mut cases: Vec<String> = UNITS.iter().map(|case| (*case).to_owned()).collect();
    let words: Vec<String> = WORDS
        .iter()
        .map(|word| format!("[Service]\nEnvironment={word}\n"))
        .collect();
    cases.extend(words);
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    for _ in 0..2500 {
        let start = ["", "A=", "B=1 C=\"", "D='"][random.below(4)];
        let value = start.to_owned() + &random.text(WORD_PIECES, 16);
        cases.push(format!("[Service]\nEnvironment={value}\n"));
    }
    for _ in 0..2500 {
        let start = [
            "[Service]\n",
            "[Service]\nEnvironment=A=1\n",
            "",
            "\u{feff}",
        ][random.below(4)];
        let rest = random.text(UNIT_PIECES, 24);
        cases.push(format!("{start}{rest}"));
    }
    let directory = tempfile::tempdir().unwrap();
    let mut requests = String::new();
    for (index, case) in cases.iter().enumerate() {
        let path = directory.path().join(format!("case-{index}.service"));
        fs::write(&path, case).unwrap();
        writeln!(requests, "unit {}", path.display()).unwrap();
    }
    let answers = ask(directory.path(), &requests);
    assert_eq!(answers.len(), cases.len());
    let (inputs, workloads, failures) = ours(directory.path());
    assert_eq!(failures.first(), None);
    let mut with_variables = 0;
    for (index, (case, answer)) in cases.iter().zip(&answers).enumerate() {
        let name = format!("case-{index}");
        if let Some(answer) = answer {
            with_variables += usize::from(!answer.is_empty());
            assert_eq!(environment_of(&workloads, &name), *answer, "{case:?}");
        } else {
            let file = format!("{name}.service");
            let told = workloads
                .malformed
                .iter()
                .any(|problem| inputs.sources().get(problem.span.source).path() == file);
            assert!(told, "systemd refuses {case:?}");
        }
    }
    assert!(with_variables > 1000, "{with_variables}");
}

#[test]
fn environment_files_are_read_as_systemd_reads_them() {
    let mut cases: Vec<String> = FILES.iter().map(|case| (*case).to_owned()).collect();
    let mut random = Random(0x2545_f491_4f6c_dd1d);
    for _ in 0..4000 {
        cases.push(random.text(FILE_PIECES, 30));
    }
    let directory = tempfile::tempdir().unwrap();
    let mut requests = String::new();
    for (index, case) in cases.iter().enumerate() {
        let path = directory.path().join(format!("{index}.env"));
        fs::write(&path, case).unwrap();
        writeln!(requests, "file {}", path.display()).unwrap();
        let unit = format!("[Service]\nEnvironmentFile=/etc/{index}.env\n");
        fs::write(directory.path().join(format!("case-{index}.service")), unit).unwrap();
    }
    let answers = ask(directory.path(), &requests);
    assert_eq!(answers.len(), cases.len());
    let (_, workloads, failures) = ours(directory.path());
    assert_eq!(failures.first(), None);
    for (index, (case, answer)) in cases.iter().zip(&answers).enumerate() {
        let environment = environment_of(&workloads, &format!("case-{index}"));
        assert_eq!(Some(environment), *answer, "{case:?}");
    }
}

/// The environment of each unit as systemd's manager has it once it has loaded the units of a directory.
fn verify(directory: &Path, units: &[&str]) -> BTreeMap<String, Environment> {
    let output = Command::new("systemd-analyze")
        .args(["verify", "--"])
        .args(units)
        .current_dir(directory)
        .env("SYSTEMD_UNIT_PATH", format!("{}:", directory.display()))
        .env("SYSTEMD_LOG_LEVEL", "debug")
        .env("SYSTEMD_LOG_TARGET", "console")
        .stderr(Stdio::null())
        .output()
        .expect(INSTALL);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let mut environments = BTreeMap::new();
    let mut unit: Option<&str> = None;
    for line in text.lines() {
        if let Some(name) = line.trim().strip_prefix("-> Unit ") {
            unit = name.strip_suffix(".service:");
            environments
                .entry(unit.unwrap_or_default().to_owned())
                .or_default();
        } else if let Some(assignment) = line.trim_start().strip_prefix("Environment: ") {
            let (name, value) = assignment.split_once('=').unwrap();
            let environment: &mut Environment = environments.get_mut(unit.unwrap()).unwrap();
            environment.insert(name.to_owned(), value.to_owned());
        }
    }
    environments
}

#[test]
fn specifiers_and_drop_ins_are_those_of_systemd() {
    // No prefix ends in `-`: systemd 252 runs into an assertion of its own at `%J` of such a unit.
    let units = [
        "foo-bar-baz.service",
        "foo--bar.service",
        "foo.service",
        "foo-bar@in-st.service",
        "a-b-c@x\\x2dy-z.service",
        "foo-bar@.service",
        "-x--y-z.service",
        "-a@b@c.service",
    ];
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path();
    for unit in units {
        let mut text =
            "[Unit]\nDescription=x\n[Service]\nExecStart=/bin/true\nEnvironment=RESET=0\n"
                .to_owned();
        for specifier in "nNpPiIjJf%CELSt".chars() {
            let name = if specifier == '%' {
                "percent".to_owned()
            } else {
                specifier.to_string()
            };
            writeln!(
                text,
                "Environment=V_{name}=<%{specifier}>\nEnvironment=\"%{specifier}=1\""
            )
            .unwrap();
        }
        text += "Environment=UNKNOWN=a%zb DIGIT=%9 STRAY=a% \"OPEN=a%\" DASH=50%-60%é\nEnvironment=LAST=unit\n";
        fs::write(root.join(unit), text).unwrap();
    }
    for (index, drop_in) in DROP_INS.iter().enumerate() {
        let path = root.join(drop_in);
        fs::create_dir(&path).unwrap();
        let text = |key: &str| {
            format!("[Service]\nEnvironment={key}={index} LAST={index} SEEN_{index}=1\n")
        };
        fs::write(path.join("50-same.conf"), text("SAME")).unwrap();
        fs::write(path.join(format!("{}-own.conf", 99 - index)), text("OWN")).unwrap();
        fs::write(path.join(".hidden.conf"), text("HIDDEN")).unwrap();
        fs::write(path.join("readme.txt"), text("TEXT")).unwrap();
        if index % 2 == 0 {
            fs::write(
                path.join("40-reset.conf"),
                "[Service]\nEnvironment=\nEnvironment=AFTER_RESET=%p\n",
            )
            .unwrap();
        }
    }
    let named: Vec<&str> = units
        .into_iter()
        .filter(|unit| !unit.contains("@."))
        .collect();
    let theirs = verify(root, &named);
    let (_, workloads, failures) = ours(root);
    assert_eq!(failures.first(), None);
    for unit in named {
        let stem = unit.strip_suffix(".service").unwrap();
        let expected = theirs
            .get(stem)
            .unwrap_or_else(|| panic!("{unit} was not loaded: {INSTALL}"));
        assert!(!expected.is_empty(), "{unit}");
        assert_eq!(environment_of(&workloads, stem), *expected, "{unit}");
    }
    // Without drop-ins, so that nothing is reset.
    for drop_in in DROP_INS {
        fs::remove_dir_all(root.join(drop_in)).unwrap();
    }
    let units = [
        "foo-bar-baz.service",
        "a-b-c@x\\x2dy-z.service",
        "-a@b@c.service",
    ];
    let theirs = verify(root, &units);
    let (_, workloads, _) = ours(root);
    for unit in units {
        let stem = unit.strip_suffix(".service").unwrap();
        let expected = &theirs[stem];
        assert_eq!(expected["LAST"], "unit");
        assert_eq!(environment_of(&workloads, stem), *expected, "{unit}");
    }
}

#[test]
fn the_specifiers_are_those_of_systemd() {
    let directory = tempfile::tempdir().unwrap();
    let mut text = "[Service]\nExecStart=/bin/true\n".to_owned();
    for specifier in ('0'..='9').chain('A'..='Z').chain('a'..='z') {
        writeln!(text, "Environment=S_{specifier}=<%{specifier}>").unwrap();
    }
    fs::write(directory.path().join("a-b@c.service"), text).unwrap();
    let theirs = verify(directory.path(), &["a-b@c.service"]);
    let (_, workloads, _) = ours(directory.path());
    let our_values = environment_of(&workloads, "a-b@c");
    let expected = &theirs["a-b@c"];
    assert!(expected.len() > 30, "{expected:?}");
    for name in expected.keys() {
        assert!(our_values.contains_key(name), "{name}");
    }
    // A host may lack what it is asked for, such as an id of its machine: then it sets nothing.
    for (name, value) in our_values.iter().filter(|(_, value)| *value != "?") {
        assert_eq!(expected.get(name), Some(value), "{name}");
    }
}
