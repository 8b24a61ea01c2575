//! From rendered text to documents whose nodes lie in the files that people edit.

use std::sync::Arc;

use super::Rendered;
use super::marks::Marks;
use super::provenance::{Text, Traced};
use crate::inputs::Inputs;
use crate::source::bytes::{line_breaks, position};
use crate::source::{
    Documents, Fragment, Mark, Node, Printing, Problem, SourceId, Sources, Span, Syntax, Token,
    Value, read, yaml,
};

/// Reads a file that is no template.
pub(super) fn plain(inputs: &mut Inputs, id: SourceId, rendered: &mut Rendered) {
    let sources = inputs.sources_mut();
    let fragment = Fragment::of_source(sources, id);
    let documents = read(sources, &fragment, Syntax::Yaml);
    rendered.malformed.extend(documents.problems);
    keep(documents.roots, rendered);
}

fn keep(roots: Vec<Node>, rendered: &mut Rendered) {
    let documents = roots.into_iter().filter(|root| !root.is_null());
    rendered.documents.extend(documents);
}

/// What a template printed, read, with places in the files.
#[derive(Debug)]
pub(crate) struct Read {
    documents: Documents,
    tokens: Vec<Token>,
    printings: Vec<Printing>,
    /// Scalars in which documents may be written.
    renderings: Vec<Rendering>,
}

/// A scalar of what a template printed.
#[derive(Debug)]
struct Rendering {
    /// In the files.
    span: Span,
    /// In what the template printed.
    at: Span,
    text: Arc<str>,
    printed: Text,
}

impl Rendering {
    /// Where each line of its text comes from.
    fn marks(self) -> Vec<Mark> {
        let mut scratch = Sources::new();
        scratch.add("", self.printed.shared());
        let text = self.text;
        let fragment = Fragment::of_text_unnoted(&scratch, self.at, text.clone());
        // One for each line, and one for what ends it.
        let mut marks = Marks::with_capacity(2 * lines_assumed(&text) + 1);
        for (line, span) in fragment.lines() {
            let range = span.start as usize..span.end as usize;
            if self.printed.get(range.clone()) == text.get(line.clone()) {
                marks.add_part(line.start, &self.printed, range, None);
                // The line break that follows has no place.
                if line.end < text.len() {
                    marks.add(line.end, None, None);
                }
            } else {
                marks.add_whole(line.start, &self.printed, range);
            }
        }
        marks.into_vec()
    }
}

/// How many lines room is asked for: no more than people write, as others may be empty.
fn lines_assumed(text: &str) -> usize {
    const MOST: usize = 4096;
    line_breaks(text.as_bytes()).min(MOST)
}

impl Read {
    /// Reads what a template printed.
    pub(super) fn new(text: &Text) -> Self {
        let mut scratch = Sources::new();
        let id = scratch.add("", text.shared());
        let fragment = Fragment::of_source(&scratch, id);
        let mut documents = yaml::read(&fragment);
        let mut tracer = Tracer {
            text,
            renderings: Vec::new(),
        };
        for root in &mut documents.roots {
            tracer.node(root);
        }
        documents.problems = documents
            .problems
            .into_iter()
            .filter_map(|problem| tracer.problem(problem))
            .collect();
        let renderings = tracer.renderings;
        let marks = text.marks().iter().chain(text.empty_marks());
        Self {
            // A key and a value on each line.
            tokens: Token::all(&documents.roots, 2 * lines_assumed(text)),
            printings: Printing::all(marks),
            documents,
            renderings,
        }
    }

    /// Adds it to what was rendered before.
    pub(super) fn add_to(self, inputs: &mut Inputs, rendered: &mut Rendered) {
        rendered.printings.extend(self.printings);
        let Documents { roots, problems } = self.documents;
        rendered.malformed.extend(problems);
        let sources = inputs.sources_mut();
        sources.note_all(&self.tokens);
        for rendering in self.renderings {
            let text = rendering.text.clone();
            sources.note_rendering(rendering.span, text, move || rendering.marks());
        }
        keep(roots, rendered);
    }
}

