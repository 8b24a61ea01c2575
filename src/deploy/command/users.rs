//! `su` and `runuser`, which start a shell of another user, or with `runuser -u` a program.

use super::letters::Letters;
use super::program::Program;
use super::shell;
use super::starters::options;
use super::variables::Variables;
use crate::source::Problem;

const WITH_VALUE: [&str; 13] = [
    "-c",
    "--command",
    "--session-command",
    "-g",
    "--group",
    "-G",
    "--supp-group",
    "-s",
    "--shell",
    "-u",
    "--user",
    "-w",
    "--whitelist-environment",
];

/// Changes variables as one of them does with these arguments, and as what it starts does.
pub(super) fn run(program: Program, arguments: &[Letters], variables: &mut Variables) {
    let (mut given, mut rest) = options(arguments, &WITH_VALUE);
    if given
        .iter()
        .any(|option| matches!(&*option.name, "-u" | "--user"))
    {
        return program.next().run(rest, variables);
    }
    // Options may stand behind the user, too: `su worker -c SCRIPT`. A sign alone is for a login.
    let mut login = None;
    if let Some((first, behind)) = rest.split_first()
        && first.text().as_deref() == Some("-")
    {
        login = Some(first.span());
        rest = behind;
    }
    let (more, _) = options(rest.get(1..).unwrap_or_default(), &WITH_VALUE);
    given.extend(more);
    let names_login = |name: &str| matches!(name, "-l" | "--login");
    let option = given.iter().find(|option| names_login(&option.name));
    let keeps = |name: &str| matches!(name, "-w" | "--whitelist-environment");
    let keeping = given.iter().find(|option| keeps(&option.name));
    match (login.or(option.map(|option| option.word.span())), keeping) {
        (Some(_), Some(option)) => {
            let message = "a login that keeps a list of variables is not followed";
            variables.note_untold(Problem::new(option.word.span(), message));
        }
        (Some(span), None) => variables.clear(span),
        (None, _) => {}
    }
    let is_script = |name: &str| matches!(name, "-c" | "--command" | "--session-command");
    let script = given.into_iter().rfind(|option| is_script(&option.name));
    if let Some(script) = script.and_then(|option| option.value) {
        shell::run_script(program.next(), &script, false, variables);
    }
}
