//! What a variable is for.

/// What a variable is for. Its name is the policy's, or else the [standard one](Self::standard_name).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Where the configuration comes from: the store or a file.
    Source,
    /// The service.
    Service,
    /// The key, in place of the descriptor's.
    Key,
    /// The store's address.
    Address,
    /// The bucket at a NATS server.
    Bucket,
    /// The security mode.
    Mode,
    /// The file with the client's certificate.
    Certificate,
    /// The file with the certificate's private key.
    PrivateKey,
    /// The file with the certificates of the authorities that the server's is checked against.
    Authority,
    /// The directory of certificate files that are named without one.
    CertificateDirectory,
    /// The name that the server's certificate is for.
    ServerName,
    /// The SPIFFE trust domain.
    TrustDomain,
    /// The SPIFFE ID that the server must have.
    ServerIdentity,
    /// The socket of the SPIFFE Workload API.
    WorkloadSocket,
    /// The file with credentials of NATS.
    CredentialsFile,
    /// The file with the seed of an nkey.
    NkeyFile,
    /// The prefix of the subjects on which NATS sends answers.
    InboxPrefix,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 17] = [
        Self::Source,
        Self::Service,
        Self::Key,
        Self::Address,
        Self::Bucket,
        Self::Mode,
        Self::Certificate,
        Self::PrivateKey,
        Self::Authority,
        Self::CertificateDirectory,
        Self::ServerName,
        Self::TrustDomain,
        Self::ServerIdentity,
        Self::WorkloadSocket,
        Self::CredentialsFile,
        Self::NkeyFile,
        Self::InboxPrefix,
    ];

    /// The variable's name where the policy gives no other.
    pub const fn standard_name(self) -> &'static str {
        match self {
            Self::Source => "CONFIG_SOURCE",
            Self::Service => "CONFIG_SERVICE",
            Self::Key => "CONFIG_KV_KEY",
            Self::Address => "KV_ADDRESS",
            Self::Bucket => "KV_BUCKET",
            Self::Mode => "KV_SEC_MODE",
            Self::Certificate => "KV_CERT_FILE",
            Self::PrivateKey => "KV_KEY_FILE",
            Self::Authority => "KV_CA_FILE",
            Self::CertificateDirectory => "KV_CERT_DIR",
            Self::ServerName => "KV_SERVER_NAME",
            Self::TrustDomain => "KV_TRUST_DOMAIN",
            Self::ServerIdentity => "KV_SERVER_SPIFFE_ID",
            Self::WorkloadSocket => "KV_WORKLOAD_SOCKET",
            Self::CredentialsFile => "KV_CREDENTIALS_FILE",
            Self::NkeyFile => "KV_NKEY_FILE",
            Self::InboxPrefix => "KV_INBOX_PREFIX",
        }
    }

    /// The key of the policy's `[contract]` that names the variable.
    pub const fn policy_key(self) -> &'static str {
        match self {
            Self::Source => "source_variable",
            Self::Service => "service_variable",
            Self::Key => "key_variable",
            Self::Address => "address_variable",
            Self::Bucket => "bucket_variable",
            Self::Mode => "mode_variable",
            Self::Certificate => "certificate_variable",
            Self::PrivateKey => "private_key_variable",
            Self::Authority => "authority_variable",
            Self::CertificateDirectory => "certificate_directory_variable",
            Self::ServerName => "server_name_variable",
            Self::TrustDomain => "trust_domain_variable",
            Self::ServerIdentity => "server_identity_variable",
            Self::WorkloadSocket => "workload_socket_variable",
            Self::CredentialsFile => "credentials_file_variable",
            Self::NkeyFile => "nkey_file_variable",
            Self::InboxPrefix => "inbox_prefix_variable",
        }
    }
}
