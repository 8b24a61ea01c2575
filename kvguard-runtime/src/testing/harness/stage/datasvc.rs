//! Values behind the data service's interface, over TLS, in process.

#[cfg(feature = "bootstrap")]
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::sync::Arc;

#[cfg(feature = "spiffe")]
use kvguard_contract::SPIFFE_ENDPOINT_SOCKET;
use kvguard_contract::syntax::Address;
use kvguard_contract::{Mode, Role};

use super::NOBODY;
use super::access_table;
use super::wrapped::{Hand, Wrapped};
use crate::testing::harness::failed::Failed;
use crate::testing::harness::plan::Trial;
use crate::testing::{
    AccessTable, Authority, CertificateRequest, DatasvcServer, IdentityForm, IdentityForms,
    Recording,
};
use crate::{DatasvcOptions, DatasvcSecurity, DatasvcStore, Key, KvStore, MtlsFiles, Operation};

/// More watches than a program begins in one case.
const MAX_WATCHES: usize = 1000;

pub(in crate::testing::harness) struct Datasvc {
    server: Arc<DatasvcServer>,
    recording: Recording,
    trial: &'static Trial,
    certificates: Certificates,
    /// The last store that was made, through which others may be quicker.
    given: Option<Wrapped>,
    #[cfg(feature = "spiffe")]
    workload_api: Option<crate::testing::WorkloadApi>,
}

/// The client's certificate, its key and the authority's certificate, and the variables that name them.
struct Certificates {
    /// Kept as long as its files are used.
    _directory: tempfile::TempDir,
    files: MtlsFiles,
    variables: Vec<(String, String)>,
}

impl Datasvc {
    /// One whose certificate is also for a name that the attribute gives.
    pub(super) fn open(trial: &'static Trial, server_name: Option<&str>) -> Result<Self, Failed> {
        let authority = Authority::new();
        let server = DatasvcServer::builder(&authority)
            .with_certificate(of_server(trial, server_name))
            .with_access_table(access_table(trial))
            .with_identity_forms(forms(trial))
            .start();
        Ok(Self {
            recording: server.recording(),
            server: Arc::new(server),
            certificates: Certificates::issue(trial, &authority)?,
            given: None,
            #[cfg(feature = "spiffe")]
            workload_api: is_spiffe(trial).then(|| {
                let id = trial.spiffe_id.unwrap_or("spiffe://nobody.test/nobody");
                crate::testing::WorkloadApi::start(&authority, id)
            }),
            trial,
        })
    }

    pub(super) fn set(&self, key: &Key, value: &[u8]) {
        self.server.set(key, value);
    }

    /// The service's key, and those that were written.
    pub(super) fn contents(&self, own: &Key) -> Vec<(String, Vec<u8>)> {
        let writes = self.recording.writes().into_iter();
        let mut keys: Vec<String> = writes.filter_map(|write| write.key).collect();
        keys.push(own.as_str().to_owned());
        keys.sort();
        keys.dedup();
        let held = keys.into_iter().filter_map(|key| {
            let value = self.server.value(&Key::new(key.clone()).ok()?)?;
            Some((key, value.into_bytes()))
        });
        held.collect()
    }

    pub(super) fn recording(&self) -> &Recording {
        &self.recording
    }

    pub(super) fn deny(&self) {
        self.server.set_access_table(AccessTable::new());
    }

    pub(super) fn cut(&self) {
        self.server.stop();
    }

    pub(super) fn silence_watches(&self) {
        for nth in 1..=MAX_WATCHES {
            self.server.lose_answer_of(Operation::Watch, nth);
        }
    }

    pub(super) fn let_another_be_quicker(&self, key: &Key, value: &[u8]) -> bool {
        match &self.given {
            Some(given) => given.let_another_be_quicker(key, value),
            None => false,
        }
    }

    pub(super) async fn store(&mut self) -> Result<Arc<dyn KvStore>, Failed> {
        let options = DatasvcOptions::new(self.server.address(), self.security()?);
        let store = DatasvcStore::connect(options).await.map_err(|error| {
            Failed::new(format!(
                "the test's own data service cannot be reached: {error}"
            ))
        })?;
        let server = Arc::clone(&self.server);
        let hand: Hand = Arc::new(move |key, value| {
            server.set(&key, value);
            Box::pin(async {})
        });
        let wrapped = Wrapped::new(Arc::new(store), hand, None);
        self.given = Some(wrapped.clone());
        Ok(Arc::new(wrapped))
    }

    #[cfg(feature = "spiffe")]
    fn security(&self) -> Result<DatasvcSecurity, Failed> {
        let Some(api) = &self.workload_api else {
            return Ok(self.certificates.files.clone().into());
        };
        let id = server_id(self.trial);
        let id = id.parse().map_err(|_| {
            Failed::new(format!(
                "the server's SPIFFE ID `{id}` in the workload's environment is none"
            ))
        })?;
        Ok(crate::SpiffeSource::new(api.socket(), id).into())
    }

    #[cfg(not(feature = "spiffe"))]
    fn security(&self) -> Result<DatasvcSecurity, Failed> {
        if is_spiffe(self.trial) {
            return Err(Failed::new(format!(
                "the workload `{}` runs in the mode `spiffe`, which needs the feature `spiffe` of `kvguard-runtime`, in `[dev-dependencies]`",
                self.trial.workload
            )));
        }
        Ok(self.certificates.files.clone().into())
    }

