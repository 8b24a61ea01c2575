//! A server whose users are told by JWTs, and who issues those.

use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use nkeys::KeyPair;
use serde_json::{Value, json};

use super::{NatsPermissions, NatsServer, NatsServerBuilder};

/// An operator with an account that its users belong to: it issues their credentials files.
///
/// ```no_run
/// use kvguard_runtime::testing::{NatsOperator, NatsPermissions, NatsUser};
///
/// # fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let operator = NatsOperator::new();
/// let server = operator.server().start()?;
/// let file = server.directory().join("trapd.creds");
/// let credentials = operator.credentials(&NatsUser::new(), &NatsPermissions::everything(), None);
/// std::fs::write(&file, credentials)?;
/// let options = server.options("config").credentials_file(&file);
/// # Ok(())
/// # }
/// ```
pub struct NatsOperator {
    own: KeyPair,
    account: KeyPair,
    system: KeyPair,
}

impl NatsOperator {
    /// An operator with keys of its own.
    pub fn new() -> Self {
        Self {
            own: KeyPair::new_operator(),
            account: KeyPair::new_account(),
            system: KeyPair::new_account(),
        }
    }

    /// A server that trusts it.
    pub fn server(&self) -> NatsServerBuilder {
        let own = self.own.public_key();
        let claims = json!({
            "type": "operator", "version": 2, "system_account": self.system.public_key(),
        });
        let operator = jwt(&self.own, &own, None, &claims);
        let (account, system) = (self.account.public_key(), self.system.public_key());
        let of_account = |key: &str, storage| jwt(&self.own, key, None, &limits(storage));
        let accounts = [
            (account.as_str(), &*of_account(&account, -1)),
            (system.as_str(), &*of_account(&system, 0)),
        ];
        NatsServer::builder().operator(&operator, &accounts)
    }

    /// The text of a user's credentials file, which expires at a time if it is told; a JWT knows no parts of seconds.
    pub fn credentials(
        &self,
        user: &NatsUser,
        permissions: &NatsPermissions,
        expires: Option<SystemTime>,
    ) -> String {
        let (publish, subscribe) = permissions.claims();
        let claims = json!({
            "type": "user", "version": 2, "subs": -1, "data": -1, "payload": -1,
            "pub": publish, "sub": subscribe,
        });
        let seconds = |time: SystemTime| {
            let since = time.duration_since(UNIX_EPOCH);
            since.unwrap_or_default().as_secs()
        };
        let jwt = jwt(
            &self.account,
            &user.public_key(),
            expires.map(seconds),
            &claims,
        );
        let seed = user.seed();
        format!(
            "-----BEGIN NATS USER JWT-----\n{jwt}\n------END NATS USER JWT------\n\n\
             -----BEGIN USER NKEY SEED-----\n{seed}\n------END USER NKEY SEED------\n"
        )
    }
}

impl Default for NatsOperator {
    fn default() -> Self {
        Self::new()
    }
}

/// A user who is known by an nkey.
pub struct NatsUser(KeyPair);

impl NatsUser {
    /// A user with a key of its own.
    pub fn new() -> Self {
        Self(KeyPair::new_user())
    }

    /// The public key, `U…`: as whom the server knows it.
    pub fn public_key(&self) -> String {
        self.0.public_key()
    }

    /// The seed to log in with, `SU…`.
    ///
    /// # Panics
    ///
    /// Never: the key is made with its seed.
    pub fn seed(&self) -> String {
        let seed = self.0.seed();
        seed.unwrap_or_else(|error| panic!("a key that was made here has no seed: {error}"))
    }
}

impl Default for NatsUser {
    fn default() -> Self {
        Self::new()
    }
}

/// An account that may store so much, -1 for all that there is.
fn limits(storage: i64) -> Value {
    json!({
        "type": "account", "version": 2,
        "limits": {
            "subs": -1, "data": -1, "payload": -1, "imports": -1, "exports": -1, "wildcards": true,
            "conn": -1, "leaf": -1, "mem_storage": storage, "disk_storage": storage,
            "streams": storage, "consumer": storage,
        },
    })
}

/// A JWT of the kind that NATS has, signed by an issuer.
fn jwt(issuer: &KeyPair, subject: &str, expires: Option<u64>, claims: &Value) -> String {
    let header = json!({ "typ": "JWT", "alg": "ed25519-nkey" });
    let mut body = json!({
        "jti": subject,
        "iat": 1_700_000_000,
        "iss": issuer.public_key(),
        "name": subject,
        "sub": subject,
        "nats": claims,
    });
    if let Some(expires) = expires {
        body["exp"] = expires.into();
    }
    let [header, body] = [header, body].map(|part| URL_SAFE_NO_PAD.encode(part.to_string()));
    let signed = format!("{header}.{body}");
    let signature = issuer
        .sign(signed.as_bytes())
        .unwrap_or_else(|error| panic!("a key that was made here cannot sign: {error}"));
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
}
