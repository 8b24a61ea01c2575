//! Mistakes of syntax, each with its place.

use crate::support::Fleet;

/// What is written to which file, and what the message must say.
fn refused(cases: &[(&str, &str, &str)]) {
    for (file, text, expected) in cases {
        let fleet = crate::fleet_with("mistake in", file);
        fleet.write(file, text);
        fleet.check().assert_refused(expected);
        fleet.run_others();
    }
}

#[test]
fn mistakes_in_the_policy_are_told_with_their_place() {
    refused(&[
        ("kvguard.toml", "[registry\nfile = 1", "kvguard.toml:1"),
        ("kvguard.toml", "a = \"unterminated\n", "kvguard.toml:1"),
        ("kvguard.toml", "a = '''\nunterminated\n", "kvguard.toml:"),
        ("kvguard.toml", "a = [1, 2\n", "kvguard.toml:"),
        ("kvguard.toml", "a = 1\na = 2\n", "kvguard.toml:2"),
        ("kvguard.toml", "[a]\n[a]\n", "kvguard.toml:2"),
        ("kvguard.toml", "\tregistry = 1\n", "kvguard.toml:1"),
        (
            "kvguard.toml",
            "registry = []\ndeployment = {}\n",
            "kvguard.toml:1",
        ),
        (
            "kvguard.toml",
            "registry = { file = [] }\ndeployment = [1, 2]\n",
            "kvguard.toml:1",
        ),
    ]);
}

#[test]
fn mistakes_in_a_registry_are_told_with_their_place() {
    refused(&[
        ("registry.json", "{\"services\": [", "registry.json:1"),
        (
            "registry.json",
            "{\"services\": [{\"name\": \"api",
            "registry.json:1",
        ),
        (
            "registry.json",
            "{\"services\": [] /* comment",
            "registry.json:1",
        ),
        ("registry.json", "{\"a\": 1, \"a\": 2}", "registry.json:1"),
        ("registry.json", "[[[[[[", "registry.json:1"),
        ("registry.json", "null", "registry.json"),
        ("registry.json", "\"\\ud800\"", "registry.json:1"),
        (
            "registries/registry.yaml",
            "services:\n\tapi: 1\n",
            "registry.yaml:2",
        ),
        (
            "registries/registry.yaml",
            "services:\n  api: \"open\n",
            "registry.yaml:",
        ),
        (
            "registries/registry.yaml",
            "services: [api, {\n",
            "registry.yaml:",
        ),
        (
            "registries/registry.yaml",
            "a: 1\na: 2\n",
            "registry.yaml:2",
        ),
        (
            "registries/registry.yaml",
            "a: *unknown\n",
            "registry.yaml:1",
        ),
        (
            "registries/registry.yaml",
            "%YAML 9.9\n---\n%\n",
            "registry.yaml:",
        ),
        (
            "registries/registry.toml",
            "[services.api\n",
            "registry.toml:1",
        ),
        (
            "registries/registry.toml",
            "[a]\nb = 1\n[a]\nb = 2\n",
            "registry.toml:",
        ),
        (
            "registries/registry.go",
            "package r\n\nvar d = map[string]D{\n",
            "registry.go:",
        ),
        (
            "registries/registry.go",
            "package r\n\nvar d = map[string]D{\"a\": {KVKey: \"x",
            "registry.go:",
        ),
        (
            "registries/registry.go",
            "package r\n/* open\n",
            "registry.go:",
        ),
        (
            "registries/registry.go",
            "package r\nvar d = `open\n",
            "registry.go:",
        ),
        (
            "registries/registry.go",
            "package r\nvar d = map[string]D{\"a\": {KVKey: \"x\"}, \"a\": {KVKey: \"y\"}}\n",
            "registry.go:2",
        ),
    ]);
}

