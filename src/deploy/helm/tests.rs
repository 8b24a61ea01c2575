//! Charts rendered in process.
