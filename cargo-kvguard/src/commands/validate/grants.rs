//! `--probe-grants`: tries what each service may do by its own identity, and what it may not.
//!
//! A service's permissions may cover its own key only, as those of a NATS user often do. So what is tried is tried with that key, and
//! leaves it as it is: to write, the bytes that it holds are sent for a revision that it cannot be at. A store that lets the service
//! write answers that the key is at another revision; one that does not says so before it looks.

use kvguard::access::identity::Identity;
use kvguard::live::{Action, Attempt, Expected, Who};
use kvguard::resolve::ServiceInDeployment;
use kvguard::rules::RuleId;
use kvguard_runtime::{CertificateIdentity, Entry, KvStore, Revision, StoreError, StoreErrorKind};

use super::prober::lowest_of_several;
use crate::live::failure::Failure;
use crate::live::place::{Datasvc, Login, Nats, Place, Security};
use crate::live::session::{Session, key};

/// A revision that no key is ever at. Servers read revisions as numbers of 63 bits.
const NEVER: Revision = Revision::new(1 << 60);

/// Sees to it that each service calls its store by its own identity.
///
/// # Errors
///
/// The login belongs to nobody in particular, or to another service.
pub async fn prepare(session: &mut Session) -> Result<(), Failure> {
    if session.stores.as_themselves {
        return Ok(());
    }
    let services = session.target.services();
    let ([service], [_]) = (
        services.as_slice(),
        session.target.options.services.as_slice(),
    ) else {
        return Err(Failure::BadPlace("--probe-grants needs each service's own login: name one service with --service, and its own login beside --nats or --datasvc".to_owned()));
    };
    check_login(session, service).await?;
    session.stores.as_themselves = true;
    Ok(())
}

/// That a login in a certificate's file is the service's own. Whose another login is, only the store knows.
async fn check_login(session: &Session, service: &str) -> Result<(), Failure> {
    let (Place::Nats(Nats {
        login: Login::Certificate(certificate),
        ..
    })
    | Place::Datasvc(Datasvc {
        security: Security::Mtls {
            client: certificate,
            ..
        },
        ..
    })) = session.stores.place(service)?
    else {
        return Ok(());
    };
    let read = CertificateIdentity::read(&certificate.certificate).await;
    let names = read.map_err(Failure::BadPlace)?;
    let own: Vec<&Identity> = own(session, service)
        .map(|own| own.identities().collect())
        .unwrap_or_default();
    let is_own = |text: &String| own.iter().any(|identity| identity.text == *text);
    let presented = [&names.spiffe_id, &names.subject];
    if own.is_empty() || presented.into_iter().flatten().any(is_own) {
        return Ok(());
    }
    let named = names.spiffe_id.or(names.subject).unwrap_or_default();
    let expected: Vec<String> = own.iter().map(|own| format!("`{}`", own.text)).collect();
    Err(Failure::BadPlace(format!(
        "`{}` is the certificate of `{named}`, and service `{service}` presents {}; give its own with --cert and --key",
        certificate.certificate.display(),
        expected.join(" or ")
    )))
}

/// A service in the deployment.
fn own<'s>(session: &'s Session, service: &str) -> Option<&'s ServiceInDeployment> {
    let position = session.target.model().service_position(service)?;
    session.target.deployment().services.get(position)
}

/// Tries what each service may do, and may not.
///
/// # Errors
///
/// There is no access table.
pub async fn probe(session: &mut Session) -> Result<(), Failure> {
    session
        .progress
        .step("probing what each service may do", None);
    if session.target.deployment().table.table().is_none() {
        return Err(Failure::BadPlace(format!(
            "`{}` has no access table that could be read, so that it is not known what its services may do",
            session.target.deployment().name()
        )));
    }
    let mut is_whole = true;
    for expected in session.target.expected.clone() {
        let trial = Trial {
            service: session.service(&expected).to_owned(),
            expected,
        };
        is_whole &= trial.run(session).await?;
    }
    if is_whole {
        session.looks_for(&[RuleId::DeniedAccess, RuleId::ExcessAccess]);
    }
    Ok(())
}

/// What a role promises.
#[derive(Clone, Copy)]
pub struct Promise {
    /// That it may read.
    pub read: bool,
    /// That it may write.
    pub write: bool,
}

impl Promise {
    /// What the access table promises a service. Every role reads; all but the lowest of several write.
    pub fn of(session: &Session, service: &str) -> Self {
        let policy = &session.target.model().policy.access;
        let table = session.target.deployment().table.table();
        let grant = own(session, service).and_then(|own| own.access.grant());
        let grant = grant
            .zip(table)
            .and_then(|(grant, table)| table.grants.get(grant));
        let role = grant.map(|grant| &grant.role.value);
        let known = role.filter(|role| policy.roles.contains(role));
        Self {
            read: known.is_some(),
            write: known.is_some_and(|role| lowest_of_several(policy) != Some(role)),
        }
    }
}

/// A service that tries to read and to write its own key.
struct Trial {
    service: String,
    expected: Expected,
}

impl Trial {
    /// Tries both; whether that tells how each ends.
    async fn run(&self, session: &mut Session) -> Result<bool, Failure> {
        let promise = Promise::of(session, &self.service);
        let timeout = session.request_timeout;
        let store = match session.stores.of(&self.service, timeout).await {
            Ok(store) => store,
            Err(Failure::Store { error, .. }) => {
                self.note(session, Action::Read, promise.read, Err(*error));
                return Ok(false);
            }
            Err(failure) => return Err(failure),
        };
        let key = key(&self.expected)?;
        let read = store.get(&key).await;
        let entry = read.as_ref().ok().cloned().flatten();
        let told = self.note(session, Action::Read, promise.read, read.map(|_| ()));
        let Some(entry) = entry else {
            session.seen.not_checked.push(format!(
                "whether service `{}` may write `{}`: it could not read a value there to try with",
                self.service, self.expected.key
            ));
            return Ok(false);
        };
        let written = write(store.as_ref(), &key, entry).await;
        Ok(self.note(session, Action::Write, promise.write, written) && told)
    }

    /// Notes how an attempt ended; whether that tells anything.
    fn note(
        &self,
        session: &mut Session,
        action: Action,
        is_promised: bool,
        outcome: Result<(), StoreError>,
    ) -> bool {
        let denial = match outcome {
            Ok(()) => None,
            Err(error) => {
                let StoreErrorKind::PermissionDenied(denial) = error.kind() else {
                    let shown = session.stores.shown();
                    session.failures.push(Failure::of(shown, error));
                    return false;
                };
                Some(denial.clone())
            }
        };
        let is_permitted = denial.is_none();
        let (service, key) = (&self.service, &self.expected.key);
        let may = if is_permitted { "may" } else { "may not" };
        let verb = action.verb();
        session
            .seen
            .probed
            .push(format!("service `{service}` {may} {verb} `{key}`"));
        session.note_attempt(Attempt {
            by: Who::Service {
                service: service.clone(),
                identity: denial.as_ref().and_then(|denial| denial.identity.clone()),
            },
            action,
            key: key.clone(),
            is_promised,
            is_permitted,
            missing: denial.and_then(|denial| denial.missing),
        });
        true
    }
}

/// Tries to write a key so that it stays as it is.
async fn write(
    store: &dyn KvStore,
    key: &kvguard_runtime::Key,
    entry: Entry,
) -> Result<(), StoreError> {
    match store.update(key, entry.value, NEVER).await {
        Ok(_) => Ok(()),
        Err(error) if error.is_conflict() => Ok(()),
        Err(error) => Err(error),
    }
}
