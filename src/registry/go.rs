//! Reads a registry from a Go source file.
