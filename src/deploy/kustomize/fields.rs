//! Reads the fields of a kustomization and of the files that configure it.

use crate::registry::Spanned;
use crate::source::{Entry, Key, Mapping, Node, ScalarKind, Span};
use crate::suggest;

use super::context::Problems;
use super::resource::{Gvk, Id, split_api_version};
use super::shown;

/// How exact what is written must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strictness {
    /// A kustomization: a field that is not known is refused, and so is a number where a text belongs.
    Kustomization,
    /// A file of `configurations`: a field that is not known is refused.
    Configuration,
    /// The configuration of a transformer or generator: a field that is not known is ignored.
    Plugin,
}

/// A mapping whose fields are known.
#[derive(Debug, Clone, Copy)]
pub struct Fields<'n> {
    mapping: &'n Mapping,
    how: Strictness,
    pub span: Span,
}

impl<'n> Fields<'n> {
    /// Looks at a mapping; `None` for null and, with a problem, for anything else. `what` names it in
    /// messages: an item of `images`.
    pub fn new(
        problems: &mut Problems,
        node: &'n Node,
        how: Strictness,
        what: &str,
        known: &[&str],
    ) -> Option<Self> {
        if node.is_null() {
            return None;
        }
        let Some(mapping) = node.as_mapping() else {
            let found = node.kind_name();
            problems.invalid(
                node.span,
                format!("{what} must be a mapping, but this is {found}"),
            );
            return None;
        };
        if how != Strictness::Plugin {
            for entry in mapping.entries() {
                let name = &*entry.key.text;
                if !known.iter().any(|known| known.eq_ignore_ascii_case(name)) {
                    let suggestion = suggest::did_you_mean(name, known.iter().copied());
                    let message = format!("{what} has no field `{}`{suggestion}", shown(name));
                    problems.invalid(entry.key.span, message);
                }
            }
        }
        let span = node.span;
        Some(Self { mapping, how, span })
    }

