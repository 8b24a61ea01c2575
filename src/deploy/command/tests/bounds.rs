//! Commands that are made to take up time or memory.

use super::{line, made, run};
use crate::deploy::Environment;
use crate::deploy::command::program::Program;
use crate::deploy::command::split::split;
use crate::deploy::command::variables::{MAX_PUT_IN, Variables};
use crate::source::Sources;

#[test]
fn programs_that_start_each_other_without_end_are_noted_as_not_followed() {
    for (command, last, span) in [
        ("env ".repeat(10_000) + "A=x svc", "16 programs", (64, 67)),
        (
            "env ".repeat(16) + "sh -c 'A=x svc'",
            "16 programs",
            (64, 66),
        ),
        (
            "env ".to_owned() + &"-S ".repeat(9) + "A=x svc",
            "8 lines",
            (31, 34),
        ),
    ] {
        let mut sources = Sources::new();
        let words = split(&line(&mut sources, &command));
        let mut variables = Variables::new(&Environment::default(), false, MAX_PUT_IN);
        Program::default().run(&words, &mut variables);
        let (environment, effect) = variables.finish();
        assert!(environment.is_empty(), "{environment:?}");
        let [problem] = effect.untold.as_slice() else {
            panic!("{:?}", effect.untold);
        };
        assert!(problem.message.contains(last), "{}", problem.message);
        assert_eq!((problem.span.start, problem.span.end), span);
    }
    assert_eq!(made(&("env ".repeat(15) + "A=x svc")), ["A=x", "B=b"]);
}

#[test]
fn defaults_that_are_nested_too_deep_are_computed() {
    let script = format!(
        "sh -c 'export A={}; svc'",
        "${C:-".repeat(5_000) + &"}".repeat(5_000)
    );
    assert_eq!(made(&script), ["A is computed", "B=b"]);
}

#[test]
fn a_value_that_doubles_without_end_is_computed() {
    for doubled in ["C=$C$C", "export C=$C$C", ": ${D:=$C$C}; C=$D; unset D"] {
        let script = format!(
            "C=xxxxxxxx; {}export A=$C; svc",
            format!("{doubled}; ").repeat(60)
        );
        let shown = made(&format!("sh -c '{script}'"));
        assert!(shown.contains(&"A is computed".to_owned()), "{doubled}");
    }
}

#[test]
fn the_values_that_one_command_puts_in_are_bounded_in_total() {
    let long = "x".repeat(100_000);
    let copies: String = (0..1_000).map(|at| format!("C{at}=$A; ")).collect();
    for (set, script) in [
        ("export", format!("set -a; {copies}svc")),
        (
            "own",
            format!(
                "{copies}export {}; svc",
                (0..1_000).map(|at| format!("C{at} ")).collect::<String>()
            ),
        ),
    ] {
        let mut sources = Sources::new();
        let command = format!("sh -c '{script}'");
        let (environment, _) = run(&mut sources, &[&format!("A={long}")], false, &command);
        let told = environment
            .iter()
            .filter(|(_, variable)| variable.text().is_some());
        let copies_told = told.count() - 1;
        assert_eq!(copies_told, MAX_PUT_IN / (long.len() + 1), "{set}");
        assert_eq!(environment.iter().count(), 1_001, "{set}");
    }
}
