//! What a macro is told where there is no policy.

use std::ffi::OsString;

use super::super::{Examined, Guard};

/// Examines a directory in which there is nothing.
fn examine_nothing(guard: &Guard, switch: &str) -> Examined {
    let directory = tempfile::tempdir().unwrap();
    guard.examine(&|name| match name {
        "CARGO_MANIFEST_DIR" | "KVGUARD_ROOT" => Some(directory.path().as_os_str().to_owned()),
        "KVGUARD" => Some(OsString::from(switch)),
        _ => None,
    })
}

#[test]
fn without_a_policy_an_optional_guard_warns_unless_a_check_is_required() {
    let optional = Guard::new().optional();
    let examined = examine_nothing(&optional, "");
    assert_eq!(examined.errors, [""; 0]);
    let [warning] = examined.warnings.as_slice() else {
        panic!("{examined:?}");
    };
    assert!(
        warning.starts_with("not checked: there is no policy"),
        "{warning}"
    );

    let examined = examine_nothing(&optional, "require");
    assert_eq!(examined.warnings, [""; 0]);
    let [error] = examined.errors.as_slice() else {
        panic!("{examined:?}");
    };
    assert!(
        error.starts_with("could not check: there is no policy"),
        "{error}"
    );
}

#[test]
fn without_a_policy_a_guard_that_is_not_optional_fails() {
    let examined = examine_nothing(&Guard::new(), "");
    assert_eq!(examined.warnings, [""; 0]);
    let [error] = examined.errors.as_slice() else {
        panic!("{examined:?}");
    };
    assert!(error.starts_with("could not check: "), "{error}");
}

#[test]
fn a_guard_that_is_switched_off_says_so_and_looks_at_nothing() {
    let examined = examine_nothing(&Guard::new(), "off");
    assert_eq!(examined.errors, [""; 0]);
    assert_eq!(
        examined.warnings,
        ["not checked: the variable `KVGUARD` is `off`"]
    );
}
