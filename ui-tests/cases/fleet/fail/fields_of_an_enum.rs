use kvguard_runtime::KvFields;

#[derive(KvFields)]
enum Backend {
    Local,
    Remote,
}

fn main() {
    let _ = [Backend::Local, Backend::Remote];
}
