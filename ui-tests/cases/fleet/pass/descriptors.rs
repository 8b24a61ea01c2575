use kvguard_runtime::{Descriptor, Format, KeyDeclaration, KeyTemplate, descriptor};

const TRAPD: &Descriptor = descriptor!("trapd");

fn main() {
    assert_eq!(
        (TRAPD.name, TRAPD.format, TRAPD.scope),
        ("trapd", Format::Json, "global")
    );
    assert_eq!(TRAPD.critical_fields, ["listen", "database.host"]);
    assert_eq!(TRAPD.secret_fields, ["database.password"]);
    let checker: &'static Descriptor = descriptor!("checker");
    assert_eq!(checker.variables, ["agent_id", "kind"]);
    assert_eq!(
        checker.key,
        KeyDeclaration::Template(KeyTemplate::new(
            "agents/{{agent_id}}/checkers/{{kind}}.yaml"
        ))
    );
}
