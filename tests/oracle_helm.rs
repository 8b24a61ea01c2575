//! Compares rendered charts with what `helm` renders, and single templates with Helm's engine.
#![cfg(feature = "helm")]
#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

#[path = "oracle_helm/cases.rs"]
mod cases;
#[path = "oracle_helm/ours.rs"]
mod ours;
#[path = "oracle_helm/theirs.rs"]
mod theirs;

use std::collections::BTreeMap;
use std::fmt::Write;

const HELPER: &str = r#"{{ define "helper" }}help {{ kindOf . }}{{ end }}"#;

/// What kvguard makes of a text.
#[derive(Debug, PartialEq)]
enum Made {
    Text(String),
    Refused(String),
    /// It says that it cannot.
    Unsupported(String),
}

/// All texts as templates of one chart, each of which prints what its text makes, as JSON.
fn made_by_us(texts: &[String]) -> Vec<Made> {
    let root = tempfile::tempdir().expect("a directory");
    let templates = root.path().join("c/templates");
    std::fs::create_dir_all(&templates).expect("a directory");
    let write = |name: &str, text: &str| {
        std::fs::write(root.path().join("c").join(name), text).expect("a file");
    };
    write(
        "Chart.yaml",
        "apiVersion: v2\nname: c\nversion: 1.2.3\nappVersion: 4.5.6\n",
    );
    write("values.yaml", cases::VALUES);
    write("templates/_helper.tpl", HELPER);
    for (index, text) in texts.iter().enumerate() {
        // Each sees values of its own, as some change them.
        let values = r#"(dict "Values" (deepCopy .Values.AsPlain) "Release" .Release "Chart" .Chart "Capabilities" .Capabilities "Files" .Files "Template" (dict "Name" "c/templates/t.yaml" "BasePath" "c/templates"))"#
            .replace(".Values.AsPlain", "(pick .Values \"s\" \"i\" \"f\" \"t\" \"nn\" \"big\" \"l\" \"m\" \"em\" \"el\" \"url\" \"multi\" \"num\")");
        let body = format!(
            "{{{{ define \"t{index}\" }}}}{text}{{{{ end }}}}{{{{ dict \"case\" {index} \"text\" (include \"t{index}\" {values}) | toJson }}}}"
        );
        write(&format!("templates/t{index}.yaml"), &body);
    }
    let call = ours::Call {
        chart: "c".to_owned(),
        ..ours::Call::default()
    };
    let (inputs, rendered) = ours::rendered(root.path(), &call);
    let mut all: BTreeMap<usize, Made> = BTreeMap::new();
    let path_index = |problem: &kvguard::source::Problem| {
        let place = problem
            .related
            .as_ref()
            .map_or(problem.span, |(span, _)| *span);
        let file = inputs.sources().location(place).file;
        let digits = file
            .trim_start_matches("c/templates/t")
            .trim_end_matches(".yaml")
            .to_owned();
        let own = inputs.sources().location(problem.span).file;
        let own = own
            .trim_start_matches("c/templates/t")
            .trim_end_matches(".yaml")
            .parse();
        digits.parse().or(own)
    };
    for problem in &rendered.malformed {
        if let Ok(index) = path_index(problem) {
            all.insert(index, Made::Refused(problem.message.clone()));
        }
    }
    for problem in &rendered.unsupported {
        if let Ok(index) = path_index(problem) {
            all.insert(index, Made::Unsupported(problem.message.clone()));
        }
    }
    for document in &rendered.documents {
        let index = document
            .get("case")
            .and_then(|case| case.as_scalar()?.text.parse().ok());
        let text = document.get("text").and_then(|text| text.as_scalar());
        if let (Some(index), Some(text)) = (index, text) {
            all.insert(index, Made::Text(text.text.replace("<no value>", "")));
        }
    }
    (0..texts.len())
        .map(|index| {
            all.remove(&index)
                .unwrap_or(Made::Refused("nothing came of it".to_owned()))
        })
        .collect()
}

