//! A compose project that runs on a real container engine.

use std::sync::Arc;

use kvguard_runtime::KvStore;

use crate::support::{Command, Run};

use super::engine;
use super::fleet::{Harbour, key_of};
use crate::support::engine::Engine;

/// A project that runs until this is dropped.
struct Project {
    name: &'static str,
    files: Vec<&'static str>,
    harbour: Harbour,
    engine: Arc<Engine>,
}

impl Project {
    fn start(name: &'static str, files: &[&'static str]) -> Self {
        let project = Self {
            name,
            files: files.to_vec(),
            harbour: Harbour::new(),
            engine: engine::shared(),
        };
        project.compose(&["up", "--detach"]);
        let address = project.address_of_store();
        block_on(project.harbour.seed(&address));
        project
    }

    /// Takes the key of a service out of the store.
    fn delete(&self, service: &str) {
        let address = self.address_of_store();
        block_on(async {
            let store = self.harbour.store(&address).await;
            store.delete(&key_of(service)).await.expect("a deletion");
        });
    }

    fn compose(&self, arguments: &[&str]) {
        let mut all = vec!["--project-name", self.name];
        for file in &self.files {
            all.extend(["--file", file]);
        }
        all.extend(arguments);
        self.engine.compose(self.harbour.fleet.root(), &all);
    }

    fn address_of_store(&self) -> String {
        let format = "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}";
        let address =
            self.engine
                .docker(&["inspect", "--format", format, &self.container("store")]);
        format!("{}:4222", address.trim())
    }

    fn container(&self, service: &str) -> String {
        format!("{}_{service}_1", self.name)
    }

    fn command(&self) -> Command {
        self.command_of("validate")
    }

    fn command_of(&self, name: &str) -> Command {
        self.harbour
            .command(name, "project")
            .env("DOCKER_HOST", self.engine.endpoint())
    }

    fn run(&self, command: Command) -> Run {
        let run = command.run();
        self.harbour.assert_nothing_left(&run);
        run
    }
}

impl Drop for Project {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.compose(&["down", "--timeout", "1", "--volumes"]);
        }
    }
}

fn block_on<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(work)
}

const BOTH: [&str; 4] = ["--service", "ingest", "--service", "display"];

#[test]
fn each_service_calls_the_published_store_as_itself_and_one_that_cannot_keeps_no_other_from_it() {
    let project = Project::start("published", &["docker-compose.yml", "published.yml"]);
    let named = || project.command().args(["--from-compose", "published"]);

    // The display may only read, and so it can only be read as the display.
    let run = project.run(named().args(BOTH));
    run.assert_code(0)
        .assert_says(
            "container `published_store_1` of the compose project `published`, bucket `config`",
        )
        .assert_says("2 of 2 expected keys looked at");

    project.compose(&["stop", "--timeout", "1", "tide"]);
    let run = project.run(named());
    run.assert_code(2)
        .assert_codes(&["KV708"])
        .assert_says("service `forecast` may not read `config/forecast.json`")
        .assert_says("service `tide` is not looked at: workload `tide`: its container `published_tide_1` does not run (it is exited)")
        .assert_says("service `radar` is not looked at: workload `radar`: it logs in with the SPIFFE Workload API")
        .assert_says("not checked: container `published_store_1` of the compose project `published`, bucket `config`: which keys nobody owns: no service may list its keys")
        .assert_says("2 of 5 expected keys looked at");

    // Without a file that its variables name, nothing else is taken for the login of a service.
    let own = project.harbour.certificates("ingest").join("tls.crt");
    std::fs::remove_file(own).expect("a file");
    let run = project.run(named().args(BOTH));
    run.assert_code(2)
        .assert_says("service `ingest` is not looked at: workload `ingest`: its file `/etc/harbour/tls/tls.crt` is not copied: `docker cp")
        .assert_says("1 of 2 expected keys looked at");

    project.compose(&["stop", "--timeout", "1", "store"]);
    let run = project.run(named().args(["--service", "display"]));
    run.assert_code(2).assert_says(
        "its store is in the container `published_store_1`, which does not run (it is exited)",
    );
}

#[test]
fn seeding_proves_the_grant_of_each_service() {
    let project = Project::start("seeding", &["docker-compose.yml"]);
    project.delete("ingest");
    project.delete("forecast");
    let seed = project.command_of("seed").args([
        "--from-compose",
        "--service",
        "ingest",
        "--service",
        "forecast",
    ]);
    let run = project.run(seed);
    run.assert_code(1)
        .assert_codes(&["KV708"])
        .assert_says("service `forecast` may not")
        .assert_says("ingest  config/ingest.json (revision");
    let run = project.run(project.command().arg("--from-compose").args(BOTH));
    run.assert_code(0);
}

#[test]
fn a_store_without_a_published_port_is_reached_at_its_own_address_in_the_project_of_the_files() {
    let project = Project::start("unpublished", &["docker-compose.yml"]);
    let run = project.run(project.command().arg("--from-compose").args(BOTH));
    run.assert_code(0)
        .assert_says("container `unpublished_store_1` of the compose project `unpublished`");

    let other = ["--project-name", "second", "--file", "docker-compose.yml"];
    let root = project.harbour.fleet.root();
    let second = |arguments: &[&str]| {
        project.engine.compose(root, &[&other, arguments].concat());
    };
    second(&["up", "--detach", "ingest"]);
    let run = project.run(project.command().arg("--from-compose").args(BOTH));
    run.assert_code(2)
        .assert_says("several compose projects were started from the deployment's files")
        .assert_says("one of `second`, `unpublished`");

    // The other project has no store, and that of the first one is not taken for it.
    let run =
        project.run(
            project
                .command()
                .args(["--from-compose", "second", "--service", "ingest"]),
        );
    run.assert_code(2).assert_says(
        "it calls its store at `kv.harbour.internal:4222`, and nothing that runs there has this name",
    );
    second(&["down", "--timeout", "1"]);

    let run = project.run(project.command().args(["--from-compose", "third"]));
    run.assert_code(2)
        .assert_says("there is no container of a compose project `third`");
}

#[test]
fn what_keeps_the_engine_from_answering_is_told_with_what_to_do() {
    let harbour = Harbour::new();
    let command = || harbour.command("validate", "project").arg("--from-compose");
    let run = command().env("PATH", "").run();
    run.assert_code(2)
        .assert_says("`docker` is not found on PATH; install it");
    let run = command()
        .env("DOCKER_HOST", "unix:///nowhere/docker.sock")
        .run();
    run.assert_code(2)
        .assert_says("`docker ps --all --quiet --no-trunc --filter label=com.docker.compose.project` failed: Cannot connect to the Docker daemon");
    let run = harbour
        .command("validate", "cluster")
        .arg("--from-compose")
        .run();
    run.assert_code(2)
        .assert_says("the deployment `cluster` is none; name one that is with --deployment");
    harbour.assert_nothing_left(&run);
}
