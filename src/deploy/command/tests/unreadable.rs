//! Scripts that a shell or kvguard cannot read.

use super::super::UNTOLD;
use super::super::letters::Letters;
use super::super::program::Program;
use super::super::split::split;
use super::super::variables::{MAX_PUT_IN, Variables};
use super::line;
use crate::deploy::Environment;
use crate::source::Sources;

#[test]
fn a_script_that_cannot_be_read_is_told_where_it_begins_to_be_none() {
    let mut sources = Sources::new();
    let text = "sh -c 'export A=x; echo \"open'";
    let words = split(&line(&mut sources, text));
    let mut variables = Variables::new(&Environment::default(), false, MAX_PUT_IN);
    Program::default().run(&words, &mut variables);
    let (environment, effect) = variables.finish();
    assert!(environment.is_empty());
    let places: Vec<_> = effect
        .untold
        .iter()
        .map(|problem| problem.span.start)
        .collect();
    assert_eq!(
        places,
        [text.find('"').map(|at| u32::try_from(at).unwrap()).unwrap()]
    );
}

/// Whether a shell refuses the script of a command.
fn is_refused(command: &str) -> bool {
    let mut sources = Sources::new();
    is_refused_words(&split(&line(&mut sources, command)))
}

fn is_refused_words(words: &[Letters]) -> bool {
    let mut variables = Variables::new(&Environment::default(), false, MAX_PUT_IN);
    Program::default().run(words, &mut variables);
    variables.finish().1.open_quote.is_some()
}

#[test]
fn a_script_with_an_open_quote_is_refused_where_no_program_stands_before_it() {
    for command in [
        "sh -c 'svc --name \"open'",
        "bash -ec \"exec svc 'open\"",
        "env A=b tini -- sh -c 'export A=${A}\nexec svc \"open'",
        "runuser -u worker -- sh -c 'svc \"open'",
        "su worker -c 'svc \"open'",
    ] {
        assert!(is_refused(command), "{command}");
    }
    let unknown = format!("sh -c 'svc {UNTOLD} \"open'");
    for command in [
        "sh -c 'svc --name \"closed\"'",
        // The program runs before the shell comes to the quote.
        "sh -c 'svc\necho \"open'",
        "sh -c '. /opt/start.sh\necho \"open'",
        "sh -c 'eval $CMD\necho \"open'",
        // A comment, a here-document, and what is read roughly.
        "sh -c 'svc # it is \"so'",
        "sh -c 'cat <<E\nit is \"so\nE\nsvc'",
        "sh -c 'svc $(case a in a) echo;; esac) \"open'",
        // The part that no file tells may hold another quote.
        &unknown,
        // One of several programs.
        "sh -c 'svc & sh -c \"echo \\\"open\"'",
        "sh -c 'if true'",
        "sh script.sh \"'\"",
    ] {
        assert!(!is_refused(command), "{command}");
    }
}

#[test]
fn an_open_quote_in_a_text_whose_letters_have_one_place_is_not_judged() {
    let mut sources = Sources::new();
    let mut words = split(&line(&mut sources, "sh -c 'exec svc \"open'"));
    assert!(is_refused_words(&words));
    if let Some(script) = words.last_mut() {
        let place = script.span();
        script
            .letters
            .iter_mut()
            .for_each(|letter| letter.span = place);
    }
    assert!(!is_refused_words(&words));
}
