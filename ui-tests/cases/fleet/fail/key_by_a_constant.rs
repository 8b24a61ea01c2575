use kvguard_runtime::kv_key;

fn main() {
    const NAME: &str = "trapd";
    let _ = kv_key!(NAME);
}
