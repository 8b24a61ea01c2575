//! Who probes a store, and how they log in.

use std::hash::{BuildHasher, RandomState};
use std::path::PathBuf;

use kvguard::access::AccessTable;
use kvguard::access::identity::Identity;
use kvguard::live::Who;
use kvguard::policy::{AccessPolicy, IdentityForm};
use kvguard_runtime::CertificateIdentity;
use kvguard_runtime::contract::syntax::nats_servers;

use super::arguments::Probes;
use super::certificate::{Authority, Issued, Names};
use crate::live::failure::Failure;
use crate::live::place::{Certificate, Datasvc, Login, Nats, Place, Security, without_login};

/// Somebody who probes a store.
pub struct Prober {
    /// Whether the access table lists it as a reader, or not at all.
    pub kind: Kind,
    /// The store, with its login.
    pub place: Place,
    /// Who it is, where its certificate tells.
    pub identity: Option<String>,
    /// Its certificate's files, where they were made.
    _issued: Option<Issued>,
}

/// Who probes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Somebody whom the access table does not list.
    Unlisted,
    /// Somebody whom it lists as a reader.
    Reader,
}

impl Kind {
    /// What its arguments begin with.
    fn prefix(self) -> &'static str {
        match self {
            Self::Unlisted => "--probe-",
            Self::Reader => "--probe-reader-",
        }
    }

    /// Who it is, by an identity.
    pub fn who(self, identity: String) -> Who {
        match self {
            Self::Unlisted => Who::Unlisted { identity },
            Self::Reader => Who::Reader { identity },
        }
    }
}

/// How a prober logs in, as the arguments say it.
enum Given {
    Certificate(Certificate),
    Nkey(PathBuf),
    Credentials(PathBuf),
    WorkloadSocket(String),
}

impl Given {
    fn of(kind: Kind, probes: &Probes) -> Option<Self> {
        let (certificate, key, nkey, credentials, socket) = match kind {
            Kind::Unlisted => (
                &probes.probe_cert,
                &probes.probe_key,
                &probes.probe_nkey,
                &probes.probe_creds,
                &probes.probe_workload_socket,
            ),
            Kind::Reader => (
                &probes.probe_reader_cert,
                &probes.probe_reader_key,
                &probes.probe_reader_nkey,
                &probes.probe_reader_creds,
                &probes.probe_reader_workload_socket,
            ),
        };
        if let (Some(certificate), Some(private_key)) = (certificate, key) {
            return Some(Self::Certificate(Certificate {
                certificate: certificate.clone(),
                private_key: private_key.clone(),
            }));
        }
        let nkey = nkey.clone().map(Self::Nkey);
        let credentials = credentials.clone().map(Self::Credentials);
        let socket = socket.clone().map(Self::WorkloadSocket);
        nkey.or(credentials).or(socket)
    }
}

/// What is needed to know who may probe a store.
pub struct Probing<'p> {
    /// The arguments.
    pub probes: &'p Probes,
    /// The deployment's access table.
    pub table: &'p AccessTable,
    /// How the store compares it with clients.
    pub policy: &'p AccessPolicy,
    /// The trust domain of the deployment.
    pub trust_domain: Option<&'p str>,
    /// The store, with the login of somebody who may read and write.
    pub operator: &'p Place,
}

