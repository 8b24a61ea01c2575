#![expect(
    clippy::format_collect,
    clippy::format_push_string,
    reason = "what it costs to write the cases does not matter"
)]

use proptest::prelude::*;

use super::tests::{read, registry_with};
use crate::registry::KeyDeclaration;

/// Every span lies in the text, and reading ends without a panic.
fn assert_sound(text: &str) {
    let (sources, id, registry) = read(text, None);
    let whole = sources.whole(id);
    let mut spans: Vec<_> = registry
        .problems
        .iter()
        .map(|problem| problem.span)
        .collect();
    spans.extend(
        registry
            .problems
            .iter()
            .filter_map(|problem| Some(problem.related.as_ref()?.0)),
    );
    spans.extend(sources.get(id).tokens().map(|token| token.span));
    for descriptor in &registry.descriptors {
        spans.extend([
            descriptor.span,
            descriptor.name.span,
            descriptor.key.text().span,
        ]);
        spans.extend(descriptor.critical_fields.iter().map(|field| field.span));
    }
    for span in spans {
        let (start, end) = (span.start as usize, span.end as usize);
        assert!(whole.contains(span) && start <= end, "{span:?} of {text:?}");
        assert!(text.is_char_boundary(start) && text.is_char_boundary(end));
    }
    assert!(!registry.descriptors.is_empty() || !registry.problems.is_empty());
}

/// One field of a generated descriptor and the ways to write it.
fn written(text: &str, style: u8) -> String {
    match style % 6 {
        0 => format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")),
        1 if !text.contains(['`', '\r']) => format!("`{text}`"),
        2 => {
            let middle = text
                .char_indices()
                .nth(text.chars().count() / 2)
                .map_or(0, |(at, _)| at);
            let (left, right) = text.split_at(middle);
            format!("{} +\n\t{}", written(left, 0), written(right, 3))
        }
        3 => {
            let escaped: String = text.bytes().map(|byte| format!("\\x{byte:02x}")).collect();
            format!("\"{escaped}\"")
        }
        4 => {
            let escaped: String = text
                .chars()
                .map(|c| format!("\\U{:08X}", u32::from(c)))
                .collect();
            format!("(Text(\"{escaped}\"))")
        }
        _ => {
            let escaped: String = text.bytes().map(|byte| format!("\\{byte:03o}")).collect();
            format!("/* {{ */ (\"{escaped}\") /* }} */")
        }
    }
}

prop_compose! {
    fn any_text()(text in "[ -~äπ量😀\"`\\\\{}]{1,12}") -> String { text }
}

prop_compose! {
    fn any_descriptor()(
        key in any_text(),
        scope in any_text(),
        fields in prop::collection::vec(any_text(), 0..4),
        template in any::<bool>(),
        styles in prop::collection::vec(any::<u8>(), 12),
    ) -> (String, String, Vec<String>, bool, Vec<u8>) {
        (key, scope, fields, template, styles)
    }
}

proptest! {
    #[test]
    fn any_text_is_read_to_its_end(text in "\\PC{0,200}") {
        assert_sound(&text);
    }

    #[test]
    fn any_tokens_are_read_to_their_end(words in prop::collection::vec(prop::sample::select(vec![
        "package", "p", "var", "const", "type", "func", "services", "=", ":=", "map", "[", "]", "string", "D", "{", "}",
        "(", ")", ",", ":", ";", "\n", "\"a\"", "`b`", "'c'", "KVKey", "Name", "CriticalFields", "+", "&", "*", ".",
        "...", "nil", "struct", "1", "/*", "*/", "//", "\"", "\\",
    ]), 0..60)) {
        assert_sound(&words.concat());
        assert_sound(&words.join(" "));
    }

    #[test]
    fn a_damaged_registry_is_read_to_its_end(from in 0usize..900, length in 0usize..40, insert in "[\\[\\](){},:;\"`'\\\\a.=+/*\n]{0,3}") {
        let text = registry_with(
            include_str!("../../../tests/fixtures/go/constants.go"),
            "Scope: global, CriticalFields: []string{\"a\", dotted}",
        );
        let from = from.min(text.len());
        let end = (from + length).min(text.len());
        if text.is_char_boundary(from) && text.is_char_boundary(end) {
            assert_sound(&format!("{}{insert}{}", &text[..from], &text[end..]));
        }
    }

    #[test]
    fn what_is_written_as_go_reads_back(
        descriptors in prop::collection::btree_map(any_text(), any_descriptor(), 1..5),
        slice in any::<bool>(),
        separator in prop::sample::select(vec![" ", "\n", "/* } */", "\r\n\t", " // ,\n"]),
    ) {
        let mut text = "package p\ntype Text string\nvar services = ".to_owned();
        text.push_str(if slice { "[]D{" } else { "map[string]D{" });
        for (name, (key, scope, fields, template, styles)) in &descriptors {
            let mut style = styles.iter().copied().cycle();
            let mut write = |text: &str| written(text, style.next().unwrap_or_default());
            if !slice {
                text.push_str(&format!("{separator}{}:{separator}", write(name)));
            }
            text.push_str(["{", "D{", "&D{", "pkg.D{"][usize::from(styles[0]) % 4]);
            let key_field = if *template { "KVKeyTemplate" } else { "KVKey" };
            text.push_str(&format!("{separator}{key_field}:{},", write(key)));
            if slice || styles[1] % 2 == 0 {
                text.push_str(&format!("{separator}Name: {},", write(name)));
            }
            text.push_str(&format!("Format: \"json\", Scope: {}", write(scope)));
            if !fields.is_empty() {
                let fields: Vec<_> = fields.iter().map(|field| write(field)).collect();
                text.push_str(&format!(",{separator}CriticalFields: []string{{{}}}", fields.join(", ")));
            }
            text.push_str(&format!(",{separator}}},{separator}"));
        }
        text.push_str("}\n");
        let (_, _, registry) = read(&text, None);
        prop_assert_eq!(&registry.problems, &vec![], "{}", text);
        prop_assert_eq!(registry.descriptors.len(), descriptors.len());
        for (found, (name, (key, scope, fields, template, _))) in registry.descriptors.iter().zip(&descriptors) {
            prop_assert_eq!(&found.name.value, name);
            prop_assert_eq!(&found.key.text().value, key);
            prop_assert_eq!(matches!(found.key, KeyDeclaration::Template(_)), *template);
            prop_assert_eq!(found.scope.as_ref().map(|scope| &scope.value), Some(scope));
            let read: Vec<_> = found.critical_fields.iter().map(|field| &field.value).collect();
            prop_assert_eq!(read, fields.iter().collect::<Vec<_>>());
        }
    }
}
