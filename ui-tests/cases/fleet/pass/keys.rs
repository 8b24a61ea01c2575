use kvguard_runtime::{Key, kv_key};

const TRAPD: Key = kv_key!("trapd");
static CORE: Key = kv_key!("core",);

struct Id(u8);

impl std::fmt::Display for Id {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "agent-{}", self.0)
    }
}

fn main() {
    assert_eq!(TRAPD.as_str(), "config/trapd.json");
    assert_eq!(CORE.as_str(), "config/core.toml");
    let id = Id(7);
    let key = kv_key!("agent", agent_id = id).unwrap();
    assert_eq!(key.as_str(), "agents/agent-7.json");
    // Borrowed, not moved.
    let kind = String::from("snmp");
    let key = kv_key!("checker", kind = kind, agent_id = id.0 + 1).unwrap();
    assert_eq!(key.as_str(), "agents/8/checkers/snmp.yaml");
    drop((id, kind));
    let error = kv_key!("agent", agent_id = "a/b").unwrap_err();
    assert_eq!(error.variable(), Some("agent_id"));
    assert_eq!(
        error.to_string(),
        "the variable `agent_id` makes no valid key: it holds `/`"
    );
}
