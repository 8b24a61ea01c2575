//! How the command of a unit changes its environment.

use super::{Outcome, read_at, unit};
use crate::deploy::command::apply;
use crate::deploy::systemd::commands::{MAX_OF_ALL, TOO_LONG};

/// The environment of `x.service` after its command, and what is told of the command.
fn after(mut outcome: Outcome) -> (Vec<String>, Vec<String>) {
    apply(
        &mut outcome.workloads.workloads,
        outcome.inputs.sources_mut(),
    );
    let workload = outcome.workload("x");
    let variables = workload.environment.iter();
    let variables = variables.map(|(name, variable)| {
        let text = variable.text().unwrap_or("?");
        format!("{name}={text}")
    });
    let untold = workload.untold.iter();
    let untold = untold.map(|problem| problem.message.clone());
    (variables.collect(), untold.collect())
}

fn made(command: &str) -> (Vec<String>, Vec<String>) {
    after(unit(format!("[Service]\nExecStart={command}\n").as_bytes()))
}

#[test]
fn only_a_bare_semicolon_begins_the_next_command() {
    for (command, expected) in [
        ("/usr/bin/env A=x svc ';' B=y", &["A=x"][..]),
        ("/usr/bin/env A=x svc \";\" B=y", &["A=x"]),
        ("/usr/bin/env A=x svc \\; /usr/bin/env B=y svc", &["A=x"]),
        ("/usr/bin/env A=x svc ; /usr/bin/env B=y svc", &["B=y"]),
        ("/usr/bin/env A=x svc ;", &["A=x"]),
    ] {
        assert_eq!(made(command).0, expected, "{command}");
    }
}

#[test]
fn an_escape_that_systemd_does_not_know_stays_in_a_command_as_it_is() {
    for (command, expected) in [
        ("/usr/bin/env A=\\d B=y svc", &["A=\\d", "B=y"][..]),
        ("/usr/bin/env 'A=\\; z' B=y svc", &["A=\\; z", "B=y"]),
        ("/usr/bin/env A=\\x41 B=\\xq svc", &["A=A", "B=\\xq"]),
    ] {
        assert_eq!(made(command).0, expected, "{command}");
    }
}

#[test]
fn a_command_that_becomes_too_long_is_told() {
    let long = "x".repeat(50_000);
    for references in [
        "${A}".repeat(20_000),
        "$A ".repeat(20_000),
        "${A} ".repeat(20_000),
    ] {
        let text =
            format!("[Service]\nEnvironment=A={long}\nExecStart=/usr/bin/env B={references}\n");
        let (variables, untold) = after(unit(text.as_bytes()));
        assert_eq!(variables, [format!("A={long}")]);
        assert_eq!(untold, [TOO_LONG]);
    }
    // What starts no other program has no words that matter.
    let text = format!(
        "[Service]\nEnvironment=A={long}\nExecStart=/svc {}\n",
        "${A}".repeat(20_000)
    );
    assert_eq!(after(unit(text.as_bytes())).1, Vec::<String>::new());
}

#[test]
fn the_commands_of_all_units_together_are_bounded() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path();
    std::fs::create_dir(root.join("service.d")).unwrap();
    let text = format!(
        "[Service]\nEnvironment=A={}\nExecStart=\nExecStart=/usr/bin/env B=${{A}}${{A}} svc\n",
        "x".repeat(50_000)
    );
    std::fs::write(root.join("service.d/all.conf"), text).unwrap();
    for at in 0..100 {
        std::fs::write(
            root.join(format!("s{at:02}.service")),
            "[Service]\nExecStart=/svc\n",
        )
        .unwrap();
    }
    let outcome = read_at(root, &["*.service"]);
    let workloads = &outcome.workloads.workloads;
    let told = workloads
        .iter()
        .filter(|workload| !workload.untold.is_empty());
    let read = MAX_OF_ALL / 100_018;
    assert_eq!(workloads.len() - told.count(), read);
}

#[test]
fn braces_that_nothing_closes_cost_no_more_than_their_number() {
    let (variables, untold) = made(&format!("/usr/bin/env B=y {} A=x", "${".repeat(30_000)));
    assert_eq!((variables, untold), (vec!["B=y".to_owned()], vec![]));
    let (variables, _) = made(&format!("/usr/bin/env B={} svc", "${a".repeat(30_000)));
    assert_eq!(variables, [format!("B={}", "${a".repeat(30_000))]);
}
