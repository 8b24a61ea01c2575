//! Values are secret: whatever stands where a secret may stand appears in no output of any command, however
//! broken the file is that it stands in.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "the tests prepare the files that the command reads"
)]
#![allow(clippy::too_many_lines, reason = "tables of cases")]

mod support;

use support::Fleet;

/// Secrets as they come: words, signs only, digits only, other scripts. None is part of what the fleet says.
const SECRETS: [&str; 6] = [
    "CANARY-1-s3cr3t",
    "CANARY-2-%-@~",
    "~@~%~@@~%%~",
    "90817263544536271809",
    "cañón-ключ-鍵-CANARY",
    "CANARY_6.with.dots",
];

/// Every command that shows something of the fleet.
const COMMANDS: [&[&str]; 14] = [
    &["check"],
    &["check", "--color=always"],
    &["check", "--format=json"],
    &[
        "check",
        "-W",
        "missing-grant",
        "-D",
        "orphan-grant",
        "-D",
        "undeployed-service",
    ],
    &["list", "services"],
    &["list", "workloads"],
    &["list", "identities"],
    &["matrix"],
    &["why", "api"],
    &["why", "agent"],
    &["why", "worker"],
    &["render", "compose"],
    &["render", "systemd"],
    &["inputs", "--format=json"],
];

/// Runs every command; fails if one of them shows the secret. Gives what `check` printed.
fn hidden(fleet: &Fleet, secret: &str) -> String {
    hidden_from(&COMMANDS, fleet, secret)
}

fn hidden_from(commands: &[&[&str]], fleet: &Fleet, secret: &str) -> String {
    let mut checked = String::new();
    for command in commands {
        let run = fleet.run(command);
        run.assert_whole();
        let text = run.text();
        // What is left of a secret without its ends is one, too.
        let core = secret.trim_matches(['-', '~']);
        assert!(!text.contains(core), "{} shows {core}:\n{text}", run.what);
        if *command == ["check"] {
            checked = text;
        }
    }
    assert!(!checked.is_empty());
    checked
}

/// Puts each secret into a file in place of `@`, and looks at what is printed, which must tell `expected`.
fn places(cases: &[(&str, &str, &str)]) {
    for (case, (file, text, expected)) in cases.iter().enumerate() {
        for (number, secret) in SECRETS.into_iter().enumerate() {
            // Every command for one of the secrets, in turn; the report for all.
            let commands = if case % SECRETS.len() == number {
                &COMMANDS[..]
            } else {
                &COMMANDS[..1]
            };
            let name = format!("{secret} in");
            let fleet = if file.starts_with("registries/") {
                Fleet::with_registry(&name, file)
            } else {
                Fleet::new(&format!("{name} {file}"))
            };
            fleet.write(file, text.replace('@', secret));
            let checked = hidden_from(commands, &fleet, secret);
            assert!(
                checked.contains(expected),
                "{file} `{text}`: `{expected}` is not in\n{checked}"
            );
        }
    }
}

