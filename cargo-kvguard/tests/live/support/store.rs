//! A store of each kind, filled and read by the test itself.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use kvguard_runtime::testing::{
    AccessTable, DatasvcServer, NatsPermissions, NatsServer, NatsServerBuilder,
};
use kvguard_runtime::{DatasvcOptions, DatasvcStore, KvStore, MtlsFiles, NatsOptions, NewBucket};
use tokio::runtime::Runtime;

use super::credentials::{Credentials, Identity};
use super::stand::Setup;
use super::{BUCKET, Backend};

/// How long the test's own requests may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// A server.
pub enum Server {
    /// A NATS server.
    Nats(Box<NatsServer>),
    /// A data service.
    Datasvc(DatasvcServer),
}

impl Server {
    /// Starts one.
    pub fn start(backend: Backend, setup: &Setup, credentials: &Credentials) -> Self {
        if backend.is_nats() {
            let builder = nats(backend, setup, credentials);
            // What is missing, and how to get it, is said by the error.
            let server = builder.start().unwrap_or_else(|error| panic!("{error}"));
            Self::Nats(Box::new(server))
        } else {
            Self::Datasvc(datasvc(setup, credentials))
        }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        match self {
            Self::Nats(server) => server.address(),
            Self::Datasvc(server) => server.address().parse().expect("an address"),
        }
    }

    /// A connection of the operator, past the line that the command uses.
    pub fn connect(
        &self,
        backend: Backend,
        setup: &Setup,
        credentials: &Credentials,
        runtime: &Runtime,
    ) -> Option<Arc<dyn KvStore>> {
        let operator = credentials.certificate(Identity::Operator);
        match self {
            Self::Nats(server) => {
                let bucket = setup.bucket.clone()?;
                let options = operator_of_nats(backend, server, credentials);
                let options = options.create_bucket(bucket).deadline(PATIENCE);
                let store = runtime.block_on(options.connect());
                Some(Arc::new(store.expect("the operator is let in")))
            }
            Self::Datasvc(server) => {
                let options = DatasvcOptions::new(server.address(), MtlsFiles::from(operator));
                let options = options.with_deadline(PATIENCE);
                let store = runtime.block_on(DatasvcStore::connect(options));
                Some(Arc::new(store.expect("the operator is let in")))
            }
        }
    }

    /// Ends it as if it were killed.
    pub fn kill(&mut self) {
        match self {
            Self::Nats(server) => server.kill(),
            Self::Datasvc(server) => server.stop(),
        }
    }
}

fn operator_of_nats(
    backend: Backend,
    server: &NatsServer,
    credentials: &Credentials,
) -> NatsOptions {
    let options = NatsOptions::new(BUCKET).server(server.url());
    if backend == Backend::NatsPlain {
        return options.nkey_file(credentials.nkey_file(Identity::Operator));
    }
    let files = credentials.certificate(Identity::Operator);
    options
        .certificate_authority(&files.authorities)
        .client_certificate(&files.certificate, &files.key)
}

fn nats(backend: Backend, setup: &Setup, credentials: &Credentials) -> NatsServerBuilder {
    let mut builder = NatsServer::builder();
    if backend == Backend::NatsTls {
        builder = builder.tls_with_client_certificates(&credentials.of_server());
    }
    if let Some(bytes) = setup.server_room {
        builder = builder.max_file_bytes(bytes);
    }
    for identity in Identity::ALL {
        let permissions = permissions(identity, setup);
        builder = if backend == Backend::NatsPlain {
            builder.nkey(&credentials.public_nkey(identity), &permissions)
        } else {
            builder.user(&identity.id(), &permissions)
        };
    }
    builder
}

/// What a NATS server lets an identity do.
fn permissions(identity: Identity, setup: &Setup) -> NatsPermissions {
    let stated = setup
        .permissions
        .as_ref()
        .filter(|(known, _)| *known == identity);
    match (stated, setup.role(identity)) {
        (Some((_, permissions)), _) => permissions.clone(),
        (None, _) if identity == Identity::Operator => NatsPermissions::everything(),
        // As it is often written by those who mean that nothing is allowed.
        (None, _) if !setup.is_enforced => NatsPermissions::none()
            .with_empty_publish_list()
            .subscribe(">"),
        (None, Some(role)) => NatsPermissions::of(role, BUCKET),
        (None, None) => NatsPermissions::none(),
    }
}

fn datasvc(setup: &Setup, credentials: &Credentials) -> DatasvcServer {
    let mut table = AccessTable::new();
    for identity in Identity::ALL {
        if let Some(role) = setup.role(identity) {
            table = table.grant(identity.id(), role.name());
        }
    }
    let mut builder = DatasvcServer::builder(&credentials.authority)
        .with_certificate(Credentials::server_request())
        .with_bucket(BUCKET)
        .with_access_table(table);
    if !setup.is_enforced {
        builder = builder.without_enforcement();
    }
    if let Some(bytes) = setup.room {
        builder = builder.with_room_for(bytes);
    }
    builder.start()
}

/// The bucket that a stand has unless it is said otherwise.
pub fn bucket() -> NewBucket {
    NewBucket::new()
}
