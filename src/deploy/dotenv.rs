//! Environment files of compose projects.