#[test]
fn nothing_of_a_clean_fleet_is_shown() {
    let api = "  api:\n    image: acme/api\n    environment:\n      <<: *store\n";
    for secret in SECRETS {
        let fleet = Fleet::new(&format!("clean, {secret}"));
        fleet.replace("compose.yaml", api, &format!("  api:\n    image: acme/api # {secret}\n    command: [\"{secret}\"]\n    labels: {{a: '{secret}'}}\n    environment:\n      <<: *store\n      DB_PASSWORD: '{secret}'\n      DB_URL: \"${{UNSET:-{secret}}}\"\n      PEM: |\n        {secret}\n"));
        fleet.replace(
            "base.yaml",
            "      - CONFIG",
            &format!("      - DB_PASSWORD={secret}\n      - CONFIG"),
        );
        fleet.write(
            "service.env",
            format!("# {secret}\nKV_ADDRESS=store:1\nDB_PASSWORD='{secret}'\n"),
        );
        fleet.write(
            "compose.env",
            format!("STORE_ADDRESS={}\nOTHER='{secret}'\n", "store:1"),
        );
        fleet.write(
            "etc/agent.env",
            format!("# {secret}\nKV_ADDRESS=store:1\nKV_CA_FILE=/x\nDB_PASSWORD='{secret}'\n"),
        );
        let unit = secret.replace('%', "%%");
        fleet.replace("units/agent.service", "ExecStart=", &format!("# {secret}\nEnvironment=\"DB_PASSWORD={unit}\"\nExecStart=/bin/x --password {unit}\n#"));
        fleet.replace(
            "kvguard.toml",
            "[secrets]",
            &format!("[environment] # {secret}\nOTHER = '{secret}'\n\n[secrets]"),
        );
        fleet.replace(
            "store.json",
            "\"listen_addr\"",
            &format!("\"password\": \"{secret}\", \"listen_addr\""),
        );
        fleet.replace(
            "store.yaml",
            "rbac:",
            &format!("password: '{secret}' # {secret}\nrbac:"),
        );
        fleet.replace("templates/api.json", "\"db\"", &format!("\"{secret}\""));
        fleet.replace(
            "templates/agent.toml",
            "address",
            &format!("# {secret}\ntoken = '{secret}'\naddress"),
        );
        fleet.replace(
            "templates/worker.yaml",
            "queue",
            &format!("# {secret}\ntoken: '{secret}'\nqueue"),
        );
        fleet.replace(
            "registry.json",
            "\"scope\": \"global\"",
            &format!("\"notes\": \"{secret}\", \"scope\": \"global\""),
        );
        fleet.check().assert_clean();
        hidden(&fleet, secret);

        // The same with every service's grant and mode wrong, so that there is much to tell.
        fleet.replace("store.json", "acme.test", "ACME.test");
        fleet.replace(
            "store.yaml",
            "role: writer",
            &format!("role: reader # {secret}"),
        );
        fleet.replace(
            "compose.yaml",
            "KV_SEC_MODE: spiffe",
            &format!("KV_SEC_MODE: mtls # {secret}"),
        );
        fleet.replace(
            "templates/api.json",
            "\"password\": \"\"",
            &format!("\"password\": \"{secret}\""),
        );
        fleet.replace(
            "templates/agent.toml",
            "address = ",
            &format!("api_key = '{secret}'\nadress = "),
        );
        fleet.replace(
            "templates/worker.yaml",
            "queue: default",
            &format!("api_key: {{a: '{secret}'}} # {secret}"),
        );
        fleet.replace(
            "units/agent.service",
            "KV_SEC_MODE=mtls",
            &format!("KV_SEC_MODE=spiffe\" \"A={unit}"),
        );
        let checked = hidden(&fleet, secret);
        for name in [
            "KV102",
            "KV105",
            "KV204",
            "KV305",
            "KV306",
            "password",
            "api_key",
            "KV_SEC_MODE",
        ] {
            assert!(checked.contains(name), "{name} is not in\n{checked}");
        }
    }
}

