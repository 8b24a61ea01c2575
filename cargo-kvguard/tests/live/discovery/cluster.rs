//! A cluster: a program in the place of `kubectl` answers what the real one answers, and a real NATS server is the store.

use std::fs;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;

use kvguard_runtime::testing::{NatsPermissions, NatsServer, Role};
use nix::sys::stat::Mode;
use nix::unistd::mkfifo;
use serde_json::{Value, json};

use super::fleet::Harbour;
use crate::support::{Command, Run};

/// Answers as `kubectl` 1.32 does. A port that it forwards stays open for as long as a pipe is.
const KUBECTL: &str = r#"#!/bin/sh
case "$2 $3" in
    "get pods") cat "$RECORDED/pods.json" ;;
    "get "*)
        cat "$RECORDED/$3-$4.json" 2>/dev/null && exit
        echo "Error from server (NotFound): $3s \"$4\" not found" >&2
        exit 1
        ;;
    "port-forward "*)
        echo "$1 $4 $5" >> "$RECORDED/forwarded"
        if [ -n "$REFUSED" ]; then
            echo "error: unable to forward port because pod is not running. Current status=Pending" >&2
            exit 1
        fi
        exec 9> "$RECORDED/held"
        echo "Forwarding from 127.0.0.1:$PORT -> 4222"
        exec sleep 1000
        ;;
esac
"#;

struct Cluster {
    harbour: Harbour,
    server: NatsServer,
}

impl Cluster {
    fn new() -> Self {
        let harbour = Harbour::new();
        let everything = NatsPermissions::none().publish(">").subscribe(">");
        let server = NatsServer::builder()
            .tls_with_client_certificates(&harbour.files("store"))
            .user("CN=admin,O=Harbour", &everything)
            .user(
                "CN=ingest,O=Harbour",
                &NatsPermissions::of(Role::Writer, "config"),
            )
            .user(
                "CN=display,O=Harbour",
                &NatsPermissions::of(Role::Reader, "config"),
            )
            .start()
            .unwrap_or_else(|error| panic!("{error}"));
        tokio::runtime::Runtime::new()
            .expect("a runtime")
            .block_on(harbour.seed(&server.address().to_string()));
        let cluster = Self { harbour, server };
        let fleet = &cluster.harbour.fleet;
        fleet.write("programs/kubectl", KUBECTL);
        let program = fleet.path("programs/kubectl");
        fs::set_permissions(program, fs::Permissions::from_mode(0o755)).expect("a program");
        cluster.record("pods", &pods());
        for name in ["ingest", "display"] {
            let files = cluster.harbour.files(name);
            let data =
                json!({ "tls.crt": encoded(&files.certificate), "tls.key": encoded(&files.key) });
            cluster.record(
                &format!("secret-{name}-tls"),
                &json!({ "kind": "Secret", "type": "kubernetes.io/tls", "data": data }),
            );
        }
        let authority = fs::read_to_string(cluster.harbour.files("admin").authorities);
        cluster.record(
            "configmap-authorities",
            &json!({ "kind": "ConfigMap", "data": { "ca.crt": authority.expect("a file") } }),
        );
        cluster
    }

    fn record(&self, name: &str, answer: &Value) {
        self.harbour
            .fleet
            .write(&format!("recorded/{name}.json"), &answer.to_string());
    }

    fn command(&self) -> Command {
        let fleet = &self.harbour.fleet;
        self.harbour
            .command("validate", "cluster")
            .args(["--from-kubectl", "harbour"])
            .env(
                "PATH",
                format!("{}:/usr/bin:/bin", fleet.path("programs").display()),
            )
            .env("RECORDED", fleet.path("recorded"))
            .env("PORT", self.server.address().port().to_string())
    }

    /// Runs a command that forwards a port, and waits until nothing forwards it any more.
    fn run(&self, command: Command) -> Run {
        let held = self.harbour.fleet.path("recorded/held");
        let _ = fs::remove_file(&held);
        mkfifo(&held, Mode::S_IRWXU).expect("a pipe");
        let running = command.start();
        let mut pipe = fs::File::open(&held).expect("the pipe");
        let run = running.finish();
        let mut rest = Vec::new();
        pipe.read_to_end(&mut rest).expect("the end of the pipe");
        self.harbour.assert_nothing_left(&run);
        run
    }
}

fn encoded(path: &std::path::Path) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(fs::read(path).expect("a file"))
}

