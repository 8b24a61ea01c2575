//! `buoy FILE`

#[tokio::main]
async fn main() -> std::process::ExitCode {
    let Some(path) = std::env::args_os().nth(1) else {
        eprintln!("usage: buoy FILE");
        return std::process::ExitCode::FAILURE;
    };
    match buoy::run(path.as_ref()).await {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("ERROR buoy: {error}");
            std::process::ExitCode::FAILURE
        }
    }
}
