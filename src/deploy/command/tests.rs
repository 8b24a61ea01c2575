mod bounds;
mod launchers;
mod unreadable;

use super::letters::{Letter, Letters};
use super::program::Program;
use super::split::split;
use super::variables::{MAX_PUT_IN, Variables};
use crate::deploy::{Environment, Known, Variable};
use crate::source::{Sources, Span};

/// A line, whose places are those of its characters.
fn line(sources: &mut Sources, text: &str) -> Letters {
    let id = sources.add("command", text);
    let whole = sources.whole(id);
    let letters = text.char_indices().map(|(at, character)| Letter {
        character: (character != super::UNTOLD).then_some(character),
        span: Span {
            start: u32::try_from(at).unwrap(),
            end: u32::try_from(at + character.len_utf8()).unwrap(),
            ..whole
        },
    });
    Letters {
        letters: letters.collect(),
        start: Span { end: 0, ..whole },
    }
}

/// What a command makes of the variables `A=a` and `B=b`: each with its value and the text at its place.
fn made(command: &str) -> Vec<String> {
    let mut sources = Sources::new();
    let (environment, taken) = run(&mut sources, &["A=a", "B=b"], false, command);
    let mut shown: Vec<String> = environment
        .iter()
        .map(|(name, variable)| match &variable.value {
            Known::Text(text) => format!("{name}={text}"),
            Known::Opaque => format!("{name} is not told"),
            Known::Computed => format!("{name} is computed"),
        })
        .collect();
    shown.extend(
        taken
            .into_iter()
            .map(|(name, at)| format!("no {name}: {at}")),
    );
    shown
}

fn run(
    sources: &mut Sources,
    set: &[&str],
    has_untold: bool,
    command: &str,
) -> (Environment, Vec<(String, String)>) {
    let id = sources.add("environment", "");
    let span = sources.whole(id);
    let set = set.iter().filter_map(|text| {
        let (name, value) = text.split_once('=')?;
        let variable = Variable {
            value: Known::Text(value.to_owned()),
            name_span: span,
            value_span: span,
        };
        Some((name.to_owned(), variable))
    });
    let environment: Environment = set.collect();
    let words = split(&line(sources, command));
    let mut variables = Variables::new(&environment, has_untold, MAX_PUT_IN);
    Program::default().run(&words, &mut variables);
    let (after, effect) = variables.finish();
    let gone = environment.iter().filter(|(name, _)| !after.contains(name));
    let gone = gone.filter_map(|(name, _)| {
        let place = effect.taken.place(name)?;
        Some((name.to_owned(), sources.text(place).to_owned()))
    });
    let gone = gone.collect();
    (after, gone)
}

#[test]
fn env_sets_and_takes_away_as_coreutils_does() {
    for (command, expected) in [
        ("/bin/svc A=x", &["A=a", "B=b"][..]),
        ("env /bin/svc", &["A=a", "B=b"]),
        ("env A=x C= /bin/svc --flag=1", &["A=x", "B=b", "C="]),
        ("/usr/bin/env -u A /bin/svc", &["B=b", "no A: A"]),
        ("env -uA svc", &["B=b", "no A: A"]),
        ("env --unset=A svc", &["B=b", "no A: A"]),
        ("env --unset A svc", &["B=b", "no A: A"]),
        ("env -i C=c svc", &["C=c", "no A: -i", "no B: -i"]),
        ("env - C=c svc", &["C=c", "no A: -", "no B: -"]),
        (
            "env --ignore-environment svc",
            &["no A: --ignore-environment", "no B: --ignore-environment"],
        ),
        // What is named goes after all has gone, and is set after that.
        ("env A=x -i svc", &["A=x", "B=b"]),
        ("env -u A -i A=x svc", &["A=x", "no B: -i"]),
        ("env -vi svc", &["no A: -vi", "no B: -vi"]),
        ("env -C /tmp -u A svc", &["B=b", "no A: A"]),
        ("env --chdir /tmp A=x svc", &["A=x", "B=b"]),
        ("env -- A=x svc", &["A=x", "B=b"]),
        ("env -S 'A=x B=y svc'", &["A=x", "B=y"]),
        ("env -S '-u A svc'", &["B=b", "no A: A"]),
        ("env A=x env B=y svc", &["A=x", "B=y"]),
        ("tini -g -- env A=x svc", &["A=x", "B=b"]),
        ("su-exec nobody env A=x svc", &["A=x", "B=b"]),
        // Some options have a value of their own.
        ("tini -p SIGTERM -e 143 -- env A=x svc", &["A=x", "B=b"]),
        ("dumb-init --rewrite 15:3 -- env A=x svc", &["A=x", "B=b"]),
        ("dumb-init --rewrite=15:3 env A=x svc", &["A=x", "B=b"]),
        ("nice -n 10 env -u A svc", &["B=b", "no A: A"]),
        ("nice -10 env A=x svc", &["A=x", "B=b"]),
        ("timeout -k 5 30 env A=x svc", &["A=x", "B=b"]),
        ("stdbuf -oL env A=x svc", &["A=x", "B=b"]),
        ("busybox env A=x svc", &["A=x", "B=b"]),
        ("env A=\u{FFFC} svc", &["A is computed", "B=b"]),
        // An image's entry point may make anything of its arguments, but such a word is no file's.
        ("env \u{FFFC}=x A=y svc", &["A=y", "B=b"]),
    ] {
        assert_eq!(made(command), expected, "{command}");
    }
}

