//! Whether the files that tests were made from still are what they were.

use std::path::Path;

use kvguard_contract::digest;

use super::failed::Failed;

/// The longest file that the guard reads.
const FILE_BYTES: usize = 32 << 20;

/// Compares them. Where none is there, the tests run somewhere else than where they were built, and nothing can be compared.
pub(super) fn check(inputs: &[(&str, u64)]) -> Result<(), Failed> {
    if !inputs.iter().any(|(path, _)| Path::new(path).exists()) {
        return Ok(());
    }
    let is_current = |(path, known): &&(&str, u64)| {
        let content = crate::capped_file::read(Path::new(path), FILE_BYTES);
        content.is_ok_and(|content| digest(&content) == *known)
    };
    match inputs.iter().find(|input| !is_current(input)) {
        None => Ok(()),
        Some((path, _)) => Err(Failed::new(format!(
            "`{path}` changed since this test was compiled"
        ))
        .help(
            "touch the file that has the `#[kv_bootstrap_test]`, and run `cargo test` again: cargo compiles again only what has a newer time",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::{check, digest};

    #[test]
    fn a_file_that_changed_or_went_is_named() {
        let directory = tempfile::tempdir().unwrap();
        let path = |name: &str| directory.path().join(name).to_str().unwrap().to_owned();
        let (table, template) = (path("table.json"), path("template.json"));
        std::fs::write(&table, "[1]").unwrap();
        std::fs::write(&template, "{}").unwrap();
        let inputs = [
            (table.as_str(), digest(b"[1]")),
            (template.as_str(), digest(b"{}")),
        ];
        assert!(check(&inputs).is_ok());
        std::fs::write(&template, "{ }").unwrap();
        let error = format!("{:?}", check(&inputs).unwrap_err());
        assert!(error.contains("template.json` changed"), "{error}");
        std::fs::remove_file(&template).unwrap();
        assert!(check(&inputs).is_err());
        std::fs::remove_file(&table).unwrap();
        assert!(check(&inputs).is_ok());
    }
}
