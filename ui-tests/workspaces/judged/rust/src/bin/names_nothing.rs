//! Ends with an error that tells neither the key nor the field where the key holds no configuration.

use gauge::{Error, sound};

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::process::ExitCode {
    gauge::end(run().await)
}

async fn run() -> Result<(), Error> {
    sound().await.map_err(|error| match error {
        Error::Value(..) => Error::Bare,
        error => error,
    })
}
