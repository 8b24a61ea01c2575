//! What the services need besides the store.

use std::net::TcpListener;

use kvguard_runtime::testing::harness::Setup;

/// A database that takes connections.
pub fn start_database(setup: &mut Setup) -> std::io::Result<()> {
    let database = TcpListener::bind("127.0.0.1:0")?;
    setup.variable("DATABASE_ADDRESS", database.local_addr()?.to_string());
    setup.keep(database);
    Ok(())
}

/// An archive that takes connections.
pub fn start_archive(setup: &mut Setup) -> std::io::Result<()> {
    let archive = TcpListener::bind("127.0.0.1:0")?;
    setup.variable("ARCHIVE_ADDRESS", archive.local_addr()?.to_string());
    setup.keep(archive);
    Ok(())
}

/// Another program that listens on the port, which is `{busy}`.
pub fn occupy_a_port(setup: &mut Setup) -> std::io::Result<()> {
    let other = TcpListener::bind("127.0.0.1:0")?;
    setup.placeholder("busy", other.local_addr()?.to_string());
    setup.keep(other);
    Ok(())
}
