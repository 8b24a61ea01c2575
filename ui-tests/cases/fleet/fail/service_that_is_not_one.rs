use kvguard_runtime::KvService;

struct Configuration;

fn main() {
    let _ = Configuration::format();
}
