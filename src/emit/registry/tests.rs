//! The written registry, whole.

use std::path::{Path, PathBuf};

use kvguard_contract::Contract;
use serde_json::{Value, json};

use super::{Build, Fleet, MadeFrom, registry};
use crate::inputs::Content;
use crate::registry::read_document;
use crate::source::{Sources, Syntax};

const DECLARED: &str = r#"[
  {"name": "api", "kv_key": "config/api.json", "format": "json",
   "display_name": "The API", "service_type": "core", "scope": "global",
   "critical_fields": ["listen", "store.address"], "secret_fields": ["store.password"]},
  {"name": "agent", "scope": "agent", "kv_key_template": "agents/{{site_id}}/{{agent_id}}/{{site_id}}.toml", "format": "toml"}
]"#;

fn written(fleet: Fleet<'_>, build: Build<'_>) -> Value {
    let mut sources = Sources::new();
    let id = sources.add("registry.json", DECLARED);
    let declared = read_document(&mut sources, id, Syntax::Json, "");
    assert!(declared.problems.is_empty(), "{:?}", declared.problems);
    let text = registry(&declared.descriptors, fleet, &sources, build);
    serde_json::from_str(&text).unwrap()
}

#[test]
fn all_of_a_descriptor_is_written_with_its_places() {
    let written = written(Fleet::NONE, Build::default());
    let place =
        |line: u32, column: u32| json!({"file": "registry.json", "line": line, "column": column});
    let expected = json!([
        {
            "name": "api",
            "display_name": "The API",
            "service_type": "core",
            "scope": "global",
            "key": "config/api.json",
            "variables": [],
            "format": "json",
            "critical_fields": ["listen", "store.address"],
            "secret_fields": ["store.password"],
            "critical_field_locations": [place(4, 24), place(4, 34)],
            "location": place(2, 12),
            "key_location": place(2, 29),
        },
        {
            "name": "agent",
            "display_name": null,
            "service_type": null,
            "scope": "agent",
            "key_template": "agents/{{site_id}}/{{agent_id}}/{{site_id}}.toml",
            "variables": ["agent_id", "site_id"],
            "format": "toml",
            "critical_fields": [],
            "secret_fields": [],
            "critical_field_locations": [],
            "location": place(5, 12),
            "key_location": place(5, 58),
        },
    ]);
    assert_eq!(written["services"], expected, "{written:#}");
}

#[test]
fn what_holds_for_the_fleet_and_the_build_is_written() {
    let inputs = [
        Content {
            path: PathBuf::from("/fleet/registry.json"),
            digest: Some(255),
        },
        Content {
            path: PathBuf::from("/fleet/gone.json"),
            digest: None,
        },
    ];
    let build = Build {
        package: Some("trapd"),
        checked: true,
        made_from: Some(MadeFrom {
            directory: Path::new("/fleet/trapd"),
            inputs: &inputs,
        }),
    };
    let mut all = written(Fleet::NONE, build);
    all.as_object_mut().unwrap().remove("services");
    let expected = json!({
        "version": super::VERSION,
        "package": "trapd",
        "checked": true,
        "made_from": {
            "directory": "/fleet/trapd",
            "inputs": [
                {"path": "/fleet/registry.json", "digest": "00000000000000ff"},
                {"path": "/fleet/gone.json", "digest": null},
            ],
        },
        "contract": null,
        "secret_fields": [],
        "not_secret_fields": [],
    });
    assert_eq!(all, expected);

    let nothing = written(Fleet::NONE, Build::default());
    assert_eq!(nothing["package"], Value::Null);
    assert_eq!(nothing["checked"], false);
    assert_eq!(nothing["made_from"], Value::Null);
}

#[test]
fn a_contract_of_the_fleets_own_is_written_whole() {
    let contract = Contract {
        kv: "bucket".into(),
        ..Contract::STANDARD
    };
    let fleet = Fleet {
        contract: &contract,
        ..Fleet::NONE
    };
    let written = written(fleet, Build::default());
    let of = &written["contract"];
    assert_eq!(of["kv"], "bucket");
    assert_eq!(of["names"]["source_variable"], "CONFIG_SOURCE");
    assert_eq!(of["values"], "exact");
    assert_eq!(of["others"], json!(["file"]));
    let modes = of["modes"].as_array().unwrap();
    let words: Vec<&Value> = modes.iter().map(|mode| &mode["word"]).collect();
    assert!(words.contains(&&json!("spiffe")), "{words:?}");
    for mode in modes {
        assert!(
            mode["means"].is_string() && mode["required"].is_array(),
            "{mode}"
        );
    }
}
