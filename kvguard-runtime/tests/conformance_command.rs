//! The command that runs the conformance suite, against a data service that is a process of its own.
#![expect(
    clippy::expect_used,
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "a test that cannot go on says what it expected; the process is told by its environment, and tells by its output"
)]

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Output, Stdio};

use kvguard_runtime::Key;
use kvguard_runtime::testing::{AccessTable, Authority, CertificateRequest, DatasvcServer};
use tempfile::TempDir;

/// Where the process that serves writes its clients' certificates; only that process has it.
const DIRECTORY: &str = "KVGUARD_TEST_SERVES_FROM";
/// Whether it lets everybody do everything.
const OPEN: &str = "KVGUARD_TEST_SERVES_EVERYBODY";

const VALUE_LIMIT: usize = 64 * 1024;

/// In the process that serves: serves until its input ends, then tells what is left.
fn serve_if_told_to() {
    let Some(directory) = std::env::var_os(DIRECTORY) else {
        return;
    };
    let authority = Authority::new();
    let subject = |name: &str| format!("CN={name},O=Example");
    let table = AccessTable::new()
        .grant(subject("writer"), "writer")
        .grant(subject("reader"), "reader");
    let mut builder = DatasvcServer::builder(&authority)
        .with_access_table(table)
        .with_value_limit(VALUE_LIMIT);
    if std::env::var_os(OPEN).is_some() {
        builder = builder.without_enforcement();
    }
    let server = builder.start();
    for name in ["writer", "reader", "nobody"] {
        let certificate = authority.issue(&CertificateRequest::subject(&subject(name)));
        let directory = Path::new(&directory).join(name);
        std::fs::create_dir(&directory).expect("a directory");
        certificate.write_to(directory, &authority).expect("files");
    }
    println!("\nlistens at {}", server.address());
    let _ = std::io::stdin().read(&mut [0]).expect("its input");
    let writes = server.recording().writes().into_iter();
    let keys: BTreeSet<_> = writes.filter_map(|write| write.key).collect();
    let is_left = |key: &&String| {
        server
            .value(&Key::new((*key).clone()).expect("a key"))
            .is_some()
    };
    let left = keys.iter().filter(is_left).count();
    println!("wrote {} keys, {left} are left", keys.len());
    std::process::exit(0);
}

/// A data service that is a process of its own.
struct Service {
    process: Child,
    output: BufReader<ChildStdout>,
    address: String,
    directory: TempDir,
}

impl Service {
    /// Starts it: this program again, as far as the test of a name, which serves.
    fn start(test: &str, is_open: bool) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let mut command = Command::new(std::env::current_exe().expect("this program"));
        command
            .args(["--exact", test, "--nocapture"])
            .env(DIRECTORY, directory.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        if is_open {
            command.env(OPEN, "1");
        }
        let mut process = command.spawn().expect("it starts");
        let output = process.stdout.take().expect("its output");
        let mut output = BufReader::new(output);
        let address = line_with(&mut output, "listens at ");
        Self {
            process,
            output,
            address,
            directory,
        }
    }

    /// The command, as the writer.
    fn conformance(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kvguard-conformance"));
        command.args(["--address", &self.address]);
        for (argument, file) in self.files("writer", ["cert", "key", "ca"]) {
            command.arg(format!("--{argument}")).arg(file);
        }
        command
    }

    /// The command with all that it can be given.
    fn whole_conformance(&self) -> Command {
        let mut command = self.conformance();
        for name in ["reader", "nobody"] {
            for (argument, file) in self.files(name, ["cert", "key"]) {
                command.arg(format!("--{name}-{argument}")).arg(file);
            }
        }
        command.args(["--value-limit", &VALUE_LIMIT.to_string()]);
        command
    }

    fn files<const COUNT: usize>(
        &self,
        name: &str,
        arguments: [&'static str; COUNT],
    ) -> [(&'static str, std::path::PathBuf); COUNT] {
        arguments.map(|argument| {
            let file = match argument {
                "cert" => "tls.crt",
                "key" => "tls.key",
                _ => "ca.crt",
            };
            (argument, self.directory.path().join(name).join(file))
        })
    }

    /// Ends it; how many keys were written, and how many of them are left.
    fn end(mut self) -> String {
        drop(self.process.stdin.take());
        let told = line_with(&mut self.output, "wrote ");
        self.process.wait().expect("it ends");
        told
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // One that has ended cannot be killed, and that is well.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The rest of the first line that begins so.
fn line_with(output: &mut impl BufRead, start: &str) -> String {
    let mut lines = output.lines().map_while(Result::ok);
    let line = lines.find_map(|line| Some(line.strip_prefix(start)?.to_owned()));
    line.unwrap_or_else(|| panic!("it does not tell `{start}`"))
}

fn text(output: &Output) -> String {
    let text = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes));
    text.concat()
}

/// The names of the checks of which a line says this.
fn checks<'a>(text: &'a str, outcome: &str) -> Vec<&'a str> {
    let lines = text.lines().filter_map(|line| line.split_once(": "));
    lines
        .filter(|(_, told)| told.starts_with(outcome))
        .map(|(name, _)| name)
        .collect()
}

