//! From the environment to a store.

use std::sync::Arc;

#[cfg(feature = "spiffe")]
use super::Spiffe;
#[cfg(any(feature = "datasvc", feature = "nats"))]
use super::TlsFiles;
use super::{Connection, KvEnvironment};
use crate::KvStore;
#[cfg(any(feature = "datasvc", feature = "nats"))]
use crate::StoreError;
use crate::bootstrap::BootstrapErrorKind;

type Connected = Result<Arc<dyn KvStore>, BootstrapErrorKind>;

/// Connects to the store that the environment tells of, as far as this build has its client.
pub(crate) async fn connect(environment: &KvEnvironment) -> Connected {
    match &environment.connection {
        #[cfg(feature = "datasvc")]
        Connection::DatasvcMtls(files) => mtls(environment, files).await,
        #[cfg(not(feature = "datasvc"))]
        Connection::DatasvcMtls(_) => not_built("datasvc").await,
        #[cfg(feature = "spiffe")]
        Connection::DatasvcSpiffe(told) => spiffe(environment, told).await,
        #[cfg(not(feature = "spiffe"))]
        Connection::DatasvcSpiffe(_) => not_built("spiffe").await,
        #[cfg(feature = "nats")]
        Connection::Nats { bucket, security } => nats(environment, bucket, security).await,
        #[cfg(not(feature = "nats"))]
        Connection::Nats { .. } => not_built("nats").await,
    }
}

#[cfg(not(all(feature = "nats", feature = "spiffe")))]
async fn not_built(feature: &'static str) -> Connected {
    std::future::ready(Err(BootstrapErrorKind::NotBuilt { feature })).await
}

#[cfg(any(feature = "datasvc", feature = "nats"))]
fn store<S: KvStore + 'static>(connected: Result<S, StoreError>) -> Connected {
    match connected {
        Ok(store) => Ok(Arc::new(store)),
        Err(error) => Err(BootstrapErrorKind::Store(error)),
    }
}

#[cfg(feature = "datasvc")]
async fn mtls(environment: &KvEnvironment, files: &TlsFiles) -> Connected {
    use crate::{DatasvcOptions, DatasvcStore, MtlsFiles};
    let mut security = MtlsFiles::new(&files.certificate, &files.private_key, &files.authorities);
    if let Some(name) = &files.server_name {
        security = security.with_server_name(name);
    }
    let options = DatasvcOptions::new(&environment.address, security);
    store(DatasvcStore::connect(options).await)
}

#[cfg(feature = "spiffe")]
async fn spiffe(environment: &KvEnvironment, told: &Spiffe) -> Connected {
    use crate::{DatasvcOptions, DatasvcStore, Operation, SpiffeSource, StoreErrorKind};
    // An environment with anything else was refused.
    let server = told.server_id.parse().map_err(|error| {
        BootstrapErrorKind::Store(
            StoreError::new(Operation::Connect, StoreErrorKind::Malformed).with_source(error),
        )
    })?;
    let mut security =
        SpiffeSource::new(&told.workload_socket, server).with_trust_domain(&told.trust_domain);
    if let Some(name) = &told.server_name {
        security = security.with_server_name(name);
    }
    let options = DatasvcOptions::new(&environment.address, security);
    store(DatasvcStore::connect(options).await)
}

#[cfg(feature = "nats")]
async fn nats(
    environment: &KvEnvironment,
    bucket: &str,
    security: &super::NatsSecurity,
) -> Connected {
    use super::NatsSecurity;
    use crate::NatsOptions;
    let servers = kvguard_contract::syntax::nats_servers(&environment.address);
    let mut options = servers.fold(NatsOptions::new(bucket), NatsOptions::server);
    if let Some(prefix) = &environment.inbox_prefix {
        options = options.inbox_prefix(prefix);
    }
    let authorities;
    (options, authorities) = match security {
        NatsSecurity::Mtls(TlsFiles {
            certificate,
            private_key,
            authorities,
            ..
        }) => (
            options
                .client_certificate(certificate, private_key)
                .require_tls(),
            Some(authorities),
        ),
        NatsSecurity::Credentials { file, authorities } => {
            (options.credentials_file(file), authorities.as_ref())
        }
        NatsSecurity::Nkey { file, authorities } => (options.nkey_file(file), authorities.as_ref()),
    };
    if let Some(authorities) = authorities {
        options = options.certificate_authority(authorities).require_tls();
    }
    store(options.connect().await)
}
