//! Ways through to a cluster, by `kubectl port-forward`.

use kvguard::emit::printable;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::process::Child;

use crate::live::program::{ProgramError, shown};

/// How much is read until it is told which port leads through.
const TOLD_BYTES: u64 = 4 << 10;

/// How long its complaint is waited for.
const ENDING: std::time::Duration = std::time::Duration::from_secs(5);

/// A port of this machine that leads into the cluster until this is dropped.
#[derive(Debug)]
pub(super) struct Forward {
    port: u16,
    _child: Child,
}

impl Forward {
    /// Begins to forward a free port to a port of something.
    pub(super) async fn begin(
        namespace: &str,
        what: &str,
        port: u16,
    ) -> Result<Self, ProgramError> {
        let ports = format!(":{port}");
        let program = super::kubectl(
            namespace,
            ["port-forward", "--address=127.0.0.1", what, &ports],
        );
        let mut child = program.spawned()?;
        let told = async {
            let mut line = String::new();
            if let Some(output) = child.stdout.take() {
                let mut output = BufReader::new(output.take(TOLD_BYTES));
                // What cannot be read says as little as nothing.
                let _ = output.read_line(&mut line).await;
                // The pipe must stay open, as the program says more for each connection.
                return (line, Some(output.into_inner().into_inner()));
            }
            (line, None)
        };
        let Ok((line, output)) = tokio::time::timeout(program.time(), told).await else {
            return Err(program.took_too_long());
        };
        if let Some(local) = local_port(&line) {
            child.stdout = output;
            return Ok(Self {
                port: local,
                _child: child,
            });
        }
        let mut said = Vec::new();
        if let (true, Some(errors)) = (line.is_empty(), child.stderr.take()) {
            // It ends, and what it complained about is there; where it does not end, that is not waited for.
            let mut errors = errors.take(TOLD_BYTES);
            let _ = tokio::time::timeout(ENDING, errors.read_to_end(&mut said)).await;
        }
        if let Some(said) = shown(&said) {
            return Err(ProgramError::Failed {
                command: program.typed(),
                said,
            });
        }
        Err(program.not_understood(&format!(
            "it does not say which port it forwards: `{}`",
            printable(line.trim_end())
        )))
    }

    /// The port.
    pub(super) fn port(&self) -> u16 {
        self.port
    }
}

/// The port in `Forwarding from 127.0.0.1:40001 -> 4222`.
pub(super) fn local_port(line: &str) -> Option<u16> {
    let rest = line.strip_prefix("Forwarding from 127.0.0.1:")?;
    let (port, _) = rest.split_once(" -> ")?;
    port.parse().ok().filter(|port| *port != 0)
}