#[test]
fn a_data_service_that_enforces_its_table_passes_every_check() {
    serve_if_told_to();
    let test = "a_data_service_that_enforces_its_table_passes_every_check";
    let service = Service::start(test, false);
    let output = service.whole_conformance().output().expect("it runs");
    let text = text(&output);
    assert_eq!(output.status.code(), Some(0), "{text}");
    assert_eq!(checks(&text, "holds").len(), 40, "{text}");
    assert_eq!(checks(&text, "FAILS"), [""; 0], "{text}");
    assert_eq!(checks(&text, "not run"), [""; 0], "{text}");
    let told = service.end();
    assert!(
        told.ends_with(" 0 are left") && !told.starts_with('0'),
        "{told}"
    );
}

#[test]
fn a_data_service_that_asks_no_table_fails_just_the_checks_of_access() {
    serve_if_told_to();
    let test = "a_data_service_that_asks_no_table_fails_just_the_checks_of_access";
    let service = Service::start(test, true);
    let output = service.whole_conformance().output().expect("it runs");
    let text = text(&output);
    assert_eq!(output.status.code(), Some(1), "{text}");
    let expected = [
        "a_reader_is_denied_each_write_and_nothing_changes",
        "nobody_is_denied_reads",
        "nobody_is_denied_writes_and_nothing_changes",
        "nobody_is_denied_a_watch",
    ];
    assert_eq!(checks(&text, "FAILS"), expected, "{text}");
    assert_eq!(checks(&text, "holds").len(), 36, "{text}");
    let told = service.end();
    assert!(told.ends_with(" 0 are left"), "{told}");
}

#[test]
fn checks_whose_identities_are_not_given_are_told_and_are_no_success() {
    serve_if_told_to();
    let test = "checks_whose_identities_are_not_given_are_told_and_are_no_success";
    let service = Service::start(test, false);
    let output = service.conformance().output().expect("it runs");
    let text = text(&output);
    assert_eq!(output.status.code(), Some(2), "{text}");
    let expected = [
        "a_value_at_the_limit_is_taken",
        "a_value_over_the_limit_is_refused_and_changes_nothing",
        "a_reader_reads_and_watches",
        "a_reader_is_told_of_the_bucket",
        "a_reader_is_denied_each_write_and_nothing_changes",
        "nobody_is_denied_reads",
        "nobody_is_denied_writes_and_nothing_changes",
        "nobody_is_denied_a_watch",
    ];
    assert_eq!(checks(&text, "not run"), expected, "{text}");
    assert_eq!(checks(&text, "FAILS"), [""; 0], "{text}");
    let missing =
        "give --value-limit; --reader-cert and --reader-key; --nobody-cert and --nobody-key";
    assert!(text.contains(missing), "{text}");
}

#[test]
fn where_nothing_listens_nothing_is_checked() {
    serve_if_told_to();
    let service = Service::start("where_nothing_listens_nothing_is_checked", false);
    let mut command = service.conformance();
    command.args(["--deadline", "1"]);
    let mut process = service;
    process.process.kill().expect("it is killed");
    process.process.wait().expect("it is gone");
    let output = command.output().expect("it runs");
    let text = text(&output);
    assert_eq!(output.status.code(), Some(2), "{text}");
    assert!(text.contains("error: not checked: "), "{text}");
    assert!(text.contains(&process.address), "{text}");
}

#[cfg(unix)]
#[test]
fn a_run_that_is_interrupted_removes_its_keys_and_is_no_success() {
    serve_if_told_to();
    let test = "a_run_that_is_interrupted_removes_its_keys_and_is_no_success";
    let service = Service::start(test, false);
    let mut command = service.whole_conformance();
    let mut run = command.stdout(Stdio::piped()).spawn().expect("it runs");
    let mut output = BufReader::new(run.stdout.take().expect("its output"));
    line_with(&mut output, "what_was_put_is_read_with_its_revision: ");
    let interrupted = Command::new("kill")
        .args(["-INT", &run.id().to_string()])
        .status();
    assert!(interrupted.expect("it runs").success());
    let mut text = String::new();
    output.read_to_string(&mut text).expect("text");
    assert_eq!(run.wait().expect("it ends").code(), Some(2), "{text}");
    assert!(text.contains("interrupted before the last check"), "{text}");
    let told = service.end();
    assert!(
        told.ends_with(" 0 are left") && !told.starts_with('0'),
        "{told}"
    );
}
