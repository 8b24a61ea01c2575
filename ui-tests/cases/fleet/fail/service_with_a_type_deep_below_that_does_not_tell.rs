use kvguard_runtime::{KvFields, KvService, kv_service};

#[allow(dead_code)]
#[kv_service("agent")]
struct Configuration {
    pollers: Pollers,
}

#[allow(dead_code)]
#[derive(KvFields)]
struct Pollers {
    interval: Interval,
}

#[allow(dead_code)]
struct Interval {
    seconds: u32,
}

fn main() {
    let _ = Configuration::format();
}
