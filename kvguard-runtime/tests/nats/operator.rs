//! A server whose users are told by JWTs, and who issues those.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use kvguard_runtime::testing::{NatsServer, NatsServerBuilder};
use nkeys::KeyPair;
use serde_json::{Value, json};

/// An operator with an account that its users belong to.
pub struct Operator {
    own: KeyPair,
    account: KeyPair,
    system: KeyPair,
}

impl Operator {
    /// The key that no user may write to, so that a denial tells who is logged in.
    pub const FORBIDDEN: &str = "forbidden";

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

    /// The credentials file of a user, which expires at a time in seconds since 1970.
    pub fn credentials(&self, user: &KeyPair, expires: Option<u64>) -> String {
        let claims = json!({
            "type": "user", "version": 2, "subs": -1, "data": -1, "payload": -1,
            "pub": { "deny": [format!("$KV.*.{}", Self::FORBIDDEN)] }, "sub": {},
        });
        let jwt = jwt(&self.account, &user.public_key(), expires, &claims);
        let seed = user.seed().expect("a seed");
        format!(
            "-----BEGIN NATS USER JWT-----\n{jwt}\n------END NATS USER JWT------\n\n\
             -----BEGIN USER NKEY SEED-----\n{seed}\n------END USER NKEY SEED------\n"
        )
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
    let signature = issuer.sign(signed.as_bytes()).expect("a signature");
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
}
