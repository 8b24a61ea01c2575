//! What holds for every service comes from the registry that the build script left, too.

use kvguard_runtime::contract::{Mode, Role, Values};
use kvguard_runtime::{Descriptor, descriptor};

const LEFT: &Descriptor = descriptor!("left");

fn main() {
    assert_eq!(LEFT.fleet_secret_fields, ["**.token"]);
    assert_eq!(LEFT.not_secret_fields, ["siren.token"]);
    let contract = LEFT.contract;
    assert_eq!(contract.name(Role::Source), Some("DEPOT_SETTINGS"));
    assert_eq!(contract.name(Role::Address), None);
    assert_eq!(contract.name(Role::Mode), Some("KV_SEC_MODE"));
    assert_eq!((&*contract.kv, contract.others.len()), ("kv", 0));
    assert_eq!(*contract.required, ["REGION"]);
    assert_eq!(contract.values, Values::Trimmed);
    let modes: Vec<_> = contract
        .modes
        .iter()
        .map(|mode| (&*mode.word, mode.means, mode.required.len()))
        .collect();
    assert_eq!(modes, [("open", None, 0), ("tls", Some(Mode::Mtls), 1)]);
}
