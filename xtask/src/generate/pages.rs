//! The reference pages.

use std::fmt::Write as _;

use kvguard::policy::schema::{DEPLOYMENT_KINDS, Field, Kind, POLICY, Table};
use kvguard::registry::FIELDS;
use kvguard::rules::RULES;

/// Every rule with its documentation.
pub fn rules() -> String {
    let mut page = "\
<!-- Made by `cargo xtask generate` from the files under src/rules/; do not edit it here. -->
# Rules

`cargo kvguard explain RULE` prints the same. A rule's level is set by name or code in the policy's `[levels]`, for a
deployment or a service in theirs, and on the command line with `-A`, `-W` and `-D`.

"
    .to_owned();
    page.push_str(&rule_table(""));
    for rule in RULES {
        let level = rule.default_level.name();
        line(&mut page, &format!("\n## {} {}\n", rule.code, rule.name));
        line(&mut page, &format!("Default level: `{level}`.\n"));
        let documentation = rule.documentation();
        let mut in_code = false;
        for text in documentation.trim_end().lines() {
            in_code ^= text.starts_with("```");
            let deeper = if text.starts_with('#') && !in_code {
                "#"
            } else {
                ""
            };
            line(&mut page, &format!("{deeper}{text}"));
        }
    }
    page
}

/// A line for each rule, which leads to its documentation on a page.
pub fn rule_table(page: &str) -> String {
    let mut table = "| code | rule | default | finds |\n|---|---|---|---|\n".to_owned();
    for rule in RULES {
        let (code, name, level) = (rule.code, rule.name, rule.default_level.name());
        let summary = cell(&rule.summary());
        let place = format!("{page}#{}-{name}", code.to_lowercase());
        line(
            &mut table,
            &format!("| [{code}]({place}) | `{name}` | {level} | {summary} |"),
        );
    }
    table
}

/// Every field of a descriptor.
pub fn registry() -> String {
    let mut page = "\
<!-- Made by `cargo xtask generate` from src/registry/fields.rs; do not edit it here. -->
# The registry: what a service declares

A registry is a JSON, YAML or TOML file, a directory of them, or a Go file; the policy's `[registry]` says where it is. A document
holds a list of descriptors, a mapping of names to descriptors, or one of these under `services` or `descriptors`, or where the
policy's `pointer` says. A Go file holds them in a `map[string]T` or a `[]T`.

```yaml
services:
  - name: ingest
    kv_key: config/ingest.json
    critical_fields: [listen_addr, upstream.url]
    secret_fields: [upstream.token]
```

| field | in Go | also read as | holds | |
|---|---|---|---|---|
"
    .to_owned();
    for field in &FIELDS {
        let holds = match (field.is_list, field.words) {
            (true, _) => "a list of texts".to_owned(),
            (false, []) => "text".to_owned(),
            (false, words) => self::words(words),
        };
        let (name, go, others) = (field.name, field.go, words(field.others));
        let doc = cell(field.doc);
        line(
            &mut page,
            &format!("| `{name}` | `{go}` | {others} | {holds} | {doc} |"),
        );
    }
    page.push_str(
        "
Other fields are facts for other readers and are ignored, but for names that were probably meant for one of these: a misspelling, and
names such as `critical`, `criticalKeys` or `secrets`, are an error (rule `malformed-file`). `check` says in its last line if no
service declares a critical field.

`kvguard-registry.schema.json` tells editors the same.
",
    );
    page
}

/// Every table and key of the policy.
pub fn policy() -> String {
    let mut page = "\
<!-- Made by `cargo xtask generate` from src/policy/schema.rs; do not edit it here. -->
# The policy: `kvguard.toml`

Its directory is the root: paths are relative to it, and nothing outside is read. A key that is not listed here is an
error. Every text must not be empty. `kvguard.schema.json` tells editors the same.
"
    .to_owned();
    table(&mut page, "", &POLICY);
    page
}

