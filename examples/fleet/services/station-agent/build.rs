//! Fails the build when what is declared, deployed and granted of this service drifts apart.

fn main() {
    kvguard::build_script::Guard::new().run();
}
