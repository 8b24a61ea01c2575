//! What each service does, seen without the judge.

use std::path::PathBuf;

use crate::Fleet;
use crate::service::{Service, Store};

const FILE: &str = r#"{"label": "north", "interval_seconds": 10, "database": {"user": "u", "password": "canary"}}"#;
const CHANGE: &str = r#"{"label": "south"}"#;
const GARBAGE: &str = "\u{1}{";

/// A program in one of the languages.
#[derive(Clone, Copy)]
enum Program {
    Gauge(&'static str),
    Needle(&'static str),
}

/// The same service in both languages.
fn both(kind: &'static str) -> [Program; 2] {
    [Program::Gauge(kind), Program::Needle(kind)]
}

impl Program {
    fn name(self) -> &'static str {
        match self {
            Self::Gauge(_) => "gauge",
            Self::Needle(_) => "needle",
        }
    }

    fn key(self) -> String {
        format!("config/{}.json", self.name())
    }

    fn store(self) -> Store {
        let subject = format!("CN={}.fleet.test,O=Fleet", self.name());
        Store::start(&self.key(), &subject, "store.fleet.test")
    }

    fn path(self) -> PathBuf {
        match self {
            Self::Gauge(kind) => Fleet::built().gauge(kind),
            Self::Needle(_) => Fleet::built().needle(),
        }
    }

    fn run(self, store: &Store, more: &[(&str, &str)]) -> Service {
        let file = store.file(&format!("{}.json", self.name()), FILE);
        let file = file.to_str().unwrap();
        let mut arguments = vec!["--config", file, "--listen", "127.0.0.1:0"];
        let defect;
        if let Self::Needle(kind) = self
            && kind != "sound"
        {
            defect = kind.replace('_', "-");
            arguments.extend(["--defect", &defect]);
        }
        store.run_with(&self.path(), &arguments, more)
    }

    /// How it ends with a store that holds a value, once something was done to the store.
    fn ending(self, break_it: impl FnOnce(&Store)) -> (Option<i32>, String) {
        let store = self.store();
        store.set(FILE);
        break_it(&store);
        let mut service = self.run(&store, &[]);
        (service.ended(), service.log.clone())
    }
}

#[test]
fn a_sound_service_seeds_its_key_without_its_secret_and_then_listens() {
    for program in both("sound") {
        let store = program.store();
        let mut service = program.run(&store, &[]);
        service.told("listening on 127.0.0.1:0, label north");
        assert_eq!(service.log.lines().count(), 1, "{}", service.log);
        let seed = store.text().unwrap();
        assert!(seed.contains("north") && !seed.contains("canary"), "{seed}");
    }
}

#[test]
fn a_sound_service_prefers_the_store_and_applies_what_follows_unless_it_is_malformed() {
    for program in both("sound") {
        let store = program.store();
        store.set(CHANGE);
        let mut service = program.run(&store, &[]);
        service.told("listening on 127.0.0.1:0, label south, every 10 s");
        store.set(GARBAGE);
        let told = service.told("WARN update");
        assert!(told.contains(&program.key()), "{told}");
        store.set(r#"{"label": "east"}"#);
        service.told("applied, label east");
    }
}

#[test]
fn a_sound_service_ends_with_an_error_that_names_key_and_address_where_the_store_is_of_no_use() {
    for program in both("sound") {
        for break_it in [|store: &Store| store.server.stop(), Store::deny] {
            let mut address = String::new();
            let (code, log) = program.ending(|store| {
                address = store.server.address();
                break_it(store);
            });
            assert_eq!(code, Some(1), "{log}");
            assert!(
                log.contains(&address) && log.contains(&program.key()),
                "{log}"
            );
            assert!(!log.contains("listening"), "{log}");
        }
    }
}

#[test]
fn a_sound_service_names_key_and_field_of_a_malformed_value() {
    for program in both("sound") {
        for (value, field) in [
            (GARBAGE, ""),
            (r#"{"label": 1}"#, "label"),
            (r#"{"label": ""}"#, "label"),
            (r#"{"database": {"user": {}}}"#, "database.user"),
        ] {
            let (code, log) = program.ending(|store| store.set(value));
            assert_eq!(code, Some(1), "{log}");
            assert!(log.contains(&program.key()) && log.contains(field), "{log}");
        }
    }
}

#[test]
fn a_service_that_lacks_its_database_ends_before_it_listens() {
    for program in both("sound").into_iter().chain(both("falls_back")) {
        let store = program.store();
        // Nothing listens on the port of a listener that is gone.
        let gone = std::net::TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr();
        let mut service = program.run(&store, &[("DATABASE_ADDRESS", &gone.unwrap().to_string())]);
        assert_eq!(service.ended(), Some(1), "{}", service.log);
        assert!(service.log.contains("refused"), "{}", service.log);
        assert!(!service.log.contains("listening"), "{}", service.log);
    }
}

#[test]
fn a_service_that_falls_back_listens_without_the_store_and_says_nothing() {
    for program in both("falls_back") {
        for break_it in [|store: &Store| store.server.stop(), Store::deny] {
            let store = program.store();
            store.set(CHANGE);
            break_it(&store);
            let mut service = program.run(&store, &[]);
            service.told("listening on 127.0.0.1:0, label north");
            assert_eq!(service.log.lines().count(), 1, "{}", service.log);
        }
    }
}

#[test]
fn what_is_built_in_is_not_what_the_environment_says() {
    for program in both("built_in_server_name") {
        let (code, log) = program.ending(|_| {});
        assert_eq!(code, Some(1), "{log}");
        assert!(log.contains("certificate"), "{log}");
    }
    let _ports = Fleet::built().built_in_ports.lock();
    for program in both("fixed_port") {
        let store = program.store();
        let told = program.run(&store, &[]).told("listening");
        assert!(told.contains("127.0.0.1:1746"), "{told}");
    }
}

#[test]
fn a_key_is_made_of_the_files_name() {
    for program in both("key_of_file_name") {
        let store = program.store();
        store.set(CHANGE);
        // Its file has the name that it is deployed with.
        program.run(&store, &[]).told("label south");
    }
}

#[test]
fn the_first_value_restarts_a_service_that_takes_it_for_an_update() {
    for program in both("restarts_at_the_first_value") {
        let store = program.store();
        let mut service = program.run(&store, &[]);
        service.told("listening");
        service.told("listening");
        assert!(service.is_running(), "{}", service.log);
    }
    for program in both("exits_at_the_first_value") {
        let (code, log) = program.ending(|_| {});
        assert_eq!(code, Some(0), "{log}");
        assert!(log.contains("listening"), "{log}");
    }
}

#[test]
fn a_change_alone_restarts_the_mended_one() {
    for program in both("restarts_for_a_change") {
        let store = program.store();
        let mut service = program.run(&store, &[]);
        service.told("label north");
        store.set(GARBAGE);
        service.told("not applied");
        store.set(CHANGE);
        service.told("restarting");
        service.told("label south");
        assert!(service.is_running(), "{}", service.log);
        assert_eq!(
            service.log.matches("listening").count(),
            2,
            "{}",
            service.log
        );
    }
}

#[test]
fn a_malformed_value_is_not_named_by_the_one_that_names_nothing() {
    for program in both("names_nothing") {
        let (code, log) = program.ending(|store| store.set(r#"{"label": ""}"#));
        assert_eq!(code, Some(1), "{log}");
        assert!(!log.contains("config/") && !log.contains("label"), "{log}");
    }
}

#[test]
fn a_bad_update_ends_the_one_that_dies_of_it() {
    for program in both("dies_of_a_bad_update") {
        let store = program.store();
        let mut service = program.run(&store, &[]);
        service.told("listening");
        store.set(GARBAGE);
        assert_eq!(service.ended(), Some(1), "{}", service.log);
        assert!(service.log.contains(&program.key()), "{}", service.log);
    }
}

#[test]
fn a_repair_overwrites_what_is_there() {
    for program in both("repairs") {
        let store = program.store();
        store.set(CHANGE);
        program.run(&store, &[]).told("label south");
        let value = store.text().unwrap();
        assert!(value.contains("north"), "{value}");
    }
}
