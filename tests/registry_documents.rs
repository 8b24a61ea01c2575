//! Reads registries end to end, from the text of every format.

use kvguard::registry::{Registry, read_document};
use kvguard::source::{Sources, Syntax};

const JSON: &str = r#"{"services": {
  "ledger": {"kv_key": "config/ledger.json", "critical_fields": ["listen_addr"]},
  "gauge": {"name": "gauge", "kvKeyTemplate": "agents/{{agent_id}}", "format": "toml", "owner": 7}
}}"#;

const YAML: &str = "---
services:
  - name: ledger
    kv_key: config/ledger.json
    critical_fields: [listen_addr]
  - {name: gauge, kv_key_template: 'agents/{{agent_id}}', format: toml}
";

const YAML_DOCUMENTS: &str = "---
name: ledger
kv_key: config/ledger.json
critical_fields:
- listen_addr
---
name: gauge
kv_key_template: agents/{{agent_id}}
format: toml
";

const TOML: &str = r#"
[services.ledger]
kv_key = "config/ledger.json"
critical_fields = ["listen_addr"]

[services.gauge]
KVKeyTemplate = 'agents/{{agent_id}}'
Format = "toml"
"#;

fn read(text: &str, syntax: Syntax, pointer: &str) -> (Sources, Registry) {
    let mut sources = Sources::new();
    let id = sources.add("registry", text);
    let registry = read_document(&mut sources, id, syntax, pointer);
    (sources, registry)
}

#[test]
fn every_format_reads_the_same() {
    for (text, syntax, pointer) in [
        (JSON, Syntax::Json, ""),
        (JSON, Syntax::Json, "/services"),
        (JSON, Syntax::Yaml, ""),
        (YAML, Syntax::Yaml, ""),
        (YAML, Syntax::Yaml, "/services"),
        (YAML_DOCUMENTS, Syntax::Yaml, ""),
        (TOML, Syntax::Toml, ""),
        (TOML, Syntax::Toml, "/services"),
    ] {
        let (sources, registry) = read(text, syntax, pointer);
        assert_eq!(registry.problems, vec![], "{text}");
        let told: Vec<_> = registry
            .descriptors
            .iter()
            .map(|descriptor| {
                let key = descriptor.key.text();
                assert!(sources.text(key.span).contains(&key.value), "{text}");
                assert!(
                    sources
                        .text(descriptor.name.span)
                        .contains(&descriptor.name.value)
                );
                (
                    descriptor.name.value.as_str(),
                    key.value.as_str(),
                    descriptor.format.value.name(),
                    descriptor.critical_fields.len(),
                )
            })
            .collect();
        let expected = [
            ("ledger", "config/ledger.json", "json", 1),
            ("gauge", "agents/{{agent_id}}", "toml", 0),
        ];
        assert_eq!(told, expected, "{text}");
    }
}

#[test]
fn an_empty_and_a_broken_document_are_problems() {
    for (text, syntax) in [
        ("", Syntax::Json),
        ("", Syntax::Yaml),
        ("", Syntax::Toml),
        ("null", Syntax::Json),
        ("---\n---\n", Syntax::Yaml),
        ("{}", Syntax::Json),
        ("{\"services\": [", Syntax::Json),
        ("a: [", Syntax::Yaml),
        ("a =", Syntax::Toml),
    ] {
        let (_, registry) = read(text, syntax, "");
        assert!(!registry.problems.is_empty(), "{text:?}");
        assert_eq!(registry.descriptors, vec![]);
    }
}
