//! What is missing, unreadable, unrecognised or empty is never a pass.
//!
//! Every test breaks one thing of a clean fleet and asserts what is told, and that the exit code is not 0.

#![expect(clippy::expect_used, reason = "what a test cannot do without fails it")]

mod support;

use std::path::Path;

use kvguard::check::Options;
use support::{Told, options, tell};
use tempfile::TempDir;

const POLICY: &str = r#"
[registry]
file = "registry.json"

[[path_map]]
from = "/etc/acme"
to = "etc"

[[deployment]]
name = "packages"
kind = "systemd"
files = ["systemd/*.service"]
templates = ["templates/{service}.{format}"]

[deployment.access_table]
file = "store.json"
pointer = "/rbac/roles"

[[deployment.identity]]
form = "spiffe"
pattern = "spiffe://acme.dev/{workload}"

[[deployment]]
name = "compose"
kind = "compose"
files = ["docker-compose.yml"]
interpolation_files = ["compose.env"]
templates = ["templates/{service}.{format}"]
access_table = { workload = "store", mounted_at = "/etc/store.json", pointer = "/rbac/roles" }

[[deployment.identity]]
form = "spiffe"
pattern = "spiffe://acme.dev/{workload}"
"#;

const STORE: &str = r#"{
  "password": "canary",
  "rbac": {"roles": [
    {"identity": "spiffe://acme.dev/api", "role": "writer"},
    {"identity": "spiffe://acme.dev/worker", "role": "writer"}
  ]}
}
"#;

const FILES: &[(&str, &str)] = &[
    ("kvguard.toml", POLICY),
    (
        "registry.json",
        r#"[{"name": "api", "kv_key": "config/api.json"}, {"name": "worker", "kv_key": "config/worker.json"}]"#,
    ),
    (
        "systemd/api.service",
        "[Service]\nExecStart=/usr/bin/api\nEnvironmentFile=/etc/acme/kv.env\nEnvironment=TOKEN=canary\n",
    ),
    (
        "systemd/worker.service",
        "[Service]\nExecStart=/usr/bin/worker\nEnvironmentFile=/etc/acme/kv.env\n",
    ),
    (
        "etc/kv.env",
        "CONFIG_SOURCE=kv\nKV_ADDRESS=kv:50057\nKV_SEC_MODE=spiffe\nKV_TRUST_DOMAIN=acme.dev\nKV_SERVER_SPIFFE_ID=spiffe://acme.dev/store\nPASSWORD=canary\n",
    ),
    ("store.json", STORE),
    (
        "docker-compose.yml",
        "x-kv: &kv
  CONFIG_SOURCE: kv
  KV_ADDRESS: store:50057
  KV_SEC_MODE: spiffe
  KV_TRUST_DOMAIN: ${TRUST_DOMAIN}
  KV_SERVER_SPIFFE_ID: spiffe://${TRUST_DOMAIN}/store
  TOKEN: canary
services:
  api: {image: api, environment: *kv}
  worker: {image: worker, environment: *kv}
  store:
    image: store
    volumes: [\"./store.json:/etc/store.json:ro\"]
",
    ),
    ("compose.env", "TRUST_DOMAIN=acme.dev\nOTHER=canary\n"),
    ("templates/api.json", "{\"greeting\": \"canary\"}"),
    ("templates/worker.json", "{\"greeting\": \"canary\"}"),
];

/// A copy of the clean fleet that a test may break.
struct Fleet {
    directory: TempDir,
    options: Options,
}

impl Fleet {
    fn new() -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let fleet = Self {
            options: options(directory.path()),
            directory,
        };
        for (path, text) in FILES {
            fleet.write(path, text);
        }
        fleet
    }

    fn path(&self) -> &Path {
        self.directory.path()
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.path().join(path);
        std::fs::create_dir_all(path.parent().expect("a directory")).expect("a directory");
        std::fs::write(path, text).expect("a file");
    }

    fn remove(&self, path: &str) {
        std::fs::remove_file(self.path().join(path)).expect("a file to remove");
    }

    fn edit(&self, path: &str, from: &str, to: &str) {
        let text = support::text(&self.path().join(path));
        assert!(text.contains(from), "{path} has no `{from}`");
        self.write(path, &text.replacen(from, to, 1));
    }

    fn tell(&self) -> Told {
        tell(&self.options)
    }

    /// Something could not be checked, and one of the failures says this.
    fn fails(&self, with: &str) {
        let told = self.tell();
        assert_eq!(told.report.exit_code(), 2, "{}", told.human);
        let failures = &told.report.failures;
        assert!(
            failures
                .iter()
                .any(|failure| failure.message.contains(with)),
            "no failure says `{with}`:\n{}",
            told.human
        );
    }

    /// A rule denies it, and says this.
    fn denies(&self, rule: &str, with: &str) {
        let told = self.tell();
        assert_eq!(told.report.exit_code(), 1, "{}", told.human);
        self.tells(rule, with);
    }

    /// A rule says this, whatever else is the matter.
    fn tells(&self, rule: &str, with: &str) {
        let told = self.tell();
        assert!(
            told.report
                .findings
                .iter()
                .any(|finding| finding.rule.rule().name == rule && finding.message.contains(with)),
            "no {rule} says `{with}`:\n{}",
            told.human
        );
    }
}

