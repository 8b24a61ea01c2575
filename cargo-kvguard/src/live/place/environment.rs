//! Where the environment says that the store is, by the variables that services are told it with.

use kvguard_runtime::contract::Contract;
use kvguard_runtime::environment::{
    self, ConfigSource, Connection, KvEnvironment, NatsSecurity, Process, TlsFiles,
};

use super::{Certificate, Datasvc, Failure, Login, Nats, Place, Security, spiffe_id};

/// The place; `None`: the environment names none.
pub(super) fn place(contract: &Contract) -> Result<Option<Place>, Failure> {
    // The reader keeps names of the contract, which a service has for as long as it runs; so does this command.
    let contract: &'static Contract = Box::leak(Box::new(contract.clone()));
    let told = environment::read_by(contract, None, &Process);
    match told.map_err(|error| {
        Failure::BadPlace(format!(
            "the environment does not say where the store is: {error}"
        ))
    })? {
        ConfigSource::File => Ok(None),
        ConfigSource::Kv(told) => of(told).map(Some),
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
        }),
        Connection::DatasvcSpiffe(told) => Place::Datasvc(Datasvc {
            address,
            server_name: told.server_name,
            security: Security::Spiffe {
                socket: told.workload_socket,
                server_id: spiffe_id(&told.server_id)?,
            },
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
