//! Builds the value tree of one document from the parser's events.

use std::ops::Range;

use granit_parser::{Event, StructureStyle, Tag};

use super::anchors::{Anchored, Size};
use super::{Reader, merge, reason, scalar};
use crate::source::node::take_exact;
use crate::source::{Entry, Key, MAX_DEPTH, Mapping, Node, Problem, Scalar, ScalarKind, Value};

/// The rest of the document cannot be read; the problem is noted.
pub(super) struct Abandon;

pub(super) struct Tree<'r, 'a> {
    reader: &'r mut Reader<'a>,
    open: Vec<Frame>,
    spare: Spare,
}

/// Room that closed lists and mappings grew to, for those that are opened next.
#[derive(Default)]
struct Spare {
    sequences: Vec<Vec<Node>>,
    #[expect(clippy::vec_box, reason = "a frame takes the box as it is")]
    mappings: Vec<Box<OpenMapping>>,
}

/// A mapping or sequence whose end has not come yet.
struct Frame {
    start: usize,
    end: usize,
    content: Content,
    anchor: usize,
    tag: Option<Box<str>>,
    size: Size,
}

enum Content {
    Sequence(Vec<Node>),
    Mapping(Box<OpenMapping>),
}

#[derive(Default)]
struct OpenMapping {
    mapping: Mapping,
    key: Option<PendingKey>,
    /// What `<<` gives, with the key that asks for it.
    merged: Option<(Key, Node)>,
}

enum PendingKey {
    Plain(Key),
    Merge(Key),
    /// No scalar, so that its value has no place in the tree.
    Unfit,
}

/// A complete node, and what of the text it takes up (its span is another's for an alias).
struct Complete {
    node: Node,
    range: Range<usize>,
    size: Size,
    /// Whether it could be a merge key.
    plain: bool,
    /// Whether it is not what the text says, which is noted.
    broken: bool,
}

impl<'r, 'a> Tree<'r, 'a> {
    pub(super) fn new(reader: &'r mut Reader<'a>) -> Self {
        Self {
            reader,
            open: Vec::new(),
            spare: Spare::default(),
        }
    }

