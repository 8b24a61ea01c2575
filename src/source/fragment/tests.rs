use crate::source::{Documents, Fragment, Node, Sources, Syntax, TokenKind, read};

/// A YAML text whose key `doc` holds a document.
struct Nested {
    sources: Sources,
    outer: Node,
    inner: Documents,
}

fn nested(yaml: &str, syntax: Syntax) -> Nested {
    let mut sources = Sources::new();
    let id = sources.add("outer.yaml", yaml);
    let fragment = Fragment::of_source(&sources, id);
    let documents = read(&mut sources, &fragment, Syntax::Yaml);
    assert!(documents.problems.is_empty(), "{:?}", documents.problems);
    let outer = documents.roots[0].get("doc").unwrap().clone();
    let fragment = Fragment::of_scalar(&mut sources, &outer).unwrap();
    let inner = read(&mut sources, &fragment, syntax);
    Nested {
        sources,
        outer,
        inner,
    }
}

impl Nested {
    fn at(&self, pointer: &str) -> &str {
        self.sources
            .text(self.inner.roots[0].pointer(pointer).unwrap().span)
    }

    fn key(&self, pointer: &str, name: &str) -> &str {
        let node = self.inner.roots[0].pointer(pointer).unwrap();
        self.sources
            .text(node.as_mapping().unwrap().entry(name).unwrap().key.span)
    }

    fn is_container(&self) -> bool {
        let source = self.sources.get(self.outer.span.source);
        source
            .tokens()
            .any(|token| token.kind == TokenKind::Container && token.span == self.outer.span)
    }
}

const JSON_LINES: &str = "{\n  \"a\": 1,\n\n  \"é\": {\n    \"b\": [true,\n      \"x\"]\n  }\n}\n";

fn block(header: &str, indent: &str, lines: &str) -> String {
    let mut text = format!("x: 1\ndoc: {header}\n");
    for line in lines.lines() {
        if !line.is_empty() {
            text.push_str(indent);
            text.push_str(line);
        }
        text.push('\n');
    }
    text + "y: 2\n"
}

#[test]
fn spans_in_a_literal_block_scalar_are_places_of_the_outer_text() {
    for header in [
        "|",
        "|-",
        "|+",
        "|2",
        "| # comment",
        "!tag |",
        "&anchor |2-",
    ] {
        for crlf in [false, true] {
            let mut yaml = block(header, "  ", JSON_LINES);
            if crlf {
                yaml = yaml.replace('\n', "\r\n");
            }
            let nested = nested(&yaml, Syntax::Json);
            assert!(nested.inner.problems.is_empty(), "{header}");
            assert_eq!(nested.at("/a"), "1", "{header}");
            assert_eq!(nested.at("/é/b/1"), "\"x\"", "{header}");
            assert_eq!(nested.key("", "é"), "\"é\"", "{header}");
            assert_eq!(nested.key("/é", "b"), "\"b\"", "{header}");
            let list = nested.at("/é/b").replace('\r', "");
            assert_eq!(list, "[true,\n        \"x\"]", "{header}");
            assert!(nested.at("").ends_with('}'), "{header}");
            assert!(nested.is_container());
            assert_eq!(
                nested
                    .sources
                    .location(nested.inner.roots[0].get("a").unwrap().span)
                    .line,
                4
            );
        }
    }
}

#[test]
fn spans_in_a_literal_block_scalar_that_begins_with_blanks_are_exact() {
    let yaml = block("|2", "  ", "\n   {\n     \"a\": 1\n   }\n");
    let nested = nested(&yaml, Syntax::Json);
    assert_eq!(nested.at("/a"), "1");
    assert_eq!(nested.key("", "a"), "\"a\"");
}