impl Probing<'_> {
    /// Who probes; `Ok(None)`: nobody of this kind can.
    ///
    /// # Errors
    ///
    /// The arguments do not fit the store, or name somebody else than they should.
    pub async fn prober(&self, kind: Kind) -> Result<Option<Prober>, Failure> {
        let (given, issued) = match Given::of(kind, self.probes) {
            Some(given) => (given, None),
            None => match self.issue(kind)? {
                Some(issued) => (Given::Certificate(issued.place()), Some(issued)),
                None => return Ok(None),
            },
        };
        let identity = match &given {
            Given::Certificate(certificate) => {
                Some(self.check_certificate(kind, certificate).await?)
            }
            _ => None,
        };
        Ok(Some(Prober {
            kind,
            identity,
            place: self.place(kind, given)?,
            _issued: issued,
        }))
    }

    /// Issues a certificate, if the arguments name an authority.
    fn issue(&self, kind: Kind) -> Result<Option<Issued>, Failure> {
        let probes = self.probes;
        let (Some(certificate), Some(key)) = (&probes.probe_ca, &probes.probe_ca_key) else {
            return Ok(None);
        };
        let names = match kind {
            Kind::Unlisted => self.unlisted(),
            Kind::Reader => match self.reader() {
                Some(names) => names,
                None => return Ok(None),
            },
        };
        Authority::read(certificate, key)?.issue(&names).map(Some)
    }

    /// Names that no table lists.
    fn unlisted(&self) -> Names {
        let name = format!("kvguard-probe-{}", random());
        let domain = match self.operator {
            Place::Datasvc(Datasvc {
                security: Security::Spiffe { server_id, .. },
                ..
            }) => Some(server_id.trust_domain()),
            _ => self.trust_domain,
        };
        Names {
            spiffe_id: domain.map(|domain| format!("spiffe://{domain}/{name}")),
            subject: Some(format!("CN={name}")),
        }
    }

    /// The names of the first reader that the table lists.
    fn reader(&self) -> Option<Names> {
        let lowest = lowest_of_several(self.policy)?;
        let grants = self.table.grants.iter().enumerate();
        let mut readers = grants.filter(|(position, grant)| {
            grant.role.value == lowest
                && self.table.position(&grant.identity.value) == Some(*position)
        });
        let (_, grant) = readers.next()?;
        let identity = grant.identity.value.clone();
        Some(if identity.starts_with("spiffe://") {
            Names {
                spiffe_id: Some(identity),
                subject: None,
            }
        } else {
            Names {
                spiffe_id: None,
                subject: Some(identity),
            }
        })
    }

    /// That a certificate is for somebody of this kind, and who it is: with somebody else the probe would tell nothing.
    async fn check_certificate(
        &self,
        kind: Kind,
        certificate: &Certificate,
    ) -> Result<String, Failure> {
        let read = CertificateIdentity::read(&certificate.certificate).await;
        let names = read.map_err(Failure::BadPlace)?;
        let identities = identities(&names, self.table);
        self.check(kind, &identities)?;
        let name = names.spiffe_id.or(names.subject);
        Ok(name.unwrap_or_else(|| certificate.certificate.display().to_string()))
    }

    /// That an identity is of this kind.
    fn check(&self, kind: Kind, identities: &[Identity]) -> Result<(), Failure> {
        let argument = kind.prefix();
        let presented: Vec<&Identity> = identities.iter().collect();
        let grant = self.table.find(&presented, self.policy);
        let role = grant
            .and_then(|grant| self.table.grants.get(grant))
            .map(|grant| grant.role.value.as_str());
        let named = identities.first().map_or("nobody", |one| one.text.as_str());
        match (kind, role) {
            (Kind::Unlisted, None) => Ok(()),
            (Kind::Unlisted, Some(role)) => Err(Failure::BadPlace(format!(
                "`{named}` is granted `{role}` by the access table; name with {argument}… an identity that it does not list"
            ))),
            (Kind::Reader, Some(role)) if Some(role) == lowest_of_several(self.policy) => Ok(()),
            (Kind::Reader, Some(role)) => Err(Failure::BadPlace(format!(
                "`{named}` is granted `{role}` by the access table; name with {argument}… an identity that may only read"
            ))),
            (Kind::Reader, None) => Err(Failure::BadPlace(format!(
                "the access table does not list `{named}`; name with {argument}… an identity that it lists as a reader"
            ))),
        }
    }

    /// That an identity is of this kind which is known only once the store is connected to, as that of the Workload API.
    ///
    /// # Errors
    ///
    /// It is of another kind.
    pub fn check_told(&self, kind: Kind, identity: &str) -> Result<(), Failure> {
        // A user of NATS is none of the table, whose role is stated by its permissions at the server.
        if !identity.starts_with("spiffe://") {
            return Ok(());
        }
        let identity = Identity {
            form: IdentityForm::Spiffe,
            text: identity.to_owned(),
            origin: self.table.start(),
        };
        self.check(kind, &[identity])
    }

    /// The store with the prober's login. Of the operator's login nothing is left.
    fn place(&self, kind: Kind, given: Given) -> Result<Place, Failure> {
        let misfit = |argument: &str, what: &str| {
            let prefix = kind.prefix();
            let store = self.operator.shown();
            Failure::BadPlace(format!(
                "{prefix}{argument} {what}, and the store is {store}"
            ))
        };
        match self.operator {
            Place::Nats(nats) => {
                let login = match given {
                    Given::Certificate(certificate) => Login::Certificate(certificate),
                    Given::Nkey(file) => Login::Nkey(file),
                    Given::Credentials(file) => Login::Credentials(file),
                    Given::WorkloadSocket(_) => {
                        return Err(misfit("workload-socket", "is for data services"));
                    }
                };
                let servers = nats_servers(&nats.address).map(without_login);
                Ok(Place::Nats(Nats {
                    address: servers.collect::<Vec<_>>().join(","),
                    login,
                    ..nats.clone()
                }))
            }
            Place::Datasvc(datasvc) => {
                let security = match given {
                    Given::Certificate(client) => Security::Mtls {
                        client,
                        authorities: self.authorities(&datasvc.security)?,
                    },
                    Given::WorkloadSocket(socket) => match &datasvc.security {
                        Security::Spiffe { server_id, .. } => Security::Spiffe {
                            socket,
                            server_id: server_id.clone(),
                        },
                        Security::Mtls { .. } => {
                            return Err(misfit("workload-socket", "is for the mode spiffe"));
                        }
                    },
                    Given::Nkey(_) => return Err(misfit("nkey", "is for NATS")),
                    Given::Credentials(_) => return Err(misfit("creds", "is for NATS")),
                };
                Ok(Place::Datasvc(Datasvc {
                    security,
                    ..datasvc.clone()
                }))
            }
        }
    }

    /// The authorities that a data service's certificate must come from, for a prober with a certificate in files.
    fn authorities(&self, security: &Security) -> Result<PathBuf, Failure> {
        match security {
            Security::Mtls { authorities, .. } => Ok(authorities.clone()),
            // In a trust domain one authority issues the certificates of all.
            Security::Spiffe { .. } => self.probes.probe_ca.clone().ok_or_else(|| {
                Failure::BadPlace("a probe with a certificate in files needs --probe-ca in the mode spiffe, to know the data service by; or name sockets of the Workload API, --probe-workload-socket and --probe-reader-workload-socket".to_owned())
            }),
        }
    }
}

/// The least powerful role, where there are several: it only reads.
pub fn lowest_of_several(policy: &AccessPolicy) -> Option<&str> {
    match policy.roles.as_slice() {
        [lowest, _, ..] => Some(lowest),
        _ => None,
    }
}

/// The names of a certificate as the engine compares them.
fn identities(names: &CertificateIdentity, table: &AccessTable) -> Vec<Identity> {
    let identity = |form, text: &Option<String>| {
        Some(Identity {
            form,
            text: text.clone()?,
            origin: table.start(),
        })
    };
    let spiffe_id = identity(IdentityForm::Spiffe, &names.spiffe_id);
    let subject = identity(IdentityForm::Subject, &names.subject);
    spiffe_id.into_iter().chain(subject).collect()
}

/// A text that no other run has.
pub fn random() -> String {
    format!("{:016x}", RandomState::new().hash_one(std::process::id()))
}
