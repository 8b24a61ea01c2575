use kvguard_runtime::{Descriptor, descriptor};

const DESCRIPTOR: &Descriptor = descriptor!("traqd");

fn main() {
    println!("{} {:?}", DESCRIPTOR.name, DESCRIPTOR.key(&[]));
}
