//! What a patch or a replacement selects.

use crate::source::{Mapping, Node, Span};

use super::context::{Context, Problems};
use super::fields::{Fields, Strictness};
use super::resource::{Id, Resource, scalar_text};
use crate::deploy::regular_expression::Expression;

/// The fields of a selector.
pub const FIELDS: [&str; 7] = [
    "group",
    "version",
    "kind",
    "name",
    "namespace",
    "annotationSelector",
    "labelSelector",
];

/// A selector as it is written.
#[derive(Debug, Clone)]
pub struct Written {
    pub id: Id,
    pub labels: LabelSelector,
    pub annotations: LabelSelector,
    pub has_labels: bool,
    pub span: Span,
}

impl Written {
    pub fn read(problems: &mut Problems, fields: &Fields<'_>) -> Self {
        let id = fields.id(problems);
        let mut read = |name| {
            let text = fields.some_text(problems, name);
            let has = text.is_some();
            let selector = text.map_or_else(LabelSelector::default, |text| {
                LabelSelector::new(&text.value).unwrap_or_else(|| {
                    let message = format!(
                        "`{name}` is no label selector, such as `app=core,tier in (a, b),!old`"
                    );
                    problems.invalid(text.span, message);
                    LabelSelector::nothing()
                })
            });
            (selector, has)
        };
        let (labels, has_labels) = read("labelSelector");
        let (annotations, has_annotations) = read("annotationSelector");
        let has_labels = has_labels || has_annotations;
        Self {
            id,
            labels,
            annotations,
            has_labels,
            span: fields.span,
        }
    }

    /// Whether the labels and annotations are as asked for.
    pub fn fits_labels(&self, resource: &Resource) -> bool {
        self.annotations.fits(resource.metadata_map("annotations"))
            && self.labels.fits(resource.metadata_map("labels"))
    }
}

/// A selector whose parts are regular expressions for the whole of what they are compared with.
#[derive(Debug, Clone)]
pub struct Selector {
    group: Option<Expression>,
    version: Option<Expression>,
    kind: Option<Expression>,
    name: Option<Expression>,
    namespace: Option<Expression>,
    written: Written,
}

impl Selector {
    /// Reads the `target` of a patch.
    pub fn read(context: &mut Context<'_>, node: &Node, how: Strictness) -> Option<Self> {
        let problems = &mut context.problems;
        let fields = Fields::new(problems, node, how, "a target", &FIELDS)?;
        let written = Written::read(problems, &fields);
        let mut fit = true;
        let mut expression = |text: &str, name: &str| {
            if text.is_empty() {
                return None;
            }
            let expression = Expression::anchored(text);
            if expression.is_none() {
                fit = false;
                let span = fields.get(name).map_or(fields.span, |node| node.span);
                let message = format!(
                    "`{name}` of a target is no regular expression that kvguard implements"
                );
                problems.unsupported(span, message);
            }
            expression
        };
        let selector = Self {
            group: expression(&written.id.gvk.group, "group"),
            version: expression(&written.id.gvk.version, "version"),
            kind: expression(&written.id.gvk.kind, "kind"),
            name: expression(&written.id.name, "name"),
            namespace: expression(&written.id.namespace, "namespace"),
            written,
        };
        fit.then_some(selector)
    }

    pub fn selects(&self, resource: &Resource) -> bool {
        let fits = |expression: &Option<Expression>, text: &str| {
            expression
                .as_ref()
                .is_none_or(|expression| expression.is_match(text))
        };
        let (now, first) = (resource.id(), resource.original_id());
        (fits(&self.namespace, first.effective_namespace())
            || fits(&self.namespace, now.effective_namespace()))
            && (fits(&self.name, &first.name) || fits(&self.name, &now.name))
            && fits(&self.group, &now.gvk.group)
            && fits(&self.version, &now.gvk.version)
            && fits(&self.kind, &now.gvk.kind)
            && self.written.fits_labels(resource)
    }

    /// The name asked for.
    pub fn name(&self) -> &str {
        &self.written.id.name
    }

    pub fn span(&self) -> Span {
        self.written.span
    }
}

/// `a=b,c!=d,e in (f,g),h notin (i),j,!k`.
#[derive(Debug, Clone, Default)]
pub struct LabelSelector {
    requirements: Vec<Requirement>,
    nothing: bool,
}

#[derive(Debug, Clone)]
struct Requirement {
    key: String,
    operator: Operator,
    values: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    In,
    NotIn,
    Exists,
    Absent,
    Greater,
    Less,
}