    pub(super) fn address(&self) -> String {
        self.server.address()
    }

    pub(super) fn environment(&self) -> Vec<(String, String)> {
        let mut variables: Vec<(String, String)> = self
            .trial
            .name(Role::Address)
            .map(|name| (name.to_owned(), self.server.address()))
            .into_iter()
            .collect();
        variables.extend(self.certificates.variables.iter().cloned());
        #[cfg(feature = "spiffe")]
        if let Some(api) = &self.workload_api {
            let own = self.trial.name(Role::WorkloadSocket).into_iter();
            for name in own.chain([SPIFFE_ENDPOINT_SOCKET]) {
                variables.push((name.to_owned(), api.endpoint()));
            }
            if let Some(name) = self.trial.name(Role::ServerIdentity)
                && self.trial.value(Role::ServerIdentity).is_none()
            {
                variables.push((name.to_owned(), server_id(self.trial)));
            }
        }
        variables
    }
}

impl Certificates {
    /// Puts them where the workload's variables say, below a directory of the test's own.
    fn issue(trial: &'static Trial, authority: &Authority) -> Result<Self, Failed> {
        let cannot = |error: std::io::Error| {
            Failed::new(format!(
                "the client's certificate cannot be written: {error}"
            ))
        };
        let directory = tempfile::tempdir().map_err(cannot)?;
        let mut request = match trial.subject {
            Some(subject) => CertificateRequest::subject(subject),
            None if trial.spiffe_id.is_some() => CertificateRequest::new(),
            None => CertificateRequest::subject(&format!("CN={NOBODY}")),
        };
        if let Some(id) = trial.spiffe_id {
            request = request.with_uri(id);
        }
        let issued = authority.issue(&request);
        let written = issued.write_to(&directory, authority).map_err(cannot)?;
        let mut variables = Vec::new();
        let directory_name = trial
            .name(Role::CertificateDirectory)
            .filter(|_| trial.value(Role::CertificateDirectory).is_some());
        if let Some(name) = directory_name {
            variables.push((name.to_owned(), text(directory.path())));
        }
        for (role, file) in [
            (Role::Certificate, &written.certificate),
            (Role::PrivateKey, &written.key),
            (Role::Authority, &written.authorities),
        ] {
            let Some(name) = trial.name(role) else {
                continue;
            };
            let own = trial.value(role);
            let relative = own.map(Path::new).filter(|path| is_below(path));
            match relative.filter(|_| directory_name.is_some()) {
                Some(path) => {
                    let target = directory.path().join(path);
                    if let Some(parent) = target.parent() {
                        std::fs::create_dir_all(parent).map_err(cannot)?;
                    }
                    std::fs::copy(file, target).map_err(cannot)?;
                }
                None => variables.push((name.to_owned(), text(file))),
            }
        }
        Ok(Self {
            files: MtlsFiles::from(&written),
            _directory: directory,
            variables,
        })
    }
}

/// Whether a path is relative and leads nowhere else.
fn is_below(path: &Path) -> bool {
    path.components()
        .all(|part| matches!(part, std::path::Component::Normal(_)))
}

fn text(path: &Path) -> String {
    PathBuf::from(path).to_string_lossy().into_owned()
}

/// Whether its identity comes from the Workload API.
fn is_spiffe(trial: &Trial) -> bool {
    let word = trial.mode.and_then(|mode| trial.contract.mode(mode));
    word.is_some_and(|word| word.means == Some(Mode::Spiffe))
}

/// Whom the workload expects as the server.
fn server_id(trial: &Trial) -> String {
    let own = trial
        .value(Role::ServerIdentity)
        .filter(|id| !id.is_empty());
    own.unwrap_or("spiffe://store.test/services/store")
        .to_owned()
}

/// The certificate of a server that is whom the workload expects, by each name that it may expect.
fn of_server(trial: &Trial, server_name: Option<&str>) -> CertificateRequest {
    let request = CertificateRequest::subject("CN=datasvc")
        .with_dns_name("localhost")
        .with_address([127, 0, 0, 1])
        .with_uri(server_id(trial));
    let stated = trial.value(Role::ServerName).into_iter().chain(server_name);
    let names = stated.filter(|name| !name.is_empty()).map(str::to_owned);
    names
        .chain(trial.value(Role::Address).and_then(host))
        .fold(request, CertificateRequest::with_dns_name)
}

/// The host of an address, if it is a name.
fn host(address: &str) -> Option<String> {
    let host = Address::parse(address)?.host;
    host.parse::<std::net::IpAddr>().is_err().then_some(host)
}

fn forms(trial: &Trial) -> IdentityForms {
    let forms = trial.compare.iter().filter_map(|form| match *form {
        "spiffe" => Some(IdentityForm::SpiffeId),
        "subject" => Some(IdentityForm::Subject),
        "subject-cn-o" => Some(IdentityForm::CommonNameAndOrganization),
        "subject-cn" => Some(IdentityForm::CommonName),
        _ => None,
    });
    if trial.tries_all {
        IdentityForms::each_of(forms)
    } else {
        IdentityForms::first_of(forms)
    }
}
