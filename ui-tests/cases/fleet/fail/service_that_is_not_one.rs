use kvguard_runtime::{Format, KvService};

struct Configuration;

fn format<T: KvService>() -> Format {
    T::format()
}

fn main() {
    let _ = format::<Configuration>();
}
