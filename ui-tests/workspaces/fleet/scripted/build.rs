fn main() {
    kvguard::build_script::Guard::new().run();
}
