//! Files that reports are written to.

use std::path::PathBuf;
use std::str::FromStr;

use kvguard::check::Report;

use super::Format;
use crate::fleet::Error;

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

impl OutputFile {
    /// Refuses files that are named twice, and such that a report would destroy: the policy, or another file that was checked.
    ///
    /// # Errors
    ///
    /// The first such file.
    pub fn refuse(files: &[Self], report: &Report) -> Result<(), Error> {
        for (index, file) in files.iter().enumerate() {
            if files[..index].iter().any(|other| other.path == file.path) {
                return Err(Error::NamedTwice(file.path.clone()));
            }
            // What cannot be resolved does not exist, so that nothing is lost.
            let Ok(path) = file.path.canonicalize() else {
                continue;
            };
            let Some(inputs) = &report.inputs else {
                continue;
            };
            let inside = inputs.files().map(|input| inputs.root().join(input));
            let outside = inputs.files_outside().map(PathBuf::from);
            if inside.chain(outside).any(|input| input == path) {
                return Err(Error::IsChecked(file.path.clone()));
            }
        }
        Ok(())
    }
}
