//! A difference in words.

use super::{ChangedKey, Difference};

/// How many fields of a key are named; more are counted.
const MAX_NAMED: usize = 12;

impl Difference {
    /// What is otherwise, a sentence without its end each.
    pub fn sentences(&self) -> Vec<String> {
        let mut sentences = Vec::new();
        for added in &self.keys_added {
            sentences.push(format!(
                "key `{}` of service `{}` is new",
                added.key, added.service
            ));
        }
        for removed in &self.keys_removed {
            sentences.push(format!(
                "key `{}` of service `{}` is gone",
                removed.key, removed.service
            ));
        }
        sentences.extend(self.keys_changed.iter().map(of_key));
        for images in &self.images {
            let told = |images: &std::collections::BTreeSet<String>| {
                images.iter().cloned().collect::<Vec<_>>().join(", ")
            };
            sentences.push(format!(
                "service `{}` runs the image {} and ran {}",
                images.service,
                told(&images.after),
                told(&images.before)
            ));
        }
        for service in &self.fell_silent {
            sentences.push(format!(
                "the log of service `{service}` lacks a required line that it had"
            ));
        }
        for service in &self.spoke_again {
            sentences.push(format!(
                "the log of service `{service}` has the required lines, of which it lacked one"
            ));
        }
        sentences
    }
}

fn of_key(changed: &ChangedKey) -> String {
    let mut parts = Vec::new();
    let mut part = |word: &str, fields: Vec<String>| {
        if !fields.is_empty() {
            parts.push(format!("{word}: {}", first(&fields)));
        }
    };
    let quoted = |path: &String| format!("`{path}`");
    part("added", changed.fields_added.iter().map(quoted).collect());
    part(
        "removed",
        changed.fields_removed.iter().map(quoted).collect(),
    );
    let fields = changed.fields_changed.iter();
    let fields = fields.map(|field| match &field.types {
        [before, after] if before == after => quoted(&field.path),
        [before, after] => format!("{} ({before}, now {after})", quoted(&field.path)),
    });
    part("changed", fields.collect());
    let fields = if parts.is_empty() {
        "no field can be named".to_owned()
    } else {
        parts.join("; ")
    };
    let [before, after] = changed.revisions;
    format!(
        "key `{}` of service `{}` holds another value (revision {before}, now {after}); {fields}",
        changed.key, changed.service
    )
}

/// The first fields, and how many more there are.
fn first(fields: &[String]) -> String {
    let mut text = fields[..fields.len().min(MAX_NAMED)].join(", ");
    if let Some(more @ 1..) = fields.len().checked_sub(MAX_NAMED) {
        text.push_str(&format!(" and {more} more"));
    }
    text
}
