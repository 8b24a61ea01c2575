//! Findings as directives of a build script, each line with its own prefix.
