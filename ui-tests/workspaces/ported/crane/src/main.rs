//! `crane FILE`

#[tokio::main]
async fn main() -> std::process::ExitCode {
    let Some(path) = std::env::args_os().nth(1) else {
        eprintln!("usage: crane FILE");
        return std::process::ExitCode::FAILURE;
    };
    match crane::run(path.as_ref()).await {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("ERROR crane: {error}");
            std::process::ExitCode::FAILURE
        }
    }
}
