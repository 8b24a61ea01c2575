//! The fields of a value by their paths.

use std::collections::BTreeMap;

use kvguard::source::{Node, ScalarKind, Value};

use super::Field;

/// How long all paths of a value may be together. A value that repeats a long name at every level would take up more than it is worth.
const MAX_PATHS: usize = 16 << 20;

/// Every single value, empty list and empty mapping, by its dotted path; `None`: their paths are too long.
///
/// `hash` is given the path, the type and the text.
pub fn fields_of(
    root: &Node,
    hash: &dyn Fn(&str, &str, &str) -> String,
) -> Option<BTreeMap<String, Field>> {
    let mut found = Fields {
        hash,
        fields: BTreeMap::new(),
        room: MAX_PATHS,
    };
    found.visit(root, &mut String::new())?;
    Some(found.fields)
}

struct Fields<'h> {
    hash: &'h dyn Fn(&str, &str, &str) -> String,
    fields: BTreeMap<String, Field>,
    room: usize,
}

impl Fields<'_> {
    fn visit(&mut self, node: &Node, path: &mut String) -> Option<()> {
        let length = path.len();
        match &node.value {
            Value::Scalar(scalar) => self.add(path, kind(scalar.kind), &scalar.text)?,
            Value::Sequence(items) if items.is_empty() => self.add(path, "list", "")?,
            Value::Mapping(mapping) if mapping.is_empty() => self.add(path, "object", "")?,
            Value::Sequence(items) => {
                for (position, item) in items.iter().enumerate() {
                    path.push_str(&format!("[{position}]"));
                    self.visit(item, path)?;
                    path.truncate(length);
                }
            }
            Value::Mapping(mapping) => {
                for entry in mapping.entries() {
                    if !path.is_empty() {
                        path.push('.');
                    }
                    path.push_str(&name(&entry.key.text));
                    self.visit(&entry.value, path)?;
                    path.truncate(length);
                }
            }
        }
        Some(())
    }

    fn add(&mut self, path: &str, kind: &str, text: &str) -> Option<()> {
        self.room = self.room.checked_sub(path.len())?;
        let field = Field {
            kind: kind.to_owned(),
            hash: (self.hash)(path, kind, text),
        };
        self.fields.insert(path.to_owned(), field);
        Some(())
    }
}

/// A name as a part of a path; in quotes where it would be taken for more than one part.
fn name(text: &str) -> String {
    let is_plain = !text.is_empty() && !text.contains(['.', '[', ']', '"']);
    if is_plain {
        text.to_owned()
    } else {
        format!("{text:?}")
    }
}

fn kind(kind: ScalarKind) -> &'static str {
    match kind {
        ScalarKind::Null => "null",
        ScalarKind::Bool(_) => "boolean",
        ScalarKind::Integer => "integer",
        ScalarKind::Float => "number",
        ScalarKind::String => "string",
        ScalarKind::DateTime => "date-time",
    }
}

#[cfg(test)]
mod tests {
    use kvguard::live::Value;
    use kvguard::registry::Format;

    use super::fields_of;

    fn told(text: &str) -> Option<Vec<String>> {
        let value = Value::read(text.as_bytes(), Format::Json);
        let root = value.root().expect("valid");
        let fields = fields_of(root, &|_, _, text| text.to_owned())?;
        let told = fields.into_iter();
        Some(
            told.map(|(path, field)| format!("{path}: {} {}", field.kind, field.hash))
                .collect(),
        )
    }

    #[test]
    fn each_field_has_its_path_and_its_type() {
        let text = r#"{"a": {"b": [1, "x", {}], "c.d": null}, "e": true, "f": [], "g": 1.5}"#;
        let expected = [
            "a.\"c.d\": null null",
            "a.b[0]: integer 1",
            "a.b[1]: string x",
            "a.b[2]: object ",
            "e: boolean true",
            "f: list ",
            "g: number 1.5",
        ];
        assert_eq!(told(text).unwrap(), expected);
    }

    #[test]
    fn a_value_whose_paths_would_fill_the_memory_has_none() {
        let name = "n".repeat(1 << 20);
        let fields: Vec<String> = (0..32).map(|number| format!("\"{number}\": 1")).collect();
        let text = format!("{{\"{name}\": {{{}}}}}", fields.join(","));
        assert_eq!(told(&text), None);
    }
}
