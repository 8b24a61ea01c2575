//! Rust sources, read as tokens: what stands in a macro's call counts, too, and a parser would not look into it.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

use super::Mention;
use crate::registry::Spanned;
use crate::source::{MAX_DEPTH, Problem, SourceId, Sources, Span, TokenKind, offset_u32};

/// The macros and attributes whose first argument is a service.
const OF_SERVICES: [&str; 4] = ["descriptor", "kv_bootstrap_test", "kv_key", "kv_service"];

/// The directories of a crate whose code is not what it runs.
const OF_TESTS: [&str; 3] = ["benches", "examples", "tests"];

/// What a file says.
pub(super) struct Scanned {
    pub(super) tested: Vec<String>,
    pub(super) mentions: Vec<Mention>,
}

/// Reads a file.
pub(super) fn scan(id: SourceId, sources: &mut Sources) -> Result<Scanned, Problem> {
    let source = sources.get(id);
    let is_test = source
        .path()
        .split('/')
        .any(|part| OF_TESTS.contains(&part));
    let whole = sources.whole(id);
    if let Some(defect) = source.defect() {
        return Err(defect.clone());
    }
    let text = source.text().clone();
    // Nesting is bounded before the parser's own recursion meets it.
    if too_deep(&text) {
        return Err(Problem::new(whole, "brackets are nested too deeply"));
    }
    let tokens: TokenStream = text.parse().map_err(|error: proc_macro2::LexError| {
        let range = error.span().byte_range();
        let place = Span {
            source: id,
            start: offset_u32(range.start),
            end: offset_u32(range.end),
        };
        Problem::new(
            place,
            "this is no Rust: a token is malformed or a bracket has no pair",
        )
    })?;
    let mut scanner = Scanner {
        id,
        sources,
        scanned: Scanned {
            tested: Vec::new(),
            mentions: Vec::new(),
        },
    };
    scanner.tokens(tokens, is_test);
    Ok(scanner.scanned)
}

/// Whether brackets may be nested too deeply; those in strings and comments count, too.
fn too_deep(text: &str) -> bool {
    let mut depth = 0_usize;
    text.bytes().any(|byte| {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth > MAX_DEPTH
    })
}

struct Scanner<'s> {
    id: SourceId,
    sources: &'s mut Sources,
    scanned: Scanned,
}

impl Scanner<'_> {
    fn tokens(&mut self, tokens: TokenStream, mut is_test: bool) {
        let outer = is_test;
        let mut macro_name: Option<String> = None;
        for token in tokens {
            match token {
                TokenTree::Ident(ident) => {
                    let span = self.span(ident.span());
                    self.sources.note_token(span, TokenKind::Key);
                    macro_name = Some(ident.to_string());
                }
                TokenTree::Group(group) => {
                    let is_of_service = macro_name
                        .take()
                        .is_some_and(|name| OF_SERVICES.contains(&name.as_str()));
                    if group.delimiter() == Delimiter::Bracket && is_cfg_test(&group) {
                        is_test = true;
                    }
                    self.group(&group, is_of_service, is_test);
                    if group.delimiter() == Delimiter::Brace {
                        is_test = outer;
                    }
                }
                TokenTree::Punct(punct) => {
                    if punct.as_char() == ';' {
                        is_test = outer;
                    }
                    if punct.as_char() != '!' {
                        macro_name = None;
                    }
                }
                TokenTree::Literal(literal) => {
                    macro_name = None;
                    self.literal(&literal, false, is_test);
                }
            }
        }
    }

    /// What is in brackets; of an attribute, what its test is for.
    fn group(&mut self, group: &Group, is_of_service: bool, is_test: bool) {
        let mut tokens = group.stream().into_iter().peekable();
        if is_of_service && let Some(TokenTree::Literal(literal)) = tokens.peek() {
            let literal = literal.clone();
            tokens.next();
            self.literal(&literal, true, is_test);
        }
        if group.delimiter() == Delimiter::Bracket
            && let Some(service) = tested(group)
        {
            self.scanned.tested.push(service);
        }
        self.tokens(tokens.collect(), is_test);
    }

    fn literal(&mut self, literal: &proc_macro2::Literal, is_service: bool, is_test: bool) {
        if is_test {
            return;
        }
        if let Some(text) = string(&literal.to_string()) {
            let span = self.span(literal.span());
            self.scanned.mentions.push(Mention {
                text: Spanned::new(text, span),
                is_service,
            });
        }
    }

    fn span(&self, span: proc_macro2::Span) -> Span {
        let range = span.byte_range();
        Span {
            source: self.id,
            start: offset_u32(range.start),
            end: offset_u32(range.end),
        }
    }
}

