mod deeper {
    pub use kvguard_runtime as guard;
}

const KEY: deeper::guard::Key = kvguard_runtime::kv_key!("trapd", crate = crate::deeper::guard);

#[kvguard_runtime::kv_service("core", crate = crate::deeper::guard)]
struct Configuration;

fn main() {
    use kvguard_runtime::KvService;
    let _ = kvguard_runtime::descriptor!("core", crate = crate::deeper::guard);
    let _ = (KEY, Configuration, Configuration::format());
}