#[test]
fn a_script_exports_and_takes_away_before_its_program() {
    for (script, expected) in [
        ("export A=x; svc", &["A=x", "B=b"][..]),
        ("export A=x C='c d' && exec svc", &["A=x", "B=b", "C=c d"]),
        ("A=x exec svc", &["A=x", "B=b"]),
        ("A=x svc --name=y", &["A=x", "B=b"]),
        // A variable that is passed on already changes; another one does not leave the shell.
        ("A=x; svc", &["A=x", "B=b"]),
        ("C=c; svc", &["A=a", "B=b"]),
        ("C=c; export C; svc", &["A=a", "B=b", "C=c"]),
        ("export C; C=c; svc", &["A=a", "B=b", "C=c"]),
        ("set -a; C=c; set +a; D=d; svc", &["A=a", "B=b", "C=c"]),
        ("set -o allexport; C=c; svc", &["A=a", "B=b", "C=c"]),
        ("declare -x C=c; svc", &["A=a", "B=b", "C=c"]),
        ("unset A; svc", &["B=b", "no A: A"]),
        ("unset -v A B; svc", &["no A: A", "no B: B"]),
        ("unset -f A; svc", &["A=a", "B=b"]),
        ("export -n A; svc", &["B=b", "no A: A"]),
        ("exec env -u A svc", &["B=b", "no A: A"]),
        ("sh -c \"export A=x; svc\"", &["A=x", "B=b"]),
        // What comes after the program, or is for another one, does not change its variables.
        ("exec svc; export A=x", &["A=a", "B=b"]),
        ("A=x migrate && exec svc", &["A=a", "B=b"]),
        ("svc & export A=x; wait", &["A=a", "B=b"]),
        ("export A=x; svc | tee log", &["A=x", "B=b"]),
        ("export A=x | cat; svc", &["A=a", "B=b"]),
        // Behind an operator that joins two commands, the list goes on in the next line.
        ("A=x svc |\ntee log", &["A=x", "B=b"]),
        ("A=x svc |\n\n# Both.\ntee log", &["A=x", "B=b"]),
        ("export A=x |\ncat; svc", &["A=a", "B=b"]),
        (
            "[[ -f /x &&\n-f /y ]] && export A=x && svc",
            &["A=x", "B=b"],
        ),
        // Comments, redirections and documents set nothing.
        ("# export A=x\nsvc", &["A=a", "B=b"]),
        ("echo A=x >/tmp/export 2>&1; svc", &["A=a", "B=b"]),
        ("cat >/x <<END\nexport A=x\nEND\nsvc", &["A=a", "B=b"]),
        (
            "echo export A=x; echo \"; export B=x\"; svc",
            &["A=a", "B=b"],
        ),
    ] {
        let command = format!("sh -ec '{}'", script.replace('\'', "'\\''"));
        assert_eq!(
            made(&command.replace("'\\''", "\"'\"")),
            expected,
            "{script}"
        );
    }
}

#[test]
fn variables_in_a_script_stand_for_what_is_known_of_them() {
    for (script, expected) in [
        ("export C=$A-${B}; svc", &["A=a", "B=b", "C=a-b"][..]),
        ("export C=\"$A $B\"; svc", &["A=a", "B=b", "C=a b"]),
        ("export C=\\$A; svc", &["A=a", "B=b", "C=$A"]),
        ("export C=${D:-d}; svc", &["A=a", "B=b", "C=d"]),
        ("export C=${A:-d}${A-e}; svc", &["A=a", "B=b", "C=aa"]),
        ("A=; export C=${A:-d}${A-e}; svc", &["A=", "B=b", "C=d"]),
        ("export C=${D:-${E:-e}}; svc", &["A=a", "B=b", "C=e"]),
        (": ${A:=x} ${D:=d}; export D; svc", &["A=a", "B=b", "D=d"]),
        ("export C=${A:?needed}; svc", &["A=a", "B=b", "C=a"]),
        ("C=c; D=$C; export E=$D; svc", &["A=a", "B=b", "E=c"]),
        (
            "C=c; export C=d; export E=$C; svc",
            &["A=a", "B=b", "C=d", "E=d"],
        ),
    ] {
        let command = format!("sh -c '{script}'");
        assert_eq!(made(&command), expected, "{script}");
    }
}

