//! Descriptors in the making, whatever form they are read from.

use std::collections::HashMap;

use super::fields::{COUNT, Field};
use super::{Descriptor, DescriptorField, Format, KeyDeclaration, Registry, Spanned};
use crate::source::{Problem, Span};

/// Which spelling the messages use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Spelling {
    /// `kv_key`.
    Document,
    /// `KVKey`.
    Go,
}

impl Spelling {
    /// How it spells a field.
    fn of(self) -> fn(&DescriptorField) -> &'static str {
        match self {
            Self::Document => |field| field.name,
            Self::Go => |field| field.go,
        }
    }
}

/// A descriptor of which the fields are being read.
#[derive(Debug)]
pub(super) struct Draft {
    span: Span,
    spelling: Spelling,
    key: Option<Spanned<String>>,
    named: [Option<Span>; COUNT],
    unreadable: [bool; COUNT],
    texts: [Option<Spanned<String>>; COUNT],
    critical_fields: Vec<Spanned<String>>,
    secret_fields: Vec<Spanned<String>>,
}

impl Draft {
    /// A descriptor without fields, and the key it is under if it is in a mapping.
    pub(super) fn new(span: Span, spelling: Spelling, key: Option<Spanned<String>>) -> Self {
        Self {
            span,
            spelling,
            key: key.filter(|key| !key.value.is_empty()),
            named: [None; COUNT],
            unreadable: [false; COUNT],
            texts: [const { None }; COUNT],
            critical_fields: Vec::new(),
            secret_fields: Vec::new(),
        }
    }

    /// Takes a field's name: `None` if the field means nothing here. A name that was probably meant for a field and a repeated
    /// one are problems, any other unknown one is a fact that registries may carry for others.
    pub(super) fn field(
        &mut self,
        name: &str,
        span: Span,
        problems: &mut Vec<Problem>,
    ) -> Option<Field> {
        let Some(field) = Field::parse(name) else {
            if let Some(meant) = Field::meant_by(name, self.spelling.of()) {
                problems.push(Problem::new(
                    span,
                    format!("unknown field `{name}`; did you mean `{meant}`?"),
                ));
            }
            return None;
        };
        let named = &mut self.named[field as usize];
        if let Some(first) = *named {
            problems.push(Problem {
                span,
                message: format!("`{name}` is given twice; keep one"),
                related: Some((first, "given first here".to_owned())),
            });
            return None;
        }
        *named = Some(span);
        Some(field)
    }

    /// Sets a field that is one text; an empty text is none.
    pub(super) fn set_text(&mut self, field: Field, text: Spanned<String>) {
        if !text.value.is_empty() {
            self.texts[field as usize] = Some(text);
        }
    }

    /// Sets a field that is a list of field paths.
    pub(super) fn set_list(
        &mut self,
        field: Field,
        paths: Vec<Spanned<String>>,
        problems: &mut Vec<Problem>,
    ) {
        let mut kept = Vec::with_capacity(paths.len());
        for path in paths {
            if path.value.is_empty() {
                let message = format!("an empty path in `{}`; remove it", self.label(field));
                problems.push(Problem::new(path.span, message));
            } else {
                kept.push(path);
            }
        }
        match field {
            Field::SecretFields => self.secret_fields = kept,
            _ => self.critical_fields = kept,
        }
    }

    /// Says that a field is there and that a problem already tells why it cannot be read.
    pub(super) fn set_unreadable(&mut self, field: Field) {
        self.unreadable[field as usize] = true;
    }

