//! No text can make a reader crash, stall, or point outside of the text.

use std::time::{Duration, Instant};

use kvguard::source::{Documents, Fragment, Node, Sources, Span, Syntax, Value, read};
use proptest::prelude::*;

const SYNTAXES: [Syntax; 3] = [Syntax::Json, Syntax::Yaml, Syntax::Toml];

fn check(bytes: &[u8]) -> Result<(), TestCaseError> {
    for syntax in SYNTAXES {
        let begin = Instant::now();
        let mut sources = Sources::new();
        let id = sources.add_bytes("file", bytes);
        let fragment = Fragment::of_source(&sources, id);
        let documents = read(&mut sources, &fragment, syntax);
        check_documents(&sources, sources.whole(id), &documents)?;
        let scalars = documents.roots.iter().flat_map(scalars);
        for scalar in scalars.take(20).cloned().collect::<Vec<_>>() {
            let outer = scalar.span;
            let Some(fragment) = Fragment::of_scalar(&mut sources, &scalar) else {
                continue;
            };
            for syntax in SYNTAXES {
                let documents = read(&mut sources, &fragment, syntax);
                check_documents(&sources, outer, &documents)?;
            }
        }
        prop_assert!(begin.elapsed() < Duration::from_secs(60), "slow");
    }
    Ok(())
}

fn check_documents(
    sources: &Sources,
    outer: Span,
    documents: &Documents,
) -> Result<(), TestCaseError> {
    for problem in &documents.problems {
        check_span(sources, outer, problem.span)?;
        prop_assert!(!problem.message.is_empty() && !problem.message.contains('\n'));
        if let Some((span, _)) = &problem.related {
            check_span(sources, outer, *span)?;
        }
    }
    documents
        .roots
        .iter()
        .try_for_each(|root| check_node(sources, outer, root))
}

fn check_node(sources: &Sources, outer: Span, node: &Node) -> Result<(), TestCaseError> {
    check_span(sources, outer, node.span)?;
    match &node.value {
        Value::Scalar(_) => Ok(()),
        Value::Sequence(items) => items
            .iter()
            .try_for_each(|item| check_node(sources, outer, item)),
        Value::Mapping(mapping) => mapping.entries().iter().try_for_each(|entry| {
            check_span(sources, outer, entry.key.span)?;
            check_node(sources, outer, &entry.value)
        }),
    }
}

fn check_span(sources: &Sources, outer: Span, span: Span) -> Result<(), TestCaseError> {
    let text = sources.get(span.source).text();
    prop_assert!(
        outer.contains(span) && span.start <= span.end,
        "{span:?} in {outer:?}"
    );
    prop_assert!(
        text.get(span.start as usize..span.end as usize).is_some(),
        "{span:?} cuts a character"
    );
    Ok(())
}

fn scalars(node: &Node) -> Vec<&Node> {
    match &node.value {
        Value::Scalar(_) => vec![node],
        Value::Sequence(items) => items.iter().flat_map(scalars).collect(),
        Value::Mapping(mapping) => mapping
            .entries()
            .iter()
            .flat_map(|entry| scalars(&entry.value))
            .collect(),
    }
}

/// Texts of the tokens that all three syntaxes are made of.
fn tokens() -> impl Strategy<Value = String> {
    let token = proptest::sample::select(vec![
        "a",
        "b",
        "c.d",
        "x: ",
        "y:\n",
        "z = ",
        "apiVersion: v1\n",
        "\n",
        "\r\n",
        " ",
        "  ",
        "\t",
        "- ",
        "? ",
        ": ",
        ", ",
        "[",
        "]",
        "{",
        "}",
        "[[",
        "]]",
        "[a]\n",
        "[a.b]\n",
        "[[a]]\n",
        "|\n",
        "|2-\n",
        ">+\n",
        "\"",
        "'",
        "\"\"\"",
        "'''",
        "\\",
        "\\u00e9",
        "é",
        "\u{1f600}",
        "#",
        " # c\n",
        "&x ",
        "*x",
        "<<: ",
        "<<: *x\n",
        "!t ",
        "!!int ",
        "!!map ",
        "---\n",
        "...\n",
        "%YAML 1.2\n",
        "\u{feff}",
        "1",
        "-1.5e3",
        "true",
        "null",
        "\"k\": ",
        "\"s\"",
        "07:32:00",
        "{{",
        "a = 1\n",
        "a.b = 2\n",
        "=",
        ".",
        "\u{85}",
        "\u{2028}",
        "\u{0}",
        "\u{7f}",
    ]);
    proptest::collection::vec(token, 0..40).prop_map(|tokens| tokens.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_can_be_read(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        check(&bytes)?;
    }

    #[test]
    fn any_text_can_be_read(text in any::<String>()) {
        check(text.as_bytes())?;
    }

    #[test]
    fn any_tokens_can_be_read(text in tokens()) {
        check(text.as_bytes())?;
    }
}

#[test]
fn large_texts_are_read_in_linear_time() {
    for (part, syntax) in [
        ("a: [1, {b: 'c'}]\n", Syntax::Yaml),
        ("- a: |\n    x\n", Syntax::Yaml),
        ("---\nb: [\n", Syntax::Yaml),
        ("a: &a 1\n", Syntax::Yaml),
        ("a: \"", Syntax::Yaml),
        ("? ", Syntax::Yaml),
        ("[", Syntax::Yaml),
        ("\t", Syntax::Yaml),
        ("a = 1\n", Syntax::Toml),
        ("[[a.b]]\n", Syntax::Toml),
        ("[a]\n", Syntax::Toml),
        ("[", Syntax::Toml),
        ("a = '''", Syntax::Toml),
        ("\"a\": {", Syntax::Json),
        ("[\"\\ud800\",", Syntax::Json),
    ] {
        let time = |count: usize| {
            let begin = Instant::now();
            let mut sources = Sources::new();
            let id = sources.add("file", part.repeat(count));
            let fragment = Fragment::of_source(&sources, id);
            read(&mut sources, &fragment, syntax);
            begin.elapsed()
        };
        let small = time(1_000).max(Duration::from_millis(5));
        let large = time(20_000);
        assert!(large < small * 100, "{part:?}: {small:?} and {large:?}");
    }
}
