//! Expressions that fit, do not fit, and are none.

use super::*;
use proptest::prelude::*;

fn fits(pattern: &str, text: &str) -> bool {
    Expression::anchored(pattern).unwrap().is_match(text)
}

#[test]
fn an_anchored_expression_fits_the_whole_text() {
    assert!(fits("core", "core"));
    assert!(!fits("core", "core-2"));
    assert!(fits("core.*", "core-2"));
    assert!(fits("a|b-[0-9]+", "b-17"));
    assert!(!fits("a|b-[0-9]+", "b-"));
    assert!(fits("(?:x(y|z)?){2}", "xyx"));
    assert!(fits(r"v\d+(alpha\d+)?", "v1alpha1"));
    assert!(fits("[^a-c]*", "xyz"));
    assert!(!fits("[^a-c]*", "xbz"));
    assert!(fits("a{2,3}", "aaa"));
    assert!(!fits("a{2,3}", "aaaa"));
    assert!(fits("a{x", "a{x"));
}

#[test]
fn an_expression_may_fit_somewhere() {
    assert!(Expression::new("b+").unwrap().is_match("aabbcc"));
    assert!(Expression::new("").unwrap().is_match("x"));
    assert!(!Expression::new("^b").unwrap().is_match("ab"));
}

#[test]
fn what_is_no_expression_is_refused() {
    for pattern in [
        "(",
        "a)",
        "[a",
        "*",
        "a{1000}{1000}{1000}",
        r"\q",
        "(?i)a",
        "a**",
    ] {
        assert!(Expression::anchored(pattern).is_none(), "{pattern}");
    }
}

proptest! {
    #[test]
    fn any_pattern_is_read_and_any_text_is_matched(pattern in "\\PC{0,40}", text in "\\PC{0,60}") {
        if let Some(expression) = Expression::new(&pattern) {
            expression.is_match(&text);
        }
    }
}