#[test]
fn the_fleet_that_the_tests_break_is_clean() {
    let told = Fleet::new().tell();
    assert_eq!(told.report.exit_code(), 0, "{}", told.human);
    assert_eq!(told.report.findings, [], "{}", told.human);
    let model = told.report.model.expect("a model");
    assert_eq!(model.kv_sourced().count(), 4);
}

#[test]
fn no_policy() {
    let fleet = Fleet::new();
    fleet.remove("kvguard.toml");
    fleet.fails("there is no policy: `kvguard.toml` does not exist");
}

#[test]
fn no_root() {
    let mut fleet = Fleet::new();
    fleet.options.root = fleet.path().join("nowhere");
    fleet.fails("the root");
}

#[test]
fn no_registry() {
    let fleet = Fleet::new();
    fleet.remove("registry.json");
    fleet.fails("the registry `registry.json` does not exist");
}

#[test]
fn a_registry_of_nothing() {
    for text in ["", "null", "[]", "{}", "{\"services\": []}"] {
        let fleet = Fleet::new();
        fleet.write("registry.json", text);
        fleet.fails("declares no service, so nothing would be checked");
        fleet.tells("malformed-file", "the registry: ");
    }
    let fleet = Fleet::new();
    fleet.edit(
        "kvguard.toml",
        "file = \"registry.json\"",
        "directory = \"none\"",
    );
    fleet.fails("the registry `none` holds no JSON, YAML or TOML file");
    let fleet = Fleet::new();
    fleet.edit(
        "kvguard.toml",
        "\"registry.json\"",
        "\"systemd/api.service\"",
    );
    fleet.fails("neither JSON, YAML, TOML nor Go by its extension");
}

#[test]
fn a_registry_pointer_that_leads_nowhere() {
    let fleet = Fleet::new();
    fleet.edit(
        "kvguard.toml",
        "file = \"registry.json\"",
        "file = \"registry.json\"\npointer = \"/fleet\"",
    );
    fleet.fails("declares no service, so nothing would be checked");
    fleet.tells("malformed-file", "nothing at the pointer `/fleet`");
}

#[test]
fn no_deployment_file() {
    let fleet = Fleet::new();
    fleet.remove("docker-compose.yml");
    fleet.fails("`docker-compose.yml` does not exist");
    let fleet = Fleet::new();
    fleet.edit(
        "kvguard.toml",
        "systemd/*.service",
        "systemd/api-v2.service",
    );
    fleet.fails("`systemd/api-v2.service` does not exist");
}

#[test]
fn a_pattern_that_matches_nothing() {
    let fleet = Fleet::new();
    fleet.edit("kvguard.toml", "systemd/*.service", "units/*.service");
    fleet.fails("`units/*.service` matches no `.service` file");
}

#[test]
fn a_deployment_without_a_workload() {
    for text in ["services: {}\n", "name: acme\n"] {
        let fleet = Fleet::new();
        fleet.write("docker-compose.yml", text);
        let told = fleet.tell();
        assert_ne!(told.report.exit_code(), 0, "{text}");
        assert!(told.human.contains("workload"), "{}", told.human);
    }
}

