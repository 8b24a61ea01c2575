use proptest::prelude::*;

use super::identity::Identity;
use super::quotes::quoted;
use super::{AccessTable, alternatives};
use crate::policy::{GrantFields, IdentityForm};
use crate::source::{Fragment, Names, Sources, Syntax, read};

#[test]
fn each_of_many_spiffe_ids_is_an_alternative_once() {
    let mut sources = Sources::new();
    let id = sources.add("kvguard.toml", "");
    let origin = sources.whole(id);
    let identity = |form, text: String| Identity { form, text, origin };
    // Compared in pairs, whose texts differ only at their ends, they would take minutes.
    let path = "x".repeat(1_000);
    let spiffe = |number| {
        identity(
            IdentityForm::Spiffe,
            format!("spiffe://acme.dev/{path}/{number:05}"),
        )
    };
    let mut presented: Vec<Identity> = (0..30_000).map(spiffe).collect();
    presented.push(spiffe(7));
    presented.push(identity(IdentityForm::Subject, "CN=api".to_owned()));
    let alternatives = alternatives(&presented);
    assert_eq!(alternatives.len(), 30_000);
    for (alternative, own) in alternatives.iter().zip(&presented) {
        let [first, other] = alternative.as_slice() else {
            panic!("{alternative:?}");
        };
        assert_eq!(
            (first.text.as_str(), other.text.as_str()),
            (own.text.as_str(), "CN=api")
        );
    }
}

/// The table in a document, read with the names of the store.
fn table(text: &str, syntax: Syntax, fields: &GrantFields) -> AccessTable {
    let mut sources = Sources::new();
    let id = sources.add(format!("store.{}", extension(syntax)), text);
    let fragment = Fragment::of_source(&sources, id);
    let documents = read(&mut sources, &fragment, syntax);
    let list = documents.single().unwrap().get("list").unwrap();
    let mut problems = Vec::new();
    let table = AccessTable::read(list, syntax, Names::Exact, fields, &sources, &mut problems);
    assert!(problems.is_empty(), "{problems:?}");
    table.unwrap()
}

#[test]
fn a_grant_is_read_and_written_with_the_names_of_the_store() {
    for names in [["principal", "access"], ["who is it", "may-do"]] {
        let [identity, role] = names.map(str::to_owned);
        let fields = GrantFields { identity, role };
        let [identity, role] = names;
        let cases = [
            (
                Syntax::Json,
                format!(
                    "{{\"list\": [\n  {{\"{identity}\": \"a\", \"{role}\": \"writer\", \"identity\": \"x\"}}\n]}}"
                ),
            ),
            (
                Syntax::Yaml,
                format!("list:\n  - \"{identity}\": a\n    \"{role}\": writer\n"),
            ),
            (
                Syntax::Toml,
                format!("list = [\n  {{ \"{identity}\" = \"a\", \"{role}\" = \"writer\" }}\n]\n"),
            ),
        ];
        for (syntax, text) in cases {
            let before = table(&text, syntax, &fields);
            assert_eq!(before.grants[0].identity.value, "a");
            let after = pasted(&before, &text, syntax, &fields, "b");
            assert_eq!(grants(&after), [("b", "reader"), ("a", "writer")]);
        }
    }
}

/// The table once one more grant is pasted in.
fn pasted(
    table: &AccessTable,
    text: &str,
    syntax: Syntax,
    fields: &GrantFields,
    identity: &str,
) -> AccessTable {
    let opening = table.opening(0).unwrap();
    let grant = table.new_grant(opening, &table.identity_like(0, identity), "reader");
    let mut text = text.to_owned();
    text.insert_str(opening.at.start as usize, &grant);
    self::table(&text, syntax, fields)
}

fn grants(table: &AccessTable) -> Vec<(&str, &str)> {
    let grants = table.grants.iter();
    grants
        .map(|grant| (grant.identity.value.as_str(), grant.role.value.as_str()))
        .collect()
}

fn extension(syntax: Syntax) -> &'static str {
    match syntax {
        Syntax::Json => "json",
        Syntax::Yaml => "yaml",
        Syntax::Toml => "toml",
    }
}

