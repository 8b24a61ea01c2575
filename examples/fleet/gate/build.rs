//! Fails the build when anything in the fleet drifts apart.

fn main() {
    kvguard::build_script::Guard::new().run();
}