    /// Takes the next event in.
    pub(super) fn event(&mut self, event: &Event<'_>, range: Range<usize>) -> Result<(), Abandon> {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let text_range = scalar::token(self.reader.fragment.text(), *style, range);
                let span = self.reader.fragment.span(text_range.clone());
                let typed = scalar::typed(text, *style, tag.as_deref(), text_range.is_empty());
                if let Err(message) = &typed.kind {
                    self.reader
                        .problems
                        .push(Problem::new(span, message.clone()));
                }
                let kind = typed.kind.unwrap_or(ScalarKind::String);
                let size = Size {
                    nodes: 1,
                    bytes: typed.text.len() as u64,
                    levels: 0,
                };
                let mut node = Node::new(
                    span,
                    Value::Scalar(Scalar {
                        kind,
                        text: typed.text,
                    }),
                );
                node.tag = typed.tag;
                if *anchor != 0 {
                    self.reader.anchors.keep(*anchor, &node, size);
                }
                let plain = typed.plain;
                self.place(Complete {
                    node,
                    range: text_range,
                    size,
                    plain,
                    broken: false,
                });
            }
            Event::SequenceStart(style, anchor, tag) => {
                let start = self.sequence_start(*style, range.start);
                self.check_tag(tag.as_deref(), "seq", &range);
                let content = self.new_sequence();
                self.open(content, start..range.end, *anchor, tag.as_deref())?;
            }
            Event::MappingStart(_, anchor, tag) => {
                self.check_tag(tag.as_deref(), "map", &range);
                let content = self.new_mapping();
                self.open(content, range, *anchor, tag.as_deref())?;
            }
            Event::SequenceEnd | Event::MappingEnd => {
                let written = (!range.is_empty()).then_some(range.end);
                self.close(written, false);
            }
            Event::Alias(number) => {
                let complete = self.alias(*number, range);
                self.place(complete);
            }
            Event::UnresolvedAlias(_) => {
                // What is taken for the alias's name may be a secret that stands without its quotes.
                let message = "no anchor before this alias in this document; if it is a text, which begins with `*`, put it in quotes".to_owned();
                self.reader.problem(range.clone(), message);
                let complete = self.nothing(range);
                self.place(complete);
            }
            _ => {}
        }
        Ok(())
    }

    /// Takes a key in that has neither an anchor nor a tag, and that is no merge key.
    pub(super) fn key(&mut self, text: &str, token: Range<usize>) {
        let key = Key {
            text: text.into(),
            span: self.reader.fragment.span(token.clone()),
        };
        self.check_key(&key, token.start);
        if let Some(frame) = self.open.last_mut()
            && let Content::Mapping(open) = &mut frame.content
        {
            frame.size.add(Size {
                nodes: 1,
                bytes: key.text.len() as u64,
                levels: 1,
            });
            frame.end = frame.end.max(token.end);
            open.key = Some(PendingKey::Plain(key));
        }
    }

    /// Takes a scalar in that has neither an anchor nor a tag.
    pub(super) fn scalar(
        &mut self,
        kind: ScalarKind,
        text: impl Into<Box<str>>,
        is_plain: bool,
        token: Range<usize>,
    ) {
        let text = text.into();
        let size = Size {
            nodes: 1,
            bytes: text.len() as u64,
            levels: 0,
        };
        let span = self.reader.fragment.span(token.clone());
        self.place(Complete {
            node: Node::new(span, Value::Scalar(Scalar { kind, text })),
            range: token,
            size,
            plain: is_plain,
            broken: false,
        });
    }

    /// Begins a list that has neither an anchor nor a tag.
    pub(super) fn begin_list(&mut self, range: Range<usize>) -> Result<(), Abandon> {
        let content = self.new_sequence();
        self.open(content, range, 0, None)
    }

    /// Begins a mapping that has neither an anchor nor a tag.
    pub(super) fn begin_mapping(&mut self, range: Range<usize>) -> Result<(), Abandon> {
        let content = self.new_mapping();
        self.open(content, range, 0, None)
    }

    fn new_sequence(&mut self) -> Content {
        Content::Sequence(self.spare.sequences.pop().unwrap_or_default())
    }

    fn new_mapping(&mut self) -> Content {
        Content::Mapping(self.spare.mappings.pop().unwrap_or_default())
    }

    /// Ends the innermost list or mapping; `at` if its end is a token, which ends there.
    pub(super) fn end(&mut self, at: Option<usize>) {
        self.close(at, false);
    }

    /// Closes what is still open, so that what was read of it is kept, and forgets the anchors.
    pub(super) fn finish(&mut self) {
        while !self.open.is_empty() {
            self.close(None, true);
        }
        self.reader.anchors.forget();
    }

    fn open(
        &mut self,
        content: Content,
        range: Range<usize>,
        anchor: usize,
        tag: Option<&Tag>,
    ) -> Result<(), Abandon> {
        if self.open.len() == MAX_DEPTH {
            let message = format!("nested more than {MAX_DEPTH} levels deep");
            self.reader.problem(range.start..range.end, message);
            return Err(Abandon);
        }
        self.open.push(Frame {
            start: range.start,
            end: range.end,
            content,
            anchor,
            tag: tag.and_then(scalar::foreign_tag),
            size: Size {
                nodes: 1,
                bytes: 0,
                levels: 1,
            },
        });
        Ok(())
    }

    /// Closes the innermost frame; `end` if its end is a token of its own.
    fn close(&mut self, end: Option<usize>, broken: bool) {
        let Some(mut frame) = self.open.pop() else {
            return;
        };
        frame.end = end.unwrap_or(frame.end);
        let range = frame.start..frame.end.max(frame.start);
        let value = match frame.content {
            Content::Sequence(mut items) => {
                let exact = take_exact(&mut items);
                self.spare.sequences.push(items);
                Value::Sequence(exact)
            }
            Content::Mapping(mut open) => {
                if let Some((key, value)) = open.merged.take() {
                    let problem = merge::merge(&mut open.mapping, &key, value);
                    self.reader.problems.extend(problem);
                }
                open.key = None;
                let exact = open.mapping.take_exact();
                self.spare.mappings.push(open);
                Value::Mapping(exact)
            }
        };
        let mut node = Node::new(self.reader.fragment.span(range.clone()), value);
        node.tag = frame.tag;
        if frame.anchor != 0 {
            self.reader.anchors.keep(frame.anchor, &node, frame.size);
        }
        self.place(Complete {
            node,
            range,
            size: frame.size,
            plain: false,
            broken,
        });
    }

    fn alias(&mut self, number: usize, range: Range<usize>) -> Complete {
        let copy = match self.reader.anchors.get(number) {
            Some(Anchored::Node(node, size)) => Some((node.clone(), *size)),
            Some(Anchored::TooLarge) => None,
            None => {
                self.reader
                    .problem(range.clone(), "an alias inside what it stands for");
                return self.nothing(range);
            }
        };
        let copy = copy.filter(|(_, size)| self.reader.anchors.spend(*size));
        let Some((node, size)) = copy else {
            if !self.reader.anchors.exhausted {
                self.reader.anchors.exhausted = true;
                self.reader.problem(
                    range.clone(),
                    "the aliases of this file expand to too much: write out less through anchors",
                );
            }
            return self.nothing(range);
        };
        if self.open.len() + size.levels > MAX_DEPTH {
            self.reader.problem(
                range.clone(),
                format!("nested more than {MAX_DEPTH} levels deep once aliases are expanded"),
            );
            return self.nothing(range);
        }
        Complete {
            node: *node,
            range,
            size,
            plain: false,
            broken: false,
        }
    }

    /// What stands in for a node that cannot be read.
    fn nothing(&self, range: Range<usize>) -> Complete {
        let value = Value::Scalar(Scalar {
            kind: ScalarKind::Null,
            text: Box::default(),
        });
        Complete {
            node: Node::new(self.reader.fragment.span(range.clone()), value),
            range,
            size: Size {
                nodes: 1,
                bytes: 0,
                levels: 0,
            },
            plain: false,
            broken: true,
        }
    }

    /// Puts a complete node where it belongs: the root, an item, a key or a value.
    fn place(&mut self, complete: Complete) {
        let Some(frame) = self.open.last_mut() else {
            self.reader.roots.push(complete.node);
            return;
        };
        let (size, end) = (complete.size, complete.range.end);
        match &mut frame.content {
            Content::Sequence(items) => items.push(complete.node),
            Content::Mapping(open) => match open.key.take() {
                None => self.place_key(complete),
                Some(PendingKey::Plain(key)) => {
                    let second = key.span;
                    let value = complete.node;
                    if let Some(Entry { key: first, .. }) =
                        open.mapping.insert(Entry { key, value })
                    {
                        let problem = Problem::duplicate_key(&first.text, second, first.span);
                        self.reader.problems.push(problem);
                    }
                }
                Some(PendingKey::Merge(_)) if complete.broken => {}
                Some(PendingKey::Merge(key)) => {
                    let span = key.span;
                    if let Some((first, _)) = open.merged.replace((key, complete.node)) {
                        let problem = Problem::duplicate_key("<<", span, first.span);
                        self.reader.problems.push(problem);
                    }
                }
                Some(PendingKey::Unfit) => {}
            },
        }
        if let Some(frame) = self.open.last_mut() {
            frame.size.add(Size {
                levels: size.levels + 1,
                ..size
            });
            frame.end = frame.end.max(end);
        }
    }

    fn place_key(&mut self, complete: Complete) {
        let key = self.pending_key(complete);
        if let Some(Content::Mapping(open)) = self.open.last_mut().map(|frame| &mut frame.content) {
            open.key = Some(key);
        }
    }

    fn pending_key(&mut self, complete: Complete) -> PendingKey {
        let span = self.reader.fragment.span(complete.range.clone());
        let Value::Scalar(scalar) = complete.node.value else {
            if !complete.broken {
                let before = self.reader.fragment.text().get(..complete.range.start);
                let message = if before.is_some_and(|before| before.ends_with('{')) {
                    reason::TEMPLATE
                } else {
                    "a mapping or a list as a key: only a single value can be one"
                };
                self.reader.problems.push(Problem::new(span, message));
            }
            return PendingKey::Unfit;
        };
        let text = scalar.text;
        if complete.plain && &*text == "<<" {
            return PendingKey::Merge(Key { text, span });
        }
        let key = Key { text, span };
        self.check_key(&key, complete.range.start);
        PendingKey::Plain(key)
    }

    fn check_key(&mut self, key: &Key, start: usize) {
        if self.open.len() == 1 && self.begins_document(key, start) {
            self.split(key, start);
        }
    }

    /// Whether a second `apiVersion` at the left edge shows that a `---` was forgotten before it.
    fn begins_document(&self, key: &Key, start: usize) -> bool {
        let text = self.reader.fragment.text();
        let at_edge = text
            .get(..start)
            .is_some_and(|before| before.is_empty() || before.ends_with('\n'));
        &*key.text == "apiVersion"
            && at_edge
            && matches!(self.open.last().map(|frame| &frame.content),
                Some(Content::Mapping(open)) if open.mapping.entry("apiVersion").is_some())
    }

    /// Reads on as if the `---` were there, as otherwise every other key would be a duplicate too.
    fn split(&mut self, key: &Key, start: usize) {
        let Some(frame) = self.open.last_mut() else {
            return;
        };
        let Content::Mapping(open) = &mut frame.content else {
            return;
        };
        let first = open.mapping.entry("apiVersion").map(|entry| entry.key.span);
        let mut problem = Problem::duplicate_key(&key.text, key.span, first.unwrap_or(key.span));
        problem
            .message
            .push_str(": a `---` may be missing before this line");
        self.reader.problems.push(problem);
        self.close(None, false);
        let range = start..start + key.text.len();
        // The depth is one, so there is room.
        let _ = self.begin_mapping(range);
    }

    /// A list in a mapping may begin at its key's column, and the parser then tells where its first
    /// item is and not the dash before that.
    fn sequence_start(&self, style: StructureStyle, start: usize) -> usize {
        let in_mapping = matches!(
            self.open.last().map(|frame| &frame.content),
            Some(Content::Mapping(_))
        );
        if style == StructureStyle::Flow || !in_mapping {
            return start;
        }
        let text = self.reader.fragment.text();
        let before = text.get(..start).unwrap_or_default();
        let line = before.rfind(['\n', '\r']).map_or(0, |at| at + 1);
        let indent = before[line..].len() - before[line..].trim_start_matches(' ').len();
        if before[line + indent..].starts_with('-') {
            line + indent
        } else {
            start
        }
    }

    fn check_tag(&mut self, tag: Option<&Tag>, own: &str, range: &Range<usize>) {
        let Some(suffix) = tag.and_then(Tag::core_suffix) else {
            return;
        };
        if suffix != own {
            let what = if own == "map" { "a mapping" } else { "a list" };
            self.reader
                .problem(range.clone(), format!("the tag `!!{suffix}` on {what}"));
        }
    }
}
