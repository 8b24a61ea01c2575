//! A pointer of the policy that is misspelt, whichever it is.

use kvguard::policy::schema::{Field, Kind, POLICY, Table};

use crate::fleet::Fleet;

/// The pointers of the policy by their tables, each misspelt in its last name and in its first.
const MISSPELT: &[(&str, &str, [&str; 2])] = &[
    (
        "registry.pointer",
        "/fleet/all",
        ["/fleet/al", "/flete/all"],
    ),
    (
        "secrets.import.pointer",
        "/deny/list",
        ["/deny/lsit", "/dney/list"],
    ),
    (
        "deployment.access_table.pointer",
        "/rbac/roles",
        ["/rbac/rolse", "/rbca/roles"],
    ),
    (
        "deployment.access_table.mode",
        "/security/mode",
        ["/security/moed", "/securty/mode"],
    ),
    (
        "deployment.access_table.bucket_ttl",
        "/bucket/ttl",
        ["/bucket/tll", "/buckte/ttl"],
    ),
    (
        "deployment.store.listen",
        "/listen/addr",
        ["/listen/adr", "/lsten/addr"],
    ),
];

/// The keys of a table that are pointers, with their paths.
fn pointers(table: &Table, path: &str) -> Vec<String> {
    let mut found = Vec::new();
    for field in table.fields {
        let path = format!("{path}{}", field.name);
        if let Some(inner) = Field::inner(field) {
            found.extend(pointers(inner, &format!("{path}.")));
        }
        if matches!(field.kind, Kind::Pointer) {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// A fleet whose policy has every pointer.
fn fleet(changed: Option<(&str, &str)>) -> Fleet {
    let pointer = |key: &str| {
        let (_, right, _) = MISSPELT
            .iter()
            .find(|(name, ..)| *name == key)
            .expect("a pointer");
        let changed = changed.filter(|(name, _)| *name == key);
        changed.map_or(*right, |(_, pointer)| pointer).to_owned()
    };
    let fleet = Fleet::new();
    fleet.write(
        "registry.json",
        r#"{"fleet": {"all": [{"name": "api", "kv_key": "config/api.json"}, {"name": "worker", "kv_key": "config/worker.json"}]}}"#,
    );
    fleet.write(
        "deny.json",
        r#"{"deny": {"list": [{"table": "*", "key": "password"}]}}"#,
    );
    fleet.write(
        "store.json",
        r#"{"security": {"mode": "spiffe"}, "bucket": {"ttl": "0s"}, "listen": {"addr": ":50057"}, "rbac": {"roles": [
            {"identity": "spiffe://acme.dev/api", "role": "writer"},
            {"identity": "spiffe://acme.dev/worker", "role": "writer"}
        ]}}"#,
    );
    let edits = [
        (
            "file = \"registry.json\"",
            format!(
                "file = \"registry.json\"\npointer = \"{}\"\n[[secrets.import]]\nfile = \"deny.json\"\npointer = \"{}\"",
                pointer("registry.pointer"),
                pointer("secrets.import.pointer")
            ),
        ),
        (
            "pointer = \"/rbac/roles\"\n",
            format!(
                "pointer = \"{}\"\nmode = \"{}\"\nbucket_ttl = \"{}\"\n[[deployment.store]]\nlisten = \"{}\"\n",
                pointer("deployment.access_table.pointer"),
                pointer("deployment.access_table.mode"),
                pointer("deployment.access_table.bucket_ttl"),
                pointer("deployment.store.listen")
            ),
        ),
    ];
    for (from, to) in edits {
        fleet.edit("kvguard.toml", from, &to);
    }
    fleet
}

#[test]
fn every_pointer_of_the_policy_is_tried() {
    let mut tried: Vec<&str> = MISSPELT.iter().map(|(name, ..)| *name).collect();
    tried.sort_unstable();
    assert_eq!(pointers(&POLICY, ""), tried);
    let told = fleet(None).tell();
    assert_eq!(told.report.exit_code(), 0, "{}", told.human);
}

#[test]
fn a_misspelt_pointer_never_passes_and_the_near_name_is_shown() {
    for (name, right, misspelt) in MISSPELT {
        for pointer in misspelt {
            let told = fleet(Some((name, pointer))).tell();
            let what = format!("`{name}` as `{pointer}`:\n{}", told.human);
            assert_ne!(told.report.exit_code(), 0, "{what}");
            let last = |pointer: &str| pointer.rsplit('/').next().map(str::to_owned);
            let first = |pointer: &str| pointer.split('/').nth(1).map(str::to_owned);
            let part = if last(right) == last(pointer) {
                first(right)
            } else {
                last(right)
            };
            let part = part.expect("a part");
            let hints = [
                format!("did you mean `{right}`?"),
                format!("did you mean `{part}`?"),
            ];
            assert!(hints.iter().any(|hint| told.human.contains(hint)), "{what}");
        }
    }
}
