use kvguard_runtime::kv_bootstrap_test;

#[kv_bootstrap_test("trapd", ports = [7000])]
async fn boots(kv: KvHarness) -> Result<Config, Error> {
    load(kv)
}

struct KvHarness;
struct Config;
struct Error;

fn load<T>(_: T) -> Result<Config, Error> {
    Ok(Config)
}

fn main() {}
