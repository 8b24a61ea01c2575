//! Configurations as trees, read from and written in each format.

#[cfg(feature = "json")]
mod json;
#[cfg(feature = "json")]
mod strict;
#[cfg(feature = "toml")]
mod toml;
#[cfg(feature = "yaml")]
mod yaml;

use std::fmt;

use crate::Format;

/// What a configuration is read into, whatever its format. Never shown: it may hold secrets.
pub(crate) type Tree = serde_json::Value;

/// A tree whose root is a mapping.
pub(crate) type Mapping = serde_json::Map<String, Tree>;

/// The one key of a mapping that stands for a date or time of TOML, by which types such as `toml::value::Datetime` know it.
pub(crate) const DATETIME: &str = "$__toml_private_datetime";

/// Where a text does not parse.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// The line, counted from 1.
    pub line: usize,
    /// The column, counted from 1.
    pub column: usize,
}

impl fmt::Display for Position {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "line {}, column {}", self.line, self.column)
    }
}

/// Why a text is no configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum FormatFault {
    /// It is not of its format.
    Syntax(Option<Position>),
    /// A key stands twice in one mapping.
    DuplicateKey(Option<Position>),
    /// Its root is no mapping of names to values.
    NotAMapping,
    /// It holds what the format has and a configuration has not: a tag, a key that is a list, a number without a value.
    Unsupported,
    /// It cannot be written in its format.
    Unwritable,
    /// This format's feature of `kvguard-runtime` is not enabled.
    NotBuilt,
}

impl fmt::Display for FormatFault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = |position: &Option<Position>| match position {
            Some(position) => format!(" at {position}"),
            None => String::new(),
        };
        match self {
            Self::Syntax(position) => write!(formatter, "it is not valid{}", at(position)),
            Self::DuplicateKey(position) => write!(formatter, "it has a key twice{}", at(position)),
            Self::NotAMapping => formatter.write_str("it is no mapping of names to values"),
            Self::Unsupported => formatter.write_str(
                "it holds a tag, an odd key, or a number without a value, which no configuration holds",
            ),
            Self::Unwritable => {
                formatter.write_str("it holds a number or a null that its format has not")
            }
            Self::NotBuilt => {
                formatter.write_str("this build of kvguard-runtime leaves its format out")
            }
        }
    }
}

impl std::error::Error for FormatFault {}

/// Reads a configuration.
pub(crate) fn read(format: Format, bytes: &[u8]) -> Result<Mapping, FormatFault> {
    match tree(format, bytes)? {
        Tree::Object(mapping) => Ok(mapping),
        _ => Err(FormatFault::NotAMapping),
    }
}

#[cfg_attr(
    not(any(feature = "json", feature = "toml", feature = "yaml")),
    expect(unused_variables, reason = "without a format nothing is read")
)]
fn tree(format: Format, bytes: &[u8]) -> Result<Tree, FormatFault> {
    match format {
        #[cfg(feature = "json")]
        Format::Json => json::read(bytes),
        #[cfg(feature = "toml")]
        Format::Toml => toml::read(bytes),
        #[cfg(feature = "yaml")]
        Format::Yaml => yaml::read(bytes),
        #[cfg(not(all(feature = "json", feature = "toml", feature = "yaml")))]
        _ => Err(FormatFault::NotBuilt),
    }
}

/// Writes a configuration, its keys sorted.
#[cfg_attr(
    not(any(feature = "json", feature = "toml", feature = "yaml")),
    expect(unused_variables, reason = "without a format nothing is written")
)]
pub(crate) fn write(format: Format, mapping: &Mapping) -> Result<Vec<u8>, FormatFault> {
    match format {
        #[cfg(feature = "json")]
        Format::Json => json::write(mapping),
        #[cfg(feature = "toml")]
        Format::Toml => toml::write(mapping),
        #[cfg(feature = "yaml")]
        Format::Yaml => yaml::write(mapping),
        #[cfg(not(all(feature = "json", feature = "toml", feature = "yaml")))]
        _ => Err(FormatFault::NotBuilt),
    }
}

/// Where the byte at an offset stands.
#[cfg(any(feature = "toml", feature = "yaml"))]
fn position(bytes: &[u8], offset: usize) -> Position {
    let before = bytes.get(..offset).unwrap_or(bytes);
    let line_start = before
        .iter()
        .rposition(|byte| *byte == b'\n')
        .map_or(0, |newline| newline + 1);
    Position {
        line: before.split(|byte| *byte == b'\n').count(),
        column: String::from_utf8_lossy(&before[line_start..])
            .chars()
            .count()
            + 1,
    }
}

/// The text of bytes, if they are UTF-8.
#[cfg(any(feature = "toml", feature = "yaml"))]
fn text(bytes: &[u8]) -> Result<&str, FormatFault> {
    std::str::from_utf8(bytes)
        .map_err(|error| FormatFault::Syntax(Some(position(bytes, error.valid_up_to()))))
}

#[cfg(all(test, feature = "json", feature = "toml", feature = "yaml"))]
mod tests;
