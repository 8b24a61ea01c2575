//! Errors name the key, the file and the field, tell what to do, and hold no value.

use kvguard_runtime::testing::MemoryStore;

use crate::common::{Directory, KEY, bootstrap, store};

async fn error_of(store: &MemoryStore, directory: &Directory) -> String {
    let error = bootstrap(store, directory).load().await.unwrap_err();
    assert_eq!(error.service(), "gauge");
    let text = error.to_string();
    assert!(!text.contains('\n'), "{text}");
    text.strip_prefix("service `gauge`: ").unwrap().to_owned()
}

#[tokio::test]
async fn a_value_that_is_malformed_is_told_with_its_key_and_place() {
    let directory = Directory::new();
    for (value, expected) in [
        (
            "",
            "the value of key `config/gauge.json` is no valid JSON at line 1, column 0: mend it",
        ),
        (
            "{\n\"listen\": hunter2",
            "the value of key `config/gauge.json` is no valid JSON at line 2, column 11: mend it",
        ),
        (
            r#"{"listen": "hunter2", "listen": "hunter2"}"#,
            "the value of key `config/gauge.json` has a key twice at line 1, column 42: remove one of the two",
        ),
        (
            r#"["hunter2"]"#,
            "the value of key `config/gauge.json` is no mapping of names to values: write one",
        ),
        (
            r#"{"database": {"port": "hunter2"}}"#,
            "`database.port` in the value of key `config/gauge.json` is not what the configuration takes there: expected u16: \
             mend it there",
        ),
        (
            r#"{"database": {"port": 70000}}"#,
            "`database.port` in the value of key `config/gauge.json` is not what the configuration takes there: expected u16: \
             mend it there",
        ),
        (
            r#"{"database": "hunter2"}"#,
            "critical field after merging: `database.host` is missing: set it in the value of key `config/gauge.json`, the \
             file or the pinned file",
        ),
        (
            r#"{"outputs": [{"kind": "a"}, {"token": "hunter2"}]}"#,
            "`outputs[1].kind` is missing: mend it in the value of key `config/gauge.json`, the file or the pinned file",
        ),
        (
            r#"{"database": {"password": {"hunter2": "hunter2"}}}"#,
            "`database.password` in the value of key `config/gauge.json` is not what the configuration takes there: \
             expected a string: mend it there",
        ),
    ] {
        let store = store();
        store.set(&KEY, value);
        assert_eq!(error_of(&store, &directory).await, expected);
    }
}

#[tokio::test]
async fn a_value_that_is_truncated_anywhere_is_refused() {
    let directory = Directory::new();
    let store = store();
    let value = r#"{"listen": "a", "database": {"host": "h", "port": 1}}"#;
    store.set(&KEY, value);
    let gauge = store.handle_of("gauge");
    for bytes in 0..value.len() {
        gauge.truncate_values(Some(bytes));
        let bootstrap = bootstrap(&store, &directory).with_store(gauge.clone());
        let error = bootstrap.load().await.unwrap_err();
        assert_eq!(error.key(), Some(&KEY));
    }
}

#[tokio::test]
async fn a_value_of_another_format_is_refused() {
    let directory = Directory::new();
    let store = store();
    for value in [
        "listen = \"x\"\n",
        "listen: x\n",
        "<listen>x</listen>",
        "\u{feff}{}",
    ] {
        store.set(&KEY, value);
        let error = error_of(&store, &directory).await;
        assert!(error.contains("is no valid JSON"), "{error}");
    }
}

#[tokio::test]
async fn a_value_that_is_no_unicode_or_too_long_is_refused() {
    let directory = Directory::new();
    let store = store();
    store.set(&KEY, &b"{\"listen\": \"\xff\"}"[..]);
    assert!(
        error_of(&store, &directory)
            .await
            .contains("is no valid JSON")
    );
    let mut long = b"{\"listen\": \"".to_vec();
    long.resize(kvguard_runtime::bootstrap::MAX_BYTES + 1, b'x');
    store.set(&KEY, long);
    assert_eq!(
        error_of(&store, &directory).await,
        "the value of key `config/gauge.json` has more than 8388608 bytes: set a shorter one"
    );
}

#[tokio::test]
async fn a_value_that_is_nested_too_deeply_is_refused() {
    let directory = Directory::new();
    let store = store();
    store.set(
        &KEY,
        format!("{}1{}", "{\"a\":".repeat(100_000), "}".repeat(100_000)),
    );
    assert!(
        error_of(&store, &directory)
            .await
            .contains("is no valid JSON")
    );
}

#[tokio::test]
async fn a_file_that_is_wrong_is_named() {
    let directory = Directory::new();
    let store = store();
    store.set(&KEY, "{}");
    let missing = directory.path("missing.json");
    let malformed = directory.file("malformed.json", "{\"listen\": hunter2}");
    let wrong = directory.file("wrong.json", r#"{"database": {"port": "hunter2"}}"#);
    std::fs::create_dir(directory.path("directory.json")).unwrap();
    for (path, what) in [
        (missing, " is not there: put it there, or do not name it"),
        (
            directory.path("directory.json"),
            " is no regular file: name one that is",
        ),
        (malformed, " is no valid JSON at line 1, column 12: mend it"),
        (
            wrong,
            "`database.port` in the pinned file `PATH` is not what the configuration takes there: expected u16: mend it there",
        ),
    ] {
        let bootstrap = bootstrap(&store, &directory).with_pinned_file(&path);
        let text = bootstrap.load().await.unwrap_err().to_string();
        let text = text.replace(&path.display().to_string(), "PATH");
        let expected = if what.contains("PATH") {
            format!("service `gauge`: {what}")
        } else {
            format!("service `gauge`: the pinned file `PATH`{what}")
        };
        assert_eq!(text, expected);
    }
}

#[tokio::test]
async fn the_layer_that_sets_a_wrong_field_is_named() {
    let directory = Directory::new();
    let store = store();
    store.set(&KEY, r#"{"level": 1}"#);
    let file = directory.file(
        "file.json",
        r#"{"listen": "x", "database": {"host": "h", "port": true}}"#,
    );
    let bootstrap = bootstrap(&store, &directory).with_file(&file);
    let text = bootstrap.load().await.unwrap_err().to_string();
    assert!(
        text.contains(&format!("in the file `{}`", file.display())),
        "{text}"
    );
}
