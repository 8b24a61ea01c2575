//! `cargo xtask generate`: the files that are made from the code.

mod pages;
mod schema;

use crate::run::{read, write};
use crate::{Failure, root};

/// A file and what makes it.
struct Generated {
    path: &'static str,
    make: fn() -> String,
}

const FILES: &[Generated] = &[
    Generated {
        path: "kvguard.schema.json",
        make: schema::schema,
    },
    Generated {
        path: "docs/rules.md",
        make: pages::rules,
    },
    Generated {
        path: "docs/policy.md",
        make: pages::policy,
    },
];

/// Runs the task.
pub fn run(check: bool) -> Result<(), Failure> {
    let mut stale = Vec::new();
    for file in FILES {
        let path = root().join(file.path);
        let text = (file.make)();
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