/// Looks at what a template had printed when it failed: whether the keys of a ConfigMap have slid out of its
/// data. Nothing else can be told of a document that is not whole.
pub(super) fn cut_off(text: &Text, rendered: &mut Rendered) {
    let mut scratch = Sources::new();
    let id = scratch.add("", text.as_str());
    let fragment = Fragment::of_source(&scratch, id);
    for root in yaml::read(&fragment).roots {
        let kind = root.get("kind").and_then(Node::as_str);
        if !matches!(kind, Some("ConfigMap" | "Secret")) {
            continue;
        }
        let entries = root
            .as_mapping()
            .map_or(&[][..], |mapping| mapping.entries());
        for pair in entries.windows(2) {
            let [entry, next] = pair else { continue };
            if &*entry.key.text != "data" || !entry.value.is_null() {
                continue;
            }
            let place = |span: Span| text.trace(span.start as usize..span.end as usize);
            let (Some(at), Some(slid)) = (place(entry.key.span), place(next.key.span)) else {
                continue;
            };
            let message = "`data` is null: its keys must be indented below it";
            let mut problem = Problem::new(at.primary, message);
            let name = crate::source::shown_name(&next.key.text);
            problem.related = Some((slid.primary, format!("`{name}` is not below it")));
            rendered.invalid.push(problem);
        }
    }
}

struct Tracer<'a> {
    text: &'a Text,
    renderings: Vec<Rendering>,
}

impl Tracer<'_> {
    fn trace(&self, span: Span) -> Option<Traced> {
        let length = self.text.len();
        let start = (span.start as usize).min(length.saturating_sub(1));
        let end = (span.end as usize).clamp(start, length);
        self.text.trace(start..end)
    }

    fn problem(&self, problem: Problem) -> Option<Problem> {
        let span = self.trace(problem.span)?.primary;
        let related = problem
            .related
            .and_then(|(span, message)| Some((self.trace(span)?.primary, message)));
        Some(Problem {
            span,
            message: problem.message,
            related,
        })
    }

    /// Puts the places in the files where those in the rendered text are.
    fn node(&mut self, node: &mut Node) {
        let rendered_at = node.span;
        match &mut node.value {
            Value::Scalar(_) => {}
            Value::Sequence(items) => items.iter_mut().for_each(|item| self.node(item)),
            Value::Mapping(mapping) => {
                for entry in mapping.entries_mut() {
                    let key_end = entry.key.span.end as usize;
                    let empty = self.empty_value(&entry.value, key_end);
                    if let Some(place) = self.trace(entry.key.span) {
                        entry.key.span = place.primary;
                    }
                    self.node(&mut entry.value);
                    if let Some(place) = empty {
                        entry.value.span = place.primary;
                    }
                }
            }
        }
        if matches!(node.value, Value::Scalar(_)) {
            if let Some(place) = self.trace(rendered_at) {
                self.scalar(node, rendered_at, place);
            }
            return;
        }
        // A mapping or list is where its text is, whatever values begin or end it.
        let range = rendered_at.start as usize..rendered_at.end as usize;
        let template = self.text.template_span(range);
        let place = template.or_else(|| Some(self.trace(rendered_at)?.primary));
        node.span = place.unwrap_or(rendered_at);
    }

    /// Where the value is that was printed behind a key and is empty, so that the key has none.
    fn empty_value(&self, value: &Node, key_end: usize) -> Option<Traced> {
        if !value.is_null() || value.span.start < value.span.end {
            return None;
        }
        let rest = self.text.get(key_end..)?;
        let line = position(rest.as_bytes(), b'\n').unwrap_or(rest.len());
        self.text.empty_value(key_end..key_end + line)
    }

    fn scalar(&mut self, node: &mut Node, rendered_at: Span, place: Traced) {
        node.span = place.primary;
        // What documents are written in it is read later.
        if let Some(text) = node.as_str()
            && (text.contains('\n') || text.starts_with(['{', '[']))
        {
            self.renderings.push(Rendering {
                span: place.primary,
                at: rendered_at,
                text: Arc::from(text),
                printed: self.text.clone(),
            });
        }
    }
}