#[test]
fn mistakes_in_compose_files_are_told_with_their_place() {
    let base = "services:\n  api:\n    image: a\n";
    refused(&[
        ("compose.yaml", "services:\n\tapi: {}\n", "compose.yaml:2"),
        (
            "compose.yaml",
            "services:\n  api:\n    image: \"open\n",
            "compose.yaml:",
        ),
        (
            "compose.yaml",
            "services: {api: {image: a}\n",
            "compose.yaml:",
        ),
        (
            "compose.yaml",
            "services:\n  api: {}\n  api: {}\n",
            "compose.yaml:3",
        ),
        ("compose.yaml", "services: []\n", "compose.yaml:1"),
        ("compose.yaml", "services:\n", "compose.yaml"),
        ("compose.yaml", "services: null\n", "compose.yaml"),
        ("compose.yaml", "just a text\n", "compose.yaml:1"),
        ("compose.yaml", "- a\n- b\n", "compose.yaml:1"),
        (
            "compose.yaml",
            &format!("{base}    environment: 5\n"),
            "compose.yaml:4",
        ),
        (
            "compose.yaml",
            &format!("{base}    environment: [[a]]\n"),
            "compose.yaml:4",
        ),
        (
            "compose.yaml",
            &format!("{base}    environment: {{A: [1]}}\n"),
            "compose.yaml:4",
        ),
        (
            "compose.yaml",
            &format!("{base}    environment: {{A: \"${{\"}}\n"),
            "compose.yaml:4",
        ),
        (
            "compose.yaml",
            &format!("{base}    environment: {{A: \"${{A:-\"}}\n"),
            "compose.yaml:4",
        ),
        (
            "compose.yaml",
            &format!("{base}    environment: {{A: \"${{?}}\"}}\n"),
            "compose.yaml:4",
        ),
        (
            "compose.yaml",
            &format!("{base}    extends: nobody\n"),
            "compose.yaml:4",
        ),
        (
            "compose.yaml",
            &format!("{base}    env_file: [[[a]]]\n"),
            "compose.yaml:4",
        ),
        (
            "compose.yaml",
            &format!("{base}    volumes: [[a]]\n"),
            "compose.yaml:4",
        ),
        (
            "included.yaml",
            "services:\n  worker: [\n",
            "included.yaml:",
        ),
        (
            "base.yaml",
            "services:\n  client:\n    environment: {A\n",
            "base.yaml:",
        ),
        ("service.env", "KV_ADDRESS=\"open\n", "service.env:1"),
        ("service.env", "KV ADDRESS=x\n", "service.env:1"),
        ("compose.env", "STORE_ADDRESS='open\n", "compose.env:1"),
        ("compose.env", "=x\n", "compose.env:1"),
    ]);
}

#[test]
fn mistakes_in_units_are_told_with_their_place() {
    refused(&[
        (
            "units/agent.service",
            "[Service\nEnvironment=A=1\n",
            "agent.service:1",
        ),
        (
            "units/agent.service",
            "Environment=A=1\n",
            "agent.service:1",
        ),
        (
            "units/agent.service",
            "[Service]\nEnvironment=\"A=1\n",
            "agent.service:2",
        ),
        (
            "units/agent.service",
            "[Service]\nno assignment\n",
            "agent.service:2",
        ),
        (
            "units/agent.service",
            "[Service]\nEnvironment=A=1 \\",
            "agent.service",
        ),
        (
            "units/agent.service.d/10-kv.conf",
            "[Service\n",
            "10-kv.conf:1",
        ),
        (
            "units/agent.service.d/10-kv.conf",
            "[Service]\nEnvironment='A=1\n",
            "10-kv.conf:2",
        ),
        ("etc/agent.env", "KV_ADDRESS=\"open\n", "agent.env:1"),
        ("etc/agent.env", "1A=x\n", "agent.env:1"),
    ]);
}

#[test]
fn mistakes_in_access_tables_and_templates_are_told_with_their_place() {
    refused(&[
        (
            "store.json",
            "{\"rbac\": {\"roles\": [{\"identity\": ",
            "store.json:1",
        ),
        ("store.json", "{\"rbac\": {\"roles\": {}}}", "store.json:1"),
        ("store.json", "{\"rbac\": {\"roles\": []}}", "store.json:1"),
        (
            "store.json",
            "{\"rbac\": {\"roles\": [1, [], null, {}]}}",
            "store.json:1",
        ),
        (
            "store.json",
            "{\"rbac\": {\"roles\": [{\"identity\": 1, \"role\": \"writer\"}]}}",
            "store.json:1",
        ),
        ("store.json", "{}{}", "store.json:1"),
        ("store.yaml", "rbac: {}\n---\nrbac: {}\n", "store.yaml"),
        (
            "store.yaml",
            "rbac:\n  roles:\n  - identity: *a\n",
            "store.yaml:3",
        ),
        ("templates/api.json", "{\"listen_addr\": }", "api.json:1"),
        (
            "templates/api.json",
            "{\"listen_addr\": \"x\", \"listen_addr\": \"y\"}",
            "api.json:1",
        ),
        (
            "templates/agent.toml",
            "[server]\naddress = \n",
            "agent.toml:2",
        ),
        ("templates/worker.yaml", "queue: [\n", "worker.yaml:"),
        (
            "secrets.json",
            "{\"sensitive\": [{\"table\": \"a\", \"key\": \"b\"}, ",
            "secrets.json",
        ),
        (
            "secrets.json",
            "{\"sensitive\": [{\"table\": \"a\", \"key\": \"b\"}",
            "secrets.json",
        ),
        (
            "secrets.json",
            "{\"sensitive\": [{\"table\": 1}]}",
            "secrets.json",
        ),
        ("secrets.json", "{\"sensitive\": {}}", "secrets.json"),
        ("identities.txt", "nobody\n", "identities.txt"),
    ]);
}

#[test]
fn a_document_mark_that_is_missing_is_told() {
    let fleet = Fleet::new("no `---`");
    let text = String::from_utf8(fleet.read("store.yaml")).unwrap();
    fleet.write("store.yaml", format!("{text}{text}"));
    fleet.check().assert_refused("store.yaml:");
}