#[test]
fn a_variable_that_nothing_sets_is_empty_unless_an_image_or_the_shell_may_set_it() {
    for (has_image, script, expected) in [
        (false, "export C=$D; svc", Some("")),
        (true, "export C=$D; svc", None),
        (true, "export C=${D:-d}; svc", None),
        (true, "export C=$A; svc", Some("a")),
        (true, "unset D; export C=$D; svc", Some("")),
        (true, "D=; export C=$D; svc", Some("")),
        (true, "env -i sh -c \"export C=\\$D; svc\"", Some("")),
        (false, "export C=$HOSTNAME; svc", None),
        (false, "unset HOSTNAME; export C=$HOSTNAME; svc", Some("")),
    ] {
        let mut sources = Sources::new();
        let command = format!("sh -c '{script}'");
        let (environment, _) = run(&mut sources, &["A=a"], has_image, &command);
        let variable = environment.get("C").unwrap();
        assert_eq!(variable.text(), expected, "{script}, image: {has_image}");
    }
}

#[test]
fn what_only_a_run_tells_is_computed() {
    for (script, expected) in [
        ("export A=$(cat /run/a); svc", &["A is computed", "B=b"][..]),
        ("export A=`cat /run/a` B=x; svc", &["A is computed", "B=x"]),
        (
            "export A=\"$(cat \"/run/a\")\"; svc",
            &["A is computed", "B=b"],
        ),
        ("export A=$((1 + 2)); svc", &["A is computed", "B=b"]),
        ("export A=$1; svc", &["A is computed", "B=b"]),
        ("export A=${B#x}; svc", &["A is computed", "B=b"]),
        ("export A+=x; svc", &["A is computed", "B=b"]),
        (
            "if test -f /x; then export A=x; fi; svc",
            &["A is computed", "B=b"],
        ),
        ("test -f /x && export A=x; svc", &["A is computed", "B=b"]),
        ("test -f /x || export A=x; svc", &["A is computed", "B=b"]),
        (
            "test -f /x &&\nexport A=x\nexec svc",
            &["A is computed", "B=b"],
        ),
        (
            "test -f /x ||\n\nexport A=x\nexec svc",
            &["A is computed", "B=b"],
        ),
        // A subshell that ends a list does not join the next line to it.
        ("test -f /x && (cd /x)\nexport A=x\nsvc", &["A=x", "B=b"]),
        (
            "for i in 1 2; do export A=$i; done; svc",
            &["A is computed", "B=b"],
        ),
        (
            "case $B in b) unset A ;; *) export B=x ;; esac; svc",
            &["A is computed", "B is computed"],
        ),
        (
            "C=c; test -f /x && unset C; export A=$C; svc",
            &["A is computed", "B=b"],
        ),
        ("f() { export A=x; }; f; svc", &["A is computed", "B=b"]),
        ("(export A=x); svc", &["A is computed", "B=b"]),
        (
            "if true; then A=x exec svc; else exec svc; fi",
            &["A is computed", "B=b"],
        ),
        // The program runs only if all before it succeed.
        ("test -f /x && export A=x && exec svc", &["A=x", "B=b"]),
        ("[[ -f /x && -f /y ]] && export A=x && svc", &["A=x", "B=b"]),
        ("export B=x && export A=x; svc", &["A=x", "B=x"]),
        ("{ export A=x; }; svc", &["A=x", "B=b"]),
    ] {
        let command = format!("sh -c '{script}'");
        assert_eq!(made(&command), expected, "{script}");
    }
}

