//! Where a store is, and as whom it is called.

mod command_line;
pub mod environment;
pub mod policy;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use kvguard::resolve::{Deployment, Model, Store};
use kvguard_runtime::contract::syntax::nats_servers;
use kvguard_runtime::{
    DatasvcOptions, DatasvcStore, KvStore, MtlsFiles, NatsOptions, NewBucket, SpiffeId,
    SpiffeSource, StoreError,
};

use super::arguments;
use super::failure::Failure;

/// A store, and the login to call it with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// A bucket of NATS.
    Nats(Nats),
    /// A data service.
    Datasvc(Datasvc),
}

/// A bucket of NATS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Nats {
    /// The addresses, with commas between them.
    pub address: String,
    /// The bucket.
    pub bucket: String,
    /// The domain of `JetStream`.
    pub domain: Option<String>,
    /// The prefix of the subjects that answers come to.
    pub inbox_prefix: Option<String>,
    /// The authorities of the server. TLS is required with them.
    pub authorities: Option<PathBuf>,
    /// The names that the server's certificate may be for, where they are not the address's.
    pub server_names: Vec<String>,
    /// How the client logs in.
    pub login: Login,
    /// What it was found as, in place of its address.
    pub found: Option<String>,
}

/// How a client of NATS logs in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Login {
    /// Not at all.
    None,
    /// With a credentials file.
    Credentials(PathBuf),
    /// With the file of an nkey's seed.
    Nkey(PathBuf),
    /// With a certificate.
    Certificate(Certificate),
}

/// A client's certificate, and its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    /// The certificate's file.
    pub certificate: PathBuf,
    /// The key's file.
    pub private_key: PathBuf,
}

/// A data service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Datasvc {
    /// `host:port`
    pub address: String,
    /// The name that its certificate is for, where it is not the address's.
    pub server_name: Option<String>,
    /// How the two know each other.
    pub security: Security,
    /// What it was found as, in place of its address.
    pub found: Option<String>,
}

/// How a data service and its client know each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Security {
    /// By certificates in files.
    Mtls {
        /// The client's certificate.
        client: Certificate,
        /// The authorities of the server.
        authorities: PathBuf,
    },
    /// By certificates of the SPIFFE Workload API.
    Spiffe {
        /// The socket.
        socket: String,
        /// The SPIFFE ID that the server must have.
        server_id: SpiffeId,
    },
}

impl Place {
    /// Where the store is that services of a deployment call: what the command line says, else the policy, else the environment.
    ///
    /// # Errors
    ///
    /// Nothing says it, or what says it is incomplete or makes no sense.
    pub fn find(
        arguments: &arguments::Store,
        model: &Model,
        deployment: &Deployment,
        store: &Store,
        root: &std::path::Path,
    ) -> Result<Self, Failure> {
        let bucket = bucket(store);
        if let Some(place) = command_line::place(arguments, bucket)? {
            return Ok(place);
        }
        if let Some(place) = policy::place(store, bucket, root)? {
            return Ok(place);
        }
        match environment::place(&model.policy.contract)? {
            Some(place) => Ok(place),
            None => Err(Failure::NoPlace(deployment.name().to_owned())),
        }
    }

    /// The store as messages name it, without its login.
    pub fn shown(&self) -> String {
        match self {
            Self::Nats(Nats {
                found: Some(found),
                bucket,
                ..
            }) => format!("{found}, bucket `{bucket}`"),
            Self::Nats(nats) => {
                let servers: Vec<String> = nats_servers(&nats.address).map(without_login).collect();
                format!("{}, bucket `{}`", servers.join(","), nats.bucket)
            }
            Self::Datasvc(datasvc) => match &datasvc.found {
                Some(found) => found.clone(),
                None => format!("data service {}", datasvc.address),
            },
        }
    }

    /// The login, where nobody tells as whom the store knows it: the file that it is in.
    pub fn login(&self) -> String {
        let file = match self {
            Self::Nats(nats) => match &nats.login {
                Login::None => return "nobody".to_owned(),
                Login::Credentials(file) | Login::Nkey(file) => file,
                Login::Certificate(certificate) => &certificate.certificate,
            },
            Self::Datasvc(datasvc) => match &datasvc.security {
                Security::Mtls { client, .. } => &client.certificate,
                Security::Spiffe { socket, .. } => return socket.clone(),
            },
        };
        file.display().to_string()
    }

