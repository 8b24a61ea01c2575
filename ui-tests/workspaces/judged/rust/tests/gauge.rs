//! The gauge, in Rust: its sound program, and one with each defect. `verdicts.toml` says what is right of each.

mod setups;

use kvguard_runtime::kv_bootstrap_test;
use setups::{occupy_a_port, start_archive, start_database};

#[kv_bootstrap_test(
    "gauge",
    bin = "sound",
    args = ["--config", "{config}", "--listen", "127.0.0.1:{port}"],
    probe("/label" = "kvguard-probe"),
    watch = true
)]
fn sound() {}

#[kv_bootstrap_test(
    "gauge",
    bin = "sound",
    args = ["--config", "{config}", "--listen", "127.0.0.1:{port}"],
    before = start_database,
    probe("/label" = "kvguard-probe"),
    watch = true
)]
fn sound_with_its_database() {}

#[kv_bootstrap_test(
    "gauge",
    bin = "sound",
    args = ["--config", "{config}", "--listen", "127.0.0.1:{port}"],
    env("DATABASE_ADDRESS" = "127.0.0.1:{port:database}"),
    probe("/label" = "kvguard-probe"),
    watch = true
)]
fn sound_without_its_database() {}

#[kv_bootstrap_test(
    "gauge",
    bin = "sound",
    args = ["--config", "{config}", "--listen", "{busy}"],
    before = occupy_a_port,
    probe("/label" = "kvguard-probe"),
    watch = true
)]
fn sound_while_its_port_is_in_use() {}

#[kv_bootstrap_test(
    "gauge",
    bin = "falls_back",
    args = ["--config", "{config}", "--listen", "127.0.0.1:{port}"],
    probe("/label" = "kvguard-probe"),
    watch = true
)]
fn falls_back() {}

#[kv_bootstrap_test(
    "gauge",
    bin = "falls_back",
    args = ["--config", "{config}", "--listen", "127.0.0.1:{port}"],
    before = start_database,
    probe("/label" = "kvguard-probe"),
    watch = true
)]
fn falls_back_with_its_database() {}

#[kv_bootstrap_test(
    "gauge",
    bin = "falls_back",
    args = ["--config", "{config}", "--listen", "127.0.0.1:{port}"],
    env("DATABASE_ADDRESS" = "127.0.0.1:{port:database}"),
    probe("/label" = "kvguard-probe"),
    watch = true
)]
fn falls_back_without_its_database() {}

#[kv_bootstrap_test(
    "gauge",
    bin = "built_in_server_name",
    args = ["--config", "{config}", "--listen", "127.0.0.1:{port}"],
    probe("/label" = "kvguard-probe"),
    watch = true
)]
fn built_in_server_name() {}

#[kv_bootstrap_test(
    "gauge",
    bin = "built_in_server_name",
    args = ["--config", "{config}", "--listen", "127.0.0.1:{port}"],
    server_name = "datasvc.built-in.test",
    probe("/label" = "kvguard-probe"),
    watch = true
)]
fn built_in_server_name_that_is_told() {}

#[kv_bootstrap_test(
    "gauge",
    bin = "key_of_file_name",
    args = ["--config", "{config}", "--listen", "127.0.0.1:{port}"],
    probe("/label" = "kvguard-probe"),
    watch = true
)]
fn key_of_file_name() {}

#[kv_bootstrap_test(
    "gauge",
    bin = "key_of_file_name",
    args = ["--config", "{config}", "--listen", "127.0.0.1:{port}"],
    config = "gauge.json",
    probe("/label" = "kvguard-probe"),
    watch = true
)]
fn key_of_file_name_that_is_told() {}

#[kv_bootstrap_test(
    "gauge",
    bin = "fixed_port",
    args = ["--config", "{config}", "--listen", "127.0.0.1:{port}"],
    ports = [17463],
    probe("/label" = "kvguard-probe"),
    watch = true
)]
fn fixed_port() {}

#[kv_bootstrap_test(
    "gauge",
    bin = "restarts_at_the_first_value",
    args = ["--config", "{config}", "--listen", "127.0.0.1:{port}"],
    ready = "listening on",
    probe("/label" = "kvguard-probe"),
    watch = true
)]
fn restarts_at_the_first_value() {}

#[kv_bootstrap_test(
    "gauge",
    bin = "exits_at_the_first_value",
    args = ["--config", "{config}", "--listen", "127.0.0.1:{port}"],
    ready = "listening on",
    probe("/label" = "kvguard-probe"),
    watch = true
)]
fn exits_at_the_first_value() {}

#[kv_bootstrap_test(
    "gauge",
    bin = "ends_for_its_archive",
    args = ["--config", "{config}", "--listen", "127.0.0.1:{port}"],
    env("ARCHIVE_ADDRESS" = "127.0.0.1:{port:archive}"),
    ready = "listening on",
    probe("/label" = "kvguard-probe"),
    watch = true
)]
fn ends_for_its_archive() {}

#[kv_bootstrap_test(
    "gauge",
    bin = "ends_for_its_archive",
    args = ["--config", "{config}", "--listen", "127.0.0.1:{port}"],
    before = start_archive,
    probe("/label" = "kvguard-probe"),
    watch = true
)]
fn ends_for_its_archive_that_is_there() {}

#[kv_bootstrap_test(
    "gauge",
    bin = "restarts_for_a_change",
    args = ["--config", "{config}", "--listen", "127.0.0.1:{port}"],
    probe("/label" = "kvguard-probe"),
    watch = true
)]
fn restarts_for_a_change() {}

#[kv_bootstrap_test(
    "gauge",
    bin = "names_nothing",
    args = ["--config", "{config}", "--listen", "127.0.0.1:{port}"],
    probe("/label" = "kvguard-probe"),
    watch = true
)]
fn names_nothing() {}

#[kv_bootstrap_test(
    "gauge",
    bin = "dies_of_a_bad_update",
    args = ["--config", "{config}", "--listen", "127.0.0.1:{port}"],
    probe("/label" = "kvguard-probe"),
    watch = true
)]
fn dies_of_a_bad_update() {}

#[kv_bootstrap_test(
    "gauge",
    bin = "repairs",
    args = ["--config", "{config}", "--listen", "127.0.0.1:{port}"],
    probe("/label" = "kvguard-probe"),
    watch = true
)]
fn repairs() {}

#[kv_bootstrap_test(
    "gauge",
    bin = "falls_back",
    args = ["--config", "{config}", "--listen", "127.0.0.1:{port}"],
    env("WARNS_ALWAYS" = "1"),
    probe("/label" = "kvguard-probe"),
    watch = true
)]
fn falls_back_and_warns_in_each_run() {}