#[test]
fn toml_in_a_block_scalar_has_exact_spans() {
    let yaml = block(
        "|",
        "    ",
        "title = \"t\"\n\n[server.tls]\n# comment\ncert = '''\n  x\n'''\nport = 1\n",
    );
    let nested = nested(&yaml, Syntax::Toml);
    assert!(nested.inner.problems.is_empty());
    assert_eq!(nested.at("/title"), "\"t\"");
    assert_eq!(nested.at("/server/tls/port"), "1");
    assert_eq!(nested.key("", "server"), "server");
    assert_eq!(nested.key("/server/tls", "port"), "port");
}

#[test]
fn yaml_in_a_block_scalar_has_exact_spans() {
    let yaml = block("|", "   ", "a: &x\n- b: 1\n\nc: |\n  text\n");
    let nested = nested(&yaml, Syntax::Yaml);
    assert_eq!(nested.at("/a/0/b"), "1");
    assert_eq!(nested.at("/c"), "text");
}

#[test]
fn problems_in_a_block_scalar_are_told_at_their_place() {
    let yaml = block("|", "  ", "{\n  \"a\": 1\n  \"b\": 2\n}\n");
    let nested = nested(&yaml, Syntax::Json);
    let location = nested.sources.location(nested.inner.problems[0].span);
    assert_eq!((location.line, location.column), (5, 5));
}

#[test]
fn a_problem_at_the_end_of_a_block_scalar_is_in_it() {
    for (header, tail) in [("|", "y: 2\n"), ("|+", "\n\ny: 2\n"), ("|", ""), ("|-", "")] {
        let nested = nested(
            &format!("doc: {header}\n  {{\n   \"a\": 1\n{tail}"),
            Syntax::Json,
        );
        let span = nested.inner.problems[0].span;
        assert!(nested.outer.span.contains(span), "{header} {tail:?}");
    }
    // No line break at the end of the file.
    let nested = nested("doc: |\n  {\"a\": 1", Syntax::Json);
    assert!(nested.outer.span.contains(nested.inner.problems[0].span));
    assert_eq!(nested.at("/a"), "1");
}

#[test]
fn spans_in_a_scalar_on_one_line_are_exact() {
    for yaml in [
        "doc: '{\"a\": {\"b\": 1}}'\n",
        "doc: \"{'a': {'b': 1}}\"\n",
        "doc: |-\n  {\"a\": {\"b\": 1}}\n",
        "doc: >-\n  {\"a\": {\"b\": 1}}\n",
    ] {
        let syntax = if yaml.contains("\"a\"") {
            Syntax::Json
        } else {
            Syntax::Yaml
        };
        let nested = nested(yaml, syntax);
        assert_eq!(nested.at("/a/b"), "1", "{yaml}");
        assert!(nested.key("", "a").contains('a'), "{yaml}");
        assert!(nested.is_container());
    }
    let plain = nested("doc: a = 1\n", Syntax::Toml);
    assert_eq!(plain.key("", "a"), "a");
}

#[test]
fn in_a_folded_or_escaped_scalar_every_span_is_the_whole_one() {
    for yaml in [
        "doc: >\n  {\"a\":\n  1}\ny: 2\n",
        "doc: \"{\\\"a\\\": 1}\"\n",
        "doc: '{\"a\":\n  1}'\n",
        "doc: '{\"it''s\": 0, \"a\": 1}'\n",
    ] {
        let nested = nested(yaml, Syntax::Json);
        assert!(nested.inner.problems.is_empty(), "{yaml}");
        let span = nested.inner.roots[0].get("a").unwrap().span;
        assert_eq!(span, nested.outer.span, "{yaml}");
        assert!(!nested.is_container());
    }
}

#[test]
fn a_text_that_only_happens_to_be_part_of_its_token_is_no_exact_one() {
    // The text is two backslashes, which the four of the token contain.
    let nested = nested("doc: \"\\\\\\\\\"\n", Syntax::Yaml);
    assert_eq!(nested.inner.roots[0].span, nested.outer.span);
}

