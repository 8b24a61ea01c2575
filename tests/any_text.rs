//! No text in a fleet's files makes a check panic: names, identities, grants, keys, values and the policy's own texts are in any script,
//! and nearly alike ones differ by one character of any length.

#![expect(clippy::expect_used, reason = "what a test cannot do without fails it")]

mod support;

use std::path::Path;

use proptest::prelude::*;
use proptest::sample::select;
use serde_json::json;

/// Pieces that the engine looks for in texts, and characters of one to four bytes around them.
const PIECES: [&str; 40] = [
    "spiffe://",
    "acme.test",
    "/ns/",
    "/sa/",
    "/",
    "CN=",
    "O=",
    ",",
    "+",
    "\\",
    "=",
    ".",
    "-",
    "_",
    "*",
    "{",
    "}",
    "{{",
    "}}",
    "${",
    "$(",
    "<",
    ">",
    "CHANGEME",
    "changeme",
    "TODO",
    "api",
    "worker",
    "kv",
    " ",
    "\n",
    "\t",
    "\"",
    "'",
    "•",
    "é",
    "ß",
    "e\u{301}",
    "\u{202e}",
    "🦀",
];

/// A text of such pieces and of any characters.
fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => select(&PIECES[..]).prop_map(str::to_owned),
        1 => any::<char>().prop_map(String::from),
    ];
    prop::collection::vec(piece, 0..7).prop_map(|pieces| pieces.concat())
}

/// A text, and one that differs from it in at most one character.
fn nearly_alike() -> impl Strategy<Value = (String, String)> {
    (text(), any::<prop::sample::Index>(), any::<char>(), 0..4_u8).prop_map(
        |(text, index, other, change)| {
            let mut letters: Vec<char> = text.chars().collect();
            if !letters.is_empty() {
                let at = index.index(letters.len());
                match change {
                    0 => letters[at] = other,
                    1 => letters.insert(at, other),
                    2 => drop(letters.remove(at)),
                    _ => {}
                }
            }
            let changed = letters.into_iter().collect();
            (text, changed)
        },
    )
}

/// Texts for every place of a fleet that holds one.
#[derive(Debug, Clone)]
struct Texts {
    identity: (String, String),
    subject: (String, String),
    workload: (String, String),
    key: String,
    role: String,
    value: String,
    field: (String, String),
    trust_domain: String,
    prefix: String,
    reason: String,
}

fn texts() -> impl Strategy<Value = Texts> {
    let names = (
        nearly_alike(),
        nearly_alike(),
        nearly_alike(),
        nearly_alike(),
    );
    let values = (text(), text(), text(), text(), text(), text());
    (names, values).prop_map(|((identity, subject, workload, field), values)| {
        let (key, role, value, trust_domain, prefix, reason) = values;
        Texts {
            identity,
            subject,
            workload,
            key,
            role,
            value,
            field,
            trust_domain,
            prefix,
            reason,
        }
    })
}

/// A text in quotes, as TOML and unit files read it.
fn quoted(text: &str) -> String {
    json!(text).to_string().replace('\u{7f}', "\\u007f")
}

fn write(root: &Path, file: &str, text: &str) {
    let path = root.join(file);
    std::fs::create_dir_all(path.parent().expect("a directory")).expect("directories");
    std::fs::write(path, text).expect("a file");
}

