//! What the programs do, seen without the suites.

use crate::service::{Service, Store};
use crate::{Fleet, State};

/// A service, its file, a change of it, and what it logs once it uses either.
struct Subject {
    name: &'static str,
    format: &'static str,
    file: &'static str,
    change: &'static str,
    listens: &'static str,
    changed: &'static str,
}

const SUBJECTS: &[Subject] = &[
    Subject {
        name: "buoy",
        format: "toml",
        file: "listen_addr = '127.0.0.1:0'\nflush_seconds = 5\n[outputs]\nkind = 'stream'\ntoken = 'canary'\n",
        change: "flush_seconds = 7\n",
        listens: "every 5 s",
        changed: "every 7 s",
    },
    Subject {
        name: "tide",
        format: "json",
        file: r#"{"listen_addr": "127.0.0.1:0", "station": "pier", "database": {"host": "db", "port": 1, "password": "canary"}}"#,
        change: r#"{"station": "lighthouse"}"#,
        listens: "reads pier",
        changed: "reads lighthouse",
    },
    Subject {
        name: "crane",
        format: "json",
        file: r#"{"listen_addr": "127.0.0.1:0", "stream_name": "events", "batch_size": 1, "api_key": "canary"}"#,
        change: r#"{"stream_name": "alarms"}"#,
        listens: "moves events",
        changed: "moves alarms now",
    },
];

impl Subject {
    fn store(&self) -> Store {
        Store::start(
            &format!("config/{}.{}", self.name, self.format),
            &format!("CN={}.harbour.test,O=Harbour", self.name),
            "datasvc.harbour.test",
        )
    }

    fn run(&self, store: &Store, state: State) -> Service {
        let file = store.file(&format!("{}.{}", self.name, self.format), self.file);
        let program = Fleet::built().program(state, self.name);
        store.run(&program, &[file.to_str().unwrap()])
    }
}

#[test]
fn a_ported_service_loads_its_file_and_seeds_the_key_without_secrets() {
    for subject in SUBJECTS {
        let store = subject.store();
        subject.run(&store, State::Ported).told(subject.listens);
        let seed = store.text().unwrap();
        assert!(seed.contains("127.0.0.1:0"), "{seed}");
        assert!(!seed.contains("canary"), "{}: {seed}", subject.name);
    }
}

#[test]
fn a_ported_service_applies_a_change_and_keeps_its_process() {
    for subject in SUBJECTS {
        let store = subject.store();
        let mut service = subject.run(&store, State::Ported);
        service.told(subject.listens);
        store.set(subject.change);
        service.told(subject.changed);
        assert!(service.is_running(), "{}", service.log);
    }
}

#[test]
fn a_ported_service_ends_with_an_error_where_the_store_is_of_no_use() {
    for subject in SUBJECTS {
        for (what, words, break_it) in [
            (
                "an outage",
                "cannot be reached",
                (|store| store.server.stop()) as fn(&Store),
            ),
            ("a denial", "permission denied", Store::deny),
            ("a malformed value", "config/", |store| store.set("\u{1}{")),
        ] {
            let store = subject.store();
            break_it(&store);
            let mut service = subject.run(&store, State::Ported);
            assert_eq!(service.ended(), Some(1), "{what}: {}", service.log);
            assert!(service.log.contains(words), "{what}: {}", service.log);
        }
    }
}

/// What the port mends; were the services well before, the tests above would show nothing.
#[test]
fn an_unported_service_goes_on_in_silence() {
    for subject in SUBJECTS {
        let store = subject.store();
        store.server.stop();
        let mut service = subject.run(&store, State::Unported);
        service.told(subject.listens);
        assert_eq!(service.log.lines().count(), 1, "{}", service.log);
        let store = subject.store();
        store.deny();
        subject.run(&store, State::Unported).told(subject.listens);
    }
}

#[test]
fn an_unported_service_seeds_secrets_where_its_format_is_json() {
    for subject in SUBJECTS {
        let store = subject.store();
        subject.run(&store, State::Unported).told(subject.listens);
        let seed = store.text().unwrap();
        assert_eq!(seed.contains("canary"), subject.format == "json", "{seed}");
    }
}
