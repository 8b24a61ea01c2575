//! A compose project on a real Docker engine.

use std::fs;
use std::path::PathBuf;

use kvguard_runtime::testing::NatsServer;
use kvguard_runtime::{Key, KvStore, NatsStore, NewBucket};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use super::engine::{self, IMAGE};
use super::stage::{json, wait_until};
use crate::support::engine::Engine;
use crate::support::{Command, EXPECTED, Fleet, Run, assert_no_canary};

/// The services that run, each with its key.
const KEYS: [(&str, &str); 5] = [
    ("gateway", "config/gateway.json"),
    ("meter", "config/meter.toml"),
    ("billing", "config/billing.yaml"),
    ("sensor", "sensors/s1/config.json"),
    ("dashboard", "config/dashboard.json"),
];

/// The fleet, whose services run as containers and listen to a NATS server.
struct Project {
    engine: Engine,
    fleet: Fleet,
    nats: NatsServer,
    store: NatsStore,
    runtime: Runtime,
    artifacts: TempDir,
}

impl Project {
    fn new() -> Self {
        let nats = NatsServer::start().unwrap_or_else(|error| panic!("{error}"));
        let runtime = Runtime::new().unwrap();
        let options = nats.admin("config").create_bucket(NewBucket::new());
        let store = runtime.block_on(options.connect()).unwrap();
        let project = Self {
            engine: engine::start(),
            fleet: Fleet::new(),
            nats,
            store,
            runtime,
            artifacts: tempfile::tempdir().unwrap(),
        };
        for (key, template) in EXPECTED {
            project.put(key, project.fleet.read(template));
        }
        project
    }

    fn put(&self, key: &str, text: String) {
        let key = Key::new(key.to_owned()).unwrap();
        self.runtime
            .block_on(self.store.put(&key, text.into()))
            .unwrap();
    }

    /// Writes a compose file in which every service runs an image, and does something after an update.
    fn write(&self, image: &str, then: &[(&str, &str)]) {
        let mut text = self.fleet.read("production.yaml");
        text.truncate(text.find("services:").unwrap());
        text.push_str("services:\n");
        let address = self.nats.address();
        let mut service = |name: &str, key: &str, then: &str, environment: &str| {
            text.push_str(&format!(
                "  {name}:\n    image: {image}\n    network_mode: host\n    restart: unless-stopped\n    environment: {environment}\n    command: [\"NATS={address}\", \"KEY={key}\", \"THEN={then}\"]\n    healthcheck:\n      test: [CMD, /service, LISTENS]\n      interval: 1s\n      retries: 60\n"
            ));
        };
        for (name, key) in KEYS {
            let then = then.iter().find(|(own, _)| *own == name);
            service(name, key, then.map_or("stay", |(_, then)| then), "*store");
        }
        service("importer", "none", "stay", "{CONFIG_SOURCE: file}");
        self.fleet.write("production.yaml", &text);
    }

    fn watchdog(&self) -> Command {
        Command::new("watchdog", self.fleet.root())
            .args([
                "--deployment",
                "production",
                "--bucket",
                "config",
                "--nats",
                &self.nats.url(),
            ])
            .args([
                "--logs",
                "compose:harbour",
                "--wait",
                "30s",
                "--settle",
                "5s",
            ])
            .arg("--artifacts")
            .arg(self.artifacts.path())
            .env("DOCKER_HOST", self.engine.endpoint())
    }

    fn runs(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.artifacts.path()).unwrap();
        let mut runs: Vec<PathBuf> = entries
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.is_dir())
            .collect();
        runs.sort();
        runs
    }

    #[track_caller]
    fn assert_is_down(&self) {
        assert_eq!(self.engine.docker(&["ps", "--all", "--quiet"]), "");
    }

    #[track_caller]
    fn assert_no_canary(&self, run: &Run) {
        assert_no_canary(run, &[self.artifacts.path()]);
    }
}

#[test]
fn one_restart_after_a_touch_is_expected_and_more_are_found() {
    let project = Project::new();
    project.write(IMAGE, &[("gateway", "exit"), ("meter", "loop")]);
    let up = ["--up", "--no-pull", "--touch"];
    let run = project.watchdog().args(up).run();
    run.assert_code(1).assert_codes(&["KV713"]);
    run.assert_says("service `meter` (container harbour");
    project.assert_is_down();
    let run_directory = &project.runs()[0];
    let restarts = &json(&run_directory.join("snapshot.json"))["services"]["gateway"]["restarts"];
    assert_eq!(restarts, 1);
    let logs = fs::read_dir(run_directory.join("logs")).unwrap();
    let texts = logs.map(|entry| fs::read_to_string(entry.unwrap().path()).unwrap());
    assert_eq!(
        texts
            .filter(|text| text.contains("KV update detected"))
            .count(),
        5
    );
    project.assert_no_canary(&run);
}

