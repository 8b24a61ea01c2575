//! Compose projects are read as compose-go reads them: the same services, environments and mounts, and
//! the same projects refused. The oracle is `tests/oracles/compose`, a Go program around compose-go.

#![cfg(feature = "compose")]
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "what these tests are made of is as they made it"
)]

#[path = "oracle_compose/generate.rs"]
mod generate;
#[path = "oracle_compose/oracle.rs"]
mod oracle;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use kvguard::deploy::{Failure, Known, MountSource, Workloads, compose};
use kvguard::inputs::Inputs;
use kvguard::registry::Spanned;
use kvguard::source::{Sources, Span};
use serde_json::{Value, json};

/// A project to be read by both.
struct Project {
    name: String,
    root: PathBuf,
    files: Vec<String>,
    env_files: Vec<String>,
    variables: BTreeMap<String, String>,
    profiles: Option<Vec<String>>,
}

/// What is to come out where we differ from compose-go on purpose.
enum Ours {
    /// We refuse what compose-go accepts.
    Refused,
    /// We accept what compose-go refuses, or read it in another way: variables (`None`: opaque) and
    /// mounts (target, kind, source) of service `a`.
    Read(
        &'static [(&'static str, Option<&'static str>)],
        &'static [(&'static str, &'static str, &'static str)],
    ),
}

/// Every deliberate difference: the project, why, and what comes out.
const DIFFERENCES: [(&str, &str, Ours); 14] = [
    (
        "differs-required-variable",
        "whoever deploys has to supply it, so it is set, to what no file tells",
        Ours::Read(
            &[("REQUIRED", None), ("PART", None), ("EMPTY", None)],
            &[("/data", "unknown", "…")],
        ),
    ),
    (
        "differs-required-variable-in-file",
        "the same, in an environment file",
        Ours::Read(&[("A", None), ("B", None)], &[]),
    ),
    (
        "differs-project-name",
        "the name is that of the directory of the checkout, which differs from machine to machine",
        Ours::Read(&[("N", None)], &[]),
    ),
    (
        "differs-last-line",
        "compose-go takes the name for the value of a variable without a name",
        Ours::Refused,
    ),
    (
        "differs-nameless",
        "compose-go sets a variable without a name, which no engine accepts",
        Ours::Refused,
    ),
    (
        "differs-unknown-field",
        "only the fields that make a workload are checked",
        Ours::Read(&[], &[]),
    ),
    (
        "differs-include-dotenv",
        "a `.env` is only read where it is named, so that a build knows what it depends on",
        Ours::Read(&[("A", Some("unset"))], &[]),
    ),
    (
        "differs-depends-on",
        "dependencies are of no use to the guard",
        Ours::Read(&[], &[]),
    ),
    (
        "differs-outside",
        "nothing outside the root is read, not even to see that it is absent",
        Ours::Refused,
    ),
    (
        "differs-home",
        "a home directory is the host's",
        Ours::Read(&[], &[("/data", "host", "~/data")]),
    ),
    (
        "differs-include-item",
        "compose-go includes nothing for an item without a `path`",
        Ours::Refused,
    ),
    (
        "differs-infinite-merged",
        "compose-go refuses an infinite number only where nothing is merged",
        Ours::Refused,
    ),
    (
        "differs-time",
        "compose-go prints a time in the form of its language",
        Ours::Refused,
    ),
    (
        "differs-unknown-tag",
        "a tag whose meaning is not known may change the value",
        Ours::Refused,
    ),
];

fn fixtures() -> Vec<Project> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/compose");
    #[expect(clippy::disallowed_methods, reason = "a test looks for its fixtures")]
    let entries = std::fs::read_dir(directory).unwrap();
    let mut roots: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    roots.sort();
    roots.into_iter().map(fixture).collect()
}

