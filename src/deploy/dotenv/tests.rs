//! What the comparison with compose-go cannot show: spans, problems, bounds.

use std::fmt::Write as _;

use proptest::prelude::*;

use super::*;

fn read(text: &str, format: Format) -> (BTreeMap<String, Variable>, Option<Problem>, Sources) {
    let mut sources = Sources::new();
    let id = sources.add("a.env", text);
    let statements = parse(&mut sources, id, format);
    let mut variables = BTreeMap::new();
    let lookup = |name: &str| (name == "HOST").then(|| Known::Text("host".to_owned()));
    let result = statements.evaluate(&lookup, &mut variables, &Budget::default());
    (variables, result.err(), sources)
}

fn value(text: &str, name: &str) -> String {
    let (variables, problem, _) = read(text, Format::Dotenv);
    assert_eq!(problem, None);
    variables[name].text().unwrap().to_owned()
}

#[test]
fn quotes_comments_and_exports_are_understood() {
    let text = "# c\nexport A = 'a #' # c\nB=\"x\\n$A\" \nC=v # c\nD=v#c\nE: e\nHOST\nUNSET\n";
    let expected = [
        ("A", "a #"),
        ("B", "x\na #"),
        ("C", "v"),
        ("D", "v#c"),
        ("E", "e"),
        ("HOST", "host"),
    ];
    for (name, expected) in expected {
        assert_eq!(value(text, name), expected, "{name}");
    }
    assert!(!read(text, Format::Dotenv).0.contains_key("UNSET"));
}

#[test]
fn an_escaped_dollar_is_not_substituted() {
    assert_eq!(value("A=\"\\$HOST $HOST\"\n", "A"), "$HOST host");
    assert_eq!(value("A='$HOST'\n", "A"), "$HOST");
}

#[test]
fn spans_are_those_of_the_name_and_of_the_value_without_quotes() {
    let (variables, _, sources) = read("X=1\n  NAME = \"the value\"\n", Format::Dotenv);
    assert_eq!(sources.text(variables["NAME"].name_span), "NAME");
    assert_eq!(sources.text(variables["NAME"].value_span), "the value");
}

#[test]
fn what_is_malformed_is_reported_at_its_place_without_the_value() {
    let cases = [
        ("A=1\nA B=2\n", "A B"),
        ("A!=1\n", "!"),
        ("A='x\n", "'"),
        ("A=x ${1}\n", "${"),
        ("A=1\nB", "B"),
        ("=1\n", "="),
    ];
    for (text, place) in cases {
        let (_, problem, sources) = read(text, Format::Dotenv);
        assert_eq!(sources.text(problem.unwrap().span), place, "{text}");
    }
}

#[test]
fn a_raw_file_is_taken_as_it_is() {
    let (variables, problem, sources) = read("# c\n A=\"$HOST\" # x\r\nHOST\n", Format::Raw);
    assert_eq!(problem, None);
    assert_eq!(variables["A"].text(), Some("\"$HOST\" # x"));
    assert_eq!(sources.text(variables["A"].value_span), "\"$HOST\" # x");
    assert_eq!(variables["HOST"].text(), Some("host"));
}

#[test]
fn doubling_variables_are_bounded() {
    let mut text = "A0=0123456789\n".to_owned();
    for index in 1..64 {
        let before = index - 1;
        writeln!(text, "A{index}=$A{before}$A{before}").unwrap();
    }
    assert!(
        read(&text, Format::Dotenv)
            .1
            .unwrap()
            .message
            .contains("too much")
    );
}

proptest! {
    #[test]
    fn nothing_panics_and_spans_lie_within(text in "[A=:'\"\\\\$#{} \n\r\té\u{FEFF}0export]{0,60}") {
        for format in [Format::Dotenv, Format::Raw] {
            let (variables, problem, sources) = read(&text, format);
            let spans = variables.values().flat_map(|variable| [variable.name_span, variable.value_span]);
            for span in spans.chain(problem.map(|problem| problem.span)) {
                prop_assert!(text.get(span.start as usize..span.end as usize).is_some());
                let _ = sources.location(span);
            }
        }
    }
}