    /// An entry that is not null. Names are looked up as Go's JSON does it: case counts only if it must.
    pub fn entry(&self, name: &str) -> Option<&'n Entry> {
        let entries = self.mapping.entries();
        self.mapping
            .entry(name)
            .or_else(|| {
                entries
                    .iter()
                    .find(|entry| entry.key.text.eq_ignore_ascii_case(name))
            })
            .filter(|entry| !entry.value.is_null())
    }

    pub fn get(&self, name: &str) -> Option<&'n Node> {
        self.entry(name).map(|entry| &entry.value)
    }

    /// The text of a field.
    pub fn text(&self, problems: &mut Problems, name: &str) -> Option<Spanned<String>> {
        text(problems, self.get(name)?, self.how, name)
    }

    /// The text of a field, if it is not empty.
    pub fn some_text(&self, problems: &mut Problems, name: &str) -> Option<Spanned<String>> {
        self.text(problems, name)
            .filter(|text| !text.value.is_empty())
    }

    /// The items of a list.
    pub fn items(&self, problems: &mut Problems, name: &str) -> &'n [Node] {
        let Some(node) = self.get(name) else {
            return &[];
        };
        node.as_sequence().unwrap_or_else(|| {
            let found = node.kind_name();
            problems.invalid(
                node.span,
                format!("`{name}` must be a list, but this is {found}"),
            );
            &[]
        })
    }

    /// The items of a list of texts, with the nodes they are.
    pub fn text_nodes(
        &self,
        problems: &mut Problems,
        name: &str,
    ) -> Vec<(Spanned<String>, &'n Node)> {
        let mut texts = Vec::new();
        for item in self.items(problems, name) {
            if let Some(text) = text(problems, item, self.how, name) {
                texts.push((text, item));
            }
        }
        texts
    }

    /// The items of a list of texts.
    pub fn texts(&self, problems: &mut Problems, name: &str) -> Vec<Spanned<String>> {
        let texts = self.text_nodes(problems, name);
        texts.into_iter().map(|(text, _)| text).collect()
    }

    pub fn flag(&self, problems: &mut Problems, name: &str) -> bool {
        let Some(node) = self.get(name) else {
            return false;
        };
        node.as_bool().unwrap_or_else(|| {
            let found = node.kind_name();
            let message = format!("`{name}` must be true or false, but this is {found}");
            problems.invalid(node.span, message);
            false
        })
    }

    pub fn integer(&self, problems: &mut Problems, name: &str) -> Option<Spanned<i64>> {
        let node = self.get(name)?;
        let value = node
            .as_scalar()
            .filter(|scalar| scalar.kind == ScalarKind::Integer)
            .and_then(|scalar| scalar.text.parse().ok());
        if value.is_none() {
            let message = format!("`{name}` must be a whole number");
            problems.invalid(node.span, message);
        }
        Some(Spanned::new(value?, node.span))
    }

    /// A mapping of texts.
    pub fn text_map(&self, problems: &mut Problems, name: &str) -> Vec<(Key, Spanned<String>)> {
        let Some(node) = self.get(name) else {
            return Vec::new();
        };
        let Some(mapping) = node.as_mapping() else {
            let found = node.kind_name();
            problems.invalid(
                node.span,
                format!("`{name}` must be a mapping, but this is {found}"),
            );
            return Vec::new();
        };
        let mut pairs: Vec<(Key, Spanned<String>)> = Vec::new();
        for entry in mapping.entries() {
            let key = entry.key.clone();
            if entry.value.is_null() {
                pairs.push((key, Spanned::new(String::new(), entry.value.span)));
            } else if let Some(value) = text(problems, &entry.value, self.how, &entry.key.text) {
                pairs.push((key, value));
            }
        }
        pairs.sort_by(|one, other| one.0.text.cmp(&other.0.text));
        pairs
    }

    /// The group, version and kind in these fields.
    pub fn gvk(&self, problems: &mut Problems) -> Gvk {
        let mut part = |name| {
            self.text(problems, name)
                .map(|text| text.value)
                .unwrap_or_default()
        };
        Gvk {
            group: part("group"),
            version: part("version"),
            kind: part("kind"),
        }
    }

    /// What names an object in these fields.
    pub fn id(&self, problems: &mut Problems) -> Id {
        let gvk = self.gvk(problems);
        let mut part = |name| {
            self.text(problems, name)
                .map(|text| text.value)
                .unwrap_or_default()
        };
        let (name, namespace) = (part("name"), part("namespace"));
        Id {
            gvk,
            name,
            namespace,
            cluster: false,
        }
    }

    /// The same, where `apiVersion` wins over group and version.
    pub fn id_with_api_version(&self, problems: &mut Problems) -> Id {
        let mut id = self.id(problems);
        if let Some(text) = self.some_text(problems, "apiVersion") {
            match text.value.matches('/').count() {
                0 => id.gvk.version = text.value,
                1 => {
                    let (group, version) = split_api_version(&text.value);
                    id.gvk.group = group.to_owned();
                    id.gvk.version = version.to_owned();
                }
                _ => {}
            }
        }
        id
    }
}

fn text(
    problems: &mut Problems,
    node: &Node,
    how: Strictness,
    name: &str,
) -> Option<Spanned<String>> {
    let scalar = node.as_scalar();
    let text = match scalar.map(|scalar| scalar.kind) {
        Some(ScalarKind::String) => scalar.map(|scalar| scalar.text.to_string()),
        Some(ScalarKind::Null) => Some(String::new()),
        Some(_) if how != Strictness::Kustomization => scalar.map(|scalar| scalar.text.to_string()),
        _ => None,
    };
    if text.is_none() {
        let found = node.kind_name();
        let advice = if scalar.is_some() {
            "; put it in quotes"
        } else {
            ""
        };
        let message = format!(
            "`{}` must be a text, but this is {found}{advice}",
            shown(name)
        );
        problems.invalid(node.span, message);
    }
    Some(Spanned::new(text?, node.span))
}
