//! `${…}` as compose-go's `template` package substitutes it, in compose files and environment files.

use std::cell::Cell;
use std::ops::Range;

use crate::deploy::Known;
use crate::source::MAX_DEPTH;

/// Stands in a text for a part that only the host can tell.
pub const UNKNOWN: char = crate::deploy::command::UNTOLD;

/// How much work values may cause beyond what is written out: one unit for each substituted byte and
/// [`NODE_COST`] for each value that is read or copied.
const MAX_WORK: usize = 32 << 20;

/// What one value costs of the [`Budget`].
pub const NODE_COST: usize = 16;

/// Bounds what variables, `extends`, `include` and environment files can blow up.
#[derive(Debug)]
pub struct Budget(Cell<usize>);

impl Default for Budget {
    /// The whole budget of one project.
    fn default() -> Self {
        Self(Cell::new(MAX_WORK))
    }
}

impl Budget {
    /// Takes some of it; false once there is not enough left.
    #[must_use]
    pub fn charge(&self, amount: usize) -> bool {
        let left = self.0.get().checked_sub(amount);
        self.0.set(left.unwrap_or(0));
        left.is_some()
    }

    /// Whether nothing is left.
    pub fn is_spent(&self) -> bool {
        self.0.get() == 0
    }
}

/// A text after substitution.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Text {
    /// The text, with [`UNKNOWN`] for each part that only the host can tell.
    pub text: String,
    /// Whether there is such a part.
    pub opaque: bool,
}

impl Text {
    /// What is known of it.
    pub fn known(self) -> Known {
        if self.opaque {
            Known::Opaque
        } else {
            Known::Text(self.text)
        }
    }
}

/// What keeps a text from being substituted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The bytes of the text it is about.
    pub range: Range<usize>,
    /// What is wrong, without any value.
    pub message: String,
}

/// Gives what is known of a variable, `None` if it is not set.
pub type Lookup<'a> = &'a dyn Fn(&str) -> Option<Known>;

/// Substitutes the variables of a text.
///
/// A required variable (`${NAME:?…}`) that is not supplied makes the text opaque: whoever deploys has to
/// supply it.
///
/// # Errors
///
/// If a `${` does not begin an expression, or the expressions nest or expand without bound.
pub fn substitute(template: &str, lookup: Lookup<'_>, budget: &Budget) -> Result<Text, Fault> {
    let mut substitution = Substitution {
        lookup,
        budget,
        output: Text::default(),
    };
    substitution.run(template, 0, 0)?;
    Ok(substitution.output)
}

struct Substitution<'a> {
    lookup: Lookup<'a>,
    budget: &'a Budget,
    output: Text,
}

