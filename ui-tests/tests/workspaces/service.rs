//! A service's program, run beside a data service in the test's own process.

#![allow(
    dead_code,
    reason = "each test program uses another part of these helpers"
)]

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use kvguard_runtime::Key;
use kvguard_runtime::testing::{AccessTable, Authority, CertificateRequest, DatasvcServer};

/// How long is waited for what has to come.
const LONG: Duration = Duration::from_secs(30);

/// A data service in which one service may write, and that service's files.
pub struct Store {
    pub server: DatasvcServer,
    pub key: Key,
    directory: tempfile::TempDir,
    variables: Vec<(&'static str, String)>,
}

impl Store {
    /// For the service of a subject, under a server name, with a configuration file.
    pub fn start(key: &str, subject: &str, server_name: &str) -> Self {
        let authority = Authority::new();
        let server = DatasvcServer::builder(&authority)
            .with_certificate(CertificateRequest::subject("CN=datasvc").with_dns_name(server_name))
            .with_access_table(AccessTable::new().grant(subject, "writer"))
            .start();
        let directory = tempfile::tempdir().unwrap();
        let files = authority
            .issue(&CertificateRequest::subject(subject))
            .write_to(&directory, &authority)
            .unwrap();
        let path = |path: &PathBuf| path.to_str().unwrap().to_owned();
        let variables = vec![
            ("CONFIG_SOURCE", "kv".to_owned()),
            ("KV_ADDRESS", server.address()),
            ("KV_SEC_MODE", "mtls".to_owned()),
            ("KV_CERT_FILE", path(&files.certificate)),
            ("KV_KEY_FILE", path(&files.key)),
            ("KV_CA_FILE", path(&files.authorities)),
            ("KV_SERVER_NAME", server_name.to_owned()),
        ];
        Self {
            server,
            key: Key::new(key.to_owned()).unwrap(),
            directory,
            variables,
        }
    }

    /// Writes a file of the service's, and gives its path.
    pub fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.directory.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    pub fn set(&self, text: &str) {
        self.server.set(&self.key, text);
    }

    /// What the key holds.
    pub fn text(&self) -> Option<String> {
        let value = self.server.value(&self.key)?;
        Some(String::from_utf8_lossy(value.as_bytes()).into_owned())
    }

    pub fn deny(&self) {
        self.server.set_access_table(AccessTable::new());
    }

    /// Starts a program with the environment of a service of this store.
    pub fn run(&self, program: &Path, arguments: &[&str]) -> Service {
        self.run_with(program, arguments, &[])
    }

    /// The same, with more variables.
    pub fn run_with(&self, program: &Path, arguments: &[&str], more: &[(&str, &str)]) -> Service {
        let mut child = Command::new(program)
            .args(arguments)
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .envs(more.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (sender, lines) = channel();
        follow(child.stdout.take().unwrap(), sender.clone());
        follow(child.stderr.take().unwrap(), sender);
        Service {
            child,
            lines,
            log: String::new(),
        }
    }
}

/// Sends each line of a pipe.
fn follow(pipe: impl Read + Send + 'static, sender: Sender<String>) {
    std::thread::spawn(move || {
        for line in BufReader::new(pipe).lines().map_while(Result::ok) {
            // Nobody listens any more once the test has ended.
            let _ = sender.send(line);
        }
    });
}

/// A program that runs; it ends with this.
pub struct Service {
    child: Child,
    lines: Receiver<String>,
    /// All that it has logged and that was waited for.
    pub log: String,
}

impl Service {
    /// Waits for a line of the log that holds some words, and gives it.
    pub fn told(&mut self, words: &str) -> String {
        let deadline = Instant::now() + LONG;
        loop {
            match self.next_line(deadline) {
                Some(line) if line.contains(words) => return line,
                Some(_) => {}
                None => panic!("it never told of `{words}`:\n{}", self.log),
            }
        }
    }

    /// Waits for its end; gives the exit code.
    pub fn ended(&mut self) -> Option<i32> {
        let deadline = Instant::now() + LONG;
        while self.next_line(deadline).is_some() {}
        let status = self.child.try_wait().unwrap();
        let status = status.unwrap_or_else(|| panic!("it does not end:\n{}", self.log));
        status.code()
    }

    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// The next line; nothing after the last, or at the deadline.
    fn next_line(&mut self, deadline: Instant) -> Option<String> {
        let left = deadline.saturating_duration_since(Instant::now());
        match self.lines.recv_timeout(left) {
            Ok(line) => {
                self.log.push_str(&line);
                self.log.push('\n');
                Some(line)
            }
            Err(RecvTimeoutError::Disconnected) => {
                // Both pipes are closed: it has ended, or is about to.
                let _ = self.child.wait();
                None
            }
            Err(RecvTimeoutError::Timeout) => None,
        }
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // One that has ended cannot be killed, and that is well.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
