use kvguard_contract::{Contract, Mode, Role, Values};

use crate::inputs::Inputs;
use crate::source::{Fragment, Syntax, read};

/// The contract of a policy that says this of it.
fn contract(text: &str) -> Contract {
    let policy = format!(
        "[registry]\nfile = \"r.json\"\n\n{text}\n\n[[deployment]]\nname = \"a\"\nkind = \"systemd\"\nfiles = [\"*\"]\n\
         access_table = {{ file = \"t.json\", pointer = \"/roles\" }}\n"
    );
    let mut inputs = Inputs::new(std::path::Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap();
    let id = inputs.sources_mut().add("kvguard.toml", policy);
    let fragment = Fragment::of_source(inputs.sources(), id);
    let documents = read(inputs.sources_mut(), &fragment, Syntax::Toml);
    crate::policy::read(documents.single().unwrap())
        .unwrap()
        .contract
}

#[test]
fn a_policy_that_says_nothing_or_the_standard_has_the_standard_contract() {
    for text in [
        "",
        "[contract]\n",
        "[contract]\nrequired = [\"KV_ADDRESS\"]\naddress_variable = \"KV_ADDRESS\"\nvalues = \"exact\"\n",
    ] {
        assert_eq!(contract(text), Contract::STANDARD, "{text}");
    }
}

#[test]
fn each_role_s_variable_can_be_renamed() {
    for role in Role::ALL {
        let renamed = contract(&format!("[contract]\n{} = \"OTHER\"\n", role.policy_key()));
        assert_eq!(renamed.name(role), Some("OTHER"), "{role:?}");
        for other in Role::ALL.into_iter().filter(|other| *other != role) {
            assert_eq!(renamed.name(other), Some(other.standard_name()));
        }
    }
}

#[test]
fn lists_of_old_policies_keep_their_meaning() {
    let old = contract(
        "[contract]\nrequired = [\"DEPOT_URL\", \"REGION\"]\n\
         [contract.mode.mtls]\nrequired = [\"KV_CERT_FILE\", \"KV_KEY_FILE\", \"DEPOT_CA\"]\n",
    );
    // What a list leaves out has no variable, unless the policy names one.
    assert_eq!(old.name(Role::Address), None);
    assert_eq!(old.name(Role::Authority), None);
    assert_eq!(old.name(Role::PrivateKey), Some("KV_KEY_FILE"));
    assert_eq!(*old.required, ["DEPOT_URL", "REGION"]);
    let mode = old.mode("mtls").unwrap();
    assert_eq!(
        old.needed_by_mode(mode),
        ["KV_CERT_FILE", "KV_KEY_FILE", "DEPOT_CA"]
    );
    assert!(old.mode("spiffe").is_none());

    let named = contract(
        "[contract]\nrequired = [\"DEPOT_URL\", \"REGION\"]\naddress_variable = \"DEPOT_URL\"\n",
    );
    assert_eq!(named.name(Role::Address), Some("DEPOT_URL"));
    assert_eq!(*named.required, ["REGION"]);
}

#[test]
fn a_word_may_mean_a_mode_of_another_name_or_one_of_other_clients() {
    let contract = contract(
        "[contract]\nvalues = \"trimmed\"\n[contract.mode.tls]\nmeans = \"mtls\"\n[contract.mode.open]\n",
    );
    assert_eq!(contract.values, Values::Trimmed);
    assert_eq!(contract.mode("tls").unwrap().means, Some(Mode::Mtls));
    assert_eq!(contract.mode("open").unwrap().means, None);
    assert_eq!(
        contract.needed_by_mode(contract.mode("tls").unwrap()),
        ["KV_CERT_FILE", "KV_KEY_FILE", "KV_CA_FILE"]
    );
}
