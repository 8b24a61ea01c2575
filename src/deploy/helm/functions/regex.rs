//! Sprig's functions on regular expressions, with Go's syntax and meaning.

use super::super::provenance::Text;
use super::super::template::value::{Items, Value};
use super::super::template::{Arguments, Frame, Refusal};
use super::regex_parse::{Fault, Program, compile};
use super::regex_run::Groups;
use super::{Function, Outcome};

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("regexMatch", "ss", |frame, a| match compiled(frame, a) {
        Ok(program) => Ok(Value::bool(program.find(&a.text(1), 0).is_some())),
        Err(Refusal::Error(_)) => Ok(Value::bool(false)),
        Err(other) => Err(other),
    }),
    Function::new("mustRegexMatch", "ss", |frame, a| {
        let program = compiled(frame, a)?;
        Ok(Value::bool(program.find(&a.text(1), 0).is_some()))
    }),
    Function::new("regexFind", "ss", find),
    Function::new("mustRegexFind", "ss", find),
    Function::new("regexFindAll", "ssi", find_all),
    Function::new("mustRegexFindAll", "ssi", find_all),
    Function::new("regexReplaceAll", "sss", |frame, a| replace(frame, a, true)),
    Function::new("mustRegexReplaceAll", "sss", |frame, a| {
        replace(frame, a, true)
    }),
    Function::new("regexReplaceAllLiteral", "sss", |frame, a| {
        replace(frame, a, false)
    }),
    Function::new("mustRegexReplaceAllLiteral", "sss", |frame, a| {
        replace(frame, a, false)
    }),
    Function::new("regexSplit", "ssi", split),
    Function::new("mustRegexSplit", "ssi", split),
    Function::new("regexQuoteMeta", "s", |_, a| {
        let mut out = String::new();
        for character in a.text(0).chars() {
            if r"\.+*?()|[]{}^$".contains(character) {
                out.push('\\');
            }
            out.push(character);
        }
        Ok(Value::text(Text::derived(out, &a.text(0))))
    }),
];

/// The program of the first argument, for a search of the second.
fn compiled(frame: &mut Frame<'_>, arguments: &Arguments) -> Result<Program, Refusal> {
    let program = compile(&arguments.text(0)).map_err(|fault| match fault {
        Fault::Invalid(words) => Refusal::Error(format!("error parsing regexp: {words}")),
        Fault::TooLarge => {
            Refusal::Error("error parsing regexp: expression is too large".to_owned())
        }
        Fault::Unknown => Refusal::Unsupported(
            "the regular expression names a class of characters that kvguard does not know"
                .to_owned(),
        ),
    })?;
    frame.engine.step(program.work(arguments.text(1).len()))?;
    Ok(program)
}

fn bounds(groups: &Groups) -> (usize, usize) {
    let at = |index: usize| groups.get(index).copied().flatten().unwrap_or(0);
    (at(0), at(1))
}

fn find(frame: &mut Frame<'_>, arguments: &Arguments) -> Outcome {
    let program = compiled(frame, arguments)?;
    let text = arguments.text(1);
    Ok(match program.find(&text, 0) {
        Some(groups) => {
            let (start, end) = bounds(&groups);
            Value::text(text.slice(start..end))
        }
        None => "".into(),
    })
}

/// All matches that do not overlap; an empty one right behind another does not count.
fn all(
    frame: &mut Frame<'_>,
    program: &Program,
    text: &str,
    most: i64,
) -> Result<Vec<Groups>, Refusal> {
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    let mut found = Vec::new();
    let mut from = 0;
    let mut last_end = None;
    while found.len() < most && from <= text.len() {
        let Some(groups) = program.find(text, from) else {
            break;
        };
        frame.engine.step(1 + program.work(1))?;
        let (start, end) = bounds(&groups);
        let empty = start == end;
        if empty {
            let next = text.get(end..).and_then(|rest| rest.chars().next());
            from = end + next.map_or(1, char::len_utf8);
        } else {
            from = end;
        }
        if !(empty && last_end == Some(start)) {
            found.push(groups);
        }
        last_end = Some(end);
    }
    Ok(found)
}

