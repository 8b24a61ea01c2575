//! Comments that allow a finding, in every kind of file that has comments.

mod support;

use support::{Fleet, Run};

/// A drift in one line of a file: the rule, the text that is replaced, and what replaces it, `@` where a comment stands.
struct Case {
    name: &'static str,
    fleet: fn(&str) -> Fleet,
    file: &'static str,
    rule: &'static str,
    from: &'static str,
    to: &'static str,
    /// What is before and behind the words of the comment.
    signs: (&'static str, &'static str),
}

const CASES: [Case; 11] = [
    Case {
        name: "compose file, line above",
        fleet: Fleet::new,
        file: "compose.yaml",
        rule: "source-drift",
        from: "      LOG_LEVEL: info\n",
        to: "@      CONFIG_SOURCE: kvx\n",
        signs: ("      # ", "\n"),
    },
    Case {
        name: "compose file, same line",
        fleet: Fleet::new,
        file: "compose.yaml",
        rule: "KV203",
        from: "      LOG_LEVEL: info\n",
        to: "      CONFIG_SOURCE: 'kvx'@\n",
        signs: (" # ", ""),
    },
    Case {
        name: "access table",
        fleet: Fleet::new,
        file: "store.yaml",
        rule: "unknown-role",
        from: "CN=agent.acme.test,O=Acme\n      role: writer\n",
        to: "CN=agent.acme.test,O=Acme\n      role: wrtr@\n",
        signs: (" # ", ""),
    },
    Case {
        name: "environment file",
        fleet: Fleet::new,
        file: "etc/agent.env",
        rule: "source-drift",
        from: "KV_CA_FILE=",
        to: "@CONFIG_SOURCE=kvx\nKV_CA_FILE=",
        signs: ("# ", "\n"),
    },
    Case {
        name: "unit",
        fleet: Fleet::new,
        file: "units/agent.service",
        rule: "source-drift",
        from: "Environment=CONFIG_SOURCE=kv\n",
        to: "@Environment=CONFIG_SOURCE=kvx\n",
        signs: ("; ", "\n"),
    },
    Case {
        name: "drop-in",
        fleet: Fleet::new,
        file: "units/agent.service.d/10-kv.conf",
        rule: "source-drift",
        from: "[Service]\n",
        to: "[Service]\n@Environment=CONFIG_SOURCE=kvx\n",
        signs: ("# ", "\n"),
    },
    Case {
        name: "registry in TOML",
        fleet: |name| Fleet::with_registry(name, "registries/registry.toml"),
        file: "registries/registry.toml",
        rule: "invalid-key",
        from: "kv_key = \"config/api.json\"\n",
        to: "kv_key = \"config//api.json\"@\n",
        signs: (" # ", ""),
    },
    Case {
        name: "registry in Go",
        fleet: |name| Fleet::with_registry(name, "registries/registry.go"),
        file: "registries/registry.go",
        rule: "invalid-key",
        from: "\t\tKVKey:          prefix + \"api.json\",\n",
        to: "@\t\tKVKey:          prefix + \"/api.json\",\n",
        signs: ("\t\t// ", "\n"),
    },
    Case {
        name: "template of a chart",
        fleet: Fleet::cluster,
        file: "chart/templates/api.yaml",
        rule: "source-drift",
        from: "            - name: LOG_LEVEL\n",
        to: "            - name: CONFIG_SOURCE\n@              value: kvx\n            - name: LOG_LEVEL\n",
        signs: ("              {{/* ", " */}}\n"),
    },
    Case {
        name: "template of a chart, same line",
        fleet: Fleet::cluster,
        file: "chart/templates/api.yaml",
        rule: "source-drift",
        from: "            - name: LOG_LEVEL\n",
        to: "            - name: CONFIG_SOURCE\n              value: kvx@\n            - name: LOG_LEVEL\n",
        signs: (" {{- /* ", " */}}"),
    },
    Case {
        name: "policy",
        fleet: Fleet::new,
        file: "kvguard.toml",
        rule: "unused-excuse",
        from: "[secrets]\n",
        to: "@[service.nobody]\n[secrets]\n",
        signs: ("# ", "\n"),
    },
];

impl Case {
    /// The fleet with the drift, and a comment if one is given.
    fn drifted(&self, comment: Option<&str>) -> Fleet {
        let fleet = (self.fleet)(self.name);
        let comment = comment.map_or_else(String::new, |words| {
            format!("{}{words}{}", self.signs.0, self.signs.1)
        });
        fleet.replace(self.file, self.from, &self.to.replace('@', &comment));
        fleet
    }

    fn allow(&self, until: &str) -> String {
        format!("kvguard: allow {}{until} because it lands later", self.rule)
    }
}

#[test]
fn a_comment_allows_what_is_found_in_its_line() {
    for case in &CASES {
        let without = case.drifted(None).check();
        let count = without.found().len();
        assert!(count > 0, "{}: {}", case.name, without.text());
        for until in ["", " until 2100-01-01"] {
            let fleet = case.drifted(Some(&case.allow(until)));
            let with = fleet.check();
            assert_eq!(
                with.found().len(),
                count - 1,
                "{}: {}",
                case.name,
                with.text()
            );
            assert!(
                with.output.contains("not reported: 1 by comment"),
                "{}: {}",
                case.name,
                with.text()
            );
        }
    }
}

