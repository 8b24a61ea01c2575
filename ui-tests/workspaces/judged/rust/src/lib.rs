//! The gauge, a service that is sound, in pieces. Each program in `bin` puts them together; all but one have a defect, which is written
//! out there.
//!
//! Of kvguard it uses the client of the data service alone, where another service has a client of its own.

mod arguments;
mod client;
mod configuration;
mod database;
mod error;
mod load;
mod restart;
mod watch;

use std::process::ExitCode;

pub use arguments::Arguments;
pub use client::{Client, server_name};
pub use configuration::{Configuration, Fault, File, parse};
pub use database::{connect, connect_database};
pub use error::Error;
pub use load::{laid_over, load};
pub use restart::execute_again;
pub use watch::{Updates, apply_updates};

use kvguard_runtime::{Key, kv_key};
use tokio::net::TcpListener;

pub const KEY: Key = kv_key!("gauge");

/// The sound service. It ends only with an error.
pub async fn sound() -> Result<(), Error> {
    let arguments = Arguments::of_process()?;
    let file = File::read(&arguments.config)?;
    let client = Client::connect(KEY, server_name()?).await?;
    let configuration = load(&client, &file).await?;
    connect_database().await?;
    let _listener = listen(&arguments.listen, &configuration).await?;
    apply_updates(&client, &file, configuration).await
}

/// Listens once the configuration is there, and says so.
pub async fn listen(address: &str, configuration: &Configuration) -> Result<TcpListener, Error> {
    let listener = TcpListener::bind(address).await;
    let listener = listener.map_err(|error| Error::Listen(address.to_owned(), error.kind()))?;
    eprintln!("INFO listening on {address}, {configuration}");
    Ok(listener)
}

/// Logs an error and gives the exit code.
pub fn end(ended: Result<(), Error>) -> ExitCode {
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("ERROR {error}");
            ExitCode::FAILURE
        }
    }
}
