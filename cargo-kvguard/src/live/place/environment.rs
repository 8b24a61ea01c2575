//! Where the environment says that the store is, by the variables that services are told it with.

use kvguard_runtime::contract::Contract;
use kvguard_runtime::environment::{
    self, ConfigSource, Connection, KvEnvironment, NatsSecurity, Process, TlsFiles, Variables,
};

use super::{Certificate, Datasvc, Failure, Login, Nats, Place, Security, spiffe_id};

/// The place; `None`: the environment names none.
pub(super) fn place(contract: &Contract) -> Result<Option<Place>, Failure> {
    told(lasting(contract), None, &Process).map_err(|why| {
        Failure::BadPlace(format!(
            "the environment does not say where the store is: {why}"
        ))
    })
}

/// The contract for as long as this command runs, since its reader keeps names of it.
pub fn lasting(contract: &Contract) -> &'static Contract {
    Box::leak(Box::new(contract.clone()))
}

/// The place that variables tell of; `None`: they name none.
///
/// # Errors
///
/// What is wrong with them.
pub fn told(
    contract: &'static Contract,
    service: Option<&str>,
    variables: &impl Variables,
) -> Result<Option<Place>, String> {
    let read = environment::read_by(contract, service, variables);
    match read.map_err(|error| error.to_string())? {
        ConfigSource::File => Ok(None),
        ConfigSource::Kv(told) => of(told).map(Some).map_err(|failure| failure.to_string()),
    }
}

fn of(told: KvEnvironment) -> Result<Place, Failure> {
    let KvEnvironment {
        address,
        connection,
        inbox_prefix,
        ..
    } = told;
    Ok(match connection {
        Connection::DatasvcMtls(files) => Place::Datasvc(Datasvc {
            address,
            server_name: files.server_name.clone(),
            security: Security::Mtls {
                authorities: files.authorities.clone(),
                client: certificate(files),
            },
            found: None,
        }),
        Connection::DatasvcSpiffe(told) => Place::Datasvc(Datasvc {
            address,
            server_name: told.server_name,
            security: Security::Spiffe {
                socket: told.workload_socket,
                server_id: spiffe_id(&told.server_id)?,
            },
            found: None,
        }),
        Connection::Nats { bucket, security } => {
            let (login, authorities) = match security {
                NatsSecurity::Mtls(files) => {
                    let authorities = Some(files.authorities.clone());
                    (Login::Certificate(certificate(files)), authorities)
                }
                NatsSecurity::Credentials { file, authorities } => {
                    (Login::Credentials(file), authorities)
                }
                NatsSecurity::Nkey { file, authorities } => (Login::Nkey(file), authorities),
                _ => {
                    return Err(Failure::BadPlace(
                        "the environment names a login that this command does not know".to_owned(),
                    ));
                }
            };
            Place::Nats(Nats {
                address,
                bucket,
                domain: None,
                inbox_prefix,
                authorities,
                login,
                server_names: Vec::new(),
                found: None,
            })
        }
        _ => {
            return Err(Failure::BadPlace(
                "the environment names a store that this command does not know".to_owned(),
            ));
        }
    })
}

fn certificate(files: TlsFiles) -> Certificate {
    Certificate {
        certificate: files.certificate,
        private_key: files.private_key,
    }
}
