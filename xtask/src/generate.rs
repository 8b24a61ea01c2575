//! `cargo xtask generate`: the files that are made from the code.

mod pages;
mod schema;

use crate::run::{read, write};
use crate::{Failure, root};

/// A file and what makes it.
struct Generated {
    path: &'static str,
    make: fn() -> Result<String, Failure>,
}

const FILES: &[Generated] = &[
    Generated {
        path: "kvguard.schema.json",
        make: || Ok(schema::schema()),
    },
    Generated {
        path: "kvguard-registry.schema.json",
        make: || Ok(schema::registry()),
    },
    Generated {
        path: "docs/registry.md",
        make: || Ok(pages::registry()),
    },
    Generated {
        path: "docs/rules.md",
        make: || Ok(pages::rules()),
    },
    Generated {
        path: "docs/policy.md",
        make: || Ok(pages::policy()),
    },
    Generated {
        path: "README.md",
        make: readme,
    },
];

/// Runs the task.
pub fn run(check: bool) -> Result<(), Failure> {
    let mut stale = Vec::new();
    for file in FILES {
        let path = root().join(file.path);
        let text = (file.make)()?;
        let current = read(&path).is_ok_and(|found| found == text);
        if current {
            println!("{} is current", file.path);
        } else if check {
            stale.push(file.path);
        } else {
            write(&path, &text)?;
            println!("{} was written", file.path);
        }
    }
    if stale.is_empty() {
        return Ok(());
    }
    Err(format!(
        "{} is not what the code says; run `cargo xtask generate` and commit what it writes",
        stale.join(", ")
    ))
}

const TABLE_START: &str = "<!-- The table is made by `cargo xtask generate`. -->\n";
const TABLE_END: &str = "<!-- The end of the table. -->\n";

/// The README with the rules as they are.
fn readme() -> Result<String, Failure> {
    let text = read(&root().join("README.md"))?;
    let parts = text
        .split_once(TABLE_START)
        .and_then(|(before, rest)| Some((before, rest.split_once(TABLE_END)?.1)));
    let (before, after) = parts.ok_or("README.md lacks the marks of its table of rules")?;
    let table = pages::rule_table("docs/rules.md");
    Ok(format!("{before}{TABLE_START}{table}{TABLE_END}{after}"))
}
