//! The program `env`, as GNU coreutils and busybox have it.

use super::letters::Letters;
use super::program::Program;
use super::split::split;
use super::variables::Variables;
use crate::source::Problem;

/// Options that take a value, in their long form.
const WITH_VALUE: [&str; 4] = ["unset", "chdir", "split-string", "argv0"];

/// How many lines `env` may be given to split, each of which may hold the next.
const MAX_SPLITS: usize = 8;

/// Changes variables as `env` with these arguments does, and as the program does that it starts.
pub(super) fn run(program: Program, arguments: &[Letters], variables: &mut Variables) {
    let mut options = Options::default();
    let mut rest: Vec<Letters> = arguments.to_vec();
    let mut splits = 0;
    // Each `-S` puts more words in front of the rest.
    while let Some(line) = options.read(&mut rest) {
        splits += 1;
        if splits > MAX_SPLITS {
            let message = format!(
                "`env` is given more than {MAX_SPLITS} lines to split; what this one sets is not followed"
            );
            return variables.note_untold(Problem::new(line.span(), message));
        }
        let mut words = split(&without_references(&line));
        words.append(&mut rest);
        rest = words;
    }
    // First all goes, then what is named, whatever the order of the options.
    if let Some(all) = &options.ignores {
        variables.clear(all.span());
    }
    for name in &options.unset {
        variables.unset(name);
    }
    let mut words = rest.as_slice();
    while let Some((first, behind)) = words.split_first() {
        let Some((name, value)) = first.assignment() else {
            // `env $(cat file) program`.
            if first.text().is_none() {
                let message = "`env` is given words that are in no file and may set variables";
                variables.note_untold(Problem::new(first.span(), message));
            }
            break;
        };
        variables.assign(&name, &value);
        words = behind;
    }
    program.next().run(words, variables);
}

/// `${NAME}` in the value of `-S` is a variable: it is not followed.
fn without_references(line: &Letters) -> Letters {
    let mut line = line.clone();
    for letter in &mut line.letters {
        if letter.character == Some('$') {
            letter.character = None;
        }
    }
    line
}

#[derive(Debug, Default)]
struct Options {
    /// The word that makes it start without any variable.
    ignores: Option<Letters>,
    unset: Vec<Letters>,
}

impl Options {
    /// Takes the options off the front of some words, up to a line that is to be split into more words.
    fn read(&mut self, words: &mut Vec<Letters>) -> Option<Letters> {
        let mut left = std::mem::take(words).into_iter();
        let mut line = None;
        while let Some(word) = left.next() {
            let Some(text) = word.text().filter(|text| text.starts_with('-')) else {
                // `-u$NAME`, or the first operand.
                words.push(word);
                break;
            };
            if text == "--" {
                break;
            }
            if text == "-" {
                self.ignores = Some(word);
                break;
            }
            if let Some(long) = text.strip_prefix("--") {
                let name = long.split('=').next().unwrap_or_default();
                let mut value = word.assignment().map(|(_, value)| value);
                if WITH_VALUE.contains(&name) && value.is_none() {
                    value = left.next();
                }
                match name {
                    "ignore-environment" => self.ignores = Some(word),
                    "unset" => self.unset.extend(value),
                    "split-string" => line = value,
                    _ => {}
                }
            } else {
                line = self.short(&word, &text, &mut left);
            }
            if line.is_some() {
                break;
            }
        }
        words.extend(left);
        line
    }

    /// Options of one letter each, of which the last may take a value.
    fn short(
        &mut self,
        word: &Letters,
        text: &str,
        left: &mut impl Iterator<Item = Letters>,
    ) -> Option<Letters> {
        for (at, option) in text.chars().enumerate().skip(1) {
            match option {
                'i' => self.ignores = Some(word.clone()),
                'u' | 'C' | 'S' | 'a' => {
                    let own = word.part(at + 1..word.letters.len());
                    let value = if own.letters.is_empty() {
                        left.next()
                    } else {
                        Some(own)
                    };
                    match option {
                        'u' => self.unset.extend(value),
                        'S' => return value,
                        _ => {}
                    }
                    return None;
                }
                _ => {}
            }
        }
        None
    }
}
