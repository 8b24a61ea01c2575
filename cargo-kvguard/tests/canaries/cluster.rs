//! Secrets in overlays and charts, and beside mistakes in them.

use crate::support::Fleet;
use crate::{SECRETS, hidden_from};

/// Every command that shows something of such a fleet.
const COMMANDS: [&[&str]; 9] = [
    &["check"],
    &["check", "--color=always"],
    &["check", "--format=json"],
    &["list", "workloads"],
    &["list", "identities"],
    &["matrix"],
    &["why", "api"],
    &["render", "overlay"],
    &["render", "chart"],
];

/// Replaces a text by one with a secret in place of `@`, for each secret, and looks at what is printed.
fn places(cases: &[(&str, &str, &str, &str)]) {
    for (case, (file, from, to, expected)) in cases.iter().enumerate() {
        for (number, secret) in SECRETS.into_iter().enumerate() {
            // Every command for one of the secrets, in turn; the report for all.
            let commands = if case % SECRETS.len() == number {
                &COMMANDS[..]
            } else {
                &COMMANDS[..1]
            };
            let fleet = Fleet::cluster(&format!("{secret} in {file}"));
            fleet.replace(file, from, &to.replace('@', secret));
            let checked = hidden_from(commands, &fleet, secret);
            assert!(
                checked.contains(expected),
                "{file} `{to}`: `{expected}` is not in\n{checked}"
            );
        }
    }
}

#[test]
fn nothing_of_a_clean_overlay_or_chart_is_shown() {
    let clean = "kvguard: ok";
    places(&[
        (
            "overlay/api-patch.yaml",
            "value: info",
            "value: '@' # @",
            clean,
        ),
        (
            "base/api.yaml",
            "image: acme/api",
            "image: acme/api\n          args: ['@']",
            clean,
        ),
        (
            "base/api.yaml",
            "labels: {app: api}\nspec",
            "labels: {app: api}\n  annotations: {a: '@'}\nspec",
            clean,
        ),
        (
            "base/store.json",
            "\"listen_addr\"",
            "\"password\": \"@\", \"listen_addr\"",
            clean,
        ),
        (
            "base/kustomization.yaml",
            "generatorOptions",
            "secretGenerator:\n  - name: database\n    literals:\n      - \"password=@\"\ngeneratorOptions",
            clean,
        ),
        (
            "chart/values.yaml",
            "logLevel: info",
            "logLevel: '@'",
            clean,
        ),
        (
            "chart/values.yaml",
            "api:",
            "password: '@' # @\napi:",
            clean,
        ),
        (
            "chart/templates/config.yaml",
            "\"db\":",
            "\"token\": {{ .Values.token | default \"@\" | quote }}, \"db\":",
            clean,
        ),
        (
            "chart/templates/_helpers.tpl",
            "- name: KV_ADDRESS",
            "{{- /* @ */}}\n- name: DB_PASSWORD\n  value: '@'\n- name: KV_ADDRESS",
            clean,
        ),
        (
            "chart/templates/config.yaml",
            "apiVersion: v1",
            "# @\napiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {password: '@'}\n---\napiVersion: v1",
            clean,
        ),
    ]);
}

#[test]
fn nothing_is_shown_beside_a_mistake_in_an_overlay() {
    places(&[
        (
            "overlay/api-patch.yaml",
            "value: info",
            "value: '@",
            "KV401",
        ),
        (
            "overlay/api-patch.yaml",
            "value: info",
            "value: [@",
            "KV401",
        ),
        (
            "overlay/api-patch.yaml",
            "value: info",
            "value: '@'\n              value: '@'",
            "KV401",
        ),
        (
            "base/store.json",
            "\"listen_addr\"",
            "\"a\": \"@\" \"listen_addr\"",
            "KV40",
        ),
        (
            "base/api.json",
            "\"password\": \"\"",
            "\"password\": \"@\"",
            "KV306",
        ),
        (
            "base/api.json",
            "\"listen\": \":8080\"",
            "\"listen\": '@'",
            "KV304",
        ),
        (
            "base/api.yaml",
            "value: spiffe\n",
            "value: mtls\n            - {name: A, value: '@'}\n",
            "KV204",
        ),
        (
            "base/store.json",
            "\"writer\"",
            "\"reader\", \"note\": \"@\"",
            "KV102",
        ),
        (
            "base/kustomization.yaml",
            "generatorOptions",
            "secretGenerator:\n  - name: database\n    literals: ['@']\ngeneratorOptions",
            "KV40",
        ),
        (
            "overlay/kustomization.yaml",
            "patches:",
            "patches:\n  - target: {kind: Deployment}\n    patch: |-\n      - {op: test, path: /spec/x, value: '@'}",
            "KV40",
        ),
    ]);
}

#[test]
fn nothing_is_shown_beside_a_mistake_in_a_chart() {
    places(&[
        (
            "chart/values.yaml",
            "logLevel: info",
            "logLevel: '@",
            "KV40",
        ),
        (
            "chart/values.yaml",
            "logLevel: info",
            "logLevel: {a: '@'",
            "KV40",
        ),
        (
            "chart/templates/api.yaml",
            "apiVersion",
            "{{ fail (printf \"no %s\" \"@\") }}\napiVersion",
            "KV401",
        ),
        (
            "chart/templates/api.yaml",
            "apiVersion",
            "{{ index (list 1) \"@\" }}\napiVersion",
            "KV401",
        ),
        (
            "chart/templates/api.yaml",
            "apiVersion",
            "{{ mustFromJson \"@\" }}\napiVersion",
            "KV401",
        ),
        (
            "chart/templates/api.yaml",
            "apiVersion",
            "{{ mustRegexMatch \"(@\" \"a\" }}\napiVersion",
            "KV401",
        ),
        (
            "chart/templates/api.yaml",
            "apiVersion",
            "{{ semver \"@\" }}\napiVersion",
            "KV401",
        ),
        (
            "chart/templates/api.yaml",
            "apiVersion",
            "{{ \"@\".field }}\napiVersion",
            "KV401",
        ),
        (
            "chart/templates/api.yaml",
            "apiVersion",
            "{{ \"@ }}\napiVersion",
            "KV401",
        ),
        (
            "chart/values.yaml",
            "api:\n  logLevel: info",
            "api: '@'",
            "KV401",
        ),
        (
            "chart/templates/config.yaml",
            "  api.json: |-",
            "  api.json: {{ \"@\" }} '@' |-",
            "KV40",
        ),
        (
            "chart/files/store.json",
            "\"role\": \"writer\"",
            "\"role\": \"{{ fail (cat \"@\" .Release.Name) }}\"",
            "KV401",
        ),
        (
            "chart/files/store.json",
            "\"role\": \"writer\"",
            "\"role\": \"reader\", \"note\": \"@\"",
            "KV102",
        ),
        (
            "chart/files/store.json",
            "\"listen_addr\"",
            "\"a\": \"@\" \"listen_addr\"",
            "KV40",
        ),
    ]);
}
