//! The names and words of a fleet's environments, from the registry's file.

use kvguard::contract::{Contract, List, Mode, ModeWord, Role, Text, Values};
use serde_json::Value;

/// Reads a contract; nothing if it lacks a part.
pub(super) fn read(json: &Value) -> Option<Contract> {
    let names = json["names"].as_object()?;
    let mut renamed: Vec<(Role, Option<Text>)> = Vec::new();
    for role in Role::ALL {
        let name = match names.get(role.policy_key())? {
            Value::Null => None,
            name => Some(name.as_str()?.to_owned()),
        };
        if name.as_deref() != Some(role.standard_name()) {
            renamed.push((role, name.map(Text::from)));
        }
    }
    let modes = json["modes"].as_array()?.iter().map(mode);
    Some(Contract {
        names: renamed.into(),
        kv: json["kv"].as_str()?.to_owned().into(),
        others: texts(&json["others"])?,
        modes: modes.collect::<Option<Vec<ModeWord>>>()?.into(),
        required: texts(&json["required"])?,
        values: match json["values"].as_str()? {
            "exact" => Values::Exact,
            "trimmed" => Values::Trimmed,
            _ => return None,
        },
    })
}

fn mode(json: &Value) -> Option<ModeWord> {
    Some(ModeWord {
        word: json["word"].as_str()?.to_owned().into(),
        means: match &json["means"] {
            Value::Null => None,
            means => Some(Mode::of_standard_word(means.as_str()?)?),
        },
        required: texts(&json["required"])?,
    })
}

fn texts(json: &Value) -> Option<List<Text>> {
    let items = json.as_array()?.iter();
    let texts: Option<Vec<Text>> = items
        .map(|item| Some(item.as_str()?.to_owned().into()))
        .collect();
    Some(texts?.into())
}