fn fixture(root: PathBuf) -> Project {
    #[expect(clippy::disallowed_methods, reason = "a test reads its fixtures")]
    let text =
        std::fs::read_to_string(root.join("project.json")).unwrap_or_else(|_| "{}".to_owned());
    let settings: Value = serde_json::from_str(&text).unwrap();
    let strings = |value: &Value| -> Option<Vec<String>> {
        let items = value.as_array()?.iter();
        Some(
            items
                .map(|item| item.as_str().unwrap().to_owned())
                .collect(),
        )
    };
    let variables = settings["variables"].as_object().into_iter().flatten();
    Project {
        name: root.file_name().unwrap().to_str().unwrap().to_owned(),
        files: strings(&settings["files"]).unwrap_or_else(|| vec!["compose.yaml".to_owned()]),
        env_files: strings(&settings["env_files"]).unwrap_or_default(),
        variables: variables
            .map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned()))
            .collect(),
        profiles: strings(&settings["profiles"]),
        root,
    }
}

/// Reads a project with the library.
fn read(project: &Project) -> (Workloads, Vec<Failure>, Inputs) {
    let mut inputs = Inputs::new(&project.root).unwrap();
    let policy = inputs.sources_mut().add("kvguard.toml", "policy");
    let span = inputs.sources().whole(policy);
    let spanned = |paths: &[String]| -> Vec<Spanned<String>> {
        paths
            .iter()
            .map(|path| Spanned::new(path.clone(), span))
            .collect()
    };
    let (files, interpolation_files) = (spanned(&project.files), spanned(&project.env_files));
    let options = compose::Options {
        files: &files,
        interpolation_files: &interpolation_files,
        variables: &project.variables,
        profiles: project.profiles.as_deref(),
    };
    let (workloads, failures) = compose::read(&mut inputs, &options);
    (workloads, failures, inputs)
}

/// What was read, in the oracle's form.
fn shown(workloads: &Workloads, failures: &[Failure]) -> Result<Value, String> {
    let problems = [
        &workloads.malformed,
        &workloads.invalid,
        &workloads.unsupported,
    ];
    let messages = problems
        .into_iter()
        .flatten()
        .map(|problem| problem.message.as_str());
    let messages: Vec<&str> = messages
        .chain(failures.iter().map(|failure| failure.message.as_str()))
        .collect();
    if !messages.is_empty() {
        return Err(messages.join("; "));
    }
    let mut services = serde_json::Map::new();
    for workload in &workloads.workloads {
        let environment: serde_json::Map<String, Value> = workload
            .environment
            .iter()
            .map(|(name, variable)| match &variable.value {
                Known::Text(text) => (name.to_owned(), json!(text)),
                Known::Opaque | Known::Computed => (name.to_owned(), json!({"opaque": true})),
            })
            .collect();
        let mut mounts: Vec<Value> = workload
            .mounts
            .iter()
            .map(|mount| {
                let (kind, source) = match &mount.source {
                    MountSource::Path(path) => ("path", path.as_str()),
                    MountSource::Host(path) => ("host", path.as_str()),
                    MountSource::Volume(name) => ("unknown", name.as_str()),
                    MountSource::Inline(_) | MountSource::ConfigMap(_) => ("inline", ""),
                };
                json!([mount.target, kind, source])
            })
            .collect();
        mounts.sort_by_key(Value::to_string);
        services.insert(
            workload.name.clone(),
            json!({"environment": environment, "mounts": mounts}),
        );
    }
    Ok(Value::Object(services))
}

/// Every span lies in its text, and a name's span holds the name.
fn check_spans(workloads: &Workloads, sources: &Sources) {
    let holds = |span: Span| {
        let text = sources.get(span.source).text();
        text.get(span.start as usize..span.end as usize).is_some()
    };
    for workload in &workloads.workloads {
        assert!(sources.text(workload.name_span).contains(&workload.name));
        assert!(holds(workload.environment_span));
        for (name, variable) in workload.environment.iter() {
            assert!(holds(variable.value_span), "{name}");
            let written = sources.text(variable.name_span);
            assert!(
                written.contains(name) || written.contains('$'),
                "{name}: {written}"
            );
        }
    }
    for problem in workloads
        .malformed
        .iter()
        .chain(&workloads.invalid)
        .chain(&workloads.unsupported)
    {
        assert!(holds(problem.span), "{}", problem.message);
    }
}

