use kvguard_runtime::{KvService, kv_service};

#[allow(dead_code)]
#[kv_service("core")]
struct Configuration<T> {
    value: T,
}

fn main() {
    let _ = Configuration::<u8>::format();
}
