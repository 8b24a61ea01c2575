//! Who the fleet's identities are, and what each shows to a store.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use kvguard_runtime::testing::{Authority, CertificateFiles, CertificateRequest, WorkloadApi};
use nkeys::KeyPair;
use tempfile::TempDir;

/// The SPIFFE ID of the data service.
pub const SERVER_ID: &str = "spiffe://harbour.test/services/store";

/// Somebody who calls the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Identity {
    /// Who runs the commands; the access table lists it as a writer.
    Operator,
    /// A service, by its own identity.
    Service(&'static str),
    /// Somebody whom the access table does not list.
    Stranger,
}

impl Identity {
    /// The reader of the fleet.
    pub const READER: Self = Self::Service("dashboard");

    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Operator,
        Self::Service("gateway"),
        Self::Service("meter"),
        Self::Service("billing"),
        Self::Service("sensor"),
        Self::Service("dashboard"),
        Self::Stranger,
    ];

    /// Its SPIFFE ID, as the access table has it.
    pub fn id(self) -> String {
        match self {
            Self::Operator => "spiffe://harbour.test/operators/kvguard".to_owned(),
            Self::Service(name) => format!("spiffe://harbour.test/services/{name}"),
            Self::Stranger => "spiffe://harbour.test/strangers/nobody".to_owned(),
        }
    }
}

/// The credentials of all identities, in a directory of their own.
pub struct Credentials {
    directory: TempDir,
    /// The authority that issued all certificates.
    pub authority: Authority,
    certificates: BTreeMap<Identity, CertificateFiles>,
    nkeys: BTreeMap<Identity, KeyPair>,
    sockets: RefCell<BTreeMap<Identity, WorkloadApi>>,
}

impl Credentials {
    /// Makes them.
    pub fn new() -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let authority = Authority::new();
        let mut certificates = BTreeMap::new();
        let mut nkeys = BTreeMap::new();
        for (number, identity) in Identity::ALL.into_iter().enumerate() {
            let own = directory.path().join(number.to_string());
            let request = CertificateRequest::spiffe(identity.id());
            certificates.insert(identity, write(&authority, &request, &own));
            let pair = KeyPair::new_user();
            fs::write(own.join("seed.nk"), pair.seed().expect("a seed")).expect("a file");
            nkeys.insert(identity, pair);
        }
        Self {
            directory,
            authority,
            certificates,
            nkeys,
            sockets: RefCell::default(),
        }
    }

    /// The directory.
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// The files of a certificate for servers at `127.0.0.1`.
    pub fn of_server(&self) -> CertificateFiles {
        write(
            &self.authority,
            &Self::server_request(),
            &self.directory.path().join("server"),
        )
    }

    /// What a server's certificate is for.
    pub fn server_request() -> CertificateRequest {
        CertificateRequest::spiffe(SERVER_ID).with_address([127, 0, 0, 1])
    }

    /// The certificate of an identity.
    pub fn certificate(&self, identity: Identity) -> &CertificateFiles {
        &self.certificates[&identity]
    }

    /// The file with the nkey's seed of an identity.
    pub fn nkey_file(&self, identity: Identity) -> PathBuf {
        self.certificates[&identity].key.with_file_name("seed.nk")
    }

    /// The public nkey of an identity.
    pub fn public_nkey(&self, identity: Identity) -> String {
        self.nkeys[&identity].public_key()
    }

    /// The socket of a Workload API that gives an identity its certificate.
    pub fn workload_socket(&self, identity: Identity) -> String {
        let mut sockets = self.sockets.borrow_mut();
        let api = sockets
            .entry(identity)
            .or_insert_with(|| WorkloadApi::start(&self.authority, &identity.id()));
        api.endpoint()
    }

    /// The texts that must be seen nowhere: seeds of nkeys, and a line of each private key.
    pub fn secrets(&self) -> Vec<String> {
        let seeds = self.nkeys.values().map(|pair| pair.seed().expect("a seed"));
        let keys = self.certificates.values().map(|files| {
            let text = fs::read_to_string(&files.key).expect("a key");
            text.lines().nth(1).expect("a line of a key").to_owned()
        });
        seeds.chain(keys).collect()
    }
}

fn write(
    authority: &Authority,
    request: &CertificateRequest,
    directory: &Path,
) -> CertificateFiles {
    fs::create_dir_all(directory).expect("a directory");
    let issued = authority.issue(request);
    issued.write_to(directory, authority).expect("files")
}