/// Which kinds of deployment have the keys that not every kind has.
fn keys_by_kind(page: &mut String, schema: &Table) {
    page.push_str(
        "\nEvery kind of deployment has the keys above, but for these: a key that the deployment's kind does not have is an error.\n\n",
    );
    line(page, &format!("| key | {} |", DEPLOYMENT_KINDS.join(" | ")));
    line(
        page,
        &format!("|---|{}", "---|".repeat(DEPLOYMENT_KINDS.len())),
    );
    for (name, field) in limited(schema, "") {
        let marks = DEPLOYMENT_KINDS
            .iter()
            .map(|kind| if field.is_of(Some(kind)) { "yes" } else { "" });
        line(
            page,
            &format!("| `{name}` | {} |", marks.collect::<Vec<_>>().join(" | ")),
        );
    }
}

/// The keys of a table and of the tables in it that not every kind of deployment has, each with its path.
fn limited(schema: &Table, path: &str) -> Vec<(String, &'static Field)> {
    let mut found = Vec::new();
    for field in schema.fields {
        let name = format!("{path}{}", field.name);
        let inner = field.inner();
        if !field.only.is_empty() {
            found.push((name, field));
        } else if let Some(inner) = inner {
            found.extend(limited(inner, &format!("{name}.")));
        }
    }
    found
}

fn table(page: &mut String, path: &str, schema: &Table) {
    if !path.is_empty() {
        let _ = write!(page, "\n## `{path}`\n\n{}\n", schema.doc);
    }
    page.push_str("\n| key | holds | |\n|---|---|---|\n");
    for field in schema.fields {
        let needed = if field.required { "**Required.** " } else { "" };
        let kinds = match field.only {
            [] => String::new(),
            kinds => format!("Only {}. ", words(kinds)),
        };
        let doc = format!("{kinds}{}", cell(field.doc));
        line(
            page,
            &format!("| `{}` | {} | {needed}{doc} |", field.name, holds(field)),
        );
    }
    // The table that tells of which kind a deployment is.
    if schema
        .deployment_kind(DEPLOYMENT_KINDS.first().copied())
        .is_some()
    {
        keys_by_kind(page, schema);
    }
    for field in schema.fields {
        let inside = path.trim_matches(['[', ']']);
        let dot = if inside.is_empty() { "" } else { "." };
        let name = format!("{inside}{dot}{}", field.name);
        match &field.kind {
            Kind::Table(inner) => table(page, &format!("[{name}]"), inner),
            Kind::TableMap(inner) => table(page, &format!("[{name}.NAME]"), inner),
            Kind::Tables(inner) | Kind::TextsOrTables(inner) | Kind::WordOrTables(_, inner) => {
                table(page, &format!("[[{name}]]"), inner);
            }
            _ => {}
        }
    }
}

fn holds(field: &Field) -> String {
    match &field.kind {
        Kind::Text => "text".to_owned(),
        Kind::Pointer => "a JSON pointer".to_owned(),
        Kind::Word(words) => self::words(words),
        Kind::Bool => "`true` or `false`".to_owned(),
        Kind::Count => "a whole number".to_owned(),
        Kind::Date => "a date".to_owned(),
        Kind::Texts => "a list of texts".to_owned(),
        Kind::TextOrTexts => "a text or a list of texts".to_owned(),
        Kind::TextMap => "names with a text each".to_owned(),
        Kind::Levels => "rules with a level each".to_owned(),
        Kind::Table(_) => "a table".to_owned(),
        Kind::Tables(_) => "a list of tables".to_owned(),
        Kind::TableMap(_) => "names with a table each".to_owned(),
        Kind::TextsOrTables(_) => "a list of texts or tables".to_owned(),
        Kind::WordOrTables(words, _) => format!("{}, or a list of tables", self::words(words)),
    }
}

fn words(words: &[&str]) -> String {
    words
        .iter()
        .map(|word| format!("`{word}`"))
        .collect::<Vec<_>>()
        .join(", ")
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

fn line(page: &mut String, text: &str) {
    page.push_str(text);
    page.push('\n');
}
