use kvguard_runtime::descriptor;

fn main() {
    let _ = descriptor!("agent", agent_id = "a").name;
}
