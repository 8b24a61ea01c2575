//! Each format, from the file to the seed and back.

use kvguard_runtime::testing::MemoryStore;
use kvguard_runtime::{Bootstrap, Descriptor, Format, Key, KeyDeclaration};

use crate::common::{Configuration, Directory, store};

const KEY: Key = Key::from_static("config/gauge");

const TOML: &str = r#"# canary-comment
listen = "a"
outputs = [{ kind = "k", token = "canary-token" }]

[database]
host = "h"
port = 1
password = "canary-password"
"#;

const YAML: &str = "# canary-comment
listen: a
database: &database
  host: h
  port: 1
  password: canary-password
outputs:
  - kind: k
    token: canary-token
";

const JSON: &str = r#"{"listen": "a", "database": {"host": "h", "port": 1, "password": "canary-password"},
    "outputs": [{"kind": "k", "token": "canary-token"}]}"#;

fn descriptor(format: Format) -> Descriptor {
    Descriptor::new("gauge", KeyDeclaration::Key(KEY), format)
        .with_critical_fields(&["listen"])
        .with_secret_fields(&["database.password", "outputs.token"])
}

fn bootstrap(format: Format, store: &MemoryStore) -> Bootstrap<Configuration> {
    Bootstrap::new(&descriptor(format)).with_store(store.handle_of("gauge"))
}

const ALL: [(Format, &str); 3] = [
    (Format::Json, JSON),
    (Format::Toml, TOML),
    (Format::Yaml, YAML),
];

#[tokio::test]
async fn each_format_seeds_itself_without_secrets_and_comments_and_is_read_again() {
    for (format, text) in ALL {
        let directory = Directory::new();
        let store = store();
        let file = directory.file(&format!("gauge.{format}"), text);
        let bootstrap = bootstrap(format, &store).with_file(file);
        let first = bootstrap.load().await.unwrap();
        let value = store.peek(&KEY).unwrap().value;
        let seed = std::str::from_utf8(value.as_bytes()).unwrap();
        assert!(!seed.contains("canary"), "{format}: {seed}");
        assert!(seed.contains("listen"), "{format}: {seed}");
        let second = bootstrap.load().await.unwrap();
        assert!(first.seeded && !second.seeded);
        assert_eq!(first.config, second.config);
        assert_eq!(second.config.database.password, "canary-password");
    }
}

#[tokio::test]
async fn a_file_may_be_of_another_format_than_the_key() {
    for (format, _) in ALL {
        for (of_file, text) in ALL {
            let directory = Directory::new();
            let store = store();
            let file = directory.file(&format!("gauge.{of_file}"), text);
            let bootstrap = bootstrap(format, &store).with_file(file);
            let first = bootstrap.load().await.unwrap();
            assert_eq!(bootstrap.load().await.unwrap().config, first.config);
        }
    }
}

#[tokio::test]
async fn a_file_without_a_known_extension_is_of_the_descriptors_format() {
    let directory = Directory::new();
    for (format, text) in ALL {
        let file = directory.file("gauge.conf", text);
        let bootstrap = bootstrap(format, &store()).with_file(file);
        assert_eq!(bootstrap.load().await.unwrap().config.listen, "a");
    }
}

#[tokio::test]
async fn a_malformed_value_of_each_format_is_told_with_its_key() {
    for (format, value) in [
        (Format::Json, "{\"listen\": hunter2"),
        (Format::Toml, "listen = hunter2"),
        (Format::Yaml, "listen: [hunter2"),
    ] {
        let directory = Directory::new();
        let store = store();
        store.set(&KEY, value);
        let (_, text) = ALL.iter().find(|(known, _)| *known == format).unwrap();
        let bootstrap =
            bootstrap(format, &store).with_file(directory.file(&format!("gauge.{format}"), text));
        let error = bootstrap.load().await.unwrap_err();
        assert_eq!(error.key(), Some(&KEY));
        assert!(
            !format!("{error} {error:?}").contains("hunter2"),
            "{error:?}"
        );
    }
}
