//! The store's configuration: the access table, the security mode, the bucket's time to live, and who runs the store.

use crate::fleet::{Fleet, POLICY, STORE};

#[test]
fn no_access_table_file() {
    let fleet = Fleet::new();
    fleet.remove("store.json");
    fleet.fails("deployment `packages`: the access table's file `store.json` does not exist");
    fleet.fails("deployment `compose`: the access table's file `store.json` does not exist");
}

#[test]
fn an_access_table_file_of_no_known_kind() {
    let fleet = Fleet::new();
    fleet.edit(
        "kvguard.toml",
        "file = \"store.json\"",
        "file = \"etc/kv.env\"",
    );
    fleet.fails("neither JSON nor YAML nor TOML by its extension");
}

#[test]
fn nothing_mounted_where_the_access_table_should_be() {
    let fleet = Fleet::new();
    fleet.edit("docker-compose.yml", "/etc/store.json", "/srv/store.json");
    fleet.fails("nothing is mounted into workload `store` at `/etc/store.json`");
    let fleet = Fleet::new();
    fleet.edit("docker-compose.yml", "  store:", "  datastore:");
    fleet.fails("there is no workload `store`, whose access table is to be read");
}

#[test]
fn an_access_table_that_is_not_there() {
    for (text, with) in [
        ("{\"rbac\": {}}", "there is nothing at `/rbac/roles`"),
        ("{}", "there is nothing at `/rbac/roles`"),
        (
            "{\"rbac\": {\"roles\": []}}",
            "the list at `/rbac/roles` is empty",
        ),
        ("{\"rbac\": {\"roles\": {}}}", "must be a list"),
        ("{\"rbac\": {\"roles\": null}}", "must be a list"),
    ] {
        let fleet = Fleet::new();
        fleet.write("store.json", text);
        fleet.denies("access-table-missing", with);
    }
}

#[test]
fn at_most_five_names_of_an_entry_that_is_no_grant_are_told() {
    for (entry, names) in [
        (
            r#"{"a": 1, "b": 1, "c": 1, "d": 1, "e": 1}"#,
            "the first one has `a`, `b`, `c`, `d`, `e`. If",
        ),
        (
            r#"{"a": 1, "b": 1, "c": 1, "d": 1, "e": 1, "f": 1}"#,
            "the first one has `a`, `b`, `c`, `d`, `e`, …. If",
        ),
    ] {
        let fleet = Fleet::new();
        let store = format!("{{\"rbac\": {{\"roles\": [{entry}]}}}}");
        fleet.write("store.json", &store);
        fleet.denies("access-table-missing", names);
    }
}

#[test]
fn an_access_table_that_does_not_parse() {
    let fleet = Fleet::new();
    fleet.write("store.json", &STORE.replace("]}", "}"));
    fleet.denies("malformed-file", "expected");
    let fleet = Fleet::new();
    fleet.write("store.json", "");
    assert_ne!(fleet.tell().report.exit_code(), 0);
}

#[test]
fn a_store_mode_that_is_not_there() {
    let fleet = Fleet::new();
    fleet.edit(
        "kvguard.toml",
        "pointer = \"/rbac/roles\"\n",
        "pointer = \"/rbac/roles\"\nmode = \"/security/mode\"\n",
    );
    fleet.fails("the store's file has no security mode at `/security/mode`");
    for (mode, is) in [("\" \"", "is empty"), ("[]", "is a list, not a text")] {
        let security = format!("{{\n  \"security\": {{\"mode\": {mode}}},");
        fleet.write("store.json", &STORE.replacen('{', &security, 1));
        fleet.fails(&format!(
            "the store's security mode at `/security/mode` {is}, so it is not known"
        ));
    }
}

#[test]
fn a_store_whose_workload_or_address_is_not_there() {
    for (stated, with) in [
        (
            "workload = \"stor\"",
            "there is no workload `stor`, which is to be the store",
        ),
        (
            "listen = \"/grpc/listen\"",
            "the store's configuration has no address with a port at `/grpc/listen`",
        ),
        (
            "services = [\"workr\"]",
            "there is no service `workr`; did you mean `worker`?",
        ),
    ] {
        let fleet = Fleet::new();
        let policy = format!("{POLICY}\n[[deployment.store]]\n{stated}\n");
        fleet.write("kvguard.toml", &policy);
        fleet.fails(with);
    }
}

