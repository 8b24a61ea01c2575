//! Names that mean something in a format's own language mean nothing there.

use serde_json::Value;

use crate::support::Fleet;
use crate::validators::{REPORT, SARIF, assert_junit, assert_valid};
use crate::{list, printed};

/// Signs of every language: of XML, Markdown, HTML, workflow commands, URIs, SARIF's messages and terminals.
const NAME: &str = "a,b:c|d`e` <img src=x> & ]]> \"'\n::error file=x::\r\u{1b}[31m\u{202e} %0A @someone #1 [x](http://e.test) {0} {{y}} é𝄞\u{fffe} \\ $z$ *b*";

/// The same without what cannot be in the name of a file here: a line break, a slash, and what the policy refuses in paths.
const FILE: &str = "a,b|d`e` <img src=x> & ]]> '%0A @someone #1 (x) {0} é𝄞 $z$.json";

/// A fleet whose access table has such a path, and grants such a role.
fn hostile() -> Fleet {
    let fleet = Fleet::new("hostile names");
    let table: Value = serde_json::from_slice(&fleet.read("store.json")).unwrap();
    let mut hostile = table.clone();
    hostile["rbac"]["roles"][0]["role"] = NAME.into();
    fleet.write(FILE, serde_json::to_string_pretty(&hostile).unwrap());
    fleet.replace(
        "kvguard.toml",
        "file = \"store.json\"",
        &format!("file = {}", Value::from(FILE)),
    );
    let run = fleet.run(&["check"]);
    assert_eq!(run.code, Some(1), "{}", run.text());
    assert!(run.output.contains("KV103"), "{}", run.text());
    fleet
}

#[test]
fn json_and_sarif_hold_the_names_as_strings() {
    let fleet = hostile();
    let text = printed(&fleet, "json");
    let report = assert_valid(&REPORT, &text, "json");
    assert_eq!(report["findings"][0]["locations"][0]["file"], FILE);
    let sarif = printed(&fleet, "sarif");
    let log = assert_valid(&SARIF, &sarif, "sarif");
    let result = &log["runs"][0]["results"][0];
    let message = result["message"]["text"].as_str().unwrap();
    assert!(
        message.contains("\\[x\\](http") && message.contains("{{0}}"),
        "{message}"
    );
    let uri = &result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"];
    let uri = uri.as_str().unwrap();
    let is_plain = |sign: char| sign.is_ascii_alphanumeric() || "%/-._~@+=,".contains(sign);
    assert!(uri.chars().all(is_plain), "{uri}");
    for text in [text, sarif] {
        let steers = |sign: char| sign.is_control() && sign != '\n' || sign == '\u{202e}';
        assert!(!text.contains(steers), "{text}");
    }
}

#[test]
fn every_workflow_command_is_one_of_ours() {
    let text = printed(&hostile(), "github");
    for line in text.lines() {
        let ours = ["::notice title=", "::error file=", "::warning file="];
        assert!(ours.iter().any(|begin| line.starts_with(begin)), "{line}");
        assert!(!line.contains('\r') && !line.contains('\u{1b}'), "{line}");
    }
    let error = text.lines().find(|line| line.contains("KV103")).unwrap();
    let properties = error.split("::").nth(1).unwrap();
    assert!(
        properties.contains("file=a%2Cb|d`e` <img src=x> & ]]> '%250A @"),
        "{properties}"
    );
    assert_eq!(
        properties.matches('=').count(),
        6 + 1,
        "one for each property, and one in the file's name: {properties}"
    );
}

#[test]
fn junit_stays_valid() {
    let text = printed(&hostile(), "junit");
    assert_junit(&[("hostile".to_owned(), text.clone())]);
    assert!(!text.contains("<img"), "{text}");
}

#[test]
fn markdown_has_neither_markup_nor_mentions_nor_links() {
    let text = printed(&hostile(), "markdown");
    for markup in [
        "<img", "@someone", "](http", "http://", "*b*", "`", "$z$", "\u{1b}",
    ] {
        assert!(!text.contains(markup), "{markup}: {text}");
    }
    let rows: Vec<&str> = text.lines().filter(|line| line.starts_with('|')).collect();
    assert!(rows.len() > 2, "{text}");
    for row in rows {
        assert_eq!(row.matches('|').count(), 5, "{row}");
    }
}

#[test]
fn the_names_of_deployments_are_escaped_in_every_format() {
    let fleet = Fleet::new("hostile deployment");
    let name = "a<b>&\"]]>|`c` @d";
    fleet.replace(
        "kvguard.toml",
        "name = \"compose\"",
        &format!("name = {}", Value::from(name)),
    );
    fleet.replace("store.json", "services/worker", "retired/press-17");
    let run = fleet.check();
    assert!(run.code == Some(1) || run.code == Some(2), "{}", run.text());
    assert_valid(&REPORT, &printed(&fleet, "json"), "json");
    let log = assert_valid(&SARIF, &printed(&fleet, "sarif"), "sarif");
    assert!(!list(&log["runs"][0]["results"]).is_empty());
    assert_junit(&[("hostile".to_owned(), printed(&fleet, "junit"))]);
    let text = printed(&fleet, "markdown");
    assert!(!text.contains("<b>") && !text.contains("@d"), "{text}");
}
