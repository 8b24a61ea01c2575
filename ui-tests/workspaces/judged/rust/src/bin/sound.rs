//! The sound service, the mended twin of all that have no other.

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::process::ExitCode {
    gauge::end(gauge::sound().await)
}
