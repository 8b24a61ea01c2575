//! Reads a registry from a document.
