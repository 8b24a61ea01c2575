//! What the policy says for the commands that look at a fleet while it runs.

use std::collections::BTreeMap;

use crate::registry::Spanned;
use crate::source::Span;

/// How commands reach a running store. Each text is the thing itself, or `$NAME`: the environment variable that holds it. Files are
/// relative to the policy's root. No secret stands here: credentials are files.
#[derive(Debug, Clone)]
pub struct Connection {
    /// Where the policy says it.
    pub span: Span,
    /// Its address: `nats://…` or `tls://…` for NATS, else `host:port` of a data service.
    pub address: Option<Spanned<String>>,
    /// For NATS: the file with the credentials to log in with.
    pub credentials: Option<Spanned<String>>,
    /// For NATS: the file with the seed of the nkey to log in with.
    pub nkey: Option<Spanned<String>>,
    /// The file with the client's certificate.
    pub certificate: Option<Spanned<String>>,
    /// The file with the certificate's private key.
    pub private_key: Option<Spanned<String>>,
    /// The file with the authorities of the server's certificate.
    pub authorities: Option<Spanned<String>>,
    /// The name that the server's certificate is for, where it is not the address's.
    pub server_name: Option<Spanned<String>>,
    /// With the SPIFFE Workload API: the SPIFFE ID that the server must have.
    pub server_id: Option<Spanned<String>>,
    /// The socket of the SPIFFE Workload API.
    pub workload_socket: Option<Spanned<String>>,
}

/// One instance of the services whose key is a template: the values of the template's variables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instance {
    /// The deployment; `None`: all.
    pub deployment: Option<String>,
    /// The service; `None`: all whose templates have just these variables.
    pub service: Option<String>,
    /// The value of each variable.
    pub variables: BTreeMap<String, String>,
}

/// The lines that a service's log must have, and must not have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLines {
    /// Texts of which each must be in a line, in any case of letters.
    pub required: Vec<String>,
    /// Texts of which none may be in a line, in any case of letters.
    pub forbidden: Vec<String>,
}

impl Default for LogLines {
    /// What the clients of the reference data service and `kvguard-runtime` log.
    fn default() -> Self {
        Self {
            required: vec!["KV update detected".to_owned()],
            forbidden: vec!["KV store not initialized".to_owned()],
        }
    }
}

impl Instance {
    /// Whether a text may be the value of a variable: one part of a key.
    ///
    /// # Errors
    ///
    /// Why it may not: the end of a sentence whose subject is the value.
    pub fn is_value(text: &str) -> Result<(), &'static str> {
        let is_part =
            |character: char| character.is_ascii_alphanumeric() || "-_=".contains(character);
        if text.is_empty() {
            Err("is empty")
        } else if text.chars().all(is_part) {
            Ok(())
        } else {
            Err(
                "may have letters, digits, `-`, `_` and `=` only, so that it stays one part of the key",
            )
        }
    }
}
