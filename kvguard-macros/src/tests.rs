//! Many crates expanded in one process, as rust-analyzer does.

use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::TokenStream;

use crate::expand;
use crate::surroundings::Surroundings;

/// A fleet with one crate, whose service `trapd` has a key of its own.
struct Fleet(tempfile::TempDir);

impl Fleet {
    fn new(key: &str) -> Self {
        let fleet = Self(tempfile::tempdir().unwrap());
        fleet.write(
            "kvguard.toml",
            r#"
            [registry]
            file = "registry.json"
            [[deployment]]
            name = "compose"
            kind = "compose"
            files = ["compose.yaml"]
            access_table = { file = "rbac.json", pointer = "/roles" }
            "#,
        );
        fleet.declare(key);
        fleet.write(
            "crate/Cargo.toml",
            "[dependencies]\nkvguard-runtime = \"0.1\"\n",
        );
        fleet
    }

    fn declare(&self, key: &str) {
        self.write(
            "registry.json",
            &format!(r#"[{{ "name": "trapd", "kv_key": "{key}", "format": "json" }}]"#),
        );
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.0.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn directory(&self) -> PathBuf {
        self.0.path().join("crate")
    }

    /// What a macro expands to at a line of the crate.
    fn expand(
        &self,
        macro_: fn(TokenStream, &Surroundings) -> TokenStream,
        input: &str,
        line: usize,
    ) -> String {
        self.expand_with(&[], macro_, input, line)
    }

    fn expand_with(
        &self,
        variables: &[(&str, &Path)],
        macro_: fn(TokenStream, &Surroundings) -> TokenStream,
        input: &str,
        line: usize,
    ) -> String {
        let directory = self.directory();
        let mut all = vec![
            ("CARGO_MANIFEST_DIR", directory.as_path()),
            ("CARGO_PKG_NAME", Path::new("trapd")),
        ];
        all.extend(variables);
        let around = Surroundings::of(&all, line);
        macro_(input.parse().unwrap(), &around).to_string()
    }

    fn key(&self, line: usize) -> String {
        self.expand(expand::kv_key, r#""trapd""#, line)
    }
}

#[test]
fn packages_with_different_policies_do_not_mix() {
    let fleets = ["a/one.json", "b/two.json"].map(|key| (key, Fleet::new(key)));
    std::thread::scope(|scope| {
        for _ in 0..4 {
            for (key, fleet) in &fleets {
                scope.spawn(move || {
                    for line in 1..50 {
                        let expanded = fleet.key(line);
                        assert!(expanded.contains(key), "{key}: {expanded}");
                    }
                });
            }
        }
    });
}

#[test]
fn what_is_read_is_tracked_once_in_each_crate() {
    let [one, other] = ["a.json", "b.json"].map(Fleet::new);
    for fleet in [&one, &other] {
        let first = fleet.key(1);
        assert_eq!(first.matches("include_bytes").count(), 2, "{first}");
        for file in ["kvguard.toml", "registry.json"] {
            let path = fs::canonicalize(fleet.0.path()).unwrap().join(file);
            assert!(first.contains(path.to_str().unwrap()), "{first}");
        }
        assert!(first.contains("option_env ! (\"KVGUARD_ROOT\")"), "{first}");
        let second = fleet.key(2);
        assert!(!second.contains("include_bytes"), "{second}");
        assert!(!second.contains("option_env"), "{second}");
    }
}

#[test]
fn a_policy_that_cannot_be_read_is_one_error_in_each_crate() {
    let [one, other] = ["a.json", "b.json"].map(Fleet::new);
    for fleet in [&one, &other] {
        fleet.write("kvguard.toml", "[registery]\n");
        assert!(fleet.key(1).contains("compile_error"));
        assert!(!fleet.key(2).contains("compile_error"));
        let other = fleet.expand(expand::descriptor, r#""trapd""#, 3);
        assert!(!other.contains("compile_error"), "{other}");
        // An editor may expand the first one again.
        assert!(fleet.key(1).contains("compile_error"));
    }
}

#[test]
fn a_tree_without_a_deployment_s_files_passes_only_where_the_crate_is_optional() {
    let fleet = Fleet::new("config/a.json");
    let needed = fleet.expand(expand::guard, "", 1);
    assert!(needed.contains("compile_error"), "{needed}");
    assert!(needed.contains("`compose.yaml` does not exist"), "{needed}");
    let optional = fleet.expand(expand::guard, "optional", 2);
    assert!(!optional.contains("compile_error"), "{optional}");
    assert!(
        optional
            .contains("nothing is checked: deployment `compose`: this tree lacks `compose.yaml`"),
        "{optional}"
    );
    let required = fleet.expand_with(
        &[("KVGUARD", Path::new("require"))],
        expand::guard,
        "optional",
        3,
    );
    assert!(required.contains("compile_error"), "{required}");
}

#[test]
fn a_file_that_changes_is_read_again() {
    let fleet = Fleet::new("config/a.json");
    assert!(fleet.key(1).contains("config/a.json"));
    fleet.declare("config/longer.json");
    assert!(fleet.key(1).contains("config/longer.json"));
    fleet.write("kvguard.toml", "[registery]\n");
    assert!(fleet.key(1).contains("registery"));
}

#[test]
fn only_the_package_s_own_build_script_is_believed() {
    let fleet = Fleet::new("config/policy.json");
    let left = |package: &str| {
        format!(
            r#"{{"version":3,"package":"{package}","services":[{{"name":"trapd","key":"config/script.json","format":"json"}}]}}"#
        )
    };
    fleet.write("out/kvguard-registry.json", &left("another"));
    let out = fleet.0.path().join("out");
    let key = |line| fleet.expand_with(&[("OUT_DIR", &out)], expand::kv_key, r#""trapd""#, line);
    assert!(key(1).contains("config/policy.json"));
    fleet.write("out/kvguard-registry.json", &left("trapd"));
    // Another crate of the package, whose model has not been read.
    let built = fleet.expand_with(
        &[("OUT_DIR", &out), ("CARGO_CRATE_NAME", Path::new("tests"))],
        expand::kv_key,
        r#""trapd""#,
        2,
    );
    assert!(built.contains("config/script.json"), "{built}");
    assert!(built.contains("env ! (\"OUT_DIR\")"), "{built}");
    assert!(!built.contains("option_env"), "{built}");
}

#[test]
fn the_script_s_registry_and_the_policy_give_the_same_names_and_keys() {
    let fleet = Fleet::new("config/a.json");
    let around = [("CARGO_MANIFEST_DIR", fleet.directory())];
    let lookup = |name: &str| {
        let found = around.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| value.clone().into_os_string())
    };
    let declared = kvguard::build_script::Guard::new().declared(&lookup);
    assert!(declared.errors.is_empty(), "{:?}", declared.errors);
    fleet.write(
        "out/kvguard-registry.json",
        &declared
            .registry
            .replace("\"package\":null", "\"package\":\"trapd\"")
            .replace("\"package\": null", "\"package\": \"trapd\""),
    );
    let out = fleet.0.path().join("out");
    let input = r#""trapd""#;
    let by_policy = [fleet.key(1), fleet.key(2)];
    let by_script =
        [1, 2].map(|line| fleet.expand_with(&[("OUT_DIR", &out)], expand::kv_key, input, line));
    assert_eq!(by_policy[1], by_script[1]);
    assert!(by_script[0].contains("OUT_DIR"), "{}", by_script[0]);
}

#[test]
fn the_runtime_has_the_name_that_the_manifest_gives_it() {
    for (manifest, workspace, path) in [
        (
            "[dependencies]\nkvguard-runtime = \"1\"\n",
            "",
            ":: kvguard_runtime ::",
        ),
        (
            "[dependencies]\nrt-2 = { package = \"kvguard-runtime\" }\n",
            "",
            ":: rt_2 ::",
        ),
        (
            "[target.'cfg(unix)'.dev-dependencies.rt]\npackage = \"kvguard-runtime\"\n",
            "",
            ":: rt ::",
        ),
        (
            "[dependencies]\nguard.workspace = true\nserde.workspace = true\n",
            "[workspace.dependencies]\nguard = { package = \"kvguard-runtime\" }\nserde = \"1\"\n",
            ":: guard ::",
        ),
        (
            "[dependencies]\nguard.workspace = true\n",
            "[workspace.dependencies]\nguard = \"1\"\n",
            ":: kvguard_runtime ::",
        ),
        (
            "[dependencies]\ncrate = { package = \"kvguard-runtime\" }\n",
            "",
            ":: kvguard_runtime ::",
        ),
        ("not TOML", "", ":: kvguard_runtime ::"),
    ] {
        let fleet = Fleet::new("a.json");
        fleet.write("crate/Cargo.toml", manifest);
        fleet.write("Cargo.toml", workspace);
        let key = fleet.key(1);
        assert!(key.contains(path), "{manifest}{workspace}: {key}");
    }
}

#[test]
fn any_tokens_are_an_expansion_or_an_error() {
    let fleet = Fleet::new("a.json");
    for input in [
        "",
        ",",
        "\"trapd\",,",
        "\"trapd\" = 1",
        "crate = x",
        "\"trapd\", crate",
        "\"trapd\", crate =",
        "'a'",
        "b\"x\"",
        "[]",
        "\"trapd\", x = {",
    ] {
        let Ok(tokens) = input.parse::<TokenStream>() else {
            continue;
        };
        let directory = fleet.directory();
        let around = Surroundings::of(&[("CARGO_MANIFEST_DIR", &directory)], 1);
        let item: TokenStream = "struct S;".parse().unwrap();
        for expanded in [
            expand::kv_key(tokens.clone(), &around),
            expand::descriptor(tokens.clone(), &around),
            expand::guard(tokens.clone(), &around),
            expand::kv_fields(tokens.clone(), &around),
            expand::kv_service_derive(tokens.clone(), &around),
            expand::kv_service(tokens.clone(), &item, &around),
            expand::kv_service("\"trapd\"".parse().unwrap(), &tokens, &around),
        ] {
            let _ = expanded.to_string();
        }
    }
}

#[test]
fn a_fleet_in_which_nothing_is_recognised_as_a_client_of_the_store_is_an_error() {
    let fleet = Fleet::new("config/a.json");
    fleet.write(
        "compose.yaml",
        "services: { trapd: { image: trapd, environment: { DEPOT_SETTINGS: bucket } } }\n",
    );
    fleet.write(
        "rbac.json",
        r#"{"roles": [{"identity": "x", "role": "writer"}]}"#,
    );
    let told = fleet.expand(expand::guard, "", 1);
    assert!(told.contains("compile_error"), "{told}");
    assert!(told.contains("may mean it: `DEPOT_SETTINGS`"), "{told}");
}
