use std::path::Path;

use super::{SanitizationRules, TomlPath, load_sanitization_rules_from, rules, sanitize_toml};

fn path(table: &str, key: &str) -> TomlPath {
    TomlPath {
        table: table.to_owned(),
        key: key.to_owned(),
    }
}

fn sanitized(text: &str, denied: &[TomlPath]) -> String {
    String::from_utf8(sanitize_toml(text.as_bytes(), denied)).unwrap()
}

#[test]
fn a_denied_key_is_taken_out_of_its_table_alone() {
    let text = "[general]\ntoken = 'kept'\n[outputs.http]\ntoken = 'taken'\nurl = 'u'\n";
    let denied = [path("outputs.http", "token")];
    assert_eq!(
        sanitized(text, &denied),
        "[general]\ntoken = \"kept\"\n\n[outputs.http]\nurl = \"u\"\n"
    );
}

#[test]
fn a_secret_is_taken_out_in_whatever_way_toml_writes_it() {
    let denied = SanitizationRules::default().toml_deny_list;
    for text in [
        "token = 'canary'\n",
        "\"token\" = 'canary'\n",
        "token = '''\ncanary\n'''\n",
        "token = [\n  'canary',\n]\n",
        "a.token = 'canary'\n",
        "a = { b = 1, token = 'canary' }\n",
        "a = [{ token = 'canary' }, [{ token = 'canary' }]]\n",
        "[[a]]\nb = 1\n[[a]]\ntoken = 'canary'\n",
        "[token]\nb = 'canary'\n",
        "[security]\nb = 'canary'\n[security.tls]\nb = 'canary'\n",
        "listen = 1 # token = canary\n",
        "# token = canary\nlisten = 1\n",
    ] {
        let sanitized = sanitized(text, &denied);
        assert!(!sanitized.contains("canary"), "{text}: {sanitized}");
    }
}

#[test]
fn the_root_and_whole_tables_can_be_named() {
    let text = "token = 1\n[a]\ntoken = 2\n[b]\nc = 3\n";
    assert_eq!(
        sanitized(text, &[path("", "token")]),
        "[a]\ntoken = 2\n\n[b]\nc = 3\n"
    );
    assert_eq!(
        sanitized(text, &[path("a", "*"), path("b", "")]),
        "token = 1\n\n[a]\n\n[b]\n"
    );
    assert_eq!(sanitized(text, &[path("*", "*")]), "");
}

#[test]
fn case_and_dots_hide_no_secret() {
    let denied = [path("hosts.*", "password"), path("*", "token")];
    for text in [
        "Token = 'canary'\n",
        "\"outputs.token\" = 'canary'\n",
        "[Hosts.db]\nPassword = 'canary'\n",
        "[hosts.\"db.example.com\"]\npassword = 'canary'\n",
    ] {
        let sanitized = sanitized(text, &denied);
        assert!(!sanitized.contains("canary"), "{text}: {sanitized}");
    }
}

#[test]
fn what_is_not_denied_keeps_its_value_and_type() {
    let text = "at = 2026-01-31T00:00:00Z\nratio = 1.0\nnames = [\"a\", \"b\"]\ncount = 7\n";
    let rewritten = sanitized(text, &[path("*", "token")]);
    assert_eq!(
        toml::from_str::<toml::Table>(&rewritten).unwrap(),
        toml::from_str::<toml::Table>(text).unwrap()
    );
}

#[test]
fn without_a_list_nothing_changes_and_without_toml_nothing_is_left() {
    assert_eq!(sanitized("a = 1 # one\n", &[]), "a = 1 # one\n");
    assert_eq!(sanitized("token = canary", &[path("*", "token")]), "");
    assert_eq!(sanitize_toml(b"\xff", &[path("*", "token")]), b"");
}

#[test]
fn the_first_file_of_rules_counts_and_a_broken_one_is_not_passed_over() {
    let directory = tempfile::tempdir().unwrap();
    let missing = directory.path().join("missing.json");
    let broken = directory.path().join("broken.json");
    let good = directory.path().join("good.json");
    std::fs::write(&broken, r#"{"toml_deny_list": [{"table": "*"}]}"#).unwrap();
    let text = r#"{"description": "ours", "toml_deny_list": [{"table": "a", "key": "b"}]}"#;
    std::fs::write(&good, text).unwrap();
    let unset: [(&str, &str); 1] = [("SANITIZATION_RULES_PATH", " ")];
    let rules = |paths: &[&Path]| rules(&unset, paths.iter().copied());
    let found = rules(&[&missing, &good, &broken]).unwrap();
    assert_eq!(found.description, "ours");
    assert_eq!(found.toml_deny_list, [path("a", "b")]);
    let error = rules(&[&missing, &broken, &good]).unwrap_err().to_string();
    assert!(error.contains("broken.json"), "{error}");
    assert!(error.contains("`key`"), "{error}");
    // A directory is there, too, and holds no rules.
    assert!(rules(&[directory.path(), &good]).is_err());
    let usual = rules(&[&missing]).unwrap().toml_deny_list;
    assert!(usual.contains(&path("*", "apiKey")));
    assert!(usual.contains(&path("", "security")));
}

#[test]
fn a_file_of_rules_that_is_named_counts_and_must_be_there() {
    let directory = tempfile::tempdir().unwrap();
    let good = directory.path().join("good.json");
    let other = directory.path().join("other.json");
    let list = |key: &str| format!(r#"{{"toml_deny_list": [{{"table": "a", "key": "{key}"}}]}}"#);
    std::fs::write(&good, list("b")).unwrap();
    std::fs::write(&other, list("c")).unwrap();
    let named = |name: &Path| {
        let variables = [("SANITIZATION_RULES_PATH", name.to_str().unwrap())];
        rules(&variables, [other.as_path()].into_iter())
    };
    assert_eq!(named(&good).unwrap().toml_deny_list, [path("a", "b")]);
    let missing = directory.path().join("missing.json");
    let error = named(&missing).unwrap_err().to_string();
    assert!(error.contains("missing.json"), "{error}");
    let read = load_sanitization_rules_from(&other).unwrap();
    assert_eq!(read.toml_deny_list, [path("a", "c")]);
}
