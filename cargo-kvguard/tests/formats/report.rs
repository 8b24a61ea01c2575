//! The JSON of kvguard's own.

use serde_json::Value;

use crate::validators::{REPORT, assert_valid, read};
use crate::{drifted, incomplete, printed};

#[test]
fn reports_are_valid_by_the_published_schema() {
    let clean = crate::Fleet::new("clean");
    for fleet in [clean, drifted("drifted"), incomplete("incomplete")] {
        assert_valid(&REPORT, &printed(&fleet, "json"), "json");
    }
}

#[test]
fn the_schema_refuses_a_field_that_it_does_not_describe() {
    let mut report = crate::json(&drifted("drifted"), "json");
    assert!(REPORT.is_valid(&report));
    report["findings"][0]["surprise"] = Value::Null;
    assert!(!REPORT.is_valid(&report));
}

#[test]
fn the_schema_describes_every_field_and_is_one_of_2020_12() {
    let schema = read("../docs/report.schema.json");
    jsonschema::draft202012::meta::validate(&schema).unwrap();
    let mut fields = 0;
    let definitions = schema["$defs"].as_object().unwrap();
    for (name, object) in definitions {
        assert_eq!(object["additionalProperties"], false, "{name}");
        assert!(object["description"].is_string(), "{name}");
        for (field, value) in object["properties"].as_object().unwrap() {
            let is_reference = value["$ref"].is_string();
            assert!(
                is_reference || value["description"].is_string(),
                "{name}.{field}"
            );
            fields += 1;
        }
    }
    assert!(fields > 40, "{fields} fields");
}