#[test]
fn of_several_programs_in_a_script_none_is_taken_for_the_one_that_is_meant() {
    for (script, expected) in [
        // One after another: what the last one adds is its own, and what it changes may not be the service's.
        ("migrate; C=c svc", &["A=a", "B=b", "C=c"][..]),
        ("migrate\nenv C=c svc", &["A=a", "B=b", "C=c"]),
        ("svc; A=x cleanup", &["A is computed", "B=b"]),
        ("svc; env -u A cleanup", &["A is computed", "B=b"]),
        // The last of a list runs once the others have succeeded.
        ("migrate && A=x svc", &["A=x", "B=b"]),
        // Side by side, or one in place of the other.
        ("svc & env A=x helper; wait", &["A is computed", "B=b"]),
        ("helper & A=x exec svc", &["A=x", "B=b"]),
        (
            "svc || env A=x C=c svc",
            &["A is computed", "B=b", "C is computed"],
        ),
        (
            "if true; then exec svc; else exec env A=x svc; fi",
            &["A is computed", "B=b"],
        ),
        // The same value is no change.
        ("helper & A=a svc", &["A=a", "B=b"]),
        // What is exported holds for each.
        ("export A=x; helper & svc", &["A=x", "B=b"]),
    ] {
        let command = format!("sh -c '{script}'");
        assert_eq!(made(&command), expected, "{script}");
    }
}

#[test]
fn what_may_set_any_variable_is_noted() {
    let noted = |command: &str| {
        let mut sources = Sources::new();
        let words = split(&line(&mut sources, command));
        let mut variables = Variables::new(&Environment::default(), false, MAX_PUT_IN);
        Program::default().run(&words, &mut variables);
        variables.finish().1.untold.len()
    };
    for command in [
        "sh -c '. /vault/secrets/env && exec svc'",
        "sh -c 'export $(cat /etc/env | xargs); exec svc'",
        "sh -c 'for pair in $(cat /etc/env); do export \"$pair\"; done; svc'",
        "sh -c 'while read name value; do export \"$name=$value\"; done; svc'",
        "sh -c 'exec env $(cat /etc/env) svc'",
        "sh -c 'exec \"$@\"' sh env A=x svc",
        "sh -c 'A=x svc & B=y helper; wait'",
    ] {
        assert_eq!(noted(command), 1, "{command}");
    }
    for command in [
        "sh -c 'export A=x; svc'",
        "sh -c 'A=x migrate && svc'",
        "env A=x svc",
        "sh -c 'svc \"$@\"'",
    ] {
        assert_eq!(noted(command), 0, "{command}");
    }
}

#[test]
fn what_a_script_reads_is_computed() {
    for (script, expected) in [
        ("read A < /etc/a; svc", &["A is computed", "B=b"][..]),
        (
            "read C < /etc/c; export C; svc",
            &["A=a", "B=b", "C is computed"],
        ),
        (
            "printf -v C %s x; export C; svc",
            &["A=a", "B=b", "C is computed"],
        ),
        ("printf %s A; svc", &["A=a", "B=b"]),
    ] {
        let command = format!("sh -c '{script}'");
        assert_eq!(made(&command), expected, "{script}");
    }
}

#[test]
fn the_place_of_a_variable_is_where_the_command_sets_it() {
    let mut sources = Sources::new();
    let command = "sh -c 'export C=\"c d\" D=; svc'";
    let (environment, _) = run(&mut sources, &[], false, command);
    let place = |name: &str, of: fn(&Variable) -> Span| {
        sources.text(of(environment.get(name).unwrap())).to_owned()
    };
    assert_eq!(place("C", |variable| variable.name_span), "C");
    assert_eq!(place("C", |variable| variable.value_span), "c d");
    assert_eq!(place("D", Variable::shown_span), "D");
}

#[test]
fn a_variable_that_something_else_may_set_is_not_known() {
    let mut sources = Sources::new();
    for (has_untold, script, is_known) in [
        (false, "export A=${C:-c}; svc", true),
        (true, "export A=${C:-c}; svc", false),
        (true, "unset C; export A=${C:-c}; svc", true),
        (false, ". /run/env; export A=${C:-c}; svc", false),
    ] {
        let command = format!("sh -c '{script}'");
        let (environment, _) = run(&mut sources, &["A=a"], has_untold, &command);
        let text = environment.get("A").and_then(Variable::text);
        assert_eq!(text, is_known.then_some("c"), "{script}");
    }
}

proptest::proptest! {
    #[test]
    fn no_script_panics(script in "[A-C=;&|(){}<>$'\"\\\\ `\n:\\-{if}{fi}{case}{esac}]{0,60}") {
        let mut sources = Sources::new();
        let words = [
            line(&mut sources, "sh"),
            line(&mut sources, "-c"),
            line(&mut sources, &script),
        ];
        let mut variables = Variables::new(&Environment::default(), false, MAX_PUT_IN);
        Program::default().run(&words, &mut variables);
    }
}
