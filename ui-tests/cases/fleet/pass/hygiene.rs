#![no_implicit_prelude]
#![allow(non_camel_case_types, dead_code)]

// Names of one's own that stand in the way of whatever is not written in full.
mod core {}
mod std {}
mod kvguard_runtime {}
struct Result;
struct Option;
struct Key;
struct str_;

const KEY: ::kvguard_runtime::Key = ::kvguard_runtime::kv_key!("trapd");

#[::kvguard_runtime::kv_service("trapd")]
struct Configuration {
    listen: ::std::string::String,
    database: Database,
}

#[derive(::kvguard_runtime::KvFields)]
struct Database {
    host: ::std::string::String,
}

fn main() {
    let _ = ::kvguard_runtime::kv_key!("agent", agent_id = "a");
    let _ = ::kvguard_runtime::descriptor!("trapd");
    let _ = KEY;
}