#[test]
fn a_table_inside_another_text_holds_only_what_means_the_same_in_both() {
    let fields = GrantFields {
        identity: "identity".to_owned(),
        role: "role".to_owned(),
    };
    let json = "{\"list\": [{\"identity\": \"a\", \"role\": \"writer\"}]}";
    let around = format!("store.json: |\n  {json}\n");
    let mut sources = Sources::new();
    let id = sources.add("configmap.yaml", around);
    let fragment = Fragment::of_source(&sources, id);
    let outer = read(&mut sources, &fragment, Syntax::Yaml);
    let scalar = outer.single().unwrap().get("store.json").unwrap();
    let fragment = Fragment::of_scalar(&mut sources, scalar).unwrap();
    let inner = read(&mut sources, &fragment, Syntax::Json);
    let list = inner.single().unwrap().get("list").unwrap();
    let mut problems = Vec::new();
    let inside = AccessTable::read(
        list,
        Syntax::Json,
        Names::Exact,
        &fields,
        &sources,
        &mut problems,
    );
    let inside = inside.unwrap();
    assert_eq!(sources.text(inside.start()), "[");
    let whole = table(json, Syntax::Json, &fields);
    for (identity, is_held) in [
        ("spiffe://acme.dev/core", true),
        ("CN=core, O={a}", true),
        ("CN=o'hara", false),
        ("CN=\"core\"", false),
        ("CN=a\\,b", false),
        ("CN=$HOME", false),
        ("CN=a\tb", false),
        ("CN=a\u{feff}b", false),
        ("CN={{a", false),
    ] {
        assert!(whole.opening(0).unwrap().can_hold(identity), "{identity:?}");
        let opening = inside.opening(0).unwrap();
        assert_eq!(opening.can_hold(identity), is_held, "{identity:?}");
    }
}

/// Another role is written in place of the old one only where that changes this role and nothing else.
#[test]
fn a_role_can_be_replaced_only_where_the_file_writes_it_as_a_text_of_its_own() {
    let fields = GrantFields {
        identity: "identity".to_owned(),
        role: "role".to_owned(),
    };
    for (syntax, role, is_of_its_own) in [
        (Syntax::Json, "\"reader\"", true),
        (Syntax::Json, "\"read\\u0065r\"", false),
        (Syntax::Yaml, "reader", true),
        (Syntax::Yaml, "'reader'", true),
        (Syntax::Yaml, "&usual reader", false),
        (Syntax::Yaml, "\"read\\x65r\"", false),
        (Syntax::Toml, "\"reader\"", true),
        (Syntax::Toml, "\"\"\"\nreader\"\"\"", false),
    ] {
        let text = match syntax {
            Syntax::Json => format!("{{\"list\": [{{\"identity\": \"a\", \"role\": {role}}}]}}"),
            Syntax::Yaml => format!("list:\n  - identity: a\n    role: {role}\n"),
            Syntax::Toml => format!("[[list]]\nidentity = \"a\"\nrole = {role}\n"),
        };
        let table = table(&text, syntax, &fields);
        assert_eq!(grants(&table), [("a", "reader")], "{text}");
        let written = table.writing(0).unwrap();
        assert_eq!(written.has_role(), is_of_its_own, "{text}");
        assert!(written.has_identity(), "{text}");
    }
}

/// A table that a file may hold, in ways that people write it.
#[derive(Debug, Clone)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a way to write a table, and all go together"
)]
struct Layout {
    syntax: Syntax,
    /// Whether the entries are in braces; of YAML and TOML they may be lines.
    is_braced: bool,
    /// Whether each entry in braces has a line of its own.
    on_lines: bool,
    has_comments: bool,
    trailing_comma: bool,
    line_break: &'static str,
    indent: usize,
}

