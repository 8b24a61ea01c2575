//! The needle, in Go: its sound program, and one with each defect. `verdicts.toml` says what is right of each.

mod setups;

use kvguard_runtime::kv_bootstrap_test;
use setups::{occupy_a_port, start_archive, start_database};

#[kv_bootstrap_test(
    "needle",
    program = "../go/needle",
    args = ["--config", "{config}", "--listen", "127.0.0.1:{port}"],
    probe("/label" = "kvguard-probe"),
    watch = true
)]
fn sound() {}

#[kv_bootstrap_test(
    "needle",
    program = "../go/needle",
    args = ["--config", "{config}", "--listen", "127.0.0.1:{port}"],
    before = start_database,
    probe("/label" = "kvguard-probe"),
    watch = true
)]
fn sound_with_its_database() {}

#[kv_bootstrap_test(
    "needle",
    program = "../go/needle",
    args = ["--config", "{config}", "--listen", "127.0.0.1:{port}"],
    env("DATABASE_ADDRESS" = "127.0.0.1:{port:database}"),
    probe("/label" = "kvguard-probe"),
    watch = true
)]
fn sound_without_its_database() {}

#[kv_bootstrap_test(
    "needle",
    program = "../go/needle",
    args = ["--config", "{config}", "--listen", "{busy}"],
    before = occupy_a_port,
    probe("/label" = "kvguard-probe"),
    watch = true
)]
fn sound_while_its_port_is_in_use() {}

#[kv_bootstrap_test(
    "needle",
    program = "../go/needle",
    args = ["--defect", "falls-back", "--config", "{config}", "--listen", "127.0.0.1:{port}"],
    probe("/label" = "kvguard-probe"),
    watch = true
)]
fn falls_back() {}

#[kv_bootstrap_test(
    "needle",
    program = "../go/needle",
    args = ["--defect", "falls-back", "--config", "{config}", "--listen", "127.0.0.1:{port}"],
    before = start_database,
    probe("/label" = "kvguard-probe"),
    watch = true
)]
fn falls_back_with_its_database() {}

#[kv_bootstrap_test(
    "needle",
    program = "../go/needle",
    args = ["--defect", "falls-back", "--config", "{config}", "--listen", "127.0.0.1:{port}"],
    env("DATABASE_ADDRESS" = "127.0.0.1:{port:database}"),
    probe("/label" = "kvguard-probe"),
    watch = true
)]
fn falls_back_without_its_database() {}

#[kv_bootstrap_test(
    "needle",
    program = "../go/needle",
    args = ["--defect", "built-in-server-name", "--config", "{config}", "--listen", "127.0.0.1:{port}"],
    probe("/label" = "kvguard-probe"),
    watch = true
)]
fn built_in_server_name() {}

#[kv_bootstrap_test(
    "needle",
    program = "../go/needle",
    args = ["--defect", "built-in-server-name", "--config", "{config}", "--listen", "127.0.0.1:{port}"],
    server_name = "datasvc.built-in.test",
    probe("/label" = "kvguard-probe"),
    watch = true
)]
fn built_in_server_name_that_is_told() {}

#[kv_bootstrap_test(
    "needle",
    program = "../go/needle",
    args = ["--defect", "key-of-file-name", "--config", "{config}", "--listen", "127.0.0.1:{port}"],
    probe("/label" = "kvguard-probe"),
    watch = true
)]
fn key_of_file_name() {}

#[kv_bootstrap_test(
    "needle",
    program = "../go/needle",
    args = ["--defect", "key-of-file-name", "--config", "{config}", "--listen", "127.0.0.1:{port}"],
    config = "needle.json",
    probe("/label" = "kvguard-probe"),
    watch = true
)]
fn key_of_file_name_that_is_told() {}

#[kv_bootstrap_test(
    "needle",
    program = "../go/needle",
    args = ["--defect", "fixed-port", "--config", "{config}", "--listen", "127.0.0.1:{port}"],
    ports = [17464],
    probe("/label" = "kvguard-probe"),
    watch = true
)]
fn fixed_port() {}

#[kv_bootstrap_test(
    "needle",
    program = "../go/needle",
    args = ["--defect", "restarts-at-the-first-value", "--config", "{config}", "--listen", "127.0.0.1:{port}"],
    ready = "listening on",
    probe("/label" = "kvguard-probe"),
    watch = true
)]
fn restarts_at_the_first_value() {}

#[kv_bootstrap_test(
    "needle",
    program = "../go/needle",
    args = ["--defect", "exits-at-the-first-value", "--config", "{config}", "--listen", "127.0.0.1:{port}"],
    ready = "listening on",
    probe("/label" = "kvguard-probe"),
    watch = true
)]
fn exits_at_the_first_value() {}

#[kv_bootstrap_test(
    "needle",
    program = "../go/needle",
    args = ["--defect", "ends-for-its-archive", "--config", "{config}", "--listen", "127.0.0.1:{port}"],
    env("ARCHIVE_ADDRESS" = "127.0.0.1:{port:archive}"),
    ready = "listening on",
    probe("/label" = "kvguard-probe"),
    watch = true
)]
fn ends_for_its_archive() {}

#[kv_bootstrap_test(
    "needle",
    program = "../go/needle",
    args = ["--defect", "ends-for-its-archive", "--config", "{config}", "--listen", "127.0.0.1:{port}"],
    before = start_archive,
    probe("/label" = "kvguard-probe"),
    watch = true
)]
fn ends_for_its_archive_that_is_there() {}

#[kv_bootstrap_test(
    "needle",
    program = "../go/needle",
    args = ["--defect", "restarts-for-a-change", "--config", "{config}", "--listen", "127.0.0.1:{port}"],
    probe("/label" = "kvguard-probe"),
    watch = true
)]
fn restarts_for_a_change() {}

#[kv_bootstrap_test(
    "needle",
    program = "../go/needle",
    args = ["--defect", "names-nothing", "--config", "{config}", "--listen", "127.0.0.1:{port}"],
    probe("/label" = "kvguard-probe"),
    watch = true
)]
fn names_nothing() {}

#[kv_bootstrap_test(
    "needle",
    program = "../go/needle",
    args = ["--defect", "dies-of-a-bad-update", "--config", "{config}", "--listen", "127.0.0.1:{port}"],
    probe("/label" = "kvguard-probe"),
    watch = true
)]
fn dies_of_a_bad_update() {}

#[kv_bootstrap_test(
    "needle",
    program = "../go/needle",
    args = ["--defect", "repairs", "--config", "{config}", "--listen", "127.0.0.1:{port}"],
    probe("/label" = "kvguard-probe"),
    watch = true
)]
fn repairs() {}

#[kv_bootstrap_test(
    "needle",
    program = "../go/needle",
    args = ["--defect", "falls-back", "--config", "{config}", "--listen", "127.0.0.1:{port}"],
    env("WARNS_ALWAYS" = "1"),
    probe("/label" = "kvguard-probe"),
    watch = true
)]
fn falls_back_and_warns_in_each_run() {}