/// What `kubectl get pods` prints of the pods of `cluster.yaml`, without what is not looked at.
fn pods() -> Value {
    let pod = |name: &str, container: &str, owner: Value, labels: Value, volumes: Value| {
        let mounts: Vec<Value> = volumes
            .as_array()
            .expect("volumes")
            .iter()
            .map(|volume| {
                let name = volume["name"].as_str().expect("a name");
                json!({ "name": name, "mountPath": format!("/etc/harbour/{name}"), "readOnly": true })
            })
            .collect();
        json!({
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": { "name": name, "namespace": "harbour", "labels": labels, "ownerReferences": [owner] },
            "spec": {
                "containers": [{ "name": container, "env": [{ "name": "UNRELATED", "value": "canary" }], "volumeMounts": mounts }],
                "volumes": volumes,
            },
            "status": { "phase": "Running" },
        })
    };
    let volumes = |secret: &str| {
        json!([
            { "name": "tls", "secret": { "secretName": secret, "defaultMode": 420 } },
            { "name": "authorities", "configMap": { "name": "authorities", "defaultMode": 420 } },
        ])
    };
    let of_set = |name: &str| json!({ "kind": "ReplicaSet", "name": format!("{name}-5d4f8c7b9") });
    let hash = json!({ "pod-template-hash": "5d4f8c7b9" });
    json!({
        "apiVersion": "v1",
        "kind": "List",
        "items": [
            pod("ingest-5d4f8c7b9-x2x4z", "ingest", of_set("ingest"), hash.clone(), volumes("ingest-tls")),
            pod(
                "display-0",
                "display",
                json!({ "kind": "StatefulSet", "name": "display" }),
                json!({}),
                volumes("display-tls"),
            ),
            pod(
                "tide-5d4f8c7b9-q7w6e",
                "tide",
                of_set("tide"),
                hash,
                json!([{ "name": "tls", "hostPath": { "path": "/etc/harbour/tls" } }]),
            ),
        ],
    })
}

#[test]
fn each_service_calls_the_store_in_the_cluster_as_itself_through_one_forwarded_port() {
    let cluster = Cluster::new();
    let run = cluster.run(cluster.command());
    run.assert_code(2)
        .assert_says("`service/store` in the namespace `harbour`, bucket `config`")
        .assert_says("2 of 3 expected keys looked at")
        .assert_says("service `tide` is not looked at: workload `tide/tide`: its file `/etc/harbour/tls/tls.crt` is in the volume `tls` of its pod `tide-5d4f8c7b9-q7w6e`, which has it from no Secret and no ConfigMap");
    let forwarded = cluster.harbour.fleet.read("recorded/forwarded");
    assert_eq!(
        forwarded, "--namespace=harbour service/store :4222\n",
        "both services are reached by one"
    );

    let both = ["--service", "ingest", "--service", "display"];
    let run = cluster.run(cluster.command().args(both));
    run.assert_code(0);
}

#[test]
fn what_the_cluster_refuses_is_told_for_the_service_that_it_concerns() {
    let cluster = Cluster::new();
    let fleet = &cluster.harbour.fleet;
    fleet.remove("recorded/secret-display-tls.json");
    let run = cluster.run(
        cluster
            .command()
            .args(["--service", "ingest", "--service", "display"]),
    );
    run.assert_code(2)
        .assert_says("service `display` is not looked at: workload `display/display`: `kubectl --namespace=harbour get secret display-tls --output=json` failed: Error from server (NotFound)")
        .assert_says("1 of 2 expected keys looked at");

    let ingest = || cluster.command().args(["--service", "ingest"]);
    let run = ingest().env("REFUSED", "yes").run();
    run.assert_code(2).assert_says(
        "`kubectl --namespace=harbour port-forward --address=127.0.0.1 service/store :4222` failed: error: unable to forward port",
    );
    cluster.harbour.assert_nothing_left(&run);

    let mut pods = pods();
    pods["items"][0]["status"]["phase"] = "Pending".into();
    cluster.record("pods", &pods);
    let run = ingest().run();
    run.assert_code(2).assert_says(
        "its pod `ingest-5d4f8c7b9-x2x4z` does not run; `kubectl describe pod ingest-5d4f8c7b9-x2x4z` may tell why",
    );
    let run = ingest().env("PATH", "").run();
    run.assert_code(2)
        .assert_says("`kubectl` is not found on PATH; install it");
}
