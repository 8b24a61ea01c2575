use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

use serde::Deserialize;
use serde_json::json;

use super::{Part, TypeError, TypeFault, read};
use crate::format::Tree;

fn typed<T: serde::de::DeserializeOwned>(tree: Tree) -> Result<T, TypeError> {
    match tree {
        Tree::Object(mapping) => read(mapping),
        _ => panic!("a mapping is needed"),
    }
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(rename_all = "snake_case")]
enum Mode {
    Plain,
    Named(String),
    Pair(u8, u8),
    Limited { rate: u32 },
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(tag = "kind")]
enum Tagged {
    A { x: u8 },
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(untagged)]
enum Untagged {
    Number(u8),
    List(Vec<u8>),
}

#[derive(Debug, Deserialize, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Port(u16);

#[derive(Debug, Deserialize, PartialEq)]
struct Common {
    note: Option<String>,
}

#[derive(Debug, Deserialize, PartialEq)]
struct Everything {
    text: String,
    character: char,
    signed: i8,
    unsigned: u64,
    float: f32,
    address: IpAddr,
    wait: Duration,
    modes: Vec<Mode>,
    tagged: Tagged,
    untagged: Vec<Untagged>,
    by_port: BTreeMap<Port, bool>,
    by_number: BTreeMap<i32, Option<u8>>,
    by_truth: BTreeMap<bool, u8>,
    pair: (u8, String),
    #[serde(flatten)]
    common: Common,
    #[serde(default)]
    absent: Vec<u8>,
}

#[test]
fn all_that_serde_describes_is_read_as_by_a_format() {
    let tree = json!({
        "text": "a", "character": "b", "signed": -3, "unsigned": u64::MAX, "float": 1.5,
        "address": "10.0.0.1", "wait": {"secs": 1, "nanos": 2},
        "modes": ["plain", {"named": "n"}, {"pair": [1, 2]}, {"limited": {"rate": 5}}, {"plain": null}],
        "tagged": {"kind": "A", "x": 1},
        "untagged": [1, [2, 3]],
        "by_port": {"80": true}, "by_number": {"-1": null, "2": 3}, "by_truth": {"true": 1},
        "pair": [1, "x"], "note": "n", "unknown": {"deep": [1]},
    });
    let expected: Everything = serde_json::from_value(tree.clone()).unwrap();
    assert_eq!(typed::<Everything>(tree), Ok(expected));
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
struct Small {
    port: u16,
    #[serde(default)]
    modes: Vec<Mode>,
    #[serde(default, alias = "host")]
    address: Option<IpAddr>,
    #[serde(default)]
    untagged: Option<Untagged>,
    #[serde(default)]
    by_number: BTreeMap<i32, u8>,
}

fn name(text: &str) -> Part {
    Part::Name(text.to_owned())
}

fn unexpected(expected: &str) -> TypeFault {
    TypeFault::Unexpected {
        expected: Some(expected.to_owned()),
    }
}

#[test]
fn an_error_names_the_field_and_what_is_expected_and_never_the_value() {
    const SECRET: &str = "hunter2, expected nothing";
    let unknown = TypeFault::Unexpected { expected: None };
    for (tree, path, fault) in [
        (
            json!({"port": SECRET}),
            vec![name("port")],
            unexpected("u16"),
        ),
        (
            json!({"port": 70_000}),
            vec![name("port")],
            unexpected("u16"),
        ),
        (json!({}), vec![name("port")], TypeFault::Missing),
        (
            json!({"port": 1, "por": SECRET}),
            vec![name("por")],
            TypeFault::Unknown,
        ),
        (
            json!({"port": 1, "address": SECRET}),
            vec![name("address")],
            unknown.clone(),
        ),
        (
            json!({"port": 1, "untagged": SECRET}),
            vec![name("untagged")],
            unknown,
        ),
        (
            json!({"port": 1, "modes": ["plain", SECRET]}),
            vec![name("modes"), Part::Index(1)],
            unexpected("one of `plain`, `named`, `pair`, `limited`"),
        ),
        (
            json!({"port": 1, "modes": [{"limited": {"rate": SECRET}}]}),
            vec![name("modes"), Part::Index(0), name("rate")],
            unexpected("u32"),
        ),
        (
            json!({"port": 1, "modes": [{"pair": [1, 2, 3]}]}),
            vec![name("modes"), Part::Index(0)],
            unexpected("a shorter list"),
        ),
        (
            json!({"port": 1, "by_number": {"1": SECRET}}),
            vec![name("by_number"), name("1")],
            unexpected("u8"),
        ),
    ] {
        let error = typed::<Small>(tree).unwrap_err();
        assert_eq!(error.fault, fault);
        assert_eq!(error.path(), path.iter().collect::<Vec<_>>());
        assert!(!format!("{error} {error:?}").contains("hunter2"));
    }
}
