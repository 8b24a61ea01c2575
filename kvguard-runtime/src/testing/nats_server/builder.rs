//! How a server is set up.

use std::net::SocketAddr;
use std::path::Path;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use super::{NatsPermissions, NatsServer, NatsServerError, PASSWORD};
use crate::NatsOptions;
use crate::testing::{AccessTable, CertificateFiles};

/// The user who may do everything, where there are users.
const ADMIN: &str = "kvguard-admin";

/// What is encoded in the login of an address. Some clients do not decode what could stand there as it is.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// How a [`NatsServer`] is set up.
#[derive(Debug, Clone, Default)]
#[must_use]
pub struct NatsServerBuilder {
    setup: Setup,
}

/// All that was said.
#[derive(Debug, Clone, Default)]
pub(super) struct Setup {
    users: Vec<Value>,
    has_admin_password: bool,
    tls: Option<Tls>,
    is_tls_first: bool,
    domain: Option<String>,
    max_payload: Option<usize>,
    max_file_bytes: Option<u64>,
    operator: Option<Value>,
    pub(super) has_slow_routes: bool,
    pub(super) member: Option<Member>,
}

/// TLS, with which a server is set up.
#[derive(Debug, Clone)]
struct Tls {
    files: CertificateFiles,
    /// Whether clients need a certificate, which tells who they are.
    verifies: bool,
}

/// The part that a server has in a cluster.
#[derive(Debug, Clone)]
pub(super) struct Member {
    pub cluster: String,
    pub name: String,
    pub port: u16,
    /// Where the others reach it, if that is not its port.
    pub advertised: Option<SocketAddr>,
    pub routes: Vec<String>,
}

impl NatsServerBuilder {
    /// A server without users, to which everybody may do everything.
    pub fn new() -> Self {
        Self::default()
    }

    /// With a user for each identity of a table, who may do with a bucket what its role grants: a role that is none grants nothing, not
    /// even to connect to the bucket.
    pub fn access(mut self, bucket: &str, table: &AccessTable) -> Self {
        let mut known = Vec::new();
        for (identity, _) in table.rules() {
            if known.contains(&identity) {
                continue;
            }
            known.push(identity);
            let permissions = match table.role_of(identity) {
                Some(role) => NatsPermissions::of(role, bucket),
                None => NatsPermissions::none(),
            };
            self = self.user(identity, &permissions);
        }
        self
    }

    /// With a user; the server tells who it is by a password, or by the certificate if it has TLS that verifies those.
    pub fn user(mut self, name: &str, permissions: &NatsPermissions) -> Self {
        let mut user = json!({ "user": name, "permissions": permissions.config() });
        if !self.setup.verifies() {
            user["password"] = PASSWORD.into();
        }
        self.setup.users.push(user);
        self
    }

    /// With a user who is told by an nkey: its public key (`U…`).
    pub fn nkey(mut self, public_key: &str, permissions: &NatsPermissions) -> Self {
        let user = json!({ "nkey": public_key, "permissions": permissions.config() });
        self.setup.users.push(user);
        self
    }

    /// With users who are told by credentials files: the JWT of the operator, and of each account by its public key.
    pub fn operator(mut self, operator: &str, accounts: &[(&str, &str)]) -> Self {
        let accounts: serde_json::Map<String, Value> = accounts
            .iter()
            .map(|(key, jwt)| ((*key).to_owned(), json!(jwt)))
            .collect();
        self.setup.operator = Some(json!({
            "operator": operator,
            "resolver": "MEMORY",
            "resolver_preload": accounts,
        }));
        self
    }

    /// With TLS: its certificate, which is for `127.0.0.1`, and the authority that it is checked against.
    pub fn tls(self, files: &CertificateFiles) -> Self {
        self.with_tls(files, false)
    }

    /// With TLS, and clients that need a certificate of the same authority. Their subject, as RFC 2253 writes it, is their user; to be
    /// said before the users.
    pub fn tls_with_client_certificates(self, files: &CertificateFiles) -> Self {
        self.with_tls(files, true)
    }

    fn with_tls(mut self, files: &CertificateFiles, verifies: bool) -> Self {
        self.setup.tls = Some(Tls {
            files: files.clone(),
            verifies,
        });
        self
    }

    /// With TLS from the first byte on, which clients have to know ([`NatsOptions::tls_first`]); together with [`tls`](Self::tls) or
    /// [`tls_with_client_certificates`](Self::tls_with_client_certificates).
    pub fn tls_first(mut self) -> Self {
        self.setup.is_tls_first = true;
        self
    }

