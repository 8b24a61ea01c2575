//! The database that the service needs, if the environment tells of one.

use tokio::net::TcpStream;

use crate::Error;

/// Connects to the database; without one the service does not start.
pub async fn connect_database() -> Result<(), Error> {
    connect("DATABASE_ADDRESS").await
}

/// Connects to what a variable names, if it is set.
pub async fn connect(variable: &str) -> Result<(), Error> {
    let Ok(address) = std::env::var(variable) else {
        return Ok(());
    };
    match TcpStream::connect(&address).await {
        Ok(_) => Ok(()),
        Err(error) => Err(Error::Database(address, error.kind())),
    }
}
