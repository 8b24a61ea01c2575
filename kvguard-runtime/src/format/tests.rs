use super::{FormatFault, Mapping, Position, Tree, read, write};
use crate::Format;

#[cfg(all(feature = "json", feature = "toml", feature = "yaml"))]
mod round_trip {
    use proptest::prelude::*;

    use super::{Format, Mapping, Tree, read, write};

    fn trees() -> impl Strategy<Value = Tree> {
        let leaf = prop_oneof![
            any::<bool>().prop_map(Tree::Bool),
            any::<i64>().prop_map(|number| Tree::Number(number.into())),
            (-1e9..1e9f64).prop_map(|number| Tree::from((number * 8.0).round() / 8.0 + 0.125)),
            ".{0,12}".prop_map(Tree::String),
        ];
        leaf.prop_recursive(4, 32, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Tree::Array),
                prop::collection::btree_map("[a-zA-Z0-9_. -]{0,8}", inner, 0..4)
                    .prop_map(|mapping| Tree::Object(mapping.into_iter().collect())),
            ]
        })
    }

    fn mappings() -> impl Strategy<Value = Mapping> {
        prop::collection::btree_map("[a-zA-Z0-9_.-]{0,8}", trees(), 0..5)
            .prop_map(|mapping| mapping.into_iter().collect())
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again_in_every_format(mapping in mappings()) {
            for format in [Format::Json, Format::Toml, Format::Yaml] {
                let bytes = write(format, &mapping).unwrap();
                let again = read(format, &bytes);
                prop_assert_eq!(again.as_ref(), Ok(&mapping), "{}", format);
            }
        }

        #[test]
        fn no_bytes_make_a_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            for format in [Format::Json, Format::Toml, Format::Yaml] {
                let _ = read(format, &bytes);
            }
        }

        #[test]
        fn no_text_makes_a_reader_panic(text in "[-\\[\\]{}:,\"'&*!<>|a-c0-9= \n#]{0,80}") {
            for format in [Format::Json, Format::Toml, Format::Yaml] {
                let _ = read(format, text.as_bytes());
            }
        }
    }
}

#[expect(clippy::unnecessary_wraps, reason = "as the faults have it")]
const fn at(line: usize, column: usize) -> Option<Position> {
    Some(Position { line, column })
}

#[cfg(feature = "json")]
#[test]
fn json_is_told_where_it_is_wrong() {
    for (text, fault) in [
        ("", FormatFault::Syntax(at(1, 0))),
        ("{\n  \"a\": x}", FormatFault::Syntax(at(2, 8))),
        ("{\"a\": 1, \"a\": 2}", FormatFault::DuplicateKey(at(1, 16))),
        ("[]", FormatFault::NotAMapping),
        ("null", FormatFault::NotAMapping),
        ("{} {}", FormatFault::Syntax(at(1, 4))),
    ] {
        assert_eq!(read(Format::Json, text.as_bytes()), Err(fault), "{text}");
    }
}

#[cfg(feature = "toml")]
#[test]
fn toml_is_told_where_it_is_wrong() {
    for (text, fault) in [
        (&b"a = 1\nb = ["[..], FormatFault::Syntax(at(2, 6))),
        (b"a = 1\na = 2", FormatFault::Syntax(at(2, 1))),
        (b"a = \"\xff\"", FormatFault::Syntax(at(1, 6))),
        (b"a = nan", FormatFault::Unsupported),
    ] {
        assert_eq!(read(Format::Toml, text), Err(fault), "{text:?}");
    }
}

#[cfg(feature = "toml")]
#[test]
fn a_date_of_toml_stays_one() {
    let text = "at = 2026-01-02T03:04:05Z\n";
    let mapping = read(Format::Toml, text.as_bytes()).unwrap();
    assert_eq!(write(Format::Toml, &mapping).unwrap(), text.as_bytes());
}

#[cfg(feature = "toml")]
#[test]
fn a_null_is_left_out_of_toml_and_in_a_list_refused() {
    let mut mapping = Mapping::new();
    mapping.insert("a".to_owned(), Tree::Null);
    assert_eq!(write(Format::Toml, &mapping).unwrap(), b"");
    mapping.insert("b".to_owned(), Tree::Array(vec![Tree::Null]));
    assert_eq!(write(Format::Toml, &mapping), Err(FormatFault::Unwritable));
}

#[cfg(feature = "yaml")]
#[test]
fn yaml_is_told_where_it_is_wrong() {
    for (text, fault) in [
        ("a: [1", FormatFault::Syntax(at(2, 1))),
        ("a: 1\na: 2", FormatFault::DuplicateKey(None)),
        ("1: a\n'1': b", FormatFault::DuplicateKey(None)),
        ("", FormatFault::NotAMapping),
        ("a: !secret x", FormatFault::Unsupported),
        ("a: .nan", FormatFault::Unsupported),
        ("? [a]\n: b", FormatFault::Unsupported),
    ] {
        assert_eq!(read(Format::Yaml, text.as_bytes()), Err(fault), "{text}");
    }
    assert!(matches!(
        read(Format::Yaml, b"a: 1\n---\nb: 2"),
        Err(FormatFault::Syntax(_))
    ));
}

#[cfg(feature = "yaml")]
#[test]
fn merge_keys_of_yaml_are_merged() {
    let mapping = read(
        Format::Yaml,
        b"base: &base {a: 1, b: 2}\nown: {<<: *base, b: 3}",
    )
    .unwrap();
    assert_eq!(mapping["own"], serde_json::json!({"a": 1, "b": 3}));
}

#[cfg(feature = "yaml")]
#[test]
fn a_bomb_of_aliases_is_refused() {
    let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..12 {
        let before = format!("*a{}", level - 1);
        text.push_str(&format!(
            "a{level}: &a{level} [{}]\n",
            vec![before; 10].join(", ")
        ));
    }
    assert!(read(Format::Yaml, text.as_bytes()).is_err());
}