#[test]
fn just_the_key_the_field_the_image_and_the_silent_service_that_changed_are_named() {
    let project = Project::new();
    project.write(IMAGE, &[]);
    let up = ["--up", "--no-pull", "--touch"];
    let dashboard = Key::new("config/dashboard.json").unwrap();
    project
        .runtime
        .block_on(project.store.delete(&dashboard))
        .unwrap();
    // It runs, and hears nothing, as its key holds nothing that could be touched.
    project.fleet.replace(
        "kvguard.toml",
        "[scopes.sensor]",
        "[service.dashboard.log]\nrequired = []\n\n[scopes.sensor]",
    );
    project
        .watchdog()
        .args(up)
        .run()
        .assert_code(1)
        .assert_codes(&["KV701"]);

    let other = "harbour/other:v1";
    engine::build(&project.engine, other);
    project.put(
        "config/dashboard.json",
        project.fleet.read("templates/dashboard.json"),
    );
    let gateway = project
        .fleet
        .read("templates/gateway.json")
        .replace(":8080", ":9090");
    project.put("config/gateway.json", gateway);
    project.write(IMAGE, &[("sensor", "silence")]);
    let text = project.fleet.read("production.yaml");
    let billing = format!("billing:\n    image: {IMAGE}");
    project.fleet.write(
        "production.yaml",
        &text.replace(&billing, &format!("billing:\n    image: {other}")),
    );
    let run = project.watchdog().args(up).run();
    run.assert_code(1).assert_codes(&["KV711"]);
    let changes: Vec<&str> = run
        .output
        .lines()
        .filter_map(|line| line.strip_prefix("changed: "))
        .collect();
    assert_eq!(changes.len(), 4, "{changes:?}");
    assert_eq!(
        changes[0],
        "key `config/dashboard.json` of service `dashboard` is new"
    );
    assert!(
        changes[1].starts_with("key `config/gateway.json`")
            && changes[1].ends_with("; changed: `listen_addr`"),
        "{changes:?}"
    );
    assert!(
        changes[2].starts_with("service `billing` runs the image harbour/other:v1 (sha256:"),
        "{changes:?}"
    );
    assert_eq!(
        changes[3],
        "the log of service `sensor` lacks a required line that it had"
    );
    project.assert_no_canary(&run);
}

#[test]
fn images_are_pulled_and_a_project_that_cannot_be_pulled_is_a_failure() {
    let project = Project::new();
    let (registry, image) = engine::registry(&project.engine);
    project.write(&image, &[]);
    project
        .watchdog()
        .args(["--up", "--touch"])
        .run()
        .assert_code(0);
    project.assert_is_down();
    drop(registry);
    let run = project.watchdog().args(["--up", "--touch"]).run();
    run.assert_code(2).assert_says("pull --quiet` failed");
    project.assert_is_down();
    project.assert_no_canary(&run);
}

#[test]
fn a_project_that_runs_already_is_not_taken_down() {
    let project = Project::new();
    project.write(IMAGE, &[]);
    let label = ["--label", "com.docker.compose.project=harbour"];
    let words = [
        &["run", "--detach", "--network", "host"],
        label.as_slice(),
        &[IMAGE],
    ]
    .concat();
    project.engine.docker(&words);
    let run = project.watchdog().args(["--up", "--no-pull"]).run();
    run.assert_code(2).assert_says("has containers already");
    assert_ne!(project.engine.docker(&["ps", "--all", "--quiet"]), "");
    project.assert_no_canary(&run);
}

#[test]
fn an_interrupted_run_takes_the_project_down() {
    let project = Project::new();
    project.write(IMAGE, &[]);
    let running = project.watchdog().args(["--up", "--no-pull"]).start();
    wait_until("a container runs", || {
        !project.engine.docker(&["ps", "--quiet"]).is_empty()
    });
    running.interrupt();
    let run = running.finish();
    run.assert_code(2).assert_says("interrupted");
    project.assert_is_down();
    assert_eq!(project.runs().len(), 0);
    project.assert_no_canary(&run);
}
