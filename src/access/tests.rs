use super::identity::Identity;
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
    let grant = table.new_grant(opening, &table.quoted(identity), "reader");
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