#[test]
fn nothing_is_shown_beside_a_mistake_in_a_registry() {
    places(&[
        (
            "registry.json",
            "{\"services\": [{\"name\": \"api\", \"notes\": \"@\" \"x\": 1}]}",
            "registry.json:1",
        ),
        (
            "registry.json",
            "{\"services\": [{\"name\": \"api\", \"notes\": ?@}]}",
            "registry.json:1",
        ),
        (
            "registry.json",
            "{\"services\": [{\"name\": \"api\", \"notes\": \"@",
            "registry.json:1",
        ),
        (
            "registry.json",
            "{\"services\": [{\"name\": \"api\"}], \"a\": \"\\x@\"}",
            "registry.json:1",
        ),
        (
            "registry.json",
            "{\"services\": {\"api\": \"@\"}}",
            "registry.json:1",
        ),
        (
            "registry.json",
            "{\"services\": [\"@\"]}",
            "registry.json:1",
        ),
        (
            "registry.json",
            "{\"services\": [{\"name\": \"api\", \"format\": \"@\"}]}",
            "registry.json:1",
        ),
        ("registry.json", "{\"services\": []} @", "registry.json:1"),
        (
            "registry.json",
            "// @\n{\"services\": []}",
            "registry.json:1",
        ),
        (
            "registries/registry.yaml",
            "services:\n  api: # @\n    notes: \"@\n",
            "registry.yaml",
        ),
        (
            "registries/registry.yaml",
            "services:\n  api:\n    notes: '@' '@'\n",
            "registry.yaml",
        ),
        (
            "registries/registry.yaml",
            "services:\n  api:\n    notes: !@ '@'\n",
            "registry.yaml",
        ),
        (
            "registries/registry.yaml",
            "services:\n  api: |\n    @\n",
            "registry.yaml",
        ),
        (
            "registries/registry.yaml",
            "services:\n  api:\n\t@: 1\n",
            "registry.yaml",
        ),
        (
            "registries/registry.toml",
            "[services.api]\nnotes = '@\n",
            "registry.toml:2",
        ),
        (
            "registries/registry.toml",
            "[services.api]\nnotes = ?@\n",
            "registry.toml:2",
        ),
        (
            "registries/registry.toml",
            "[services.api]\nnotes = \"\\q@\" # @\n",
            "registry.toml:2",
        ),
        (
            "registries/registry.toml",
            "[services.api]\nnotes = '@' '@'\n",
            "registry.toml:2",
        ),
        (
            "registries/registry.go",
            "package r\n\n// @\nvar d = map[string]D{\"api\": {KVKey: \"k\", Notes: \"@\", Name: \"@",
            "registry.go:4",
        ),
        (
            "registries/registry.go",
            "package r\n\nvar d = map[string]D{\"api\": {KVKey: f(\"@\"), Notes: `@`}} // @\n",
            "registry.go:3",
        ),
        (
            "registries/registry.go",
            "package r\n\nvar d = map[string]D{\"api\": {KVKey: \"\\q@\"}}\n",
            "registry.go:3",
        ),
        (
            "registries/registry.go",
            "package r\n\nvar d = map[string]D{\"api\": {KVKey: '@'}} /* @\n",
            "registry.go",
        ),
    ]);
}

