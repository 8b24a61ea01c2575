//! `include` and `tpl`.

use std::rc::Rc;
use std::sync::Arc;

use super::super::functions;
use super::super::provenance::Text;
use super::execute::{Frame, MAX_INCLUDES, Refusal, run};
use super::parse::parse;
use super::value::Value;

/// Runs a template by its name and gives what it prints.
pub(crate) fn include(
    frame: &mut Frame<'_>,
    name: &Arc<str>,
    dot: &Value,
) -> Result<Text, Refusal> {
    let count = frame.engine.included.entry(name.clone()).or_insert(0);
    if *count > MAX_INCLUDES {
        return Err(format!(
            "rendering template has a nested reference name: {}: unable to execute template",
            crate::source::shown_name(name)
        )
        .into());
    }
    *count += 1;
    let result = match frame.bodies.get(name).cloned() {
        Some(body) => {
            let bodies = frame.bodies.clone();
            run(frame.engine, &bodies, &body, dot).map_err(Refusal::Inner)
        }
        None => Err(Refusal::NoTemplate(name.clone())),
    };
    if let Some(count) = frame.engine.included.get_mut(name) {
        *count -= 1;
    }
    result
}

/// Parses a text as a template and runs it.
pub(crate) fn tpl(frame: &mut Frame<'_>, text: &Text, dot: &Value) -> Result<Text, Refusal> {
    frame.engine.step(text.len())?;
    // Whatever the text defines is known to it alone.
    let mut bodies = (*frame.bodies).clone();
    let name: Arc<str> = Arc::from("gotpl");
    bodies.remove(&name);
    let parsed = parse(text, functions::is_function).map_err(|error| {
        let at = text.get(error.at..).and_then(|rest| rest.chars().next());
        let end = error.at + at.map_or(0, char::len_utf8);
        Refusal::Inner(Box::new(super::Fault {
            span: text.template_span(error.at..end),
            outer: None,
            message: error.message,
            unsupported: false,
            missing_template: None,
            printed: None,
        }))
    })?;
    parsed.add_to(&mut bodies, name.clone());
    frame.engine.deeper()?;
    let Some(body) = bodies.get(&name).cloned() else {
        return Ok(Text::default());
    };
    let printed = run(frame.engine, &Rc::new(bodies), &body, dot);
    frame.engine.shallower();
    Ok(printed.map_err(Refusal::Inner)?.without("<no value>"))
}