impl Substitution<'_> {
    /// Appends the substituted template, which begins at byte `base` of the whole text.
    fn run(&mut self, template: &str, base: usize, depth: usize) -> Result<(), Fault> {
        if depth > MAX_DEPTH {
            let message = format!("expressions are nested more than {MAX_DEPTH} deep");
            return Err(Fault {
                range: base..base + template.len(),
                message,
            });
        }
        let bytes = template.as_bytes();
        let mut at = 0;
        let mut last_brace = 0;
        while let Some(offset) = slice(template, at..template.len()).find('$') {
            let dollar = at + offset;
            self.push(slice(template, at..dollar), base + dollar)?;
            at = match bytes.get(dollar + 1) {
                Some(b'$') => {
                    self.push("$", base + dollar)?;
                    dollar + 2
                }
                Some(byte) if starts_name(*byte) => {
                    let end = name_end(bytes, dollar + 1);
                    self.value(slice(template, dollar + 1..end), base + dollar)?;
                    end
                }
                Some(b'{') => self.braced(template, dollar, base, depth, &mut last_brace)?,
                _ => {
                    self.push("$", base + dollar)?;
                    dollar + 1
                }
            };
        }
        self.push(slice(template, at..template.len()), base + at)
    }

    /// Substitutes the `${…}` at `dollar`; gives where it ends. `last_brace` is the last `}` of the line
    /// that was looked at last.
    fn braced(
        &mut self,
        template: &str,
        dollar: usize,
        base: usize,
        depth: usize,
        last_brace: &mut usize,
    ) -> Result<usize, Fault> {
        let bytes = template.as_bytes();
        let invalid = |end: usize, message: &str| Fault {
            range: base + dollar..base + end,
            message: message.to_owned(),
        };
        let name_start = dollar + 2;
        if !bytes.get(name_start).is_some_and(|byte| starts_name(*byte)) {
            return Err(invalid(
                name_start.min(template.len()),
                "`${` is not followed by a variable's name; write `$$` for a `$` that is meant literally",
            ));
        }
        let end = name_end(bytes, name_start);
        let name = slice(template, name_start..end);
        if bytes.get(end) == Some(&b'}') {
            self.value(name, base + dollar)?;
            return Ok(end + 1);
        }
        let colon = bytes.get(end) == Some(&b':');
        let operator_at = end + usize::from(colon);
        let Some(operator @ (b'-' | b'+' | b'?')) = bytes.get(operator_at) else {
            return Err(invalid(
                end,
                "after the name in `${…}` only `}` or one of `:-`, `-`, `:?`, `?`, `:+`, `+` can follow",
            ));
        };
        let argument_start = operator_at + 1;
        // An expression ends on its line, at the latest at the line's last `}`.
        if *last_brace < argument_start {
            let rest = slice(template, argument_start..template.len());
            let line = rest.split('\n').next().unwrap_or_default();
            let Some(found) = line.rfind('}') else {
                return Err(invalid(
                    argument_start,
                    "`${…}` has no closing `}` on its line",
                ));
            };
            *last_brace = argument_start + found;
        }
        let close = closing_brace(bytes, dollar, *last_brace);
        let argument = slice(template, argument_start..close);
        let argument_base = base + argument_start;
        let value = (self.lookup)(name);
        let present = match &value {
            None => false,
            Some(Known::Opaque | Known::Computed) => true,
            Some(Known::Text(text)) => !(colon && text.is_empty()),
        };
        match (*operator, present) {
            (b'-', false) | (b'+', true) => self.run(argument, argument_base, depth + 1)?,
            (b'-' | b'?', true) => self.push_known(value, base + dollar)?,
            (b'?', false) => {
                // The message is substituted, too, so it has to be well-formed.
                let mut message = Substitution {
                    lookup: self.lookup,
                    budget: self.budget,
                    output: Text::default(),
                };
                message.run(argument, argument_base, depth + 1)?;
                self.push_known(Some(Known::Opaque), base + dollar)?;
            }
            _ => {}
        }
        Ok(close + 1)
    }

    fn value(&mut self, name: &str, at: usize) -> Result<(), Fault> {
        let value = (self.lookup)(name);
        self.push_known(value, at)
    }

    fn push_known(&mut self, value: Option<Known>, at: usize) -> Result<(), Fault> {
        match value {
            None => Ok(()),
            Some(Known::Text(text)) => self.push(&text, at),
            Some(Known::Opaque | Known::Computed) => {
                self.output.opaque = true;
                self.push(UNKNOWN.encode_utf8(&mut [0; 4]), at)
            }
        }
    }

    fn push(&mut self, text: &str, at: usize) -> Result<(), Fault> {
        if !self.budget.charge(text.len()) {
            let message = "the project's variables expand to too much text".to_owned();
            return Err(Fault {
                range: at..at,
                message,
            });
        }
        self.output.text.push_str(text);
        Ok(())
    }
}

fn slice(text: &str, range: Range<usize>) -> &str {
    text.get(range).unwrap_or_default()
}

fn starts_name(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_'
}

fn name_end(bytes: &[u8], start: usize) -> usize {
    let rest = bytes.get(start..).unwrap_or_default();
    start
        + rest
            .iter()
            .take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_')
            .count()
}

