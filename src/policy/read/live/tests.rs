use std::collections::BTreeMap;

use crate::policy::{Instance, Policy, read};
use crate::source::{Fragment, Sources, Syntax};

/// A policy of what every one needs, and more.
fn policy(more: &str) -> Policy {
    let text = format!(
        "{more}
[registry]
file = \"registry.json\"

[[deployment]]
name = \"compose\"
kind = \"compose\"
files = [\"compose.yml\"]
access_table = {{ file = \"store.json\", pointer = \"/rbac\" }}

[[deployment.store]]
connect = {{ address = \"$NATS_URL\", credentials = \"operator.creds\" }}
"
    );
    let mut sources = Sources::new();
    let id = sources.add("kvguard.toml", text);
    let fragment = Fragment::of_source(&sources, id);
    let documents = crate::source::read(&mut sources, &fragment, Syntax::Toml);
    read(documents.single().unwrap()).unwrap()
}

#[test]
fn without_a_statement_the_lines_of_a_log_are_those_of_the_clients() {
    let policy = policy("");
    assert_eq!(policy.log.required, ["KV update detected"]);
    assert_eq!(policy.log.forbidden, ["KV store not initialized"]);
    assert_eq!(policy.instances, []);
    assert!(policy.seed_command.is_none());
}

#[test]
fn a_service_has_the_lines_of_all_services_where_it_states_none() {
    let policy = policy(
        "
[log]
forbidden = [\"falling back\"]
[service.api.log]
required = []
[service.worker.log]
forbidden = []
[service.agent]
aliases = [\"agent-2\"]
",
    );
    let log = |name: &str| policy.service(name).unwrap().log.clone();
    let api = log("api").unwrap();
    assert_eq!(api.required, [""; 0]);
    assert_eq!(api.forbidden, ["falling back"]);
    let worker = log("worker").unwrap();
    assert_eq!(worker.required, ["KV update detected"]);
    assert_eq!(worker.forbidden, [""; 0]);
    assert_eq!(log("agent"), None);
    assert_eq!(policy.log.required, ["KV update detected"]);
    assert_eq!(policy.log.forbidden, ["falling back"]);
}

#[test]
fn an_instance_is_of_all_services_and_deployments_unless_it_names_one() {
    let policy = policy(
        "
[[instance]]
variables = { agent_id = \"a1\" }
[[instance]]
service = \"agent\"
deployment = \"compose\"
variables = { agent_id = \"a-2_=\", site = \"NORTH\" }
",
    );
    let variables = |all: &[(&str, &str)]| -> BTreeMap<String, String> {
        let all = all.iter();
        all.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect()
    };
    let expected = [
        Instance {
            deployment: None,
            service: None,
            variables: variables(&[("agent_id", "a1")]),
        },
        Instance {
            deployment: Some("compose".to_owned()),
            service: Some("agent".to_owned()),
            variables: variables(&[("agent_id", "a-2_="), ("site", "NORTH")]),
        },
    ];
    assert_eq!(policy.instances, expected);
}

#[test]
fn a_value_of_an_instance_stays_one_part_of_a_key() {
    for value in ["a1", "A-1", "a_1", "a=1", "0"] {
        assert_eq!(Instance::is_value(value), Ok(()), "{value}");
    }
    for value in ["", "a/b", "a.b", "a b", "*", ">", "ä", "a\n", "{{a}}"] {
        assert!(Instance::is_value(value).is_err(), "{value:?}");
    }
}

#[test]
fn the_seeder_and_the_way_to_the_store_are_read_as_they_are_written() {
    let policy = policy(
        "
[seed]
command = [\"bin/sync\", \"--to={deployment}/{key}\", \"{service}\", \"{template}\", \"{output}\"]
",
    );
    let words = policy.seed_command.unwrap();
    let words: Vec<&str> = words.iter().map(|word| word.value.as_str()).collect();
    let expected = [
        "bin/sync",
        "--to={deployment}/{key}",
        "{service}",
        "{template}",
        "{output}",
    ];
    assert_eq!(words, expected);
    let connect = policy.deployments[0].stores[0].connect.as_ref().unwrap();
    let text = |stated: &Option<crate::registry::Spanned<String>>| {
        stated.as_ref().map(|own| own.value.clone())
    };
    assert_eq!(text(&connect.address).as_deref(), Some("$NATS_URL"));
    assert_eq!(
        text(&connect.credentials).as_deref(),
        Some("operator.creds")
    );
    assert_eq!(text(&connect.nkey), None);
}
