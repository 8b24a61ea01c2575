//! Go templates outside of charts: the engine, with Go's own functions and on plain fields, for whoever else is given templates.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use super::objects::Object;
use super::provenance::Text;
use super::template::value::{Map, MapType, Value};
use super::template::{Bodies, Engine, parse, run};

/// A field that a template may name.
#[derive(Debug, Clone)]
pub(crate) enum Field {
    /// A text.
    Text(String),
    /// A mapping from any names to texts.
    Map(BTreeMap<String, String>),
    /// An object of which these fields are known.
    Object(BTreeMap<&'static str, Field>),
}

impl Field {
    /// How many characters it holds.
    fn size(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::Map(texts) => texts
                .iter()
                .map(|(name, text)| name.len() + text.len())
                .sum(),
            Self::Object(fields) => fields.values().map(Self::size).sum(),
        }
    }
}

/// What a template prints where a mapping lacks a name.
const NO_VALUE: &str = "<no value>";

/// What becomes of a template.
#[derive(Debug)]
pub(crate) struct Evaluated {
    /// The output; or the message of the engine, if the template cannot be run.
    pub(crate) result: Result<String, String>,
    /// What that has cost, in steps of the engine and characters.
    pub(crate) cost: u64,
}

/// Runs a template on an object.
pub(crate) fn evaluate(template: &str, dot: &Field) -> Evaluated {
    let mut cost = dot.size().saturating_add(template.len()) as u64;
    let result = printed(template, dot, &mut cost);
    Evaluated { result, cost }
}

fn printed(template: &str, dot: &Field, cost: &mut u64) -> Result<String, String> {
    let text = Text::from(template);
    let parsed = parse(&text, is_own_function).map_err(|error| error.message)?;
    let name: Arc<str> = Arc::from("template");
    let mut bodies = Bodies::new();
    parsed.add_to(&mut bodies, name.clone());
    let bodies = Rc::new(bodies);
    let mut run_with = |lacking: MapType| {
        let body = bodies.get(&name).ok_or("the template is empty")?;
        let mut engine = Engine::default();
        let printed = run(&mut engine, &bodies, body, &value(dot, lacking));
        *cost = cost.saturating_add(engine.cost());
        printed
            .map(|text| text.to_string())
            .map_err(|fault| fault.message)
    };
    // Go gives nothing where `index` finds no name, and `<no value>` where a field does: the engine knows one or the other.
    let (by_index, by_field) = (run_with(MapType::Text)?, run_with(MapType::Any)?);
    let has_index = template.contains("index");
    let has_field = template.contains(".Labels.") || template.contains(".Annotations.");
    match (has_index, has_field) {
        _ if by_index == by_field => Ok(by_index),
        (true, false) => Ok(by_index),
        (false, true) => Ok(by_field),
        _ => Err(format!("it prints `{NO_VALUE}` in some versions of Go")),
    }
}

/// The functions that Go itself has.
fn is_own_function(name: &str) -> bool {
    const OWN: [&str; 18] = [
        "and", "call", "eq", "ge", "gt", "html", "index", "js", "le", "len", "lt", "ne", "not",
        "or", "print", "printf", "println", "urlquery",
    ];
    OWN.contains(&name)
}

fn value(field: &Field, lacking: MapType) -> Value {
    match field {
        Field::Text(text) => text.as_str().into(),
        Field::Map(entries) => {
            let map = Map::new(lacking);
            for (name, text) in entries {
                map.insert(name.as_str(), text.as_str().into());
            }
            map.into()
        }
        Field::Object(fields) => {
            let fields = fields.iter();
            let fields = fields.map(|(name, field)| (*name, value(field, lacking)));
            Value::object(Object::Fields(fields.collect()))
        }
    }
}
