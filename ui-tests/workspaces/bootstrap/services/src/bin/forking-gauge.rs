//! A service that starts itself again in the background, and ends.

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.iter().any(|argument| argument == "--child") {
        loop {
            std::thread::park();
        }
    }
    let program = std::env::current_exe().expect("it is run");
    std::process::Command::new(program)
        .args(&arguments)
        .arg("--child")
        .spawn()
        .expect("it starts");
}
