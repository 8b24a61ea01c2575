//! `--output FORMAT=FILE`.

use std::fs;

use crate::support::Fleet;
use crate::{drifted, printed};

const FORMATS: [&str; 6] = ["human", "json", "sarif", "github", "junit", "markdown"];

#[test]
fn files_in_several_formats_hold_what_would_be_printed() {
    let fleet = drifted("several files");
    let outputs: Vec<String> = FORMATS
        .iter()
        .map(|format| format!("--output={format}=out/report.{format}"))
        .collect();
    fs::create_dir(fleet.path("out")).unwrap();
    let mut arguments = vec!["check", "--format", "github"];
    arguments.extend(outputs.iter().map(String::as_str));
    let run = fleet.run(&arguments);
    assert_eq!((run.code, run.errors.as_str()), (Some(1), ""));
    assert_eq!(run.output, printed(&fleet, "github"));
    for format in FORMATS {
        let written = String::from_utf8(fleet.read(&format!("out/report.{format}"))).unwrap();
        let options: &[&str] = match format {
            "human" => &["--max-findings", "all"],
            _ => &[],
        };
        let printed = fleet.run(&[&["check", "--format", format], options].concat());
        assert_eq!(written, printed.output, "{format}");
    }
    let left = fs::read_dir(fleet.path("out")).unwrap().count();
    assert_eq!(left, FORMATS.len(), "no temporary file is left");
}

#[test]
fn a_file_replaces_the_one_that_was_there_and_can_be_read_by_others() {
    let fleet = Fleet::new("replaced");
    fleet.write("report.json", "what was there before");
    let run = fleet.run(&["check", "--output", "json=report.json"]);
    run.assert_clean();
    let text = String::from_utf8(fleet.read("report.json")).unwrap();
    assert_eq!(text, printed(&fleet, "json"));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fleet.write("ordinary", "");
        let mode = |file: &str| fs::metadata(fleet.path(file)).unwrap().permissions().mode();
        assert_eq!(mode("report.json"), mode("ordinary"));
    }
}

#[test]
fn a_file_that_cannot_be_written_is_an_error_that_says_what_to_do() {
    let fleet = Fleet::new("not written");
    fs::create_dir(fleet.path("directory")).unwrap();
    for (file, expected) in [
        (
            "nowhere/report.json",
            "its directory does not exist; make that first",
        ),
        ("directory", "a directory has that name; name a file"),
        (
            "store.json/report.json",
            "what is named as its directory is a file; name a directory",
        ),
    ] {
        let run = fleet.run(&[
            "check",
            "--output",
            &format!("json={file}"),
            "--output",
            "sarif=other.sarif",
        ]);
        assert_eq!(run.code, Some(2), "{}", run.text());
        assert!(
            run.errors
                .contains(&format!("`{file}` cannot be written: {expected}")),
            "{}",
            run.errors
        );
        assert!(run.output.contains("kvguard: ok"), "{}", run.output);
        assert!(
            fleet.path("other.sarif").exists(),
            "the other file is written all the same"
        );
    }
    let names = fs::read_dir(fleet.path(".")).unwrap();
    let mut names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    assert!(
        !names.any(|name| name.ends_with(".new")),
        "no temporary file is left"
    );
}

#[test]
fn a_report_takes_no_place_of_another_one_or_of_what_it_is_about() {
    let fleet = Fleet::new("refused");
    let table = fleet.read("store.json");
    std::os::unix::fs::symlink("store.json", fleet.path("link")).unwrap();
    for (outputs, expected) in [
        (
            ["json=a.json", "sarif=a.json"],
            "`a.json` is named for two reports",
        ),
        (
            ["json=b.json", "sarif=store.json"],
            "`store.json` is one of the files that are checked",
        ),
        (
            ["json=b.json", "sarif=units/../kvguard.toml"],
            "kvguard.toml` is one of the files",
        ),
        (
            ["json=b.json", "sarif=link"],
            "`link` is one of the files that are checked",
        ),
    ] {
        let [one, other] = outputs;
        let run = fleet.run(&["check", "--output", one, "--output", other]);
        assert_eq!(run.code, Some(2), "{}", run.text());
        assert!(run.errors.contains(expected), "{}", run.errors);
        assert!(!fleet.path("a.json").exists() && !fleet.path("b.json").exists());
    }
    assert_eq!(fleet.read("store.json"), table);
}

#[test]
fn the_page_on_formats_has_a_row_for_each() {
    let page = fs::read_to_string(crate::validators::path("../docs/output.md")).unwrap();
    let rows: Vec<&str> = page
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split('`').next())
        .collect();
    assert_eq!(rows, FORMATS);
}

#[test]
fn an_unknown_format_is_an_error_with_the_list() {
    let fleet = Fleet::new("unknown format");
    for arguments in [
        &["check", "--format", "xml"][..],
        &["check", "--output", "xml=report.xml"],
        &["check", "--output", "report.xml"],
        &["check", "--output", "json="],
    ] {
        let run = fleet.run(arguments);
        assert_eq!(
            (run.code, run.output.as_str()),
            (Some(2), ""),
            "{}",
            run.what
        );
        if arguments.iter().any(|argument| argument.starts_with("xml")) {
            for format in FORMATS {
                assert!(run.errors.contains(format), "{}", run.errors);
            }
        } else {
            assert!(run.errors.contains("=FILE"), "{}", run.errors);
        }
    }
}
