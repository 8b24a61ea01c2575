//! What the process says of the crate that a macro is expanded in.

use std::ffi::OsString;
use std::path::PathBuf;

/// Where a macro is called: the file, the line and the column.
pub(crate) type Site = (String, usize, usize);

/// How a variable of the environment is looked up.
type Lookup = Box<dyn Fn(&str) -> Option<OsString>>;

/// The surroundings of one expansion.
pub(crate) struct Surroundings {
    variable: Lookup,
    /// Where the macro is called.
    pub(crate) site: Site,
}

impl Surroundings {
    /// The surroundings of an expansion in this process.
    pub(crate) fn of_process() -> Self {
        let span = proc_macro::Span::call_site();
        Self {
            #[expect(
                clippy::disallowed_methods,
                reason = "what cargo and the user say of the crate; the fleet's configuration is read by the engine"
            )]
            variable: Box::new(|name| std::env::var_os(name)),
            site: (span.file(), span.line(), span.column()),
        }
    }

    /// Surroundings of one's own.
    #[cfg(test)]
    pub(crate) fn of(variables: &[(&str, &std::path::Path)], line: usize) -> Self {
        let variables: std::collections::BTreeMap<String, OsString> = variables
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.as_os_str().to_owned()))
            .collect();
        Self {
            variable: Box::new(move |name| variables.get(name).cloned()),
            site: ("src/lib.rs".to_owned(), line, 1),
        }
    }

    /// A variable of the environment; one that is empty counts as not set.
    pub(crate) fn variable(&self, name: &str) -> Option<OsString> {
        (self.variable)(name).filter(|value| !value.is_empty())
    }

    /// A variable that is a path.
    pub(crate) fn path(&self, name: &str) -> Option<PathBuf> {
        self.variable(name).map(PathBuf::from)
    }
}
