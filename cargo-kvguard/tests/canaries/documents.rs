//! Secrets beside mistakes in tables, templates, the policy, and documents in others.

use crate::support::Fleet;
use crate::{SECRETS, hidden, places};

#[test]
fn nothing_is_shown_beside_a_mistake_in_a_table_or_a_template() {
    places(&[
        (
            "store.json",
            "{\"password\": \"@\", \"rbac\": {\"roles\": {\"a\": \"@\"}}}",
            "store.json:1",
        ),
        (
            "store.json",
            "{\"password\": \"@\", \"rbac\": {\"roles\": [{\"identity\": {\"x\": \"@\"}, \"role\": 1}]}}",
            "store.json:1",
        ),
        (
            "store.json",
            "{\"password\": \"@, \"rbac\": 1}",
            "store.json:1",
        ),
        (
            "store.json",
            "{\"bucket_ttl\": \"1h\", \"password\": \"@\", \"rbac\": {\"roles\": []}}",
            "store.json:1",
        ),
        ("store.yaml", "password: '@\nrbac: {}\n", "store.yaml"),
        ("store.yaml", "password: @@\n\trbac: {}\n", "store.yaml"),
        ("store.yaml", "rbac: '@'\n", "store.yaml"),
        ("store.yaml", "a: |\n  @\n---\nrbac: '@'\n", "store.yaml"),
        (
            "templates/api.json",
            "{\"database\": {\"password\": \"@\"}, \"listen_addr\": \"\"}",
            "api.json:1",
        ),
        (
            "templates/api.json",
            "{\"database\": {\"password\": [\"@\", {\"a\": \"@\"}]}}",
            "api.json:1",
        ),
        (
            "templates/api.json",
            "{\"listen_addr\": \"@\", \"a\": ?@}",
            "api.json:1",
        ),
        ("templates/api.json", "{\"listen_addr\": \"@", "api.json:1"),
        ("templates/api.json", "?@", "api.json:1"),
        (
            "templates/agent.toml",
            "[server]\naddress = '@\n",
            "agent.toml:2",
        ),
        (
            "templates/agent.toml",
            "api_key = '@'\n[server]\nother = '@'\n",
            "agent.toml",
        ),
        (
            "templates/agent.toml",
            "[server]\naddress = '''\n@\n",
            "agent.toml",
        ),
        ("templates/agent.toml", "@\n", "agent.toml:1"),
        ("templates/worker.yaml", "api_key: '@'\n", "worker.yaml"),
        ("templates/worker.yaml", "queue: \"@\n", "worker.yaml"),
        ("templates/worker.yaml", "queue: a\n\tx: @\n", "worker.yaml"),
        ("secrets.json", "{\"sensitive\": \"@\"}", "secrets.json"),
        (
            "secrets.json",
            "{\"sensitive\": [{\"table\": \"a\", \"key\": \"b\"}, @",
            "secrets.json",
        ),
        ("identities.txt", "token @\n", "identities.txt"),
    ]);
}

#[test]
fn nothing_is_shown_beside_a_mistake_in_the_policy() {
    for secret in SECRETS {
        for text in [
            "A = '@' '@'",
            "A = '@",
            "A = @",
            "A = ['@']",
            "A = 1 # @",
            "A = '@'\nA = '@'",
        ] {
            let fleet = Fleet::new(&format!("{text} in the policy"));
            let text = format!("[environment]\n{}\n\n[secrets]", text.replace('@', secret));
            fleet.replace("kvguard.toml", "[secrets]", &text);
            let checked = hidden(&fleet, secret);
            assert!(checked.contains("kvguard.toml:"), "{checked}");
        }
    }
}

#[test]
fn a_document_in_another_shows_nothing_either() {
    for secret in SECRETS {
        let fleet = Fleet::new(&format!("{secret} in a config of compose"));
        fleet.replace("compose.yaml", "services:", &format!("configs:\n  c:\n    content: |\n      {{\"password\": \"{secret}\", \"rbac\": {{\"roles\": [}}\n\nservices:"));
        hidden(&fleet, secret);
    }
}
