//! Over which a process of its own tells what becomes of a test. What it prints, and how it exits, say nothing.

use std::io::{Read, Write};
use std::net::TcpStream;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::net::TcpListener;

/// Tells a process that it is one, and where the other end is.
pub(super) const VARIABLE: &str = "KVGUARD_BOOTSTRAP_TEST";

/// Tells it where the configuration file is.
pub(super) const CONFIG_VARIABLE: &str = "KVGUARD_BOOTSTRAP_CONFIG";

/// What is told, a line each.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Message {
    /// A load has begun.
    Began,
    /// The case holds.
    Passed,
    /// It does not, and why.
    Failed(String),
    /// The function has given this.
    Loaded {
        configuration: Result<Value, String>,
        degraded: Option<String>,
        has_updates: bool,
    },
    /// It has given an error.
    Refused(String),
    /// It has panicked.
    Panicked(String),
    /// A watch has brought this.
    Update(Result<Value, String>),
    /// There will be no more.
    UpdatesEnded,
}

/// The end that listens.
pub(super) struct Listener {
    listener: TcpListener,
    nonce: String,
}

/// What is told, as it comes.
pub(super) struct Told(Lines<BufReader<tokio::net::TcpStream>>);

/// The end that tells.
pub(super) struct Teller(TcpStream);

impl Listener {
    pub(super) async fn open() -> std::io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        // Another process that finds the port by chance does not know this.
        let nonce = format!(
            "{:x}",
            std::hash::BuildHasher::hash_one(
                &std::collections::hash_map::RandomState::new(),
                std::process::id(),
            )
        );
        Ok(Self { listener, nonce })
    }

    /// What the variable says to a test of a name.
    pub(super) fn address(&self, test: &str) -> std::io::Result<String> {
        let port = self.listener.local_addr()?.port();
        Ok(format!("{port} {} {test}", self.nonce))
    }

    /// Waits for who knows the address. There is one: what connects later is not heard.
    pub(super) async fn accept(self) -> std::io::Result<Told> {
        loop {
            let (stream, _) = self.listener.accept().await?;
            let mut lines = BufReader::new(stream).lines();
            if lines.next_line().await?.as_deref() == Some(&self.nonce) {
                return Ok(Told(lines));
            }
        }
    }
}

impl Told {
    /// The next message; nothing once the other end is gone. Dropping the future loses nothing.
    pub(super) async fn next(&mut self) -> Option<Message> {
        let line = self.0.next_line().await.ok().flatten()?;
        serde_json::from_str(&line).ok()
    }
}

impl Teller {
    /// The end of this process, if it runs the test of this name for another.
    pub(super) fn of_process(test: &str) -> Option<std::io::Result<Self>> {
        #[expect(clippy::disallowed_methods, reason = "what the other process says")]
        let address = std::env::var(VARIABLE).ok()?;
        let mut parts = address.splitn(3, ' ');
        let (port, nonce, named) = (parts.next()?, parts.next()?, parts.next()?);
        if named != test {
            return None;
        }
        let port: u16 = port.parse().ok()?;
        Some(
            TcpStream::connect(("127.0.0.1", port)).and_then(|mut stream| {
                stream.set_nodelay(true)?;
                stream.write_all(format!("{nonce}\n").as_bytes())?;
                // Where the other end goes, nobody wants the rest.
                let mut other = stream.try_clone()?;
                std::thread::spawn(move || {
                    let _ = other.read(&mut [0]);
                    std::process::exit(1);
                });
                Ok(Self(stream))
            }),
        )
    }

    pub(super) fn tell(&mut self, message: &Message) -> std::io::Result<()> {
        let mut line = serde_json::to_string(message)?;
        line.push('\n');
        self.0.write_all(line.as_bytes())
    }
}
