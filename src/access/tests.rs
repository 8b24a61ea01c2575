use super::alternatives;
use super::identity::Identity;
use crate::policy::IdentityForm;
use crate::source::Sources;

#[test]
fn each_of_many_spiffe_ids_is_an_alternative_once() {
    let mut sources = Sources::new();
    let id = sources.add("kvguard.toml", "");
    let origin = sources.whole(id);
    let identity = |form, text: String| Identity { form, text, origin };
    // Compared in pairs, whose texts differ only at their ends, they would take minutes.
    let path = "x".repeat(1_000);
    let spiffe = |number| {
        identity(
            IdentityForm::Spiffe,
            format!("spiffe://acme.dev/{path}/{number:05}"),
        )
    };
    let mut presented: Vec<Identity> = (0..30_000).map(spiffe).collect();
    presented.push(spiffe(7));
    presented.push(identity(IdentityForm::Subject, "CN=api".to_owned()));
    let alternatives = alternatives(&presented);
    assert_eq!(alternatives.len(), 30_000);
    for (alternative, own) in alternatives.iter().zip(&presented) {
        let [first, other] = alternative.as_slice() else {
            panic!("{alternative:?}");
        };
        assert_eq!(
            (first.text.as_str(), other.text.as_str()),
            (own.text.as_str(), "CN=api")
        );
    }
}
