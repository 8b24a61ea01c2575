//! `--probe-enforcement`: tries what the store must refuse.

use std::sync::Arc;

use kvguard::live::{Action, Attempt};
use kvguard::rules::RuleId;
use kvguard_runtime::{Key, KvStore, StoreError, StoreErrorKind, Value};

use super::arguments::Probes;
use super::grants::Promise;
use super::probe_key;
use super::prober::{Kind, Prober, Probing};
use crate::live::failure::Failure;
use crate::live::place::Place;
use crate::live::session::Session;

/// Probes each store that the deployment's services call.
///
/// # Errors
///
/// The arguments do not say as whom to probe, or a store cannot be probed.
pub async fn probe(session: &mut Session, probes: &Probes) -> Result<(), Failure> {
    session
        .progress
        .step("probing whether the access table is enforced", None);
    let writer = |services: Vec<&str>| {
        let mut all = services.iter();
        // Where each service calls the store as itself, the probe key is written as one that may.
        let writer = all.find(|name| Promise::of(session, name).write);
        writer.or(services.first()).map(|name| (*name).to_owned())
    };
    let stores = session.stores.by_store().into_iter();
    let stores: Vec<(String, String)> = stores
        .filter_map(|(store, services)| Some((store, writer(services)?)))
        .collect();
    let mut is_whole = true;
    for (shown, service) in stores {
        let operator = session.stores.place(&service)?.clone();
        let store = session.stores.of(&service, session.request_timeout).await?;
        let trials = trials(session, probes, &operator).await?;
        is_whole &= trials.iter().any(|trial| trial.prober.kind == Kind::Reader);
        let key = probe_key::write(session, &store, &shown).await?;
        for trial in trials {
            trial.run(session, &key).await?;
        }
    }
    if is_whole {
        session.looks_for(&[RuleId::UnenforcedAccess]);
    }
    Ok(())
}

/// Who tries it, each connected to the store, or refused.
async fn trials(
    session: &mut Session,
    probes: &Probes,
    operator: &Place,
) -> Result<Vec<Trial>, Failure> {
    let mut trials = Vec::new();
    for kind in [Kind::Unlisted, Kind::Reader] {
        let probing = probing(session, probes, operator)?;
        if let Some(prober) = probing.prober(kind).await? {
            let connected = prober.place.connect(session.request_timeout, None).await;
            let mut identity = prober.identity.clone();
            if let (None, Ok(store)) = (&identity, &connected) {
                identity = store.client_identity();
                if let Some(identity) = &identity {
                    probing.check_told(kind, identity)?;
                }
            }
            trials.push(Trial {
                prober,
                identity,
                connected,
            });
        } else if kind == Kind::Unlisted {
            return Err(Failure::BadPlace("--probe-enforcement needs an identity that the access table does not list: --probe-cert with --probe-key, --probe-nkey, --probe-creds or --probe-workload-socket; or --probe-ca with --probe-ca-key to have certificates made".to_owned()));
        } else {
            session.seen.not_checked.push(format!(
                "{}: whether one who is only a reader is kept from writing: no such identity was given (--probe-reader-cert, --probe-reader-nkey, --probe-reader-creds, --probe-reader-workload-socket), and none could be made",
                operator.shown()
            ));
        }
    }
    Ok(trials)
}

/// What is needed to know who may probe.
fn probing<'p>(
    session: &'p Session,
    probes: &'p Probes,
    operator: &'p Place,
) -> Result<Probing<'p>, Failure> {
    let deployment = session.target.deployment();
    let table = deployment.table.table().ok_or_else(|| {
        Failure::BadPlace(format!(
            "`{}` has no access table that could be read, so that it is not known what its store should refuse",
            deployment.name()
        ))
    })?;
    let domain = deployment.policy.trust_domain.as_ref();
    Ok(Probing {
        probes,
        table,
        policy: &session.target.model().policy.access,
        trust_domain: domain.map(|domain| domain.value.as_str()),
        operator,
    })
}

/// One identity that tries to read and to write.
struct Trial {
    prober: Prober,
    /// Who it is, as far as it is known.
    identity: Option<String>,
    /// The store by its login, or why it is not let in.
    connected: Result<Arc<dyn KvStore>, StoreError>,
}

impl Trial {
    async fn run(self, session: &mut Session, key: &Key) -> Result<(), Failure> {
        let [read, write] = match &self.connected {
            Ok(store) => try_both(store.as_ref(), key).await,
            Err(error) => [Err(error.clone()), Err(error.clone())],
        };
        let (read, write) = (self.decide(read)?, self.decide(write)?);
        let told = [&read, &write]
            .into_iter()
            .find_map(|one| one.identity.clone());
        let place = &self.prober.place;
        let identity = self
            .identity
            .clone()
            .or(told)
            .unwrap_or_else(|| place.login());
        if self.prober.kind == Kind::Reader && !read.is_permitted {
            return Err(Failure::Other(format!(
                "{}: `{identity}`, which is to be a reader, may not read, so that it is not known whether readers may write; see that the store runs with this access table",
                place.shown()
            )));
        }
        self.note(session, key, &identity, &read, &write);
        Ok(())
    }

    /// Whether the store let it. What is neither let nor refused for who it is tells nothing.
    fn decide(&self, outcome: Result<(), StoreError>) -> Result<Decision, Failure> {
        let place = &self.prober.place;
        let error = match outcome {
            Ok(()) => {
                return Ok(Decision {
                    is_permitted: true,
                    ..Decision::default()
                });
            }
            Err(error) => error,
        };
        let StoreErrorKind::PermissionDenied(denial) = error.kind() else {
            return Err(Failure::of(place.shown(), error));
        };
        if denial.is_of_certificate {
            return Err(Failure::Other(format!(
                "{}: the store does not take the certificate of the probe at all, which tells nothing about the access table; give one of an authority that the store trusts: {}",
                place.shown(),
                error.with_causes()
            )));
        }
        Ok(Decision {
            is_permitted: false,
            identity: denial.identity.clone(),
            missing: denial.missing.clone(),
        })
    }

    fn note(
        &self,
        session: &mut Session,
        key: &Key,
        identity: &str,
        read: &Decision,
        write: &Decision,
    ) {
        let may = match (read.is_permitted, write.is_permitted) {
            (true, true) => "may read and write",
            (true, false) => "may read and not write",
            (false, true) => "may write and not read",
            (false, false) => "may neither read nor write",
        };
        let kind = self.prober.kind;
        let listed = match kind {
            Kind::Unlisted => "which the access table does not list",
            Kind::Reader => "which is a reader",
        };
        let shown = self.prober.place.shown();
        let seen = &mut session.seen;
        seen.probed
            .push(format!("{shown}: `{identity}`, {listed}, {may}"));
        for (action, decision) in [(Action::Read, read), (Action::Write, write)] {
            seen.attempts.push(Attempt {
                by: kind.who(identity.to_owned()),
                action,
                key: key.as_str().to_owned(),
                is_promised: kind == Kind::Reader && action == Action::Read,
                is_permitted: decision.is_permitted,
                missing: decision.missing.clone(),
            });
        }
    }
}

/// Tries to read and to write a key.
async fn try_both(store: &dyn KvStore, key: &Key) -> [Result<(), StoreError>; 2] {
    let read = store.get(key).await.map(|_| ());
    let value = Value::from("kvguard wrote this without a grant");
    let write = store.put(key, value).await.map(|_| ());
    [read, write]
}

/// Whether the store let somebody do something.
#[derive(Default)]
struct Decision {
    is_permitted: bool,
    /// Who was refused, as the store knows them.
    identity: Option<String>,
    missing: Option<String>,
}
