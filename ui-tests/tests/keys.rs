//! The runtime, which does not depend on the engine, has the engine's rules of keys.

use kvguard::key;
use kvguard_runtime::{Key, KeyFault, KeyTemplate};
use proptest::prelude::*;

/// The engine's words for a key, from the runtime.
fn told(text: &str) -> Result<(), String> {
    Key::new(text.to_owned())
        .map(drop)
        .map_err(|error| error.fault().to_string())
}

fn agrees(text: &str) -> Result<(), TestCaseError> {
    prop_assert_eq!(told(text), key::validate(text), "{:?}", text);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_096))]

    #[test]
    fn any_text_is_a_key_for_both_or_for_neither(text in any::<String>()) {
        agrees(&text)?;
    }

    #[test]
    fn what_is_nearly_a_key_is_one_for_both_or_for_neither(text in "(_kv)?[-/_=.a-c0-1/.]{0,12}[ é*]?") {
        agrees(&text)?;
    }

    #[test]
    fn what_is_about_the_longest_is_a_key_for_both_or_for_neither(length in 1020_usize..1030) {
        agrees(&"x".repeat(length))?;
    }

    #[test]
    fn a_template_is_taken_apart_and_filled_alike(text in "[a/.]{0,3}(\\{\\{[ \u{a0}]?[a-c_]{0,2} ?\\}\\}[a/.]{0,3}|\\{\\{|\\}\\}){0,3}") {
        let template: &'static str = Box::leak(text.into_boxed_str());
        let ours = KeyTemplate::new(template);
        let names = ["a", "b", "c", "_", "aa", "ab", "ac", "a_", "ba", "bb", "bc", "b_", "ca", "cb", "cc", "c_", "_a", "_b", "_c", "__"];
        match key::parse_template(template) {
            Err(_) => {
                let values: Vec<(&str, &dyn std::fmt::Display)> = names.iter().map(|name| (*name, &"x" as _)).collect();
                let error = ours.fill(&values).unwrap_err();
                prop_assert_eq!(error.fault(), &KeyFault::MalformedTemplate);
            }
            Ok(engine) => {
                let variables: Vec<&str> = engine.variables().collect();
                prop_assert_eq!(ours.variables().collect::<Vec<_>>(), variables.clone());
                let values: Vec<(&str, &dyn std::fmt::Display)> = variables.iter().map(|name| (*name, &"x" as _)).collect();
                let filled = engine.fill(|_| "x".to_owned());
                match (ours.fill(&values), key::validate(&filled)) {
                    (Ok(key), Ok(())) => prop_assert_eq!(key.as_str(), filled),
                    (Err(error), Err(reason)) => prop_assert_eq!(error.fault().to_string(), reason),
                    (ours, engine) => prop_assert!(false, "{:?} {:?}", ours, engine),
                }
            }
        }
    }
}

#[test]
fn the_longest_key_is_as_long_for_both() {
    assert_eq!(kvguard_runtime::MAX_KEY_BYTES, key::MAX_KEY_BYTES);
}