    fn label(&self, field: Field) -> &'static str {
        self.spelling.of()(field.described())
    }

    fn take(&mut self, field: Field) -> Option<Spanned<String>> {
        self.texts[field as usize].take()
    }

    fn finish(mut self, problems: &mut Vec<Problem>) -> Option<Descriptor> {
        let name = self.finish_name(problems);
        let place = name.as_ref().map_or(self.span, |name| name.span);
        let key = self.finish_key(place, problems);
        let format = self.finish_format(key.as_ref(), problems);
        Some(Descriptor {
            display_name: self.take(Field::DisplayName),
            service_type: self.take(Field::ServiceType),
            scope: self.take(Field::Scope),
            name: name?,
            key: key?,
            format: format?,
            critical_fields: self.critical_fields,
            secret_fields: self.secret_fields,
            span: self.span,
        })
    }

    fn finish_name(&mut self, problems: &mut Vec<Problem>) -> Option<Spanned<String>> {
        match (self.take(Field::Name), self.key.take()) {
            (Some(name), Some(key)) => {
                if name.value != key.value {
                    problems.push(Problem {
                        span: name.span,
                        message: format!(
                            "the descriptor under the key `{}` has another `{}`; make them equal",
                            key.value,
                            self.label(Field::Name)
                        ),
                        related: Some((key.span, "the key".to_owned())),
                    });
                }
                Some(name)
            }
            (Some(name), None) => Some(name),
            (None, Some(key)) => Some(key),
            (None, None) => {
                if !self.unreadable[Field::Name as usize] {
                    let place = self.named[Field::Name as usize].unwrap_or(self.span);
                    let message = format!(
                        "a descriptor without a name; give it a `{}`",
                        self.label(Field::Name)
                    );
                    problems.push(Problem::new(place, message));
                }
                None
            }
        }
    }

    fn finish_key(&mut self, place: Span, problems: &mut Vec<Problem>) -> Option<KeyDeclaration> {
        let key_label = self.label(Field::KvKey);
        let template_label = self.label(Field::KvKeyTemplate);
        match (self.take(Field::KvKey), self.take(Field::KvKeyTemplate)) {
            (Some(key), Some(template)) => {
                problems.push(Problem {
                    span: template.span,
                    message: format!(
                        "both `{key_label}` and `{template_label}`; keep `{key_label}` if one key serves the whole fleet, else `{template_label}`"
                    ),
                    related: Some((key.span, format!("the `{key_label}`"))),
                });
                Some(KeyDeclaration::Key(key))
            }
            (Some(key), None) => Some(KeyDeclaration::Key(key)),
            (None, Some(template)) => Some(KeyDeclaration::Template(template)),
            (None, None) => {
                let unreadable = self.unreadable[Field::KvKey as usize]
                    || self.unreadable[Field::KvKeyTemplate as usize];
                if !unreadable {
                    let message = format!(
                        "a descriptor with neither `{key_label}` nor `{template_label}`; give it one of them"
                    );
                    problems.push(Problem::new(place, message));
                }
                None
            }
        }
    }

    fn finish_format(
        &mut self,
        key: Option<&KeyDeclaration>,
        problems: &mut Vec<Problem>,
    ) -> Option<Spanned<Format>> {
        let label = self.label(Field::Format);
        let key = key.map(KeyDeclaration::text);
        let by_extension = key.and_then(|key| {
            let (_, file) = key.value.rsplit_once('/').unwrap_or(("", &key.value));
            let format = Format::parse(file.rsplit_once('.')?.1)?;
            Some(Spanned::new(format, key.span))
        });
        if let Some(declared) = self.take(Field::Format) {
            if let Some(format) = Format::parse(&declared.value) {
                return Some(Spanned::new(format, declared.span));
            }
            let message = format!("an unknown `{label}`; write `json`, `toml` or `yaml`");
            problems.push(Problem::new(declared.span, message));
        } else if let (None, Some(key), false) =
            (&by_extension, key, self.unreadable[Field::Format as usize])
        {
            let message = format!(
                "no `{label}`, and the key's extension names none; give it a `{label}` of `json`, `toml` or `yaml`"
            );
            problems.push(Problem::new(key.span, message));
        }
        by_extension
    }
}

/// A registry in the making.
#[derive(Debug, Default)]
pub(super) struct Assembly {
    pub(super) problems: Vec<Problem>,
    descriptors: Vec<Descriptor>,
    names: HashMap<String, Span>,
}

impl Assembly {
    /// Adds what a draft amounts to.
    pub(super) fn add(&mut self, draft: Draft) {
        if let Some(descriptor) = draft.finish(&mut self.problems) {
            self.add_descriptor(descriptor);
        }
    }

    /// Adds a descriptor; of two with one name the first stays.
    pub(super) fn add_descriptor(&mut self, descriptor: Descriptor) {
        let Spanned { value, span } = &descriptor.name;
        if let Some(first) = self.names.get(value) {
            self.problems.push(Problem {
                span: *span,
                message: format!("a second descriptor named `{value}`; rename or remove one"),
                related: Some((*first, "the first one".to_owned())),
            });
            return;
        }
        self.names.insert(value.clone(), *span);
        self.descriptors.push(descriptor);
    }

    /// Takes over all descriptors of a registry, no two of which have one name.
    pub(super) fn adopt(&mut self, descriptors: Vec<Descriptor>) {
        self.descriptors = descriptors;
    }

    /// Makes room for so many descriptors more.
    pub(super) fn reserve(&mut self, count: usize) {
        self.descriptors.reserve(count);
        self.names.reserve(count);
    }

    /// The registry.
    pub(super) fn finish(self) -> Registry {
        Registry {
            descriptors: self.descriptors,
            problems: self.problems,
        }
    }
}
