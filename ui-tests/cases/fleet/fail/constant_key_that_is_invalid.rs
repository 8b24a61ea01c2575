use kvguard_runtime::Key;

const KEY: Key = Key::from_static("config/trapd json");

fn main() {
    let _ = KEY;
}
