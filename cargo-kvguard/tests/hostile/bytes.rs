//! Bytes that are no text, and texts that are cut off.

use crate::support::fleet_files;
use crate::{FILES, fleet_with};

/// The middle of a line in the middle of a text.
fn middle(bytes: &[u8]) -> usize {
    bytes.len() / 2
}

fn spoil(name: &str, expected: &str, spoil: impl Fn(&mut Vec<u8>)) {
    for file in FILES {
        let fleet = fleet_with(name, file);
        let mut bytes = fleet.read(file);
        spoil(&mut bytes);
        fleet.write(file, bytes);
        let run = fleet.check();
        run.assert_refused(expected);
        assert!(run.text().contains(file), "{}: {}", run.what, run.text());
        fleet.run_others();
    }
}

#[test]
fn a_nul_byte_is_refused_with_its_place() {
    spoil("NUL in", "NUL byte", |bytes| bytes.insert(middle(bytes), 0));
}

#[test]
fn what_is_not_utf_8_is_refused_with_its_place() {
    spoil("Latin-1 in", "not UTF-8", |bytes| {
        bytes.insert(middle(bytes), 0xe9);
    });
}

#[test]
fn what_is_utf_16_is_refused() {
    spoil("UTF-16 in", "", |bytes| {
        let text = String::from_utf8(bytes.clone()).unwrap();
        *bytes = std::iter::once(0xfeff)
            .chain(text.encode_utf16())
            .flat_map(u16::to_le_bytes)
            .collect();
    });
}

#[test]
fn an_empty_file_is_no_clean_one() {
    for (name, text) in [("empty", ""), ("blank", " \n\n  \n"), ("comment", "#\n")] {
        for file in FILES {
            let fleet = fleet_with(name, file);
            fleet.write(file, text);
            fleet.check().assert_refused("");
            fleet.run_others();
        }
    }
}

#[test]
fn a_fleet_with_carriage_returns_is_clean() {
    for registry in FILES.iter().filter(|file| file.contains("registry")) {
        let fleet = fleet_with("carriage returns, registry", registry);
        for file in fleet_files() {
            let text = String::from_utf8(fleet.read(&file)).unwrap();
            fleet.write(&file, text.replace('\n', "\r\n"));
        }
        fleet.check().assert_clean();
    }
}

#[test]
fn a_byte_order_mark_is_skipped_or_refused_with_its_place() {
    for file in FILES {
        let fleet = fleet_with("byte-order mark", file);
        let mut bytes = b"\xef\xbb\xbf".to_vec();
        bytes.extend(fleet.read(file));
        fleet.write(file, bytes);
        let run = fleet.check();
        run.assert_whole();
        if run.code != Some(0) {
            assert!(
                run.text().contains(&format!("{file}:1:1")),
                "{}: {}",
                run.what,
                run.text()
            );
        }
    }
}

#[test]
fn a_file_that_is_cut_off_anywhere_neither_crashes_nor_stalls() {
    for file in FILES {
        let fleet = fleet_with("cut off", file);
        let whole = fleet.read(file);
        for eighth in 1..8 {
            fleet.write(file, &whole[..whole.len() * eighth / 8]);
            let run = fleet.check();
            run.assert_whole();
            // Half a file lacks something that the fleet needs; the end of one may be a comment or blank.
            if eighth <= 4 {
                run.assert_refused("");
            }
        }
    }
}
