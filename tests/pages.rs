//! What the guides in `docs` show is so: code stands in the file it is quoted from, and links lead somewhere.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::path::{Path, PathBuf};

use kvguard::check::check;
use kvguard::contract::Contract;

use support::{copy_fleet, options, tell};

const GUIDES: [&str; 5] = [
    "adopt.md",
    "allow.md",
    "fix.md",
    "output.md",
    "port-a-service.md",
];

/// A block of code of a page.
struct Block {
    page: &'static str,
    /// The line before it.
    before: String,
    language: String,
    code: String,
}

fn repository() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn text(page: &str) -> String {
    support::text(&repository().join("docs").join(page))
}

fn blocks(page: &'static str) -> Vec<Block> {
    let text = text(page);
    let mut blocks = Vec::new();
    let mut rest = text.as_str();
    while let Some((before, opened)) = rest.split_once("\n```") {
        let (language, code) = opened.split_once('\n').unwrap();
        let (code, after) = code.split_once("```").unwrap();
        blocks.push(Block {
            page,
            before: before.lines().next_back().unwrap_or_default().to_owned(),
            language: language.to_owned(),
            code: code.to_owned(),
        });
        rest = after;
    }
    assert!(blocks.len() > 2, "{page}");
    blocks
}

#[test]
fn quoted_code_stands_in_the_file_that_the_page_names() {
    for block in GUIDES.into_iter().flat_map(blocks) {
        let source = block.before.strip_prefix("<!-- from ");
        let source = source.and_then(|from| from.strip_suffix(" -->"));
        let Some(source) = source else {
            assert_ne!(
                block.language, "rust",
                "{}: no file is named above\n{}",
                block.page, block.code
            );
            continue;
        };
        let file = support::text(&repository().join(source));
        assert!(
            file.contains(block.code.trim_end()),
            "{}: {source} has no\n{}",
            block.page,
            block.code
        );
    }
}

#[test]
fn toml_and_yaml_of_the_guides_parse() {
    let mut parsed = 0;
    for block in GUIDES.into_iter().flat_map(blocks) {
        let problem = match block.language.as_str() {
            "toml" => toml::de::DeTable::parse(&block.code)
                .err()
                .map(|error| error.to_string()),
            "yaml" => serde_yaml::from_str::<serde_yaml::Value>(&block.code)
                .err()
                .map(|error| error.to_string()),
            _ => continue,
        };
        parsed += 1;
        assert_eq!(problem, None, "{}:\n{}", block.page, block.code);
    }
    assert!(parsed > 4);
}

#[test]
fn the_contract_of_the_adoption_guide_is_the_default() {
    let blocks = blocks("adopt.md");
    let contract = blocks
        .iter()
        .find(|block| block.before == "<!-- a policy -->")
        .unwrap();
    let directory = tempfile::tempdir().unwrap();
    let rest = "[registry]\nfile = \"services.json\"\n\n\
                [[deployment]]\nname = \"hosts\"\nkind = \"systemd\"\nfiles = [\"*.service\"]\n\
                access_table = { file = \"table.json\", pointer = \"/\" }\n\n";
    let policy = format!("{rest}{}", contract.code);
    std::fs::write(directory.path().join("kvguard.toml"), policy).unwrap();
    std::fs::write(directory.path().join("services.json"), "[]").unwrap();
    let report = check(&options(directory.path()));
    let model = report.model.as_ref().unwrap();
    assert_eq!(model.policy.contract, Contract::STANDARD);
    for role in kvguard::contract::Role::ALL {
        let name = Contract::STANDARD.name(role).unwrap().to_owned();
        assert!(
            contract.code.contains(&format!("\"{name}\"")),
            "the page leaves out {name}"
        );
    }
}

#[test]
fn the_report_in_the_readme_is_what_is_shown_once_that_grant_is_removed() {
    const TABLE: &str = "deploy/compose/config-store.json";
    let readme = support::text(&repository().join("README.md"));
    let (_, shown) = readme.split_once("```text\n").unwrap();
    let (shown, _) = shown.split_once("```").unwrap();
    let copy = tempfile::tempdir().unwrap();
    copy_fleet(&repository().join("examples/fleet"), copy.path());
    let table = support::text(&copy.path().join(TABLE));
    let drifted: Vec<&str> = table
        .lines()
        .filter(|line| !line.contains("services/ingest\""))
        .collect();
    assert_eq!(drifted.len() + 1, table.lines().count());
    std::fs::write(copy.path().join(TABLE), drifted.join("\n")).unwrap();
    let told = tell(&options(copy.path()));
    assert!(told.human.starts_with(shown.trim_end()), "{}", told.human);
}

#[test]
fn links_of_the_guides_lead_to_files() {
    let mut followed = 0;
    for page in GUIDES {
        let text = text(page);
        for link in text.split("](").skip(1) {
            let (target, _) = link.split_once(')').unwrap();
            let (path, _) = target.split_once('#').unwrap_or((target, ""));
            if path.is_empty() || path.starts_with("https://") {
                continue;
            }
            followed += 1;
            let file = repository().join("docs").join(Path::new(path));
            assert!(file.exists(), "{page}: {target}");
        }
    }
    assert!(followed > 3);
}
