//! The fields of a descriptor: one table that the readers, the JSON schema for editors and the reference page are made from.

use crate::suggest;

/// What a descriptor says of its service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    Name,
    DisplayName,
    ServiceType,
    Scope,
    KvKey,
    KvKeyTemplate,
    Format,
    CriticalFields,
    SecretFields,
}

/// A field of a descriptor.
#[derive(Debug)]
pub struct DescriptorField {
    /// The name in documents.
    pub name: &'static str,
    /// The name in Go.
    pub go: &'static str,
    /// Further names that are read in both.
    pub others: &'static [&'static str],
    /// Whether it holds a list of dotted paths, and not one text.
    pub is_list: bool,
    /// The texts that it may hold; empty: any.
    pub words: &'static [&'static str],
    /// What it is for, its default and limits.
    pub doc: &'static str,
    field: Field,
}

/// How many fields there are.
pub(super) const COUNT: usize = 9;

/// The fields, in the order of `Field`.
pub static FIELDS: [DescriptorField; COUNT] = [
    DescriptorField {
        name: "name",
        go: "Name",
        others: &[],
        is_list: false,
        words: &[],
        doc: "The service's name, unique in the registry. **Required**, unless the descriptor stands under a key, which is its name then.",
        field: Field::Name,
    },
    DescriptorField {
        name: "display_name",
        go: "DisplayName",
        others: &["displayName"],
        is_list: false,
        words: &[],
        doc: "What the service is called on screens.",
        field: Field::DisplayName,
    },
    DescriptorField {
        name: "service_type",
        go: "ServiceType",
        others: &["serviceType"],
        is_list: false,
        words: &[],
        doc: "The type of the service, which several may share.",
        field: Field::ServiceType,
    },
    DescriptorField {
        name: "scope",
        go: "Scope",
        others: &[],
        is_list: false,
        words: &[],
        doc: "How many configurations the service has: `global` for one, or a name such as `agent` for one each. The variables of a scope's keys are stated under `[scopes]` in the policy. Default: `global`.",
        field: Field::Scope,
    },
    DescriptorField {
        name: "kv_key",
        go: "KVKey",
        others: &["kvKey", "KvKey"],
        is_list: false,
        words: &[],
        doc: "The key of its configuration in the store. **Required**, or `kv_key_template`; not both.",
        field: Field::KvKey,
    },
    DescriptorField {
        name: "kv_key_template",
        go: "KVKeyTemplate",
        others: &["kvKeyTemplate", "KvKeyTemplate"],
        is_list: false,
        words: &[],
        doc: "Its key with variables of its scope, `agents/{{agent_id}}.json`.",
        field: Field::KvKeyTemplate,
    },
    DescriptorField {
        name: "format",
        go: "Format",
        others: &[],
        is_list: false,
        words: &["json", "toml", "yaml"],
        doc: "The format of its configuration: `json`, `toml` or `yaml`. Default: what the key's extension says.",
        field: Field::Format,
    },
    DescriptorField {
        name: "critical_fields",
        go: "CriticalFields",
        others: &["criticalFields"],
        is_list: true,
        words: &[],
        doc: "Dotted paths of fields that every template of the service must hold, and not empty (rule `missing-critical-field`). Default: none, so that its templates are not judged for that.",
        field: Field::CriticalFields,
    },
    DescriptorField {
        name: "secret_fields",
        go: "SecretFields",
        others: &["secretFields"],
        is_list: true,
        words: &[],
        doc: "Dotted paths of fields that no template and no value in the store may hold (rule `secret-in-template`), besides those of the policy's `[secrets]`; a `*` part stands for any one name, a leading `**.` for any table. Default: none.",
        field: Field::SecretFields,
    },
];

/// What a field may be called that says which fields are critical or secret, besides these two words. A `secret_name` or a
/// `secret_path` says where a secret is, which is another fact.
const FIELD_WORDS: [&str; 6] = ["field", "fields", "keys", "paths", "list", "names"];

impl Field {
    /// The field of a name.
    pub(super) fn parse(name: &str) -> Option<Self> {
        let has_name = |field: &&DescriptorField| {
            field.name == name || field.go == name || field.others.contains(&name)
        };
        FIELDS.iter().find(has_name).map(|field| field.field)
    }

    /// Whether its value is a list of field paths, not one text.
    pub(super) fn is_list(self) -> bool {
        self.described().is_list
    }

    /// What is said of it.
    pub(super) fn described(self) -> &'static DescriptorField {
        &FIELDS[self as usize]
    }

    /// The field that an unknown name was probably meant to be: one that is spelt nearly so, or, of a name that says nothing but
    /// that fields are critical or secret, the field for these.
    pub(super) fn meant_by(
        name: &str,
        spelling: fn(&DescriptorField) -> &'static str,
    ) -> Option<&'static str> {
        if let Some(near) = suggest::nearest(name, FIELDS.iter().map(spelling)) {
            return Some(near);
        }
        let words = words_of(name);
        let says = |meant: &[&str]| {
            let is_meant = |word: &String| meant.contains(&word.as_str());
            words.iter().any(is_meant)
                && words
                    .iter()
                    .all(|word| is_meant(word) || FIELD_WORDS.contains(&word.as_str()))
        };
        let field = if says(&["critical", "criticals"]) {
            Self::CriticalFields
        } else if says(&["secret", "secrets"]) {
            Self::SecretFields
        } else {
            return None;
        };
        Some(spelling(field.described()))
    }
}

/// The words of a name in whatever case it is written: `secretPaths`, `secret-paths` and `SECRET_PATHS` have two.
fn words_of(name: &str) -> Vec<String> {
    let mut words: Vec<String> = vec![String::new()];
    let mut was_lower = false;
    for character in name.chars() {
        let begins_word = was_lower && character.is_uppercase();
        if !character.is_alphanumeric() || begins_word {
            words.push(String::new());
        }
        if character.is_alphanumeric()
            && let Some(word) = words.last_mut()
        {
            word.extend(character.to_lowercase());
        }
        was_lower = character.is_lowercase();
    }
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::{FIELDS, Field};

    #[test]
    fn each_field_stands_at_its_place_and_is_found_by_each_of_its_names() {
        for (position, described) in FIELDS.iter().enumerate() {
            assert_eq!(described.field as usize, position);
            let names = [described.name, described.go].into_iter();
            for name in names.chain(described.others.iter().copied()) {
                assert_eq!(Field::parse(name), Some(described.field), "{name}");
            }
        }
    }

    #[test]
    fn a_name_that_says_critical_or_secret_fields_is_meant_and_another_fact_is_not() {
        let meant = |name| Field::meant_by(name, |field| field.name);
        for name in [
            "critical",
            "critical_keys",
            "criticalPaths",
            "CRITICAL-FIELD-LIST",
            "critical_feilds",
        ] {
            assert_eq!(meant(name), Some("critical_fields"), "{name}");
        }
        for name in [
            "secret",
            "secrets",
            "secretKeys",
            "secret-paths",
            "SecretNames",
        ] {
            assert_eq!(meant(name), Some("secret_fields"), "{name}");
        }
        for name in [
            "owner",
            "secret_rotation",
            "secret_name",
            "secretPath",
            "SecretKey",
            "criticality",
            "paths",
            "list_of_keys",
            "secretary",
            "",
        ] {
            assert_eq!(meant(name), None, "{name}");
        }
        assert_eq!(
            Field::meant_by("Secrets", |field| field.go),
            Some("SecretFields")
        );
    }
}