#[test]
fn behind_its_last_day_the_finding_is_back_and_says_so() {
    for case in &CASES {
        let without = case.drifted(None).check();
        let run = case.drifted(Some(&case.allow(" until 2001-01-01"))).check();
        assert_eq!(run.found(), without.found(), "{}", case.name);
        assert_eq!(run.code, without.code, "{}", case.name);
        assert!(
            run.output
                .contains("allowed until 2001-01-01, which is past"),
            "{}: {}",
            case.name,
            run.text()
        );
    }
}

#[test]
fn a_comment_for_another_rule_allows_nothing_and_is_reported() {
    for case in &CASES {
        let without = case.drifted(None).check();
        let run = case
            .drifted(Some("kvguard: allow shadowed-grant because it lands later"))
            .check();
        assert_eq!(
            run.found().len(),
            without.found().len() + 1,
            "{}: {}",
            case.name,
            run.text()
        );
        assert!(
            run.output.contains(
                "this comment allows `shadowed-grant`, of which nothing is found in its line"
            ),
            "{}: {}",
            case.name,
            run.text()
        );
    }
}

#[test]
fn a_comment_that_is_not_understood_fails_the_check() {
    for case in &CASES {
        let run = case.drifted(Some("kvguard: allow KV203 for now")).check();
        assert_eq!(run.code, Some(2), "{}: {}", case.name, run.text());
        assert!(
            run.text().contains("this comment allows nothing: it gives no reason; write `kvguard: allow RULE because REASON`"),
            "{}: {}",
            case.name,
            run.text()
        );
    }
}

#[test]
fn a_comment_at_a_line_of_several_services_allows_none_of_them() {
    let fleet = Fleet::new("shared line");
    fleet.replace(
        "compose.yaml",
        "  CONFIG_SOURCE: kv\n",
        "  CONFIG_SOURCE: kvx # kvguard: allow source-drift because it lands later\n",
    );
    // `api` alone has it.
    fleet.check().assert_clean();
    fleet.replace(
        "compose.yaml",
        "  agent:\n",
        "  worker:\n    image: acme/worker\n    environment: *store\n  agent:\n",
    );
    let both = fleet.check();
    assert_eq!(both.code, Some(1), "{}", both.text());
    assert!(
        both.output
            .contains("findings about `api`, `worker` meet in its line"),
        "{}",
        both.text()
    );
}

#[test]
fn each_rule_of_a_comment_has_to_find_something() {
    let case = &CASES[0];
    let run = case
        .drifted(Some(
            "kvguard: allow source-drift, unknown-role because it lands later",
        ))
        .check();
    assert!(
        run.output
            .contains("this comment allows `unknown-role`, of which nothing is found"),
        "{}",
        run.text()
    );
    assert!(
        !run.output.contains("this comment allows `source-drift`"),
        "{}",
        run.text()
    );
    let help = "help: take this rule out of the comment";
    assert!(run.output.contains(help), "{}", run.text());
    let run = case
        .drifted(Some("kvguard: allow unknown-role because it lands later"))
        .check();
    let help = "help: remove the comment; or move it to the line above one";
    assert!(run.output.contains(help), "{}", run.text());
}

#[test]
fn what_is_part_of_a_value_is_no_comment() {
    let fleet = Fleet::cluster("in a value");
    fleet.replace(
        "chart/values.yaml",
        "api:\n",
        "script: |\n  # kvguard: allow KV101 for now\n  true\napi:\n",
    );
    fleet.check().assert_clean();
}

/// Checks a fleet whose access table is a document within a ConfigMap.
fn check_table(key: &str, document: &str) -> Run {
    let fleet = Fleet::cluster(key);
    fleet.replace(
        "kvguard.toml",
        "config_map = \"acme-config\"\nkey = \"store.json\"",
        &format!("config_map = \"acme-table\"\nkey = \"{key}\""),
    );
    fleet.replace(
        "base/kustomization.yaml",
        "  - identity.yaml\n",
        "  - identity.yaml\n  - table.yaml\n",
    );
    let lines: String = document
        .lines()
        .map(|line| format!("    {line}\n"))
        .collect();
    let text = format!(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: acme-table}}\ndata:\n  {key}: |\n{lines}"
    );
    fleet.write("base/table.yaml", &text);
    fleet.write("chart/templates/table.yaml", &text);
    fleet.check()
}

#[test]
fn a_document_within_a_file_has_comments_if_its_format_has() {
    let identity = "spiffe://acme.test/ns/acme/sa/api";
    let comment = "# kvguard: allow unknown-role because it lands later";
    let yaml = check_table(
        "table.yaml",
        &format!(
            "rbac:\n  roles:\n    - identity: {identity}\n      {comment}\n      role: wrtr\n"
        ),
    );
    yaml.assert_clean();
    assert!(yaml.output.contains(" by comment"), "{}", yaml.text());
    let json = check_table(
        "table.json",
        &format!(
            "{{\"rbac\": {{\"roles\": [{{\"identity\": \"{identity}\",\n{comment}\n\"role\": \"wrtr\"}}]}}}}"
        ),
    );
    assert_eq!(json.code, Some(1), "{}", json.text());
    assert!(!json.output.contains(" by comment"), "{}", json.text());
}