/// The brace that closes the expression at `dollar`. Like compose-go, this skips the byte after each
/// opening brace, and takes the last brace of the line if the braces do not balance.
fn closing_brace(bytes: &[u8], dollar: usize, last: usize) -> usize {
    let mut open = 0_usize;
    let mut at = dollar;
    while at <= last {
        match bytes.get(at) {
            Some(b'}') => {
                open = open.saturating_sub(1);
                if open == 0 {
                    return at;
                }
            }
            Some(b'{') => {
                open += 1;
                at += 1;
            }
            _ => {}
        }
        at += 1;
    }
    last
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    fn with(template: &str, variables: &[(&str, &str)]) -> Result<Text, Fault> {
        let variables: BTreeMap<&str, &str> = variables.iter().copied().collect();
        let lookup = |name: &str| {
            variables
                .get(name)
                .map(|value| Known::Text((*value).to_owned()))
        };
        substitute(template, &lookup, &Budget::default())
    }

    fn text(template: &str, variables: &[(&str, &str)]) -> String {
        with(template, variables).unwrap().text
    }

    #[test]
    fn names_are_replaced_with_and_without_braces() {
        assert_eq!(text("a $A-${B}_$C.", &[("A", "1"), ("B", "2")]), "a 1-2_.");
    }

    #[test]
    fn two_dollars_stand_for_one_and_a_lone_one_for_itself() {
        assert_eq!(text("$$A $ $1 $", &[("A", "1")]), "$A $ $1 $");
    }

    #[test]
    fn a_default_is_used_when_the_variable_is_empty() {
        let variables = [("E", ""), ("S", "s")];
        assert_eq!(text("${E:-d} ${E-d} ${U-d} ${S:-d}", &variables), "d  d s");
    }

    #[test]
    fn an_alternative_is_used_when_the_variable_is_set() {
        let variables = [("E", ""), ("S", "s")];
        assert_eq!(text("${E:+a} ${E+a} ${U+a} ${S:+a}", &variables), " a  a");
    }

    #[test]
    fn defaults_nest() {
        assert_eq!(
            text("${A:-${B:-${C-c}}}/${A:-{\"x\":1}}", &[]),
            "c/{\"x\":1}"
        );
    }

    #[test]
    fn a_required_variable_that_is_not_supplied_is_opaque() {
        for template in ["${A:?say}", "x${A?}", "${B:-${A:?}}"] {
            assert!(with(template, &[]).unwrap().opaque, "{template}");
        }
        assert!(!with("${A?}", &[("A", "")]).unwrap().opaque);
        assert!(with("${A:?}", &[("A", "")]).unwrap().opaque);
    }

    #[test]
    fn faults_are_placed_at_the_expression() {
        assert_eq!(with("a ${1}", &[]).unwrap_err().range, 2..4);
        assert_eq!(with("${A:-${}}", &[]).unwrap_err().range, 5..7);
        assert_eq!(with("${A", &[]).unwrap_err().range, 0..3);
        assert_eq!(with("x ${A:-b\n}", &[]).unwrap_err().range, 2..7);
    }

    #[test]
    fn deep_nesting_and_blow_up_are_refused() {
        let deep = format!("{}{}", "${A:-".repeat(1000), "}".repeat(1000));
        assert!(with(&deep, &[]).unwrap_err().message.contains("nested"));
        let long = "x".repeat(1 << 20);
        let many = "$A".repeat(200);
        assert!(
            with(&many, &[("A", &long)])
                .unwrap_err()
                .message
                .contains("too much")
        );
    }

    proptest! {
        #[test]
        fn nothing_panics_and_ranges_lie_within(template in "[${}A:?+\\-\n é]{0,40}") {
            if let Err(fault) = with(&template, &[("A", "1")]) {
                prop_assert!(fault.range.start <= fault.range.end && fault.range.end <= template.len());
            }
        }
    }
}