impl LabelSelector {
    fn nothing() -> Self {
        Self {
            nothing: true,
            ..Self::default()
        }
    }

    /// Reads a selector; `None` if it is none.
    pub fn new(text: &str) -> Option<Self> {
        let mut requirements = Vec::new();
        let mut rest = text.trim();
        while !rest.is_empty() {
            let end = end_of_requirement(rest)?;
            let (one, after) = rest.split_at(end);
            requirements.push(requirement(one.trim())?);
            rest = match after.strip_prefix(',') {
                Some(after) if after.trim().is_empty() => return None,
                Some(after) => after.trim(),
                None => "",
            };
        }
        Some(Self {
            requirements,
            nothing: false,
        })
    }

    pub fn fits(&self, labels: Option<&Mapping>) -> bool {
        !self.nothing
            && self
                .requirements
                .iter()
                .all(|requirement| requirement.fits(labels))
    }
}

impl Requirement {
    fn fits(&self, labels: Option<&Mapping>) -> bool {
        let value = labels
            .and_then(|labels| labels.get(&self.key))
            .map(scalar_text);
        let number = |text: &str| text.parse::<i64>().ok();
        let bound = self.values.first().and_then(|value| number(value));
        match self.operator {
            Operator::In => value.is_some_and(|value| self.values.iter().any(|one| one == value)),
            Operator::NotIn => value.is_none_or(|value| self.values.iter().all(|one| one != value)),
            Operator::Exists => value.is_some(),
            Operator::Absent => value.is_none(),
            Operator::Greater => value
                .and_then(number)
                .zip(bound)
                .is_some_and(|(one, other)| one > other),
            Operator::Less => value
                .and_then(number)
                .zip(bound)
                .is_some_and(|(one, other)| one < other),
        }
    }
}

/// Where the comma after a requirement is, those in parentheses aside.
fn end_of_requirement(text: &str) -> Option<usize> {
    let mut open = false;
    for (offset, character) in text.char_indices() {
        match character {
            '(' if open => return None,
            '(' => open = true,
            ')' if !open => return None,
            ')' => open = false,
            ',' if !open => return Some(offset),
            _ => {}
        }
    }
    (!open).then_some(text.len())
}

fn requirement(text: &str) -> Option<Requirement> {
    if let Some(key) = text.strip_prefix('!') {
        return new_requirement(key, Operator::Absent, Vec::new());
    }
    if let Some((before, list)) = text.split_once('(') {
        let list = list.strip_suffix(')')?;
        let values = list
            .split(',')
            .map(|value| value.trim().to_owned())
            .collect();
        let (key, operator) = before.trim().split_once(char::is_whitespace)?;
        let operator = match operator.trim() {
            "in" => Operator::In,
            "notin" => Operator::NotIn,
            _ => return None,
        };
        return new_requirement(key, operator, values);
    }
    let operators = [
        ("!=", Operator::NotIn),
        ("==", Operator::In),
        ("=", Operator::In),
        (">", Operator::Greater),
        ("<", Operator::Less),
    ];
    for (sign, operator) in operators {
        if let Some((key, value)) = text.split_once(sign) {
            let value = value.trim();
            if value.contains(char::is_whitespace) {
                return None;
            }
            return new_requirement(key, operator, vec![value.to_owned()]);
        }
    }
    new_requirement(text, Operator::Exists, Vec::new())
}

fn new_requirement(key: &str, operator: Operator, values: Vec<String>) -> Option<Requirement> {
    let key = key.trim();
    let allowed = |character: char| character.is_ascii_alphanumeric() || "-_./".contains(character);
    let edge = |character: Option<char>| character.is_some_and(|one| one.is_ascii_alphanumeric());
    let is_key = key.chars().all(allowed) && edge(key.chars().next()) && edge(key.chars().last());
    let name = key.rsplit('/').next().unwrap_or_default();
    let is_key = is_key && name.len() <= 63 && key.matches('/').count() <= 1;
    let are_values = values.iter().all(|value| {
        value.is_empty()
            || value.len() <= 63
                && !value.contains('/')
                && value.chars().all(allowed)
                && edge(value.chars().next())
                && edge(value.chars().last())
    });
    let are_values = are_values
        && match operator {
            Operator::Greater | Operator::Less => {
                values.iter().all(|value| value.parse::<i64>().is_ok())
            }
            _ => true,
        };
    (is_key && are_values).then(|| Requirement {
        key: key.to_owned(),
        operator,
        values,
    })
}
