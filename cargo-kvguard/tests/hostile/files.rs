//! Things that are no file, and files that are too large or elsewhere.

use std::fs;
use std::os::unix::fs::symlink;
use std::process::Command;

use crate::support::Fleet;
use crate::{FILES, fleet_with};

/// Replaces each file by something else.
fn replace(name: &str, expected: &str, put: impl Fn(&Fleet, &str)) {
    for file in FILES {
        let fleet = fleet_with(name, file);
        fleet.remove(file);
        put(&fleet, file);
        fleet.check().assert_refused(expected);
        fleet.run_others();
    }
}

#[test]
fn a_directory_in_place_of_a_file_is_refused() {
    replace("directory", "", |fleet, file| {
        fs::create_dir(fleet.path(file)).unwrap();
    });
}

#[test]
fn a_pipe_is_refused_without_waiting_for_it() {
    replace("pipe", "", |fleet, file| {
        let made = Command::new("mkfifo").arg(fleet.path(file)).status();
        assert!(made.expect("mkfifo, of the coreutils").success());
    });
}

#[test]
fn a_device_is_refused() {
    replace("device", "", |fleet, file| {
        symlink("/dev/zero", fleet.path(file)).unwrap();
    });
}

#[test]
fn a_link_that_leads_nowhere_is_refused() {
    replace("dangling link", "", |fleet, file| {
        symlink("nowhere", fleet.path(file)).unwrap();
    });
}

#[test]
fn a_link_to_itself_is_refused() {
    replace("link loop", "", |fleet, file| {
        symlink(fleet.path(file), fleet.path(file)).unwrap();
    });
}

#[test]
fn a_link_out_of_the_root_is_refused() {
    for file in FILES {
        let elsewhere = tempfile::tempdir().unwrap();
        let fleet = fleet_with("link out of the root", file);
        let target = elsewhere.path().join("file");
        fs::copy(fleet.path(file), &target).unwrap();
        fleet.remove(file);
        symlink(&target, fleet.path(file)).unwrap();
        fleet.check().assert_refused("");
        fleet.run_others();
    }
}

#[test]
fn a_file_that_is_too_large_is_refused() {
    replace("huge", "too large", |fleet, file| {
        let made = fs::File::create(fleet.path(file)).unwrap();
        made.set_len(33 << 20).unwrap();
    });
}

#[test]
fn a_path_out_of_the_root_is_refused_wherever_it_is_written() {
    let outside = [
        "../outside.yaml",
        "a/../../outside.yaml",
        "/etc/passwd",
        "/dev/zero",
    ];
    for path in outside {
        for (file, from) in [
            ("kvguard.toml", "registry.json"),
            ("kvguard.toml", "secrets.json"),
            ("kvguard.toml", "compose.yaml"),
            ("kvguard.toml", "compose.env"),
            ("kvguard.toml", "identities.txt"),
            ("kvguard.toml", "store.json"),
            ("kvguard.toml", "units/*.service"),
            ("kvguard.toml", "templates/{service}.{format}"),
            ("kvguard.toml", "\"etc\""),
            ("compose.yaml", "included.yaml"),
            ("compose.yaml", "base.yaml"),
            ("compose.yaml", "service.env"),
        ] {
            let fleet = Fleet::new(&format!("{from} → {path} in {file}"));
            let to = if from.starts_with('"') {
                format!("\"{path}\"")
            } else {
                path.to_owned()
            };
            fleet.replace(file, from, &to);
            fleet.check().assert_refused("");
        }
    }
}

#[test]
fn a_pattern_over_links_in_a_loop_comes_to_an_end() {
    let fleet = Fleet::new("links in a loop");
    symlink("..", fleet.path("units/up")).unwrap();
    symlink(".", fleet.path("units/here")).unwrap();
    for pattern in [
        "**/*.service",
        "units/**/**/**/*.service",
        "*/*/*/*/*/*.service",
    ] {
        fleet.write("kvguard.toml", policy_with_units(&fleet, pattern));
        fleet.check().assert_whole();
        fleet.run_others();
    }
}

#[test]
fn a_pattern_over_deep_directories_comes_to_an_end() {
    let fleet = Fleet::new("deep directories");
    let mut deep = fleet.path("units");
    for _ in 0..400 {
        deep.push("d");
    }
    fs::create_dir_all(&deep).unwrap();
    fs::copy(fleet.path("units/api.service"), deep.join("deep.service")).unwrap();
    for pattern in [
        "**/*.service",
        "**/**/**/*.service",
        "**/d/**/d/**/d/**/x.service",
    ] {
        fleet.write("kvguard.toml", policy_with_units(&fleet, pattern));
        let run = fleet.check();
        run.assert_whole();
        fleet.run_others();
    }
}

fn policy_with_units(fleet: &Fleet, pattern: &str) -> String {
    let text = String::from_utf8(fleet.read("kvguard.toml")).unwrap();
    text.lines()
        .map(|line| {
            if line.contains(".service\"]") {
                format!("files = [\"{pattern}\"]\n")
            } else {
                format!("{line}\n")
            }
        })
        .collect()
}

#[test]
fn odd_file_names_are_read_or_refused() {
    let fleet = Fleet::new("odd names");
    let unit = fleet.read("units/api.service");
    for name in [
        "new\nline.service",
        "tab\t.service",
        "\u{1b}[31mred.service",
        "ünï.service",
        "'quote\".service",
        "..service",
        "%n%i@.service",
        "@.service",
        "-.service",
    ] {
        fleet.write(&format!("units/{name}"), &unit);
    }
    let run = fleet.check();
    run.assert_refused("");
    assert!(
        !run.text().contains('\u{1b}'),
        "an escape sequence is printed"
    );
    fleet.run_others();
}

#[test]
fn ten_thousand_units_are_read() {
    let fleet = Fleet::new("10,000 units");
    let unit = fleet.read("units/api.service");
    for number in 0..10_000 {
        fleet.write(&format!("units/api-{number}.service"), &unit);
    }
    fleet.check().assert_refused("units/");
}