#[test]
fn nothing_is_shown_beside_a_mistake_in_a_compose_project() {
    let api = "services:\n  api:\n    environment:\n      ";
    places(&[
        (
            "compose.yaml",
            &format!("{api}CONFIG_SOURCE: kv\n      A: \"@\n"),
            "compose.yaml",
        ),
        (
            "compose.yaml",
            &format!("{api}CONFIG_SOURCE: kv\n      A: '@' '@'\n"),
            "compose.yaml",
        ),
        (
            "compose.yaml",
            &format!("{api}CONFIG_SOURCE: kv\n      A: ['@']\n"),
            "compose.yaml",
        ),
        (
            "compose.yaml",
            &format!("{api}CONFIG_SOURCE: kv\n      A: \"${{X:-@\"\n"),
            "compose.yaml",
        ),
        (
            "compose.yaml",
            &format!("{api}CONFIG_SOURCE: kv\n      A: '${{X?@}}'\n"),
            "compose.yaml",
        ),
        (
            "compose.yaml",
            &format!("{api}CONFIG_SOURCE: kv\n      A: '${{@'\n"),
            "compose.yaml",
        ),
        (
            "compose.yaml",
            &format!("{api}CONFIG_SOURCE: kv\n      A: !x '@' # @\n"),
            "compose.yaml",
        ),
        (
            "compose.yaml",
            &format!(
                "{api}- CONFIG_SOURCE=kv\n      - KV_SEC_MODE=spiffe\n      - A='@'\n      - {{A: '@'}}\n"
            ),
            "compose.yaml",
        ),
        (
            "compose.yaml",
            &format!(
                "{api}{{CONFIG_SOURCE: kv, KV_ADDRESS: '', DB: '@', KV_SEC_MODE: spiffe}} # @\n"
            ),
            "compose.yaml",
        ),
        (
            "compose.yaml",
            &format!(
                "{api}&a {{CONFIG_SOURCE: kv, DB: '@'}}\n  agent:\n    environment: *a\n    environment: '@'\n"
            ),
            "compose.yaml",
        ),
        ("compose.yaml", "services:\n  api: '@'\n", "compose.yaml"),
        ("compose.yaml", "services: '@'\n", "compose.yaml"),
        ("compose.yaml", "'@'\n", "compose.yaml"),
        (
            "compose.yaml",
            "services:\n  api:\n    image: a\n    extends: {service: b, x: '@'\n",
            "compose.yaml",
        ),
        ("service.env", "DB_PASSWORD='@\n", "service.env:1"),
        ("service.env", "DB_PASSWORD=\"@\n", "service.env:1"),
        ("service.env", "A=1\nDB PASSWORD=@\n", "service.env:2"),
        (
            "service.env",
            "KV_ADDRESS=x\nDB_PASSWORD=\"${A:-@\"\n",
            "service.env:2",
        ),
        ("compose.env", "A='x' @\n", "KV_ADDRESS"),
        ("compose.env", "A=\"@\n", "compose.env"),
        ("compose.env", "STORE_ADDRESS=\nB=${X:?@}\n", "KV_ADDRESS"),
    ]);
}

#[test]
fn nothing_is_shown_beside_a_mistake_in_a_unit() {
    places(&[
        (
            "units/agent.service",
            "[Service]\nEnvironment=CONFIG_SOURCE=kv \"DB_PASSWORD=@\n",
            "agent.service:2",
        ),
        (
            "units/agent.service",
            "[Service]\nEnvironment=CONFIG_SOURCE=kv 'DB_PASSWORD=@' @\n",
            "agent.service",
        ),
        (
            "units/agent.service",
            "[Service]\nEnvironment=CONFIG_SOURCE=kv \\\n  KV_ADDRESS= DB_PASSWORD=@ \\\n# @\n  A=@\n",
            "agent.service",
        ),
        (
            "units/agent.service",
            "[Service]\nEnvironment=CONFIG_SOURCE=kv 1A=@\n",
            "agent.service",
        ),
        (
            "units/agent.service",
            "[Service]\nEnvironment=CONFIG_SOURCE=kv \"A=\\q@\"\n",
            "agent.service",
        ),
        (
            "units/agent.service",
            "[Service]\n@\nEnvironment=CONFIG_SOURCE=kv\n",
            "agent.service",
        ),
        (
            "units/agent.service",
            "[Service\nEnvironment=A=@\n",
            "agent.service:1",
        ),
        (
            "units/agent.service",
            "Environment=A=@\n",
            "agent.service:1",
        ),
        (
            "units/agent.service",
            "[Service]\nEnvironment=CONFIG_SOURCE=kv\nEnvironmentFile=/nowhere/x\nExecStart=/x -p @\n",
            "agent.service",
        ),
        (
            "units/agent.service.d/10-kv.conf",
            "[Service]\nEnvironment='A=@\n",
            "10-kv.conf:2",
        ),
        (
            "etc/agent.env",
            "KV_ADDRESS=x\nDB_PASSWORD='@\n",
            "agent.env",
        ),
        ("etc/agent.env", "KV_ADDRESS=x\n@\n", "agent"),
        (
            "etc/agent.env",
            "KV_ADDRESS=\nDB_PASSWORD=\"@\"\n",
            "KV_ADDRESS",
        ),
    ]);
}