impl Layout {
    fn write(&self, identities: &[String]) -> String {
        let indent = " ".repeat(self.indent);
        let text = match (self.syntax, self.is_braced) {
            (Syntax::Json, _) => self.braced(
                identities,
                "{\"list\": [",
                "\"identity\": ",
                "\"role\": ",
                "]}\n",
            ),
            (Syntax::Yaml, true) => {
                self.braced(identities, "list: [", "identity: ", "role: ", "]\n")
            }
            (Syntax::Toml, true) => {
                self.braced(identities, "list = [", "identity = ", "role = ", "]\n")
            }
            (Syntax::Yaml, false) => {
                let comment = if self.has_comments {
                    " # one of ours"
                } else {
                    ""
                };
                let entry = |identity: &String| {
                    format!(
                        "{indent}- identity: {}{comment}\n{indent}  role: writer\n",
                        quoted(identity)
                    )
                };
                format!(
                    "list:\n{}",
                    identities.iter().map(entry).collect::<String>()
                )
            }
            (Syntax::Toml, false) => {
                let comment = if self.has_comments {
                    "# one of ours\n"
                } else {
                    ""
                };
                let entry = |identity: &String| {
                    format!(
                        "{comment}{indent}[[list]]\n{indent}identity = {}\nrole = \"writer\"\n\n",
                        quoted(identity)
                    )
                };
                identities.iter().map(entry).collect()
            }
        };
        text.replace('\n', self.line_break)
    }

    fn braced(
        &self,
        identities: &[String],
        open: &str,
        identity: &str,
        role: &str,
        close: &str,
    ) -> String {
        let entry = |text: &String| format!("{{{identity}{}, {role}\"writer\"}}", quoted(text));
        let entries: Vec<String> = identities.iter().map(entry).collect();
        let may_comment = self.on_lines && self.has_comments && self.syntax != Syntax::Json;
        let comment = if may_comment { " # one of ours" } else { "" };
        let indent = " ".repeat(self.indent + 1);
        let between = if self.on_lines {
            format!(",{comment}\n{indent}")
        } else {
            ", ".to_owned()
        };
        let start = if self.on_lines {
            format!("\n{indent}")
        } else {
            String::new()
        };
        let may_trail = self.trailing_comma && self.syntax != Syntax::Json;
        let end = if may_trail { "," } else { "" };
        let last = if self.on_lines {
            format!("\n{indent}")
        } else {
            String::new()
        };
        format!("{open}{start}{}{end}{last}{close}", entries.join(&between))
    }
}

fn layout() -> impl Strategy<Value = Layout> {
    let syntax = prop_oneof![Just(Syntax::Json), Just(Syntax::Yaml), Just(Syntax::Toml)];
    let flags = (any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>());
    let line_break = prop_oneof![Just("\n"), Just("\r\n")];
    (syntax, flags, line_break, 0..5_usize).prop_map(
        |(syntax, (is_braced, on_lines, has_comments, trailing_comma), line_break, indent)| {
            Layout {
                syntax,
                is_braced,
                on_lines,
                has_comments,
                trailing_comma,
                line_break,
                indent,
            }
        },
    )
}

fn identity() -> impl Strategy<Value = String> {
    prop_oneof![
        "spiffe://acme\\.dev/ns/[a-z]{1,8}/sa/[a-z-]{1,8}",
        "CN=[a-z.]{1,8},O=[ -~]{1,8}",
        // Whatever a certificate may hold.
        "\\PC{1,12}|[\\x00-\\x20\\x7f\\u{80}-\\u{9f}\\u{2028}\\u{feff}]{1,4}",
    ]
}

proptest! {
    #[test]
    fn a_grant_that_is_pasted_into_any_table_is_one_more_grant(
        layout in layout(),
        identities in proptest::collection::vec(identity(), 1..5),
        added in identity(),
        position in 0..5_usize,
    ) {
        let fields = GrantFields {
            identity: "identity".to_owned(),
            role: "role".to_owned(),
        };
        let text = layout.write(&identities);
        let before = table(&text, layout.syntax, &fields);
        let position = position % identities.len();
        let opening = before.opening(position);
        prop_assert!(opening.is_some(), "nowhere to write a grant in\n{text}");
        let opening = opening.unwrap();
        prop_assert!(opening.can_hold(&added));
        let grant = before.new_grant(opening, &before.identity_like(position, &added), "reader");
        // Two that are pasted at one place, one after the other, are both right.
        for count in 1..3 {
            let mut pasted = text.clone();
            pasted.insert_str(opening.at.start as usize, &grant.repeat(count));
            let after = table(&pasted, layout.syntax, &fields);
            let mut expected: Vec<(&str, &str)> = grants(&before);
            for _ in 0..count {
                expected.insert(position, (&added, "reader"));
            }
            prop_assert_eq!(grants(&after), expected, "{}", pasted);
        }
    }
}