/// The service of `#[kv_bootstrap_test("…", …)]`, under whichever path.
fn tested(attribute: &Group) -> Option<String> {
    let mut before = None;
    for token in attribute.stream() {
        match token {
            TokenTree::Ident(ident) => before = Some(ident.to_string()),
            TokenTree::Group(group) if before.as_deref() == Some("kv_bootstrap_test") => {
                let first = group.stream().into_iter().next()?;
                return string(&first.to_string());
            }
            _ => {}
        }
    }
    None
}

fn is_cfg_test(attribute: &Group) -> bool {
    let mut tokens = attribute.stream().into_iter();
    let is_cfg = matches!(tokens.next(), Some(TokenTree::Ident(ident)) if ident == "cfg");
    is_cfg
        && matches!(tokens.next(), Some(TokenTree::Group(group)) if group.stream().to_string() == "test")
}

/// What a string literal stands for; one with escapes is neither a name nor a key.
fn string(literal: &str) -> Option<String> {
    let inner = literal
        .strip_prefix('r')
        .map_or(literal, |raw| raw.trim_matches('#'));
    let inner = inner.strip_prefix('"')?.strip_suffix('"')?;
    (!inner.contains('\\')).then(|| inner.to_owned())
}

#[cfg(test)]
mod tests {
    use super::{Scanned, scan};
    use crate::source::Sources;

    fn scanned(path: &str, text: &str) -> Scanned {
        let mut sources = Sources::new();
        let id = sources.add(path, text);
        scan(id, &mut sources).unwrap()
    }

    fn texts(scanned: &Scanned) -> Vec<(&str, bool)> {
        let mentions = scanned.mentions.iter();
        mentions
            .map(|mention| (mention.text.value.as_str(), mention.is_service))
            .collect()
    }

    #[test]
    fn texts_of_code_are_found_and_those_of_tests_are_not() {
        let text = r##"
            const KEY: Key = kv_key!("trapd");
            #[kvguard_runtime::kv_service("trapd")]
            struct Configuration;
            fn main() { load(vec!["config/trapd.json", r#"other"#, "a\n"]); /* "comment" */ }
            #[cfg(test)]
            mod tests { const A: &str = "in a test"; }
            const B: &str = "after it";
            #[cfg(test)] use x;
            const C: &str = "after a use";
        "##;
        assert_eq!(
            texts(&scanned("a/src/main.rs", text)),
            [
                ("trapd", true),
                ("trapd", true),
                ("config/trapd.json", false),
                ("other", false),
                ("after it", false),
                ("after a use", false),
            ]
        );
        assert_eq!(texts(&scanned("a/tests/boot.rs", text)), []);
    }

    #[test]
    fn the_services_of_bootstrap_tests_are_found_under_any_path() {
        let text = r#"
            #[kv_bootstrap_test("trapd")] async fn a() {}
            #[kvguard_runtime::kv_bootstrap_test("core", bin = "core")] fn b();
            #[cfg_attr(x, y("z"))] fn c() {}
        "#;
        assert_eq!(scanned("tests/boot.rs", text).tested, ["trapd", "core"]);
    }

    #[test]
    fn what_is_no_rust_or_is_nested_too_deeply_is_a_problem() {
        for text in ["fn main() {", "let a = \"open;", &"(".repeat(100_000)] {
            let mut sources = Sources::new();
            let id = sources.add("a.rs", text);
            assert!(scan(id, &mut sources).is_err());
        }
    }

    #[test]
    fn a_mention_has_the_place_of_its_literal() {
        let mut sources = Sources::new();
        let id = sources.add("a.rs", "fn é() { f(\"k\") }");
        let scanned = scan(id, &mut sources).unwrap();
        assert_eq!(sources.text(scanned.mentions[0].text.span), "\"k\"");
    }
}