#[test]
fn nothing_is_shown_beside_a_mistake_in_a_table_or_a_template() {
    places(&[
        (
            "store.json",
            "{\"password\": \"@\", \"rbac\": {\"roles\": {\"a\": \"@\"}}}",
            "store.json:1",
        ),
        (
            "store.json",
            "{\"password\": \"@\", \"rbac\": {\"roles\": [{\"identity\": {\"x\": \"@\"}, \"role\": 1}]}}",
            "store.json:1",
        ),
        (
            "store.json",
            "{\"password\": \"@, \"rbac\": 1}",
            "store.json:1",
        ),
        (
            "store.json",
            "{\"bucket_ttl\": \"1h\", \"password\": \"@\", \"rbac\": {\"roles\": []}}",
            "store.json:1",
        ),
        ("store.yaml", "password: '@\nrbac: {}\n", "store.yaml"),
        ("store.yaml", "password: @@\n\trbac: {}\n", "store.yaml"),
        ("store.yaml", "rbac: '@'\n", "store.yaml"),
        ("store.yaml", "a: |\n  @\n---\nrbac: '@'\n", "store.yaml"),
        (
            "templates/api.json",
            "{\"database\": {\"password\": \"@\"}, \"listen_addr\": \"\"}",
            "api.json:1",
        ),
        (
            "templates/api.json",
            "{\"database\": {\"password\": [\"@\", {\"a\": \"@\"}]}}",
            "api.json:1",
        ),
        (
            "templates/api.json",
            "{\"listen_addr\": \"@\", \"a\": ?@}",
            "api.json:1",
        ),
        ("templates/api.json", "{\"listen_addr\": \"@", "api.json:1"),
        ("templates/api.json", "?@", "api.json:1"),
        (
            "templates/agent.toml",
            "[server]\naddress = '@\n",
            "agent.toml:2",
        ),
        (
            "templates/agent.toml",
            "api_key = '@'\n[server]\nother = '@'\n",
            "agent.toml",
        ),
        (
            "templates/agent.toml",
            "[server]\naddress = '''\n@\n",
            "agent.toml",
        ),
        ("templates/agent.toml", "@\n", "agent.toml:1"),
        ("templates/worker.yaml", "api_key: '@'\n", "worker.yaml"),
        ("templates/worker.yaml", "queue: \"@\n", "worker.yaml"),
        ("templates/worker.yaml", "queue: a\n\tx: @\n", "worker.yaml"),
        ("secrets.json", "{\"sensitive\": \"@\"}", "secrets.json"),
        (
            "secrets.json",
            "{\"sensitive\": [{\"table\": \"a\", \"key\": \"b\"}, @",
            "secrets.json",
        ),
        ("identities.txt", "token @\n", "identities.txt"),
    ]);
}

#[test]
fn nothing_is_shown_beside_a_mistake_in_the_policy() {
    for secret in SECRETS {
        for text in [
            "A = '@' '@'",
            "A = '@",
            "A = @",
            "A = ['@']",
            "A = 1 # @",
            "A = '@'\nA = '@'",
        ] {
            let fleet = Fleet::new(&format!("{text} in the policy"));
            let text = format!("[environment]\n{}\n\n[secrets]", text.replace('@', secret));
            fleet.replace("kvguard.toml", "[secrets]", &text);
            let checked = hidden(&fleet, secret);
            assert!(checked.contains("kvguard.toml:"), "{checked}");
        }
    }
}

#[test]
fn a_document_in_another_shows_nothing_either() {
    for secret in SECRETS {
        let fleet = Fleet::new(&format!("{secret} in a config of compose"));
        fleet.replace("compose.yaml", "services:", &format!("configs:\n  c:\n    content: |\n      {{\"password\": \"{secret}\", \"rbac\": {{\"roles\": [}}\n\nservices:"));
        hidden(&fleet, secret);
    }
}