/// Equal, but for the words in which a parser of JSON, YAML or TOML says what is wrong.
fn same(text: &str, theirs: &str, ours: &str) -> bool {
    let is_error = |made: &str| {
        [
            "Error:",
            "cannot unmarshal",
            "invalid character",
            "converting YAML",
        ]
        .iter()
        .any(|words| made.contains(words))
    };
    theirs == ours
        || (text.contains(" from") || text.contains("{from")) && is_error(theirs) && is_error(ours)
}

fn compare(texts: &[String]) -> (usize, usize, usize) {
    let theirs = theirs::texts(texts);
    let ours = made_by_us(texts);
    let (mut accepted, mut refused, mut unsupported) = (0, 0, 0);
    let mut differences = String::new();
    let mut count = 0;
    for ((text, theirs), ours) in texts.iter().zip(theirs).zip(ours) {
        match (&theirs, &ours) {
            (Ok(theirs), Made::Text(ours)) if same(text, theirs, ours) => accepted += 1,
            (Err(_), Made::Refused(_)) => refused += 1,
            (_, Made::Unsupported(_)) => unsupported += 1,
            _ => {
                count += 1;
                if count <= 400 {
                    let _ = writeln!(
                        differences,
                        "{text}\n  helm:    {theirs:?}\n  kvguard: {ours:?}"
                    );
                }
            }
        }
    }
    assert!(
        count == 0,
        "{count} of {} differ:\n{differences}",
        texts.len()
    );
    (accepted, refused, unsupported)
}

#[test]
fn every_function_does_what_it_does_in_helm() {
    let made = compare(&cases::crossed());
    assert!(made.0 > 100, "{made:?}");
}

#[test]
fn the_written_templates_render_as_in_helm() {
    let made = compare(&cases::written());
    assert!(made.0 > 100, "{made:?}");
}

#[test]
fn templates_made_at_random_render_as_in_helm() {
    let made = compare(&cases::random(600));
    assert!(made.0 > 100, "{made:?}");
}

fn charts() -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/helm/charts")
}

fn platform(values_files: &[&str], set: &[(&str, &str)]) -> ours::Call {
    ours::Call {
        chart: "platform".to_owned(),
        values_files: values_files
            .iter()
            .map(|file| format!("platform/{file}"))
            .collect(),
        set: set
            .iter()
            .map(|(path, value)| ((*path).to_owned(), (*value).to_owned()))
            .collect(),
        api_versions: vec!["example.org/v1".to_owned()],
    }
}

#[test]
fn charts_render_to_the_documents_that_helm_renders() {
    let sets: [&[(&str, &str)]; 6] = [
        &[],
        &[
            ("image.tag", "3"),
            ("env[0].value", "kv"),
            ("new.list[2]", "x"),
        ],
        &[
            ("dropped", "null"),
            ("image.tag", "null"),
            ("cache.enabled", "true"),
        ],
        &[("global.cache", "false"), ("tags.work", "false")],
        &[
            ("off.enabled", "true"),
            ("names", "{x,y,1}"),
            ("nameOverride", "007"),
        ],
        &[
            ("replicas", "true"),
            ("imported.port", "1"),
            ("jobs.deep", "null"),
            ("mail.deep.a", "null"),
        ],
    ];
    for values_files in [&[][..], &["values-b.yaml"][..]] {
        for set in sets {
            let call = platform(values_files, set);
            let theirs = theirs::template(&charts(), &call).expect("helm renders it");
            let (inputs, rendered) = ours::rendered(&charts(), &call);
            let told: Vec<String> = rendered
                .malformed
                .iter()
                .chain(&rendered.unsupported)
                .map(|problem| {
                    format!(
                        "{:?}: {}",
                        inputs.sources().location(problem.span),
                        problem.message
                    )
                })
                .collect();
            assert!(told.is_empty(), "{call:?}: {told:#?}");
            let (theirs, ours) = (ours::documents(&theirs), ours::sorted(&rendered.documents));
            for (theirs, ours) in theirs.iter().zip(&ours) {
                assert_eq!(theirs, ours, "{call:?}");
            }
            assert_eq!(theirs.len(), ours.len(), "{call:?}");
        }
    }
}
