fn main() {
    kvguard::build_script::Guard::new().optional().run();
}
