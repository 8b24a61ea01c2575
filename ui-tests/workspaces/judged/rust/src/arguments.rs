//! `--config FILE --listen ADDRESS`

use std::path::PathBuf;

use crate::Error;

pub struct Arguments {
    pub config: PathBuf,
    pub listen: String,
}

impl Arguments {
    pub fn of_process() -> Result<Self, Error> {
        let mut config = None;
        let mut listen = None;
        let mut arguments = std::env::args().skip(1);
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--config" => config = arguments.next(),
                "--listen" => listen = arguments.next(),
                _ => return Err(Error::Usage),
            }
        }
        Ok(Self {
            config: config.ok_or(Error::Usage)?.into(),
            listen: listen.ok_or(Error::Usage)?,
        })
    }
}
