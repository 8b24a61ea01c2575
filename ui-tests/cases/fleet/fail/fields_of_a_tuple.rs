use kvguard_runtime::KvFields;

#[derive(KvFields)]
struct Pair(String, u16);

fn main() {
    let Pair(_, _) = Pair(String::new(), 1);
}