#[test]
fn strings_of_json_and_toml_hold_documents_too() {
    for (text, syntax) in [
        ("{\"doc\": \"a = 1\"}", Syntax::Json),
        ("doc = '''\na = 1\n'''\n", Syntax::Toml),
        ("doc = \"\"\"\r\na = 1\r\n\"\"\"\r\n", Syntax::Toml),
        ("doc = 'a = 1'\n", Syntax::Toml),
    ] {
        let mut sources = Sources::new();
        let id = sources.add("outer", text);
        let fragment = Fragment::of_source(&sources, id);
        let documents = read(&mut sources, &fragment, syntax);
        let outer = documents.roots[0].get("doc").unwrap();
        let fragment = Fragment::of_scalar(&mut sources, outer).unwrap();
        let inner = read(&mut sources, &fragment, Syntax::Toml);
        let entry = &inner.roots[0].as_mapping().unwrap().entries()[0];
        assert_eq!(sources.text(entry.key.span), "a", "{text}");
        assert_eq!(sources.text(entry.value.span), "1", "{text}");
    }
}

#[test]
fn a_node_that_is_no_scalar_has_no_text() {
    let mut sources = Sources::new();
    let id = sources.add("a.yaml", "a: [1]\n");
    let fragment = Fragment::of_source(&sources, id);
    let documents = read(&mut sources, &fragment, Syntax::Yaml);
    assert!(Fragment::of_scalar(&mut sources, &documents.roots[0]).is_none());
}

/// The scalar of a document whose text was changed after it was read, as a kustomization does it.
fn changed(yaml: &str, syntax: Syntax, from: &str, to: &str) -> Nested {
    let mut sources = Sources::new();
    let id = sources.add("outer.yaml", yaml);
    let fragment = Fragment::of_source(&sources, id);
    let documents = read(&mut sources, &fragment, Syntax::Yaml);
    let outer = documents.roots[0].get("doc").unwrap();
    let text = outer.as_str().unwrap().replace(from, to);
    let outer = Node::string(outer.span, text);
    let fragment = Fragment::of_scalar(&mut sources, &outer).unwrap();
    let inner = read(&mut sources, &fragment, syntax);
    Nested {
        sources,
        outer,
        inner,
    }
}

#[test]
fn values_put_into_a_block_scalar_map_to_what_they_replaced() {
    let lines = "{\n  \"roles\": [\n    {\"identity\": \"spiffe://a/ns/$(NS)/sa/é\", \"role\": \"x\"},\n\n    \"$(NS)\", \"$(NS)/$(NS)\"\n  ],\n  \"same\": 1\n}\n";
    for to in ["demo", "", "a-much-longer-one", "$(NS)x"] {
        let nested = changed(&block("|", "    ", lines), Syntax::Json, "$(NS)", to);
        assert!(nested.inner.problems.is_empty(), "{to}");
        assert_eq!(
            nested.at("/roles/0/identity"),
            "\"spiffe://a/ns/$(NS)/sa/é\"",
            "{to}"
        );
        assert_eq!(nested.at("/roles/0/role"), "\"x\"", "{to}");
        assert_eq!(nested.key("/roles/0", "identity"), "\"identity\"", "{to}");
        assert_eq!(nested.at("/roles/1").chars().next(), Some('"'), "{to}");
        assert_eq!(nested.at("/same"), "1", "{to}");
        assert_eq!(
            nested
                .sources
                .location(nested.inner.roots[0].pointer("/roles/2").unwrap().span)
                .line,
            7
        );
    }
}

#[test]
fn a_value_put_into_a_quoted_scalar_maps_to_what_it_replaced() {
    let nested = changed(
        "doc: '{\"a\": \"$(NS)\", \"b\": 12}'\n",
        Syntax::Json,
        "$(NS)",
        "demo",
    );
    assert_eq!(nested.at("/a"), "\"$(NS)\"");
    assert_eq!(nested.at("/b"), "12");
}

#[test]
fn a_text_that_is_another_one_altogether_maps_to_the_whole_scalar() {
    let nested = changed(
        "doc: |\n  a\n  b\n",
        Syntax::Yaml,
        "a\nb\n",
        "x: 1\ny: 2\nz: 3\n",
    );
    assert_eq!(nested.at("/y"), "a\n  b");
}