    /// Whether it can make a bucket.
    pub fn has_buckets(&self) -> bool {
        matches!(self, Self::Nats(_))
    }

    /// Connects.
    ///
    /// # Errors
    ///
    /// What the store answered.
    pub async fn connect(
        &self,
        deadline: Duration,
        new_bucket: Option<NewBucket>,
    ) -> Result<Arc<dyn KvStore>, StoreError> {
        match self {
            Self::Nats(nats) => {
                let mut options = nats.options().deadline(deadline);
                if let Some(bucket) = new_bucket {
                    options = options.create_bucket(bucket);
                }
                Ok(Arc::new(options.connect().await?))
            }
            Self::Datasvc(datasvc) => {
                let options = datasvc
                    .options()
                    .with_deadline(deadline)
                    .with_connect_timeout(deadline);
                Ok(Arc::new(DatasvcStore::connect(options).await?))
            }
        }
    }
}

impl Nats {
    fn options(&self) -> NatsOptions {
        let servers = nats_servers(&self.address);
        let mut options = servers
            .fold(NatsOptions::new(&self.bucket), NatsOptions::server)
            .name("kvguard");
        if let Some(domain) = &self.domain {
            options = options.domain(domain);
        }
        if let Some(prefix) = &self.inbox_prefix {
            options = options.inbox_prefix(prefix);
        }
        if let Some(authorities) = &self.authorities {
            options = options.certificate_authority(authorities).require_tls();
            let names = self.server_names.iter();
            options = names.fold(options, NatsOptions::certificate_name);
        }
        if self.found.is_some() {
            // What a cluster tells of its servers are addresses within it.
            options = options.only_these_servers();
        }
        match &self.login {
            Login::None => options,
            Login::Credentials(file) => options.credentials_file(file),
            Login::Nkey(file) => options.nkey_file(file),
            Login::Certificate(Certificate {
                certificate,
                private_key,
            }) => options
                .client_certificate(certificate, private_key)
                .require_tls(),
        }
    }
}

impl Datasvc {
    fn options(&self) -> DatasvcOptions {
        match &self.security {
            Security::Mtls {
                client,
                authorities,
            } => {
                let files = MtlsFiles::new(&client.certificate, &client.private_key, authorities);
                let files = match &self.server_name {
                    Some(name) => files.with_server_name(name),
                    None => files,
                };
                DatasvcOptions::new(&self.address, files)
            }
            Security::Spiffe { socket, server_id } => {
                let source = SpiffeSource::new(socket, server_id.clone());
                let source = match &self.server_name {
                    Some(name) => source.with_server_name(name),
                    None => source,
                };
                DatasvcOptions::new(&self.address, source)
            }
        }
    }
}

/// The bucket that the policy says.
fn bucket(store: &Store) -> Option<&str> {
    let bucket = store.policy.as_ref()?.bucket.as_ref()?;
    Some(&bucket.value)
}

/// The SPIFFE ID of a text.
fn spiffe_id(text: &str) -> Result<SpiffeId, Failure> {
    let id = text.parse();
    id.map_err(|_| {
        Failure::BadPlace(format!(
            "`{text}` is no SPIFFE ID; write spiffe://DOMAIN/PATH"
        ))
    })
}

/// An address without the user and the password that it may hold.
pub fn without_login(address: &str) -> String {
    let (scheme, rest) = address.split_once("://").unwrap_or(("", address));
    let host = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
    if scheme.is_empty() {
        host.to_owned()
    } else {
        format!("{scheme}://{host}")
    }
}

#[cfg(test)]
mod tests {
    use super::without_login;

    #[test]
    fn an_address_is_shown_without_its_login() {
        for (address, shown) in [
            ("nats://a:4222", "nats://a:4222"),
            ("nats://user:canary@a:4222", "nats://a:4222"),
            ("nats://canary@a:4222", "nats://a:4222"),
            ("user:can@ary@a:4222", "a:4222"),
            ("a:4222", "a:4222"),
        ] {
            assert_eq!(without_login(address), shown);
        }
    }
}
