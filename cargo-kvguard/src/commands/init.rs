//! `cargo kvguard init`

use std::fs::OpenOptions;
use std::io::Write;

use kvguard::check::POLICY_FILE;

use super::Outcome;
use crate::cli::Init;
use crate::exit_code::CLEAN;
use crate::fleet::Error;
use crate::output::print;

/// The policy to begin with: every table that a first check needs, with comments that say what to fill in.
const POLICY: &str = include_str!("init.toml");

/// Writes a policy, unless there is one.
pub fn run(arguments: &Init) -> Outcome {
    let path = arguments.directory.join(POLICY_FILE);
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(&path)
        .map_err(|error| Error::NotWritten(path.clone(), error))?;
    file.write_all(POLICY.as_bytes())
        .map_err(|error| Error::NotWritten(path.clone(), error))?;
    print(&format!(
        "wrote {}; fill in its paths, then run `cargo kvguard check`\n",
        path.display()
    ));
    Ok(CLEAN)
}

#[cfg(test)]
mod tests {
    use kvguard::policy;
    use kvguard::source::{Fragment, Sources, Syntax, read};

    use super::POLICY;

    /// The messages about a policy.
    fn problems(text: &str) -> Vec<String> {
        let mut sources = Sources::new();
        let id = sources.add("kvguard.toml", text);
        let fragment = Fragment::of_source(&sources, id);
        let documents = read(&mut sources, &fragment, Syntax::Toml);
        let mut problems = documents.problems.clone();
        if let Some(root) = documents.single() {
            problems.extend(policy::read(root).err().unwrap_or_default());
        }
        problems
            .into_iter()
            .map(|problem| problem.message)
            .collect()
    }

    /// Whether a line is one of an example.
    fn is_example(line: &str) -> bool {
        let behind = line.strip_prefix('#').and_then(|rest| rest.chars().next());
        behind.is_some_and(|first| first == '[' || first.is_ascii_alphabetic())
    }

    /// The policy with those examples uncommented that are asked for by their number, and how many there are. An empty
    /// line ends an example.
    fn with_examples(is_asked_for: impl Fn(usize) -> bool) -> (String, usize) {
        let blocks = POLICY.split("\n\n");
        let mut count = 0;
        let blocks: Vec<String> = blocks
            .map(|block| {
                if !block.lines().any(is_example) {
                    return block.to_owned();
                }
                count += 1;
                if !is_asked_for(count - 1) {
                    return block.to_owned();
                }
                let lines = block.lines().map(|line| {
                    let shown = if is_example(line) { &line[1..] } else { line };
                    format!("{shown}\n")
                });
                lines.collect()
            })
            .collect();
        (blocks.join("\n\n"), count)
    }

    #[test]
    fn the_policy_and_each_example_in_it_are_valid() {
        let (plain, count) = with_examples(|_| false);
        assert_eq!(plain, POLICY);
        assert_eq!(problems(POLICY), [] as [String; 0]);
        assert_eq!(count, 9, "examples");
        for number in 0..count {
            let (text, _) = with_examples(|own| own == number);
            assert_ne!(text, POLICY);
            assert_eq!(problems(&text), [] as [String; 0], "{text}");
        }
        let (all, _) = with_examples(|_| true);
        assert_eq!(problems(&all), [] as [String; 0], "{all}");
    }

    #[test]
    fn there_is_an_example_of_every_kind_of_deployment() {
        for kind in ["compose", "kustomize", "kubernetes", "helm", "systemd"] {
            assert!(POLICY.contains(&format!("kind = \"{kind}\"")), "{kind}");
        }
    }

    #[test]
    fn a_broken_example_would_be_noticed() {
        let text = POLICY.replace("pointer = ", "pinter = ");
        assert!(!problems(&text).is_empty());
    }
}
