//! Pods. kubectl is a stand-in that answers from files, as there is no cluster here.

use std::fs;
use std::path::Path;

use serde_json::json;
use tempfile::TempDir;

use super::stage::{LINE, SERVICES, Stage};
use crate::support::{Backend, Command, Stand, assert_no_secret};

/// A stage with the answers of a cluster in which every service is a Deployment.
struct Cluster {
    stage: Stage,
    answers: TempDir,
}

impl Cluster {
    fn new() -> Self {
        let cluster = Self {
            stage: Stage::new(Stand::seeded(Backend::NatsPlain)),
            answers: tempfile::tempdir().unwrap(),
        };
        for service in SERVICES {
            cluster.log(service, &format!("2026-06-01T00:00:00.5Z {LINE}\n"));
        }
        cluster.pods("1", |_| 0);
        cluster
    }

    fn log(&self, service: &str, text: &str) {
        fs::write(
            self.answers.path().join(format!("{service}-5d4f-x.log")),
            text,
        )
        .unwrap();
    }

    fn pods(&self, version: &str, restarts: impl Fn(&str) -> u64) {
        let pod = |service: &&str| {
            json!({
                "metadata": {
                    "name": format!("{service}-5d4f-x"),
                    "ownerReferences": [{"kind": "ReplicaSet", "name": format!("{service}-5d4f")}],
                },
                "status": {"containerStatuses": [{
                    "name": service,
                    "ready": true,
                    "restartCount": restarts(service),
                    "image": format!("harbour/{service}:{version}"),
                    "imageID": format!("harbour/{service}@sha256:{version}"),
                }]},
            })
        };
        let pods = json!({"items": SERVICES.iter().map(pod).collect::<Vec<_>>()});
        fs::write(self.answers.path().join("pods.json"), pods.to_string()).unwrap();
    }

    fn watchdog(&self) -> Command {
        let stand_in = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/watchdog");
        let path = std::env::var("PATH").unwrap();
        self.stage
            .watchdog_of("kubectl:harbour")
            .env("PATH", format!("{}:{path}", stand_in.display()))
            .env("KUBECTL_ANSWERS", self.answers.path())
    }
}

#[test]
fn the_logs_and_the_images_of_pods_are_compared_from_run_to_run() {
    let cluster = Cluster::new();
    cluster
        .watchdog()
        .run()
        .assert_code(0)
        .assert_silent_about("not checked: images");
    cluster.pods("2", |_| 0);
    cluster.log("meter", "2026-06-01T00:00:00.5Z INFO starting\n");
    let run = cluster.watchdog().run();
    run.assert_code(1).assert_codes(&["KV711"]);
    run.assert_says("container meter of pod meter-5d4f-x");
    run.assert_says(
        "changed: service `gateway` runs the image harbour/gateway:2 (harbour/gateway@sha256:2)",
    );
    assert_no_secret(&cluster.stage.stand, &run, &[cluster.stage.artifacts()]);
}

#[test]
fn the_log_of_the_container_before_the_last_restart_is_read_too() {
    let cluster = Cluster::new();
    cluster.pods("1", |service| u64::from(service == "meter"));
    cluster.log("meter", "2026-06-01T00:00:01Z INFO starting\n");
    let previous = format!("2026-06-01T00:00:00.5Z {LINE}\n");
    fs::write(
        cluster.answers.path().join("meter-5d4f-x.previous.log"),
        previous,
    )
    .unwrap();
    cluster.watchdog().run().assert_code(0);
}

#[test]
fn a_service_without_a_pod_and_a_kubectl_that_fails_are_failures() {
    let cluster = Cluster::new();
    fs::write(cluster.answers.path().join("pods.json"), "{\"items\": []}").unwrap();
    let run = cluster.watchdog().run();
    run.assert_code(2).assert_says(
        "nothing of service `gateway` runs: no pod of `gateway` is in namespace `harbour`",
    );
    fs::remove_file(cluster.answers.path().join("pods.json")).unwrap();
    cluster
        .watchdog()
        .run()
        .assert_code(2)
        .assert_says("`kubectl get pods --output json --namespace harbour` failed");
}