/// Writes a fleet that has the texts in its registry, its deployments, their identities and tables, its templates and its policy.
/// JSON is YAML, too.
fn write_fleet(root: &Path, texts: &Texts) {
    let critical = [&texts.field.0];
    let registry = json!([
        { "name": texts.workload.0, "kv_key": texts.key, "format": "json", "critical_fields": critical, "secret_fields": [texts.value] },
        { "name": "api", "kv_key": format!("config/{}.json", texts.key), "format": "yaml" },
    ]);
    write(root, "registry.json", &registry.to_string());
    let roles = json!({ "roles": [
        { "identity": texts.identity.0, "role": "writer" },
        { "identity": texts.subject.0, "role": texts.role },
        { "identity": texts.value, "role": "writer" },
    ]});
    write(root, "store.json", &roles.to_string());
    let environment = json!({
        "CONFIG_SOURCE": "kv", "KV_SEC_MODE": "spiffe", "KV_ADDRESS": texts.value, "KV_SERVER_SPIFFE_ID": texts.identity.1,
        "KV_TRUST_DOMAIN": texts.trust_domain, "CONFIG_SERVICE": texts.workload.1,
    });
    let compose = json!({ "services": {
        (texts.workload.1.as_str()): { "image": texts.value, "command": [texts.value, texts.key], "environment": environment },
        "api": { "image": "api", "command": format!("sh -c {}", texts.value), "environment": environment },
    }});
    write(root, "compose.yaml", &compose.to_string());
    let variables = environment.as_object().expect("an object").iter();
    let variables: Vec<_> = variables
        .map(|(name, value)| json!({ "name": name, "value": value }))
        .collect();
    let pod = json!({ "apiVersion": "apps/v1", "kind": "Deployment", "metadata": { "name": "api", "namespace": texts.prefix }, "spec": {
        "selector": { "matchLabels": { "app": texts.workload.0 } },
        "template": { "metadata": { "labels": { "app": texts.workload.0, "role": texts.role } }, "spec": { "containers": [
            { "name": texts.workload.1, "image": texts.value, "args": [texts.value], "env": variables },
        ]}},
    }});
    let template = format!(
        "spiffe://{}/{{{{ .PodSpec.ServiceAccountName }}}}/{}",
        texts.trust_domain, texts.identity.1
    );
    let issued = json!({ "apiVersion": "spire.spiffe.io/v1alpha1", "kind": "ClusterSPIFFEID", "metadata": { "name": "fleet" }, "spec": {
        "spiffeIDTemplate": template, "podSelector": { "matchLabels": { "app": texts.workload.1 } },
    }});
    write(root, "pods.yaml", &format!("{pod}\n---\n{issued}\n"));
    let line = texts.value.replace(['\n', '\r', '\0'], " ");
    let unit = format!(
        "[Service]\nExecStart=/bin/api {line}\nEnvironment=CONFIG_SOURCE=kv KV_SEC_MODE=mtls {}\n",
        quoted(&format!("KV_ADDRESS={}", texts.value)),
    );
    write(root, "api.service", &unit);
    write(
        root,
        "api.yaml",
        &json!({ (texts.field.1.as_str()): texts.value }).to_string(),
    );
    let policy = format!(
        "registry = {{ file = \"registry.json\" }}
workloads = {{ prefixes = [{prefix}] }}
secrets = {{ fields = [{field}] }}
allow = [{{ rule = \"orphan-grant\", service = {service}, reason = {reason} }}]

[[deployment]]
name = \"compose\"
kind = \"compose\"
files = [\"compose.yaml\"]
trust_domain = {trust_domain}
templates = [\"{{service}}.{{format}}\"]
access_table = {{ file = \"store.json\", pointer = \"/roles\" }}
identity = [{{ form = \"spiffe\", pattern = {identity} }}, {{ form = \"subject\", pattern = {subject} }}]

[[deployment]]
name = \"systemd\"
kind = \"systemd\"
files = [\"*.service\"]
access_table = {{ file = \"store.json\", pointer = \"/roles\" }}
identity = [{{ form = \"subject\", pattern = {subject} }}]

[[deployment]]
name = \"cluster\"
kind = \"kubernetes\"
files = [\"pods.yaml\"]
trust_domain = {trust_domain}
access_table = {{ file = \"store.json\", pointer = \"/roles\" }}
",
        prefix = quoted(&texts.prefix),
        field = quoted(&texts.field.0),
        service = quoted(&texts.workload.0),
        reason = quoted(&texts.reason),
        trust_domain = quoted(&texts.trust_domain),
        identity = quoted(&texts.identity.1),
        subject = quoted(&texts.subject.1),
    );
    write(root, "kvguard.toml", &policy);
}

/// Checks the fleet and prints what comes of it in every format.
fn check(texts: &Texts) {
    let directory = tempfile::tempdir().expect("a directory");
    write_fleet(directory.path(), texts);
    support::tell(&support::options(directory.path()));
}

/// Texts with which the policy is valid and every deployment is read.
fn plain() -> Texts {
    let pair = |text: &str| (text.to_owned(), text.to_owned());
    Texts {
        identity: pair("spiffe://acme.test/ns/acme/sa/worker"),
        subject: pair("CN=worker.acme.test,O=Acme"),
        workload: pair("worker"),
        key: "config/worker.json".to_owned(),
        role: "writer".to_owned(),
        value: "store:50057".to_owned(),
        field: pair("listen"),
        trust_domain: "acme.test".to_owned(),
        prefix: "acme-".to_owned(),
        reason: "until the old one is gone".to_owned(),
    }
}

#[test]
fn the_fleet_of_plain_texts_is_read_whole() {
    let directory = tempfile::tempdir().expect("a directory");
    write_fleet(directory.path(), &plain());
    let told = support::tell(&support::options(directory.path()));
    assert!(told.report.failures.is_empty(), "{}", told.human);
    let model = told.report.model.expect("the policy is valid");
    assert_eq!(model.deployments.len(), 3);
}

/// Two names that differ in one letter behind a sign of three bytes.
#[test]
fn a_sign_of_several_bytes_before_the_difference_is_no_panic() {
    for sign in ["•", "é", "ß", "🦀", "\u{202e}", "\u{301}"] {
        let mut texts = plain();
        texts.subject = (
            format!("CN=a{sign}worker,O=Acme"),
            format!("CN=a{sign}workex,O=Acme"),
        );
        texts.identity = (
            format!("spiffe://acme.test/a{sign}worker"),
            format!("spiffe://acme.test/a{sign}workex"),
        );
        check(&texts);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn any_texts_everywhere_are_no_panic(texts in texts()) {
        check(&texts);
    }

    /// All but one place is plain, so that the check does not end at the first invalid text.
    #[test]
    fn any_text_in_one_place_is_no_panic(texts in texts(), place in 0..10_usize) {
        let mut mixed = plain();
        match place {
            0 => mixed.identity = texts.identity,
            1 => mixed.subject = texts.subject,
            2 => mixed.workload = texts.workload,
            3 => mixed.key = texts.key,
            4 => mixed.role = texts.role,
            5 => mixed.value = texts.value,
            6 => mixed.field = texts.field,
            7 => mixed.trust_domain = texts.trust_domain,
            8 => mixed.prefix = texts.prefix,
            _ => mixed.reason = texts.reason,
        }
        check(&mixed);
    }
}
