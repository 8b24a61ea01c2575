//! Templates by themselves.
