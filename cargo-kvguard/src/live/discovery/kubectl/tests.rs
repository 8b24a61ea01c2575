//! What names stand for in a cluster, and which keys are behind the files of a pod.

use super::forward::local_port;
use super::in_cluster;
use super::pod::{Object, Pods, Source};

#[test]
fn a_name_in_the_cluster_is_a_service_or_a_pod_of_one() {
    let found = |host: &str| in_cluster(host, "harbour");
    let some = |what: &str, namespace: &str| Some((what.to_owned(), namespace.to_owned()));
    for (host, expected) in [
        ("store", some("service/store", "harbour")),
        ("store.other", some("service/store", "other")),
        ("store.other.svc", some("service/store", "other")),
        (
            "store.other.svc.cluster.local",
            some("service/store", "other"),
        ),
        (
            "store.other.svc.cluster.local.",
            some("service/store", "other"),
        ),
        ("store-0.store.other.svc", some("pod/store-0", "other")),
        ("store.example.com", None),
        ("10.0.0.1", None),
        ("store.svc", None),
    ] {
        assert_eq!(found(host), expected, "{host}");
    }
}

#[test]
fn the_forwarded_port_is_told_by_its_line() {
    assert_eq!(
        local_port("Forwarding from 127.0.0.1:40001 -> 4222\n"),
        Some(40_001)
    );
    for line in [
        "",
        "Forwarding from [::1]:40001 -> 4222\n",
        "Forwarding from 127.0.0.1:0 -> 4222\n",
        "Forwarding from 127.0.0.1:70000 -> 4222\n",
        "Forwarding from 127.0.0.1:40001",
    ] {
        assert_eq!(local_port(line), None, "{line}");
    }
}

const PODS: &str = r#"{ "items": [{
    "metadata": {
        "name": "ingest-7c9-abcde",
        "labels": { "pod-template-hash": "7c9" },
        "ownerReferences": [{ "kind": "ReplicaSet", "name": "ingest-7c9" }]
    },
    "spec": {
        "containers": [{ "name": "main", "volumeMounts": [
            { "name": "all", "mountPath": "/tls/" },
            { "name": "some", "mountPath": "/tls/deeper" },
            { "name": "one", "mountPath": "/ca.crt", "subPath": "authority" },
            { "name": "many", "mountPath": "/many" },
            { "name": "unclear", "mountPath": "/unclear" },
            { "name": "host", "mountPath": "/host" }
        ] }],
        "volumes": [
            { "name": "all", "secret": { "secretName": "tls" } },
            { "name": "some", "secret": { "secretName": "deep", "items": [{ "key": "a", "path": "sub/b" }] } },
            { "name": "one", "configMap": { "name": "authorities" } },
            { "name": "many", "projected": { "sources": [
                { "serviceAccountToken": { "path": "token" } },
                { "secret": { "name": "first", "items": [{ "key": "k", "path": "key" }] } },
                { "configMap": { "name": "second", "items": [{ "key": "c", "path": "ca" }] } }
            ] } },
            { "name": "unclear", "projected": { "sources": [
                { "secret": { "name": "first" } }, { "secret": { "name": "second" } }
            ] } },
            { "name": "host", "hostPath": { "path": "/etc" } }
        ]
    },
    "status": { "phase": "Running" }
}] }"#;

#[test]
fn a_file_of_a_pod_is_the_key_that_its_volume_puts_there() {
    let pods = Pods::read(PODS.as_bytes()).unwrap();
    let pod = pods.running("ingest").unwrap();
    let secret = |name: &str, key: &str| {
        Some(Source::Secret {
            name: name.to_owned(),
            key: key.to_owned(),
        })
    };
    let config_map = |name: &str, key: &str| {
        Some(Source::ConfigMap {
            name: name.to_owned(),
            key: key.to_owned(),
        })
    };
    for (path, expected) in [
        ("/tls/tls.crt", secret("tls", "tls.crt")),
        ("/tls/deeper/sub/b", secret("deep", "a")),
        ("/tls/deeper/a", None),
        ("/ca.crt", config_map("authorities", "authority")),
        ("/many/key", secret("first", "k")),
        ("/many/ca", config_map("second", "c")),
        ("/many/token", None),
        ("/unclear/key", None),
        ("/host/key", None),
        ("/tlsx", None),
        ("/elsewhere", None),
    ] {
        assert_eq!(pod.mounted("main", path).ok(), expected, "{path}");
    }
    assert!(pod.mounted("other", "/tls/tls.crt").is_err());
}

#[test]
fn a_pod_is_that_of_an_object_only_by_its_owner() {
    let pods = Pods::read(PODS.as_bytes()).unwrap();
    for object in ["ingest", "ingest-7c9", "ingest-7c9-abcde"] {
        assert!(pods.running(object).is_ok(), "{object}");
    }
    for object in ["ing", "ingest-7", "display"] {
        assert!(pods.running(object).is_err(), "{object}");
    }
    let ends = PODS.replace(
        "\"name\": \"ingest-7c9-abcde\"",
        "\"name\": \"ingest-7c9-abcde\", \"deletionTimestamp\": \"2026-01-01T00:00:00Z\"",
    );
    let pods = Pods::read(ends.as_bytes()).unwrap();
    let why = pods.running("ingest").unwrap_err();
    assert!(why.contains("`ingest-7c9-abcde` does not run"), "{why}");
}

#[test]
fn what_a_secret_and_a_config_map_hold_is_decoded_and_never_told() {
    let secret =
        Object::read(br#"{ "kind": "Secret", "data": { "a": "Y2FuYXJ5", "b": "canary!" } }"#);
    let secret = secret.unwrap();
    assert_eq!(secret.bytes("a").unwrap().unwrap(), b"canary");
    let why = secret.bytes("b").unwrap().unwrap_err();
    assert_eq!(why, "the key `b` of the Secret is not in base64");
    assert!(secret.bytes("c").is_none());
    let map =
        br#"{ "kind": "ConfigMap", "data": { "a": "text" }, "binaryData": { "b": "Y2FuYXJ5" } }"#;
    let map = Object::read(map).unwrap();
    assert_eq!(map.bytes("a").unwrap().unwrap(), b"text");
    assert_eq!(map.bytes("b").unwrap().unwrap(), b"canary");
    let why = Object::read(br#"{ "kind": "Secret", "data": { "a": canary } }"#).err();
    assert_eq!(why, Some("it is no object in JSON"));
}
