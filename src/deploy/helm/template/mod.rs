//! Go's `text/template`, with Go's types, on texts that remember where they come from.
#![expect(
    clippy::unnecessary_box_returns,
    reason = "a fault is always passed on in a box"
)]

mod arguments;
pub(crate) mod builtins;
pub(crate) mod compare;
mod evaluate;
mod execute;
mod fields;
mod includes;
mod lex;
pub(crate) mod literal;
mod loops;
pub(crate) mod number;
mod parse;
pub(crate) mod print;
#[cfg(test)]
mod tests;
mod tree;
pub(crate) mod value;

pub(crate) use arguments::Arguments;
pub(crate) use execute::run;
pub(crate) use execute::{Engine, Fault, Frame, Refusal};
pub(crate) use includes::{include, tpl};
pub(crate) use lex::SyntaxError;
pub(crate) use parse::{Parsed, parse};
pub(crate) use tree::Bodies;
