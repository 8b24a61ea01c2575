//! The arguments.

use std::path::PathBuf;

use clap::Args;

use crate::live::arguments::Live;

/// `validate`
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    pub live: Live,
    #[command(flatten)]
    pub probes: Probes,
}

/// What is tried in the store, and as whom.
#[expect(
    clippy::struct_field_names,
    reason = "each is an argument of the command line"
)]
#[derive(Debug, Args)]
#[command(next_help_heading = "Probing what the store enforces")]
pub struct Probes {
    /// Try to read and to write a probe key as somebody whom the access table does not list, and as one who is only a reader
    #[arg(long)]
    pub probe_enforcement: bool,
    /// Try what each service may do by its own identity. Where the store is named by --nats or --datasvc, that login must be the one of the only --service
    #[arg(long)]
    pub probe_grants: bool,
    /// The certificate of an identity that the access table does not list
    #[arg(long, value_name = "FILE", requires_all = ["probe_key", "probe_enforcement"])]
    pub probe_cert: Option<PathBuf>,
    /// The key of that certificate
    #[arg(long, value_name = "FILE", requires = "probe_cert")]
    pub probe_key: Option<PathBuf>,
    /// For NATS: the file with an nkey's seed of a user who is granted nothing
    #[arg(
        long,
        value_name = "FILE",
        requires = "probe_enforcement",
        conflicts_with = "probe_cert"
    )]
    pub probe_nkey: Option<PathBuf>,
    /// For NATS: the credentials file of a user who is granted nothing
    #[arg(long, value_name = "FILE", requires = "probe_enforcement", conflicts_with_all = ["probe_cert", "probe_nkey"])]
    pub probe_creds: Option<PathBuf>,
    /// For the mode spiffe: the socket of a Workload API that gives an identity that the access table does not list
    #[arg(long, value_name = "SOCKET", requires = "probe_enforcement", conflicts_with_all = ["probe_cert", "probe_nkey", "probe_creds"])]
    pub probe_workload_socket: Option<String>,
    /// The certificate of an identity that the access table lists as a reader
    #[arg(long, value_name = "FILE", requires_all = ["probe_reader_key", "probe_enforcement"])]
    pub probe_reader_cert: Option<PathBuf>,
    /// The key of that certificate
    #[arg(long, value_name = "FILE", requires = "probe_reader_cert")]
    pub probe_reader_key: Option<PathBuf>,
    /// For NATS: the file with an nkey's seed of a user who may only read
    #[arg(
        long,
        value_name = "FILE",
        requires = "probe_enforcement",
        conflicts_with = "probe_reader_cert"
    )]
    pub probe_reader_nkey: Option<PathBuf>,
    /// For NATS: the credentials file of a user who may only read
    #[arg(long, value_name = "FILE", requires = "probe_enforcement", conflicts_with_all = ["probe_reader_cert", "probe_reader_nkey"])]
    pub probe_reader_creds: Option<PathBuf>,
    /// For the mode spiffe: the socket of a Workload API that gives an identity that the access table lists as a reader
    #[arg(long, value_name = "SOCKET", requires = "probe_enforcement", conflicts_with_all = ["probe_reader_cert", "probe_reader_nkey", "probe_reader_creds"])]
    pub probe_reader_workload_socket: Option<String>,
    /// Make the certificates that are not given: the certificate of an authority that the store trusts
    #[arg(long, value_name = "FILE", requires_all = ["probe_ca_key", "probe_enforcement"])]
    pub probe_ca: Option<PathBuf>,
    /// The private key of that authority; it stays on this machine
    #[arg(long, value_name = "FILE", requires = "probe_ca")]
    pub probe_ca_key: Option<PathBuf>,
}
