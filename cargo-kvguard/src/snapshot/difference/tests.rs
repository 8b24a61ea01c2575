use std::collections::{BTreeMap, BTreeSet};

use super::super::{Field, Holds, Key, Service, Snapshot, VERSION, Value};
use super::Difference;

fn value(hash: &str, fields: &[(&str, &str, &str)]) -> Holds {
    let fields = fields.iter().map(|(path, kind, hash)| {
        let field = Field {
            kind: (*kind).to_owned(),
            hash: (*hash).to_owned(),
        };
        ((*path).to_owned(), field)
    });
    Holds::Value(Value {
        hash: hash.to_owned(),
        revision: 1,
        created: None,
        bytes: 2,
        fields: Some(fields.collect()),
    })
}

fn snapshot(keys: Vec<(&str, Holds)>, services: Vec<(&str, Service)>) -> Snapshot {
    let keys = keys.into_iter().map(|(key, holds)| {
        let service = "trapd".to_owned();
        (key.to_owned(), Key { service, holds })
    });
    let services = services
        .into_iter()
        .map(|(name, service)| (name.to_owned(), service));
    Snapshot {
        version: VERSION,
        deployment: "compose".to_owned(),
        store: "nats://a, bucket `b`".to_owned(),
        began: "2026-06-01T00:00:00.000Z".to_owned(),
        is_whole: true,
        hashed_with: "one".to_owned(),
        keys: keys.collect(),
        services: services.collect(),
    }
}

fn service(image: &str, speaks: bool) -> Service {
    Service {
        speaks: Some(speaks),
        lines: 1,
        images: BTreeSet::from([image.to_owned()]),
        restarts: None,
    }
}

#[test]
fn just_what_differs_is_told() {
    let earlier = snapshot(
        vec![
            (
                "changed",
                value(
                    "1",
                    &[
                        ("a", "string", "1"),
                        ("b", "string", "2"),
                        ("c", "string", "3"),
                    ],
                ),
            ),
            ("gone", value("1", &[])),
            ("same", value("1", &[("a", "string", "1")])),
            ("never", Holds::Nothing),
        ],
        vec![
            ("quiet", service("i:1", true)),
            ("loud", service("i:1", false)),
            ("still", service("i:1", true)),
        ],
    );
    let later = snapshot(
        vec![
            (
                "changed",
                value(
                    "2",
                    &[
                        ("a", "string", "9"),
                        ("b", "integer", "2"),
                        ("d", "string", "4"),
                    ],
                ),
            ),
            ("new", value("1", &[])),
            ("same", value("1", &[("a", "string", "1")])),
            ("never", Holds::Nothing),
        ],
        vec![
            ("quiet", service("i:1", false)),
            ("loud", service("i:2", true)),
            ("still", service("i:1", true)),
        ],
    );
    let difference = Difference::between(&earlier, &later);
    let expected = [
        "key `new` of service `trapd` is new",
        "key `gone` of service `trapd` is gone",
        "key `changed` of service `trapd` holds another value (revision 1, now 1); added: `d`; removed: `c`; changed: `a`, `b` (string, now integer)",
        "service `loud` runs the image i:2 and ran i:1",
        "the log of service `quiet` lacks a required line that it had",
        "the log of service `loud` has the required lines, of which it lacked one",
    ];
    assert_eq!(difference.sentences(), expected);
    assert_eq!(difference.not_compared, [""; 0]);
    let same = Difference::between(&earlier, &earlier);
    assert!(same.is_empty() && same.not_compared.is_empty());
}

#[test]
fn a_key_that_was_not_read_is_neither_new_nor_gone() {
    let whole = snapshot(vec![("key", value("1", &[]))], Vec::new());
    let broken = snapshot(vec![("key", Holds::NotRead)], Vec::new());
    for (earlier, later, which) in [(&whole, &broken, "later"), (&broken, &whole, "earlier")] {
        let difference = Difference::between(earlier, later);
        assert!(difference.is_empty());
        let told = format!("key `key`, which could not be read in the {which} run");
        assert_eq!(difference.not_compared, [told]);
    }
}

#[test]
fn hashes_of_different_secrets_are_not_compared() {
    let earlier = snapshot(
        vec![("key", value("1", &[("a", "string", "1")]))],
        Vec::new(),
    );
    let mut later = snapshot(
        vec![("key", value("2", &[("a", "string", "2")]))],
        Vec::new(),
    );
    later.hashed_with = "other".to_owned();
    let difference = Difference::between(&earlier, &later);
    assert!(difference.is_empty());
    assert_eq!(difference.not_compared.len(), 1);
    later.keys = BTreeMap::from([(
        "key".to_owned(),
        Key {
            service: "trapd".to_owned(),
            holds: value("2", &[("a", "integer", "2")]),
        },
    )]);
    let difference = Difference::between(&earlier, &later);
    assert_eq!(difference.keys_changed[0].fields_changed[0].path, "a");
}
