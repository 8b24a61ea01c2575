use kvguard_runtime::descriptor;

fn main() {
    let _ = descriptor!().name;
}