    /// With a `JetStream` domain.
    pub fn domain(mut self, domain: &str) -> Self {
        self.setup.domain = Some(domain.to_owned());
        self
    }

    /// With messages of at most so many bytes.
    pub fn max_payload(mut self, bytes: usize) -> Self {
        self.setup.max_payload = Some(bytes);
        self
    }

    /// With at most so many bytes for all buckets in files.
    pub fn max_file_bytes(mut self, bytes: u64) -> Self {
        self.setup.max_file_bytes = Some(bytes);
        self
    }

    /// With routes between the servers of a cluster that can be [slowed down](super::NatsCluster::delay_routes).
    pub fn slow_routes(mut self) -> Self {
        self.setup.has_slow_routes = true;
        self
    }

    /// Starts it.
    ///
    /// # Errors
    ///
    /// See [`NatsServerError`].
    pub fn start(self) -> Result<NatsServer, NatsServerError> {
        NatsServer::start_with(self.into_setup())
    }

    /// Starts three of them that are one cluster. With [slow routes](Self::slow_routes) it is to be called on a tokio runtime.
    ///
    /// # Errors
    ///
    /// See [`NatsServerError`].
    pub fn start_cluster(self) -> Result<super::NatsCluster, NatsServerError> {
        super::NatsCluster::start_with(&self.into_setup())
    }

    fn into_setup(mut self) -> Setup {
        // Where there are users, someone has to make buckets.
        if !self.setup.users.is_empty() && !self.setup.verifies() {
            let admin = json!({ "user": ADMIN, "password": PASSWORD });
            self.setup.users.push(admin);
            self.setup.has_admin_password = true;
        }
        self.setup
    }
}

impl Setup {
    fn verifies(&self) -> bool {
        self.tls.as_ref().is_some_and(|tls| tls.verifies)
    }

    /// The configuration, for a port or any that is free.
    pub(super) fn config(&self, directory: &Path, port: Option<u16>) -> Value {
        let mut jetstream = json!({ "store_dir": directory.join("jetstream") });
        if let Some(domain) = &self.domain {
            jetstream["domain"] = json!(domain);
        }
        if let Some(bytes) = self.max_file_bytes {
            jetstream["max_file_store"] = json!(bytes);
        }
        let mut config = json!({
            "host": "127.0.0.1",
            "port": port.map_or(-1, i32::from),
            "jetstream": jetstream,
        });
        if let Some(bytes) = self.max_payload {
            config["max_payload"] = json!(bytes);
        }
        if !self.users.is_empty() {
            config["authorization"] = json!({ "users": self.users });
        }
        if let Some(tls) = &self.tls {
            config["tls"] = json!({
                "cert_file": tls.files.certificate,
                "key_file": tls.files.key,
                "ca_file": tls.files.authorities,
                "verify_and_map": tls.verifies,
                "handshake_first": self.is_tls_first,
                "timeout": 5,
            });
        }
        if let Some(Value::Object(operator)) = &self.operator {
            for (name, value) in operator {
                config[name] = value.clone();
            }
        }
        if let Some(member) = &self.member {
            config["server_name"] = json!(member.name);
            config["http"] = json!("127.0.0.1:-1");
            config["cluster"] = json!({
                "name": member.cluster,
                "host": "127.0.0.1",
                "port": member.port,
                "routes": member.routes,
            });
            if let Some(address) = member.advertised {
                config["cluster"]["advertise"] = json!(address);
            }
        }
        config
    }

    pub(super) fn url(&self, address: SocketAddr) -> String {
        let scheme = if self.tls.is_some() { "tls" } else { "nats" };
        format!("{scheme}://{address}")
    }

    pub(super) fn admin_url(&self, address: SocketAddr) -> String {
        if self.has_admin_password {
            self.user_url(address, ADMIN)
        } else {
            self.url(address)
        }
    }

    pub(super) fn user_url(&self, address: SocketAddr, user: &str) -> String {
        let encoded = |text| utf8_percent_encode(text, ENCODED);
        let login = format!("{}:{}@", encoded(user), encoded(PASSWORD));
        self.url(address).replacen("//", &format!("//{login}"), 1)
    }

    pub(super) fn trust(&self, options: NatsOptions) -> NatsOptions {
        match &self.tls {
            Some(tls) => options.certificate_authority(&tls.files.authorities),
            None => options,
        }
    }

    pub(super) fn admin(&self, options: NatsOptions) -> NatsOptions {
        let options = self.trust(options);
        if self.has_admin_password {
            options.user(ADMIN, PASSWORD)
        } else {
            options
        }
    }
}