/// Where two readings differ, one line for each service that is not the same.
fn difference(ours: Result<&Value, &String>, expected: Result<&Value, &String>) -> String {
    let (Ok(ours), Ok(expected)) = (ours, expected) else {
        return format!("\n  ours     {ours:?}\n  compose  {expected:?}");
    };
    let names = |services: &Value| {
        services
            .as_object()
            .into_iter()
            .flatten()
            .map(|(name, _)| name.clone())
            .collect()
    };
    let mut all: Vec<String> = names(ours);
    all.extend::<Vec<String>>(names(expected));
    all.sort();
    all.dedup();
    let mut text = String::new();
    for name in all {
        for part in ["environment", "mounts"] {
            let (ours, expected) = (&ours[&name][part], &expected[&name][part]);
            if ours != expected {
                write!(
                    text,
                    "\n  {name} {part}\n    ours     {ours}\n    compose  {expected}"
                )
                .unwrap();
            }
        }
    }
    text
}

/// Compares both readings of each project; gives the number of projects that were accepted.
fn compare(projects: &[Project]) -> usize {
    let expected = oracle::load(projects);
    let mut wrong = String::new();
    let mut accepted = 0;
    for (project, expected) in projects.iter().zip(&expected) {
        let (workloads, failures, inputs) = read(project);
        check_spans(&workloads, inputs.sources());
        let ours = shown(&workloads, &failures);
        let name = &project.name;
        if let Some((_, reason, difference)) =
            DIFFERENCES.iter().find(|(differs, ..)| differs == name)
        {
            let fits = match (difference, &ours) {
                (Ours::Refused, Err(_)) => expected.is_ok(),
                (Ours::Read(environment, mounts), Ok(ours)) => {
                    let environment: serde_json::Map<String, Value> = environment
                        .iter()
                        .map(|(name, value)| {
                            (
                                (*name).to_owned(),
                                value.map_or(json!({"opaque": true}), |value| json!(value)),
                            )
                        })
                        .collect();
                    *ours == json!({"a": {"environment": environment, "mounts": mounts}})
                        && expected.as_ref().ok() != Some(ours)
                }
                _ => false,
            };
            if !fits {
                write!(
                    wrong,
                    "{name} ({reason}):\n  ours     {ours:?}\n  compose  {expected:?}\n"
                )
                .unwrap();
            }
            continue;
        }
        match (&ours, expected) {
            (Ok(ours), Ok(expected)) if ours == expected => accepted += 1,
            (Err(_), Err(_)) => {}
            _ => writeln!(
                wrong,
                "{name}:{}",
                difference(ours.as_ref(), expected.as_ref())
            )
            .unwrap(),
        }
    }
    assert!(wrong.is_empty(), "these are read differently:\n{wrong}");
    accepted
}

#[test]
fn fixtures_are_read_as_compose_reads_them() {
    let projects = fixtures();
    for (name, ..) in &DIFFERENCES {
        assert!(
            projects.iter().any(|project| project.name == *name),
            "no fixture `{name}`"
        );
    }
    let unlisted = projects.iter().filter(|project| {
        project.name.starts_with("differs-")
            && !DIFFERENCES.iter().any(|(name, ..)| *name == project.name)
    });
    assert_eq!(
        unlisted.count(),
        0,
        "list every difference in `DIFFERENCES`"
    );
    let expected = oracle::load(&projects);
    let misnamed = projects
        .iter()
        .zip(&expected)
        .filter(|(project, expected)| {
            let name = &project.name;
            !name.starts_with("differs-") && expected.is_err() != name.starts_with("refused-")
        });
    let misnamed: Vec<_> = misnamed
        .map(|(project, expected)| (&project.name, expected))
        .collect();
    assert!(
        misnamed.is_empty(),
        "exactly the projects named `refused-…` are refused: {misnamed:#?}"
    );
    assert!(compare(&projects) >= 20);
}

#[test]
fn generated_projects_are_read_as_compose_reads_them() {
    let directory = tempfile::tempdir().unwrap();
    let projects: Vec<Project> = (0..800)
        .map(|seed| generate::project(directory.path(), seed))
        .collect();
    let accepted = compare(&projects);
    assert!(
        accepted >= 200,
        "only {accepted} of the generated projects are accepted"
    );
}
