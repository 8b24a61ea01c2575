//! What `init` says where it cannot write.

mod support;

use support::Fleet;

#[test]
fn init_says_in_a_sentence_what_keeps_it_from_writing_and_what_to_do() {
    let fleet = Fleet::new("init");
    fleet.write("file", "");
    for (directory, told) in [
        (
            ".",
            "kvguard.toml` cannot be written: it is there already; edit it, or remove it to begin anew",
        ),
        ("nowhere", "its directory does not exist; make that first"),
        (
            "file",
            "what is named as its directory is a file; name a directory",
        ),
    ] {
        let directory = fleet.path(directory);
        let run = fleet.run(&["init", directory.to_str().expect("a path")]);
        assert_eq!(run.code, Some(2), "{}", run.text());
        assert!(run.errors.contains(told), "{}", run.text());
        assert!(!run.text().contains("os error"), "{}", run.text());
    }
}
