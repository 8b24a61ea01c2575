use kvguard_runtime::{Key, kv_key};

const KEY: Key = kv_key!("traqd");

fn main() {
    println!("{}", KEY.as_str());
}
