//! What each macro expands to.

mod contract;
mod descriptor;
mod guard;
mod kv_bootstrap_test;
mod kv_fields;
mod kv_key;
mod kv_service;
mod shape;
mod suites;

pub(crate) use descriptor::descriptor;
pub(crate) use guard::guard;
pub(crate) use kv_bootstrap_test::kv_bootstrap_test;
pub(crate) use kv_fields::kv_fields;
pub(crate) use kv_key::kv_key;
pub(crate) use kv_service::{attribute as kv_service, derive as kv_service_derive};
pub(crate) use suites::{kv_access_test, kv_bootstrap_coverage};