#[test]
fn a_time_to_live_that_is_misspelt_or_has_no_place() {
    for (pointer, file, told) in [
        (
            "/bucket_ttl",
            "\"bucket_tll\": \"24h\"",
            "the store's file has no time to live at `/bucket_ttl`; did you mean `/bucket_tll`?",
        ),
        (
            "/bukcet_ttl",
            "\"bucket_ttl\": \"0s\"",
            "the store's file has no time to live at `/bukcet_ttl`; did you mean `/bucket_ttl`?",
        ),
        (
            "/buckets/ttl",
            "\"bucket\": {\"ttl\": \"24h\"}",
            "the store's file has nothing at `/buckets`, where the bucket's time to live `/buckets/ttl` would be",
        ),
        (
            "/bucket/ttl",
            "\"bucket\": \"canary\"",
            "what the store's file has at `/bucket` is a string, not a mapping that may hold the bucket's time to live",
        ),
    ] {
        let fleet = with_time_to_live(pointer, file);
        fleet.fails(told);
    }
}

#[test]
fn a_store_without_a_time_to_live_has_none() {
    for (pointer, file) in [
        ("/bucket_ttl", "\"bucket\": \"canary\""),
        ("/bucket/ttl", "\"bucket\": {\"history\": 1}"),
        ("/bucket/ttl", "\"bucket\": {}"),
        ("/ttl", "\"tls\": {\"ca\": \"canary\"}"),
        // A value that is no time is another setting, however near its name is.
        ("/bucket_ttl", "\"bucket_tls\": {\"ca\": \"canary\"}"),
        ("/bucket_ttl", "\"bucket_tls\": [\"canary\"]"),
        ("/bucket_ttl", "\"bucket_tls\": true"),
    ] {
        let told = with_time_to_live(pointer, file).tell();
        assert_eq!(told.report.exit_code(), 0, "{}", told.human);
    }
}

#[test]
fn a_time_to_live_of_nothing_expires_nothing_and_every_other_one_does() {
    for (ttl, expires) in [
        ("null", false),
        ("\"\"", false),
        ("\" \"", false),
        ("0", false),
        ("0.0", false),
        ("\"0s\"", false),
        ("\"0h0m\"", false),
        ("\"24h\"", true),
        ("\"0h10m\"", true),
        ("3600", true),
        ("\"a day\"", true),
        ("[]", true),
        ("{\"hours\": 0}", true),
    ] {
        let fleet = with_time_to_live("/bucket_ttl", &format!("\"bucket_ttl\": {ttl}"));
        let told = fleet.tell();
        let findings = told.report.findings.iter();
        let rules: Vec<&str> = findings.map(|finding| finding.rule.rule().name).collect();
        let expected: &[&str] = if expires { &["expiring-bucket"] } else { &[] };
        assert_eq!(rules, expected, "{ttl}\n{}", told.human);
    }
}

/// A fleet whose first deployment reads the time to live at a pointer, of a store's file with this in it.
fn with_time_to_live(pointer: &str, file: &str) -> Fleet {
    let fleet = Fleet::new();
    fleet.edit(
        "kvguard.toml",
        "pointer = \"/rbac/roles\"\n",
        &format!("pointer = \"/rbac/roles\"\nbucket_ttl = \"{pointer}\"\n"),
    );
    fleet.edit("store.json", "{", &format!("{{\n  {file},"));
    fleet
}

#[test]
fn an_access_table_in_one_of_two_documents() {
    let fleet = Fleet::new();
    fleet.write(
        "store.yaml",
        "rbac: {roles: [{identity: \"spiffe://acme.dev/api\", role: writer}]}\n---\npassword: canary\n",
    );
    fleet.edit(
        "kvguard.toml",
        "file = \"store.json\"",
        "file = \"store.yaml\"",
    );
    fleet.tells(
        "access-table-missing",
        "its file holds a second document, so it is not clear which one counts",
    );
}