#[test]
fn a_deployment_file_of_another_kind() {
    for text in ["", "null\n", "- api\n", "services:\n"] {
        let fleet = Fleet::new();
        fleet.write("docker-compose.yml", text);
        assert_ne!(fleet.tell().report.exit_code(), 0, "{text:?}");
    }
}

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
            "the store's file has no time to live at `/bucket_ttl`; did you mean `bucket_tll`?",
        ),
        (
            "/bukcet_ttl",
            "\"bucket_ttl\": \"0s\"",
            "the store's file has no time to live at `/bukcet_ttl`; did you mean `bucket_ttl`?",
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
    ] {
        let told = with_time_to_live(pointer, file).tell();
        assert_eq!(told.report.exit_code(), 0, "{}", told.human);
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
fn a_required_environment_file_that_is_not_mapped_or_not_there() {
    let fleet = Fleet::new();
    fleet.edit(
        "kvguard.toml",
        "from = \"/etc/acme\"",
        "from = \"/etc/other\"",
    );
    fleet.fails("/etc/acme/kv.env");
    let fleet = Fleet::new();
    fleet.remove("etc/kv.env");
    fleet.fails("`etc/kv.env` does not exist");
}

#[test]
fn names_that_do_not_exist() {
    let mut fleet = Fleet::new();
    fleet.options.deployments = vec!["compos".to_owned()];
    fleet.options.services = vec!["workr".to_owned()];
    fleet.fails("there is no deployment `compos`; did you mean `compose`?");
    fleet.fails("there is no service `workr`; did you mean `worker`?");
}

#[test]
fn no_interpolation_file() {
    let fleet = Fleet::new();
    fleet.remove("compose.env");
    fleet.fails("`compose.env` does not exist");
}

#[test]
fn a_source_that_only_the_host_knows() {
    let fleet = Fleet::new();
    fleet.edit(
        "docker-compose.yml",
        "CONFIG_SOURCE: kv",
        "CONFIG_SOURCE: ${SOURCE:?}",
    );
    fleet.fails("the files do not tell what `CONFIG_SOURCE` of workload `api` is");
}

#[test]
fn a_secret_import_that_is_not_there_or_of_another_shape() {
    let import =
        "[secrets]\nimport = [{ file = \"secrets.json\", pointer = \"/fields\" }]\n\n[registry]";
    let fleet = Fleet::new();
    fleet.edit("kvguard.toml", "[registry]", import);
    fleet.fails("the secret fields' file `secrets.json` does not exist");
    for text in [
        "",
        "{}",
        "{\"fields\": []}",
        "{\"fields\": {}}",
        "{\"fields\": [\"canary\"]}",
        "{\"fields\": [{\"table\": \"*\", \"key\": \"password\"}, {\"table\": \"*\"}]}",
        "{\"fields\": [{\"table\": \"*\", \"key\": \"password\"}",
    ] {
        fleet.write("secrets.json", text);
        fleet.fails("`secrets.json` ");
    }
}

#[test]
fn a_list_of_identities_that_lists_none() {
    let listed = "pattern = \"spiffe://acme.dev/{workload}\"\nlisted_in = { file = \"register.sh\", pattern = \"register {workload} *\" }";
    let fleet = Fleet::new();
    fleet.edit(
        "kvguard.toml",
        "pattern = \"spiffe://acme.dev/{workload}\"",
        listed,
    );
    fleet.fails("`register.sh` does not exist");
    fleet.write("register.sh", "#!/bin/sh\n# canary\n");
    fleet.fails("no line of `register.sh` is like `register {workload} *`");
}

#[test]
fn narrowing_hides_neither_a_malformed_file_nor_a_missing_table() {
    for narrow in [
        |options: &mut Options| options.services = vec!["api".to_owned()],
        |options: &mut Options| options.deployments = vec!["packages".to_owned()],
        |options: &mut Options| {
            options.services = vec!["api".to_owned()];
            options.deployments = vec!["packages".to_owned()];
        },
    ] {
        let mut fleet = Fleet::new();
        narrow(&mut fleet.options);
        assert_eq!(fleet.tell().report.exit_code(), 0);
        fleet.write("store.json", "{\"rbac\": {}}");
        fleet.denies("access-table-missing", "deployment `packages`");
        fleet.remove("store.json");
        fleet.fails("deployment `packages`: the access table's file");
        fleet.write("store.json", STORE);
        fleet.write("systemd/worker.service", "[Service]\nno assignment\n");
        fleet.denies("malformed-file", "a line without `=`");
    }
}

#[test]
fn narrowing_to_one_service_hides_the_findings_of_others_only() {
    let mut fleet = Fleet::new();
    fleet.edit(
        "store.json",
        "spiffe://acme.dev/worker",
        "spiffe://acme.dev/other-thing",
    );
    assert_eq!(fleet.tell().report.exit_code(), 1);
    fleet.options.services = vec!["api".to_owned()];
    assert_eq!(fleet.tell().report.exit_code(), 0);
    fleet.options.services = vec!["api".to_owned(), "worker".to_owned()];
    fleet.denies("missing-grant", "workload `worker`");
}
