//! Files that reports are written to.

use std::path::PathBuf;
use std::str::FromStr;

use super::Format;

/// A file that a report is to be written to: `FORMAT=FILE` on the command line.
#[derive(Debug, Clone)]
pub struct OutputFile {
    /// In which form.
    pub format: &'static Format,
    /// Where.
    pub path: PathBuf,
}

impl FromStr for OutputFile {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let Some((format, path)) = text.split_once('=') else {
            return Err("expected FORMAT=FILE, such as sarif=kvguard.sarif".to_owned());
        };
        let format = Format::parse(format)?;
        if path.is_empty() {
            return Err(format!("no file is named; expected {}=FILE", format.name));
        }
        Ok(Self {
            format,
            path: PathBuf::from(path),
        })
    }
}
