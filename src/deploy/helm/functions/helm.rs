//! What Helm adds to Sprig.

use std::sync::Arc;

use super::super::template::value::Value;
use super::super::template::{Arguments, Frame, Refusal, include, tpl};
use super::super::values::from_yaml;
use super::{Function, Outcome, json, toml, yaml};

const COMPACT: json::Style = json::Style {
    pretty: false,
    escapes_html: true,
};
const PRETTY: json::Style = json::Style {
    pretty: true,
    escapes_html: true,
};
const RAW: json::Style = json::Style {
    pretty: false,
    escapes_html: false,
};

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("include", "sa", |frame, a| {
        let name: Arc<str> = Arc::from(a.text(0).as_str());
        include(frame, &name, a.get(1)).map(Value::text)
    }),
    Function::new("tpl", "sa", |frame, a| {
        tpl(frame, &a.text(0), a.get(1)).map(Value::text)
    }),
    Function::new("required", "sa", required),
    Function::new("fail", "s", |_, a| Err(said(a))),
    // Without a cluster, Helm finds nothing either.
    Function::new("lookup", "ssss", |_, _| Ok(yaml::empty_map().into())),
    Function::new("getHostByName", "s", |_, _| Ok("".into())),
    Function::new("toYaml", "a", |frame, a| {
        Ok(yaml::write(frame, a.get(0), false)?.unwrap_or_else(|| "".into()))
    }),
    Function::new("toYamlPretty", "a", |frame, a| {
        Ok(yaml::write(frame, a.get(0), true)?.unwrap_or_else(|| "".into()))
    }),
    Function::new("fromYaml", "s", |frame, a| {
        frame.engine.step(a.text(0).len())?;
        Ok(match from_yaml(&a.text(0)) {
            Ok(value) if value.is_nil() => yaml::empty_map().into(),
            Ok(value) if value.as_map().is_some() => value,
            Ok(_) => error_map(
                "error unmarshaling JSON: while decoding JSON: json: cannot unmarshal into Go value of type map[string]interface {}",
            ),
            Err(message) => error_map(&message),
        })
    }),
    Function::new("fromYamlArray", "s", |frame, a| {
        frame.engine.step(a.text(0).len())?;
        Ok(match from_yaml(&a.text(0)) {
            Ok(value) if value.is_nil() => Value::list(Vec::new()),
            Ok(value) if value.as_list().is_some() => value,
            Ok(_) => error_list(
                "error unmarshaling JSON: while decoding JSON: json: cannot unmarshal into Go value of type []interface {}",
            ),
            Err(message) => error_list(&message),
        })
    }),
    Function::new("toJson", "a", |frame, a| or_empty(frame, a, COMPACT)),
    Function::new("toPrettyJson", "a", |frame, a| or_empty(frame, a, PRETTY)),
    Function::new("toRawJson", "a", |frame, a| or_error(frame, a, RAW)),
    Function::new("mustToJson", "a", |frame, a| or_error(frame, a, COMPACT)),
    Function::new("mustToPrettyJson", "a", |frame, a| {
        or_error(frame, a, PRETTY)
    }),
    Function::new("mustToRawJson", "a", |frame, a| or_error(frame, a, RAW)),
    Function::new("fromJson", "s", |frame, a| {
        frame.engine.step(a.text(0).len())?;
        Ok(match json::read(&a.text(0)) {
            Ok(value) if value.is_nil() => yaml::nil_map(),
            Ok(value) if value.as_map().is_some() => value,
            Ok(_) => {
                error_map("json: cannot unmarshal into Go value of type map[string]interface {}")
            }
            Err(message) => error_map(&message),
        })
    }),
    Function::new("fromJsonArray", "s", |frame, a| {
        frame.engine.step(a.text(0).len())?;
        Ok(match json::read(&a.text(0)) {
            Ok(value) if value.is_nil() => {
                Value::nil_list(super::super::template::value::Items::Any)
            }
            Ok(value) if value.as_list().is_some() => value,
            Ok(_) => error_list("json: cannot unmarshal into Go value of type []interface {}"),
            Err(message) => error_list(&message),
        })
    }),
    Function::new("mustFromJson", "s", |frame, a| {
        frame.engine.step(a.text(0).len())?;
        json::read(&a.text(0)).map_err(Refusal::from)
    }),
    Function::new("toToml", "a", |frame, a| toml::write(frame, a.get(0))),
    Function::new("fromToml", "s", |frame, a| {
        frame.engine.step(a.text(0).len())?;
        Ok(match toml::read(&a.text(0)) {
            Ok(value) => value,
            Err(message) => error_map(&message),
        })
    }),
];

/// The template's own words, if they hold no value.
fn said(arguments: &Arguments) -> Refusal {
    let message = arguments.text(0);
    if message.is_literal() || message.is_empty() {
        return Refusal::Said(message.lines().collect::<Vec<_>>().join(" "));
    }
    Refusal::Said("the template fails with a message of its own, which may hold values".to_owned())
}

fn required(_: &mut Frame<'_>, arguments: &Arguments) -> Outcome {
    let value = arguments.get(1);
    let missing = value.is_nil() || value.as_text().is_some_and(|text| text.is_empty());
    if missing {
        return Err(said(arguments));
    }
    Ok(value.clone())
}

fn error_map(message: &str) -> Value {
    let map = yaml::empty_map();
    map.insert("Error", message.into());
    map.into()
}

fn error_list(message: &str) -> Value {
    Value::list(vec![message.into()])
}

fn or_empty(frame: &mut Frame<'_>, arguments: &Arguments, style: json::Style) -> Outcome {
    let text = json::write(frame, arguments.get(0), style)?;
    Ok(Value::text(text.unwrap_or_default()))
}

fn or_error(frame: &mut Frame<'_>, arguments: &Arguments, style: json::Style) -> Outcome {
    let text = json::write(frame, arguments.get(0), style)?;
    Ok(Value::text(text.ok_or("json: unsupported value")?))
}
