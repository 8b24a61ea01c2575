use kvguard_runtime::kv_key;

const KEY: &str = kv_key!("trapd");

fn main() {
    let _ = KEY;
}
