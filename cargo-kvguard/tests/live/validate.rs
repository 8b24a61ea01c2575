//! `validate`.

use crate::support::{Backend, Stand, assert_no_secret};

#[test]
fn a_store_that_holds_what_it_should_is_found_clean() {
    for backend in Backend::ALL {
        let stand = Stand::seeded(backend);
        let run = stand.command("validate").run();
        run.assert_code(0).assert_codes(&[]);
        run.assert_says("5 of 5 expected keys looked at");
        assert_no_secret(&stand, &run, &[]);
    }
}
