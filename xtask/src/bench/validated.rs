//! How long `kvguard validate` looks at a store with many keys, over a line with a delay.

use std::fmt::Write as _;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::{Figures, seconds};
use crate::Failure;
use crate::demo::target_directory;
use crate::measure::measure;
use crate::run::{cargo, succeed, write};

/// How many services there are, and how many instances of each: 10,000 keys.
const SERVICES: usize = 100;
const INSTANCES: usize = 100;

/// How many times faster it is than to read the keys one after another, at the least.
const FASTER: f64 = 20.0;

/// The most memory, in bytes.
const MEMORY: u64 = 150_000_000;

/// The value of every key: as long as a small configuration.
fn value() -> String {
    format!(
        "{{\"listen_addr\": \":8080\", \"text\": \"{}\"}}",
        "x".repeat(960)
    )
}

/// Validates 10,000 keys over a line with a round trip of 2 ms.
pub fn validate(figures: &mut Figures, runs: usize) -> Result<(), Failure> {
    println!("\n=== `validate`, on a real server");
    succeed(cargo().args([
        "build",
        "--release",
        "--package",
        "cargo-kvguard",
        "--bin",
        "kvguard",
    ]))?;
    let directory = tempfile::tempdir().map_err(|error| error.to_string())?;
    write_fleet(directory.path())?;
    let store = Store::start()?;
    let mut command = Command::new(target_directory()?.join("release/kvguard"));
    command
        .args(["validate", "--quiet", "--root"])
        .arg(directory.path())
        .args(["--nats", &store.address]);
    // It finds nothing.
    let measured = measure(&command, runs, "0")?;
    let keys = format!(
        "{} keys, over a line with a round trip of 2 ms",
        SERVICES * INSTANCES
    );
    figures.plain(
        format!("reading {keys}, one after another"),
        seconds(store.one_by_one),
        String::new(),
        true,
    );
    figures.check(format!("`validate` of {keys}"), measured, None);
    let faster = store.one_by_one.as_secs_f64() / measured.median.as_secs_f64();
    figures.plain(
        "how many times faster that is",
        format!("{faster:.0}"),
        format!("{FASTER:.0} at the least"),
        faster >= FASTER,
    );
    figures.plain(
        "its memory",
        format!("{} MB", measured.memory / 1_000_000),
        format!("{} MB", MEMORY / 1_000_000),
        measured.memory <= MEMORY,
    );
    Ok(())
}

/// A store that holds the keys, as long as it is not dropped.
struct Store {
    process: Child,
    address: String,
    one_by_one: Duration,
}

impl Store {
    fn start() -> Result<Self, Failure> {
        let mut process = cargo()
            .args([
                "run",
                "--quiet",
                "--release",
                "--package",
                "kvguard-runtime",
            ])
            .args([
                "--example",
                "nats_behind_a_line",
                "--features",
                "nats,testing",
            ])
            .args([
                "--",
                &value(),
                &SERVICES.to_string(),
                &INSTANCES.to_string(),
            ])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| error.to_string())?;
        let output = process.stdout.take().ok_or("there is no pipe")?;
        let mut lines = BufReader::new(output).lines();
        let mut figure = |name: &str| -> Result<String, Failure> {
            let line = lines.next().and_then(Result::ok).unwrap_or_default();
            let told = line.strip_prefix(name).map(|told| told.trim().to_owned());
            told.ok_or_else(|| format!("the example `nats_behind_a_line` tells no `{name}`"))
        };
        let one_by_one = figure("one_by_one")?;
        let address = figure("address")?;
        let one_by_one = one_by_one.parse().map_err(|_| "a time is no number")?;
        Ok(Self {
            process,
            address,
            one_by_one: Duration::from_secs_f64(one_by_one),
        })
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        // It ends with its standard input.
        drop(self.process.stdin.take());
        let _ = self.process.wait();
    }
}

/// A fleet of services whose keys are templates, and their instances.
fn write_fleet(directory: &Path) -> Result<(), Failure> {
    let mut registry = String::new();
    let mut compose = String::from("services:\n");
    let mut access = String::from("[\n");
    for service in 0..SERVICES {
        let name = format!("service-{service}");
        // Writing to a `String` never fails.
        let _ = write!(
            registry,
            "[[services]]\nname = \"{name}\"\nscope = \"agent\"\nkv_key_template = \"config/{name}/{{{{instance}}}}.json\"\ncritical_fields = [\"listen_addr\"]\n\n"
        );
        let _ = write!(
            compose,
            "  {name}:\n    image: example/{name}\n    environment:\n      CONFIG_SOURCE: kv\n      KV_ADDRESS: store:50057\n      KV_SEC_MODE: spiffe\n      KV_TRUST_DOMAIN: example.org\n      KV_SERVER_SPIFFE_ID: spiffe://example.org/services/store\n"
        );
        let comma = if service + 1 == SERVICES { "" } else { "," };
        let _ = writeln!(
            access,
            "  {{\"identity\": \"spiffe://example.org/services/{name}\", \"role\": \"writer\"}}{comma}"
        );
        write(&directory.join(format!("templates/{name}.json")), &value())?;
    }
    access.push_str("]\n");
    let mut policy = String::from(POLICY);
    for instance in 0..INSTANCES {
        let _ = write!(
            policy,
            "\n[[instance]]\nvariables = {{ instance = \"i{instance}\" }}\n"
        );
    }
    write(&directory.join("registry.toml"), &registry)?;
    write(&directory.join("compose.yaml"), &compose)?;
    write(&directory.join("access.json"), &access)?;
    write(&directory.join("kvguard.toml"), &policy)
}

const POLICY: &str = "\
[registry]
file = \"registry.toml\"

[scopes.agent]
variables = [\"instance\"]

[[deployment]]
name = \"compose\"
kind = \"compose\"
files = [\"compose.yaml\"]
trust_domain = \"example.org\"
templates = [\"templates/{service}.{format}\"]

[deployment.access_table]
file = \"access.json\"

[[deployment.store]]
bucket = \"config\"

[[deployment.identity]]
form = \"spiffe\"
pattern = \"spiffe://{trust_domain}/services/{workload}\"
";
