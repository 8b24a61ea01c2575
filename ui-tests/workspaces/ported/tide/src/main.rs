//! `tide FILE`

#[tokio::main]
async fn main() -> std::process::ExitCode {
    let Some(path) = std::env::args_os().nth(1) else {
        eprintln!("usage: tide FILE");
        return std::process::ExitCode::FAILURE;
    };
    match tide::run(path.as_ref()).await {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("ERROR tide: {error}");
            std::process::ExitCode::FAILURE
        }
    }
}
