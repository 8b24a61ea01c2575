//! From the command of a workload to its environment.

use super::letters::{Letter, Letters, empty_at_start};
use super::program::{Program, starts_another};
use super::split::split;
use super::variables::{MAX_PUT_IN, Variables};
use super::{Argument, UNTOLD};
use crate::deploy::{Idle, Workload};
use crate::source::{Fragment, Node, Problem, Scalar, ScalarKind, Sources, Span, Value};

/// The longest command that is followed, in bytes: Linux starts no program with a longer argument.
pub const MAX_BYTES: usize = 128 << 10;

/// How many characters of values the commands of all workloads together may put in for their references.
const MAX_PUT_IN_BY_ALL: usize = 64 << 20;

/// Changes the environments of workloads as their commands change them.
pub fn apply(workloads: &mut [Workload], sources: &mut Sources) {
    let mut left = MAX_PUT_IN_BY_ALL;
    for workload in workloads {
        let command = std::mem::take(&mut workload.command);
        if !may_change(&command) {
            continue;
        }
        let bytes: usize = command.iter().map(Argument::len).sum();
        if bytes > MAX_BYTES {
            workload.untold.push(Problem::new(
                workload.name_span,
                format!(
                    "the command is longer than {} KiB and was not read",
                    MAX_BYTES >> 10
                ),
            ));
            continue;
        }
        let words: Vec<Letters> = command
            .into_iter()
            .flat_map(|argument| argument.words(sources))
            .collect();
        // The image of a container may set variables of its own.
        let has_untold = !workload.untold.is_empty() || workload.has_image();
        let limit = left.min(MAX_PUT_IN);
        let mut variables = Variables::new(&workload.environment, has_untold, limit);
        Program::default().run(&words, &mut variables);
        left -= limit - variables.left();
        let (environment, effect) = variables.finish();
        workload.environment = environment;
        workload.taken = std::mem::take(&mut workload.taken).with_command(effect.taken);
        if effect.clears {
            workload.untold.clear();
        }
        workload.untold.extend(effect.untold);
        if let (Some(span), None) = (effect.open_quote, &workload.idle) {
            workload.idle = Some(Idle {
                span,
                why: "never runs, as the shell refuses its script: a quote is open".to_owned(),
                help: "close the quote in the script".to_owned(),
            });
        }
    }
}

fn may_change(command: &[Argument]) -> bool {
    let first = command.iter().find(|argument| argument.len() > 0);
    first.is_some_and(|first| starts_another(&first.text()))
}

impl Argument {
    fn len(&self) -> usize {
        match self {
            Self::Word { text, .. } | Self::Line { text, .. } => text.len(),
            Self::Placed(letters) => letters.letters.len(),
        }
    }

    fn text(&self) -> String {
        match self {
            Self::Word { text, .. } | Self::Line { text, .. } => text.clone(),
            Self::Placed(letters) => letters.text().unwrap_or_default(),
        }
    }

    fn words(self, sources: &mut Sources) -> Vec<Letters> {
        match self {
            Self::Word { text, span } => vec![placed(&text, span, sources)],
            Self::Line { text, span } => split(&placed(&text, span, sources)),
            Self::Placed(letters) => vec![letters],
        }
    }
}

/// The places of the characters of a scalar.
fn placed(text: &str, span: Span, sources: &mut Sources) -> Letters {
    let node = Node {
        span,
        value: Value::Scalar(Scalar {
            kind: ScalarKind::String,
            text: text.into(),
        }),
        tag: None,
    };
    let fragment = Fragment::of_value(sources, &node);
    let characters = text.char_indices();
    let letters = characters.map(|(at, character)| Letter {
        character: (character != UNTOLD).then_some(character),
        span: match &fragment {
            Some(fragment) => fragment.span(at..at + character.len_utf8()),
            None => span,
        },
    });
    Letters {
        letters: letters.collect(),
        start: empty_at_start(span),
    }
}
