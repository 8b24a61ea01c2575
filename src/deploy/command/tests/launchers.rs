//! Programs that start another one, with its variables or others.

use super::super::program::Program;
use super::super::split::split;
use super::super::variables::{MAX_PUT_IN, Variables};
use super::{line, made};
use crate::deploy::Environment;
use crate::source::Sources;

#[test]
fn launchers_are_followed_past_the_values_of_their_options() {
    for launcher in [
        "setpriv --reuid 1000 --regid=1000 --init-groups --inh-caps -all",
        "setpriv --nnp --bounding-set -all --",
        "runuser -u worker --",
        "runuser -g staff -u worker",
        "runuser --user=worker",
        "catatonit --",
        "catatonit -g --",
        "docker-init -s --",
        "chpst -u worker:staff -n 5 -P",
        "chpst -Pu worker -m 1000000",
        "chpst -uworker -/ /srv",
        "gosu worker:staff",
        "su-exec worker",
        "setuidgid worker",
        "envuidgid worker",
        "softlimit -m 1000000 -o 100",
        "setlock -n /run/lock",
        "s6-setuidgid worker",
        "s6-envuidgid -nB -D 1:1 worker:staff",
        "s6-applyuidgid -z -u 1 -g 1 -G 1,2",
        "s6-softlimit -H -m 1000000",
        "s6-notifyoncheck -d -3 3 -s 100 -c /bin/check",
        "s6-setsid -b",
        "s6-setlock -n /run/lock",
        "fdmove -c 2 1",
        "ionice -c2 -n 7",
        "nice -n 5",
        "timeout -k 5 -s KILL 60",
        "s6-setuidgid worker fdmove -c 2 1",
    ] {
        let command = format!("{launcher} env A=x svc");
        assert_eq!(made(&command), ["A=x", "B=b"], "{command}");
    }
    for command in [
        "su worker -c 'export A=x; exec svc'",
        "su -s /bin/sh -c 'export A=x; exec svc' worker",
        "runuser worker --command='export A=x; exec svc'",
    ] {
        assert_eq!(made(command), ["A=x", "B=b"], "{command}");
    }
}

#[test]
fn launchers_that_take_variables_away_or_read_them_from_a_directory_are_known() {
    for (command, place) in [
        ("setpriv --reset-env svc", "--reset-env"),
        ("su - worker -c 'exec svc'", "-"),
        ("runuser -l worker -c 'exec svc'", "-l"),
    ] {
        let gone = [format!("no A: {place}"), format!("no B: {place}")];
        assert_eq!(made(command), gone, "{command}");
    }
    for (command, is_noted) in [
        ("chpst -e /etc/env svc", true),
        ("chpst -Pe /etc/env svc", true),
        ("chpst -u e svc", false),
        ("envdir /etc/env svc", true),
        ("s6-envdir -I /run/env svc", true),
        ("with-contenv svc", true),
        ("su -l -w A worker -c 'exec svc'", true),
        ("su -w A worker -c 'exec svc'", false),
    ] {
        let mut sources = Sources::new();
        let words = split(&line(&mut sources, command));
        let mut variables = Variables::new(&Environment::default(), false, MAX_PUT_IN);
        Program::default().run(&words, &mut variables);
        let (_, effect) = variables.finish();
        assert_eq!(!effect.untold.is_empty(), is_noted, "{command}");
    }
}