fn find_all(frame: &mut Frame<'_>, arguments: &Arguments) -> Outcome {
    let program = compiled(frame, arguments)?;
    let text = arguments.text(1);
    let found = all(frame, &program, &text, arguments.int(2))?;
    if found.is_empty() {
        return Ok(Value::nil_list(Items::Text));
    }
    Ok(Value::texts(found.iter().map(|groups| {
        let (start, end) = bounds(groups);
        text.slice(start..end)
    })))
}

fn replace(frame: &mut Frame<'_>, arguments: &Arguments, expands: bool) -> Outcome {
    let program = compiled(frame, arguments)?;
    let (text, replacement) = (arguments.text(1), arguments.text(2));
    let mut out = String::new();
    let mut from = 0;
    for groups in all(frame, &program, &text, -1)? {
        let (start, end) = bounds(&groups);
        out.push_str(text.get(from..start).unwrap_or_default());
        if expands {
            expand(&mut out, &program, &text, &replacement, &groups);
        } else {
            out.push_str(&replacement);
        }
        from = end;
        frame.engine.spend(replacement.len())?;
        frame.engine.spend(end - start)?;
    }
    out.push_str(text.get(from..).unwrap_or_default());
    Ok(Value::text(Text::derived(out, &text)))
}

/// `$1`, `${name}`, `$$`.
fn expand(out: &mut String, program: &Program, text: &str, template: &str, groups: &Groups) {
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('$') {
        out.push_str(before);
        rest = after;
        if let Some(after) = rest.strip_prefix('$') {
            out.push('$');
            rest = after;
            continue;
        }
        let word = |text: &str| {
            text.len()
                - text
                    .trim_start_matches(|c: char| c == '_' || c.is_alphanumeric())
                    .len()
        };
        let (name, after) = match rest.strip_prefix('{') {
            Some(braced) => match braced.split_once('}') {
                Some((name, after)) if !name.is_empty() && word(name) == name.len() => {
                    (name, after)
                }
                _ => {
                    out.push('$');
                    continue;
                }
            },
            None => rest.split_at(word(rest)),
        };
        if name.is_empty() {
            out.push('$');
            continue;
        }
        rest = after;
        let leading_zero = name.len() > 1 && name.starts_with('0');
        let number = name.parse::<usize>().ok().filter(|_| !leading_zero);
        let named = program.names.iter().find(|(known, _)| known == name);
        if let Some(number) = number.or(named.map(|(_, number)| *number)) {
            let at = |index: usize| groups.get(index).copied().flatten();
            let range = at(number.saturating_mul(2)).zip(at(number.saturating_mul(2) + 1));
            let part = range.and_then(|(start, end)| text.get(start..end));
            out.push_str(part.unwrap_or_default());
        }
    }
    out.push_str(rest);
}

fn split(frame: &mut Frame<'_>, arguments: &Arguments) -> Outcome {
    let program = compiled(frame, arguments)?;
    let text = arguments.text(1);
    let count = arguments.int(2);
    if count == 0 {
        return Ok(Value::nil_list(Items::Text));
    }
    if !arguments.text(0).is_empty() && text.is_empty() {
        return Ok(Value::texts([Text::from("")]));
    }
    let mut parts = Vec::new();
    let mut from = 0;
    let mut end = 0;
    for groups in all(frame, &program, &text, count)? {
        if count > 0 && parts.len() + 1 >= usize::try_from(count).unwrap_or(usize::MAX) {
            break;
        }
        let (start, stop) = bounds(&groups);
        end = start;
        if stop != 0 {
            parts.push(text.slice(from..end));
        }
        from = stop;
    }
    if end != text.len() {
        parts.push(text.slice(from..text.len()));
    }
    Ok(Value::texts(parts))
}
