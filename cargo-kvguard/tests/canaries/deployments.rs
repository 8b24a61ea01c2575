//! Secrets beside mistakes in compose projects and units.

use crate::places;

#[test]
fn nothing_is_shown_beside_a_mistake_in_a_compose_project() {
    let api = "services:\n  api:\n    environment:\n      ";
    places(&[
        (
            "compose.yaml",
            &format!("{api}CONFIG_SOURCE: kv\n      A: \"@\n"),
            "compose.yaml",
        ),
        (
            "compose.yaml",
            &format!("{api}CONFIG_SOURCE: kv\n      A: '@' '@'\n"),
            "compose.yaml",
        ),
        (
            "compose.yaml",
            &format!("{api}CONFIG_SOURCE: kv\n      A: ['@']\n"),
            "compose.yaml",
        ),
        (
            "compose.yaml",
            &format!("{api}CONFIG_SOURCE: kv\n      A: \"${{X:-@\"\n"),
            "compose.yaml",
        ),
        (
            "compose.yaml",
            &format!("{api}CONFIG_SOURCE: kv\n      A: '${{X?@}}'\n"),
            "compose.yaml",
        ),
        (
            "compose.yaml",
            &format!("{api}CONFIG_SOURCE: kv\n      A: '${{@'\n"),
            "compose.yaml",
        ),
        (
            "compose.yaml",
            &format!("{api}CONFIG_SOURCE: kv\n      A: !x '@' # @\n"),
            "compose.yaml",
        ),
        (
            "compose.yaml",
            &format!(
                "{api}- CONFIG_SOURCE=kv\n      - KV_SEC_MODE=spiffe\n      - A='@'\n      - {{A: '@'}}\n"
            ),
            "compose.yaml",
        ),
        (
            "compose.yaml",
            &format!(
                "{api}{{CONFIG_SOURCE: kv, KV_ADDRESS: '', DB: '@', KV_SEC_MODE: spiffe}} # @\n"
            ),
            "compose.yaml",
        ),
        (
            "compose.yaml",
            &format!(
                "{api}&a {{CONFIG_SOURCE: kv, DB: '@'}}\n  agent:\n    environment: *a\n    environment: '@'\n"
            ),
            "compose.yaml",
        ),
        ("compose.yaml", "services:\n  api: '@'\n", "compose.yaml"),
        ("compose.yaml", "services: '@'\n", "compose.yaml"),
        ("compose.yaml", "'@'\n", "compose.yaml"),
        (
            "compose.yaml",
            "services:\n  api:\n    image: a\n    extends: {service: b, x: '@'\n",
            "compose.yaml",
        ),
        ("service.env", "DB_PASSWORD='@\n", "service.env:1"),
        ("service.env", "DB_PASSWORD=\"@\n", "service.env:1"),
        ("service.env", "A=1\nDB PASSWORD=@\n", "service.env:2"),
        (
            "service.env",
            "KV_ADDRESS=x\nDB_PASSWORD=\"${A:-@\"\n",
            "service.env:2",
        ),
        ("compose.env", "A='x' @\n", "error[KV"),
        ("compose.env", "A=\"@\n", "compose.env"),
        ("compose.env", "STORE_ADDRESS=\nB=${X:?@}\n", "error[KV"),
    ]);
}

#[test]
fn nothing_is_shown_beside_a_mistake_in_a_unit() {
    places(&[
        (
            "units/agent.service",
            "[Service]\nEnvironment=CONFIG_SOURCE=kv \"DB_PASSWORD=@\n",
            "agent.service:2",
        ),
        (
            "units/agent.service",
            "[Service]\nEnvironment=CONFIG_SOURCE=kv 'DB_PASSWORD=@' @\n",
            "agent.service",
        ),
        (
            "units/agent.service",
            "[Service]\nEnvironment=CONFIG_SOURCE=kv \\\n  KV_ADDRESS= DB_PASSWORD=@ \\\n# @\n  A=@\n",
            "agent.service",
        ),
        (
            "units/agent.service",
            "[Service]\nEnvironment=CONFIG_SOURCE=kv 1A=@\n",
            "agent.service",
        ),
        (
            "units/agent.service",
            "[Service]\nEnvironment=CONFIG_SOURCE=kv \"A=\\q@\"\n",
            "agent.service",
        ),
        (
            "units/agent.service",
            "[Service]\n@\nEnvironment=CONFIG_SOURCE=kv\n",
            "agent.service",
        ),
        (
            "units/agent.service",
            "[Service\nEnvironment=A=@\n",
            "agent.service:1",
        ),
        (
            "units/agent.service",
            "Environment=A=@\n",
            "agent.service:1",
        ),
        (
            "units/agent.service",
            "[Service]\nEnvironment=CONFIG_SOURCE=kv\nEnvironmentFile=/nowhere/x\nExecStart=/x -p @\n",
            "agent.service",
        ),
        (
            "units/agent.service.d/10-kv.conf",
            "[Service]\nEnvironment='A=@\n",
            "10-kv.conf:2",
        ),
        (
            "etc/agent.env",
            "KV_ADDRESS=x\nDB_PASSWORD='@\n",
            "agent.env",
        ),
        ("etc/agent.env", "KV_ADDRESS=x\n@\n", "agent"),
        (
            "etc/agent.env",
            "KV_ADDRESS=\nDB_PASSWORD=\"@\"\n",
            "KV_ADDRESS",
        ),
    ]);
}
