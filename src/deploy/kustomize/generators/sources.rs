//! What generators are given: literals, files, and files of variables.

use std::sync::Arc;

use crate::registry::Spanned;
use crate::source::{Fragment, Key, Span, TokenKind};

use super::super::context::Context;
use super::super::fields::Fields;

/// A name and a value that a generator is given.
pub(super) struct Pair {
    pub(super) key: Key,
    pub(super) value: Datum,
    pub(super) span: Span,
}

pub(super) enum Datum {
    Text(String),
    /// Not UTF-8.
    Bytes(Arc<[u8]>),
}

/// The pairs of `literals`.
pub(super) fn literals(context: &mut Context<'_>, fields: &Fields<'_>) -> Vec<Pair> {
    let mut pairs = Vec::new();
    for (text, node) in fields.text_nodes(&mut context.problems, "literals") {
        let Some((key, value)) = text
            .value
            .split_once('=')
            .filter(|(key, _)| !key.is_empty())
        else {
            context
                .problems
                .invalid(text.span, "a literal must be `key=value`");
            continue;
        };
        let start = key.len() + 1;
        let inner = unquoted(value);
        let start = start + (value.len() - inner.len()) / 2;
        let sources = context.inputs.sources_mut();
        let (key_span, span) = match Fragment::of_scalar(sources, node) {
            Some(fragment) => (
                fragment.span(0..key.len()),
                fragment.span(start..start + inner.len()),
            ),
            None => (text.span, text.span),
        };
        sources.note_token(key_span, TokenKind::Key);
        sources.note_token(span, TokenKind::Scalar);
        let key = Key {
            text: key.into(),
            span: key_span,
        };
        pairs.push(Pair {
            key,
            value: Datum::Text(inner.to_owned()),
            span,
        });
    }
    pairs
}

/// A value without the quotes around it.
fn unquoted(value: &str) -> &str {
    for quote in ['"', '\''] {
        let inner = value
            .strip_prefix(quote)
            .and_then(|rest| rest.strip_suffix(quote));
        if let Some(inner) = inner {
            return inner;
        }
    }
    value
}

/// The pairs of `files`.
pub(super) fn files(context: &mut Context<'_>, directory: &str, fields: &Fields<'_>) -> Vec<Pair> {
    let mut pairs = Vec::new();
    for text in fields.texts(&mut context.problems, "files") {
        let (key, path) = match text.value.split_once('=') {
            None => (
                text.value
                    .trim_end_matches('/')
                    .rsplit('/')
                    .next()
                    .unwrap_or_default(),
                &*text.value,
            ),
            Some((key, path)) => (key, path),
        };
        if key.is_empty() || path.is_empty() || path.contains('=') {
            let message = "an item of `files` must be a path, or `key=path`, with no other `=`";
            context.problems.invalid(text.span, message);
            continue;
        }
        let path = Spanned::new(path.to_owned(), text.span);
        let Some(id) = context.file(directory, &path) else {
            continue;
        };
        let sources = context.inputs.sources_mut();
        let span = sources.whole(id);
        let source = sources.get(id);
        let value = match source.bytes() {
            Some(bytes) => Datum::Bytes(Arc::clone(bytes)),
            None => Datum::Text(source.text().to_string()),
        };
        if source.tokens().len() == 0 {
            sources.note_token(span, TokenKind::Scalar);
        }
        let key = Key {
            text: key.into(),
            span: text.span,
        };
        pairs.push(Pair { key, value, span });
    }
    pairs
}

/// The pairs of `envs` and `env`.
pub(super) fn environment_files(
    context: &mut Context<'_>,
    directory: &str,
    fields: &Fields<'_>,
) -> Vec<Pair> {
    let mut paths = fields.texts(&mut context.problems, "envs");
    paths.extend(fields.some_text(&mut context.problems, "env"));
    let mut pairs = Vec::new();
    for path in paths {
        let Some(id) = context.file(directory, &path) else {
            continue;
        };
        let sources = context.inputs.sources_mut();
        if let Some(defect) = sources.get(id).defect().cloned() {
            context.problems.malformed.push(defect);
            continue;
        }
        let text = Arc::clone(sources.get(id).text());
        let noted = sources.get(id).tokens().len() > 0;
        let fragment = Fragment::of_source(sources, id);
        let mut offset = 0;
        for full in text.split_inclusive('\n') {
            let mut start = offset;
            offset += full.len();
            let line = full.strip_suffix('\n').unwrap_or(full);
            let line = line.strip_suffix('\r').unwrap_or(line);
            let content = if start == 0 {
                line.trim_start_matches('\u{feff}')
            } else {
                line
            }
            .trim_start();
            start += line.len() - content.len();
            if content.is_empty() || content.starts_with('#') {
                continue;
            }
            let (key, value) = content.split_once('=').unwrap_or((content, ""));
            if key.is_empty() {
                // kustomize takes it for an empty line.
                continue;
            }
            let key_span = fragment.span(start..start + key.len());
            let value_start = (start + key.len() + 1).min(start + content.len());
            let span = fragment.span(value_start..value_start + value.len());
            if !noted {
                sources.note_token(key_span, TokenKind::Key);
                sources.note_token(span, TokenKind::Scalar);
            }
            let key = Key {
                text: key.into(),
                span: key_span,
            };
            pairs.push(Pair {
                key,
                value: Datum::Text(value.to_owned()),
                span,
            });
        }
    }
    pairs
}
