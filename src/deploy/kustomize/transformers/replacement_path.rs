//! The paths of replacements: `spec.containers.[name=core].env.0.value`, `spec.rules.*.host`.

use crate::source::{Entry, Key, Mapping, Node, Scalar, ScalarKind, Span, Value};

use super::super::context::{Outcome, refuse};
use super::super::field_path::{Setter, condition, is_bracketed};
use super::super::resource::scalar_text;
use super::super::shown;
use super::plain;
use crate::deploy::regular_expression::Expression;

/// What is made at the end of a path that ends before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Create {
    Nothing,
    Scalar,
    Sequence,
    Mapping,
}

impl Create {
    fn node(self, next: Option<&String>, span: Span) -> Node {
        let kind = match next.map(String::as_str) {
            None => self,
            Some(part) if is_bracketed(part) || part.parse::<usize>().is_ok() => Self::Sequence,
            Some(_) => Self::Mapping,
        };
        let value = match kind {
            Self::Sequence => Value::Sequence(Vec::new()),
            Self::Mapping => Value::Mapping(Mapping::new()),
            Self::Nothing | Self::Scalar => Value::Scalar(Scalar {
                kind: ScalarKind::Null,
                text: "".into(),
            }),
        };
        Node::new(span, value)
    }
}

/// Calls `set` for each place that the path leads to.
pub fn visit(
    node: &mut Node,
    path: &[String],
    create: Create,
    span: Span,
    set: Setter<'_>,
) -> Outcome {
    let Some((part, rest)) = path.split_first() else {
        return set(node);
    };
    if let Ok(index) = part.parse::<usize>() {
        let items = items(node, part, span)?;
        if items.len() == index && create != Create::Nothing {
            items.push(create.node(rest.first(), span));
        }
        let count = items.len();
        return match items.get_mut(index) {
            Some(item) => visit(item, rest, create, span, set),
            None => refuse(
                span,
                format!("the list has {count} items, and so none at {index}"),
            ),
        };
    }
    if is_bracketed(part) {
        return of_condition(node, part, rest, create, span, set);
    }
    if part == "*" {
        for item in items(node, part, span)? {
            visit(item, rest, create, span, set)?;
        }
        return Ok(());
    }
    if node.is_null() {
        return Ok(());
    }
    match &mut node.value {
        Value::Mapping(mapping) => {
            if mapping.get(part).is_none() {
                if create == Create::Nothing {
                    return Ok(());
                }
                let key = Key {
                    text: part.as_str().into(),
                    span,
                };
                mapping.insert(Entry {
                    key,
                    value: create.node(rest.first(), span),
                });
            }
            match mapping.get_mut(part) {
                Some(field) => visit(field, rest, create, span, set),
                None => Ok(()),
            }
        }
        _ => refuse(
            span,
            format!("`{}` would be in {}", shown(part), node.kind_name()),
        ),
    }
}

fn items<'n>(node: &'n mut Node, part: &str, span: Span) -> Outcome<&'n mut Vec<Node>> {
    let found = node.kind_name();
    match &mut node.value {
        Value::Sequence(items) => Ok(items),
        _ => refuse(
            span,
            format!("`{}` needs a list, but there is {found}", shown(part)),
        ),
    }
}

fn of_condition(
    node: &mut Node,
    part: &str,
    rest: &[String],
    create: Create,
    span: Span,
    set: Setter<'_>,
) -> Outcome {
    let Some((name, pattern)) = condition(part) else {
        return refuse(span, format!("`{}` must be `[name=value]`", shown(part)));
    };
    let Some(expression) = Expression::new(pattern) else {
        return refuse(
            span,
            format!(
                "`{}` holds no regular expression that kvguard implements",
                shown(part)
            ),
        );
    };
    let fits = |item: &Node| {
        let value = if name.is_empty() {
            Some(item)
        } else {
            item.get(name)
        };
        value.is_some_and(|value| {
            value.as_scalar().is_some() && expression.is_match(scalar_text(value))
        })
    };
    let items = items(node, part, span)?;
    if create != Create::Nothing && !items.iter().any(fits) {
        let value = plain(span, pattern);
        let item = if name.is_empty() {
            value
        } else {
            let mut mapping = Mapping::new();
            let key = Key {
                text: name.into(),
                span,
            };
            mapping.insert(Entry { key, value });
            Node::new(span, Value::Mapping(mapping))
        };
        items.push(item);
    }
    for item in items.iter_mut().filter(|item| fits(item)) {
        // After a condition on a single value nothing follows.
        let rest = if name.is_empty() { &[] } else { rest };
        visit(item, rest, create, span, set)?;
    }
    Ok(())
}
