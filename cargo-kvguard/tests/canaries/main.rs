//! Values are secret: whatever stands where a secret may stand appears in no output of any command, however
//! broken the file is that it stands in.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "the tests prepare the files that the command reads"
)]
#![allow(clippy::too_many_lines, reason = "tables of cases")]

#[path = "../support/mod.rs"]
mod support;

mod cluster;
mod deployments;
mod documents;
mod registries;

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
const COMMANDS: [&[&str]; 18] = [
    &["check"],
    &["check", "--color=always"],
    &["check", "--format=json"],
    &["check", "--format=sarif", "--show-allowed"],
    &["check", "--format=github"],
    &["check", "--format=junit"],
    &["check", "--format=markdown"],
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
        for text in [&text, &unescaped(&text)] {
            assert!(!text.contains(core), "{} shows {core}:\n{text}", run.what);
        }
        if *command == ["check"] {
            checked = text;
        }
    }
    assert!(!checked.is_empty());
    checked
}

/// A text without the escapes of XML, Markdown and workflow commands: a secret is one in its escapes, too.
fn unescaped(text: &str) -> String {
    let mut text = text.replace("%0A", "\n").replace("%25", "%");
    text = text.replace("<!-- -->", "");
    for code in 33..127_u8 {
        let character = char::from(code).to_string();
        text = text.replace(&format!("&#{code};"), &character);
    }
    for (escape, sign) in [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&amp;", "&"),
    ] {
        text = text.replace(escape, sign);
    }
    text
}

#[test]
fn a_secret_is_recognised_in_the_escapes_of_every_format() {
    for written in [
        "CANARY&#95;6.with.dots",
        "CANARY_6.with.dots",
        "CANARY&#95;6&#46;with.dots",
    ] {
        assert_eq!(unescaped(written), "CANARY_6.with.dots");
    }
    assert_eq!(unescaped("&#126;&#64;<!-- -->&#126;%25&amp;"), "~@~%&");
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
