//! Links, permissions and read-only files.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};

use super::{Fleet, STORE, assert_code, drifted, leftovers, text};

#[test]
fn a_link_stays_and_what_it_leads_to_is_mended() {
    let fleet = drifted("link");
    let drift = fleet.read(STORE);
    fleet.write("tables/store-v2.json", drift);
    fleet.remove(STORE);
    symlink("tables/store-v2.json", fleet.path(STORE)).unwrap();
    fleet.run(&["fix", "--yes"]).assert_clean();
    assert!(
        fs::symlink_metadata(fleet.path(STORE))
            .unwrap()
            .is_symlink()
    );
    let clean = Fleet::new("clean");
    assert_eq!(text(&fleet, "tables/store-v2.json"), text(&clean, STORE));
}

#[test]
fn a_file_that_is_read_by_two_names_is_mended_once() {
    let fleet = drifted("two names");
    let policy = text(&fleet, "kvguard.toml");
    let (rest, compose) = policy
        .split_once("[[deployment]]\nname = \"compose\"")
        .unwrap();
    let (compose, systemd) = compose
        .split_once("[[deployment]]\nname = \"systemd\"")
        .unwrap();
    let other = compose.replace("file = \"store.json\"", "file = \"linked.json\"");
    fleet.write(
        "kvguard.toml",
        format!("{rest}[[deployment]]\nname = \"compose\"{compose}[[deployment]]\nname = \"other\"{other}[[deployment]]\nname = \"systemd\"{systemd}"),
    );
    symlink(STORE, fleet.path("linked.json")).unwrap();
    let run = fleet.run(&["fix", "--yes"]);
    run.assert_clean();
    assert!(run.output.contains("in 2 files"), "{}", run.text());
    assert_eq!(text(&fleet, STORE), text(&Fleet::new("clean"), STORE));
}

#[test]
fn permissions_stay() {
    let fleet = drifted("permissions");
    let modes = [(STORE, 0o640), ("store.yaml", 0o755)];
    for (file, mode) in modes {
        fs::set_permissions(fleet.path(file), Permissions::from_mode(mode)).unwrap();
    }
    fleet.run(&["fix", "--yes"]).assert_clean();
    for (file, mode) in modes {
        let now = fs::metadata(fleet.path(file)).unwrap().permissions().mode();
        assert_eq!(now & 0o777, mode, "{file}");
    }
}

#[test]
fn a_file_that_is_read_only_keeps_all_from_being_written() {
    let fleet = drifted("read-only");
    fs::set_permissions(fleet.path("store.yaml"), Permissions::from_mode(0o444)).unwrap();
    let before = text(&fleet, STORE);
    let run = fleet.run(&["fix", "--yes"]);
    assert_code(&run, 2);
    assert!(
        run.errors
            .contains("store.yaml` is read-only, so nothing is written"),
        "{}",
        run.text()
    );
    assert_eq!(text(&fleet, STORE), before);
    assert_eq!(leftovers(&fleet), [] as [&str; 0]);
}
