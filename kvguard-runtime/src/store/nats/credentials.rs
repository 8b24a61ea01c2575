//! What a file holds to log in with: an nkey's seed, or a JWT and the seed of its user.

use std::fmt;
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use nkeys::KeyPair;
use serde::Deserialize;

use super::options::Login;
use crate::capped_file;
use crate::store::tls_files::{self, FILE_BYTES};

/// What a file held when it was read.
pub(super) struct Credentials {
    pair: KeyPair,
    jwt: Option<String>,
    /// When the JWT ends, if it does.
    expires: Option<SystemTime>,
}

/// The part of a JWT that is looked at.
#[derive(Deserialize)]
struct Claims {
    /// Seconds since 1970; 0 says that it does not end.
    #[serde(default)]
    exp: u64,
}

impl Credentials {
    /// Reads the file that a login names; nothing where it names none. Errors name the file, and tell nothing of what it holds.
    pub(super) fn of(login: &Login) -> Option<Result<Self, String>> {
        let (path, has_jwt) = match login {
            Login::NkeyFile(path) => (path, false),
            Login::Credentials(path) => (path, true),
            Login::None | Login::Password { .. } | Login::Token(_) | Login::Nkey(_) => return None,
        };
        Some(text(path).and_then(|text| {
            let read = if has_jwt {
                Self::from_credentials(&text)
            } else {
                Self::from_seed(&text)
            };
            read.map_err(|why| format!("`{}` holds {why}", path.display()))
        }))
    }

    fn from_seed(text: &str) -> Result<Self, &'static str> {
        let pair = KeyPair::from_seed(text.trim()).map_err(|_| "no seed of an nkey")?;
        Ok(Self {
            pair,
            jwt: None,
            expires: None,
        })
    }

    fn from_credentials(text: &str) -> Result<Self, &'static str> {
        const WHY: &str = "no JWT with an nkey's seed";
        let mut blocks = blocks(text);
        let (jwt, seed) = blocks.next().zip(blocks.next()).ok_or(WHY)?;
        let pair = KeyPair::from_seed(seed).map_err(|_| WHY)?;
        Ok(Self {
            pair,
            jwt: Some(jwt.to_owned()),
            expires: expiry(jwt),
        })
    }

    /// The user's public key.
    pub(super) fn identity(&self) -> String {
        self.pair.public_key()
    }

    /// How long ago the JWT ended, by this machine's clock.
    pub(super) fn expired(&self) -> Option<Duration> {
        SystemTime::now().duration_since(self.expires?).ok()
    }

    /// Whether another file's content, or that of the same file at another time, is the same login.
    pub(super) fn is(&self, other: &Self) -> bool {
        self.jwt == other.jwt && self.identity() == other.identity()
    }

    /// What answers a server's nonce.
    pub(super) fn answer(&self, nonce: &[u8]) -> Result<async_nats::Auth, nkeys::error::Error> {
        let mut auth = async_nats::Auth::new();
        auth.signature = Some(self.pair.sign(nonce)?);
        match &self.jwt {
            Some(jwt) => auth.jwt = Some(jwt.clone()),
            None => auth.nkey = Some(self.identity()),
        }
        Ok(auth)
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Credentials")
            .field("identity", &self.identity())
            .field("expires", &self.expires)
            .finish_non_exhaustive()
    }
}

/// The lines that stand between two lines of dashes, as credentials files have them: the JWT, then the seed.
fn blocks(text: &str) -> impl Iterator<Item = &str> {
    let is_fence = |line: &str| line.starts_with("---") && line.ends_with("---");
    let mut lines = text.lines().map(str::trim);
    let mut begun = false;
    let mut content = None;
    std::iter::from_fn(move || {
        for line in lines.by_ref() {
            if !is_fence(line) {
                // What stands on several lines, or outside, is told to people.
                begun = begun && content.is_none() && !line.is_empty();
                content = begun.then_some(line);
                continue;
            }
            if let Some(content) = content.take() {
                begun = false;
                return Some(content);
            }
            begun = true;
        }
        None
    })
}

/// When a JWT ends. One that cannot be read has no known end: the server judges it.
fn expiry(jwt: &str) -> Option<SystemTime> {
    let claims = jwt.split('.').nth(1)?;
    let claims = URL_SAFE_NO_PAD.decode(claims).ok()?;
    let claims: Claims = serde_json::from_slice(&claims).ok()?;
    let ends = UNIX_EPOCH.checked_add(Duration::from_secs(claims.exp))?;
    (claims.exp > 0).then_some(ends)
}

/// A file's text; an error that names the file.
fn text(path: &Path) -> Result<String, String> {
    let read = capped_file::read(path, FILE_BYTES);
    let bytes = read.map_err(|fault| tls_files::unread(path, &fault))?;
    String::from_utf8(bytes).map_err(|_| format!("`{}` is not UTF-8", path.display()))
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    use super::{Credentials, blocks, expiry};

    fn jwt(claims: &str) -> String {
        format!("e30.{}.sig", URL_SAFE_NO_PAD.encode(claims))
    }

    #[test]
    fn a_credentials_file_is_read_as_tools_write_it() {
        let pair = nkeys::KeyPair::new_user();
        let seed = pair.seed().expect("a seed");
        let jwt = jwt(r#"{"exp":7}"#);
        let file = format!(
            "-----BEGIN NATS USER JWT-----\n{jwt}\n------END NATS USER JWT------\n\n\
             ************************* IMPORTANT *************************\n\
             NKEY Seed printed below can be used to sign and prove identity.\n\n\
             -----BEGIN USER NKEY SEED-----\n{seed}\n------END USER NKEY SEED------\n\n\
             *************************************************************\n"
        );
        for file in [file.clone(), file.replace('\n', "\r\n")] {
            let credentials = Credentials::from_credentials(&file).expect("credentials");
            assert_eq!(credentials.identity(), pair.public_key());
            assert_eq!(credentials.jwt.as_deref(), Some(&*jwt));
            let expires = UNIX_EPOCH + Duration::from_secs(7);
            assert_eq!(credentials.expires, Some(expires));
            assert!(credentials.expired().is_some());
            let shown = format!("{credentials:?}");
            assert!(!shown.contains(&seed) && !shown.contains(&jwt), "{shown}");
        }
    }

    #[test]
    fn a_file_that_holds_no_credentials_is_refused_without_telling_what_it_holds() {
        for text in [
            "",
            "canary",
            "---\ncanary\n---\n",
            "---A---\ncanary\n---B---\n---C---\ncanary\n---D---\n",
            "---A---\n\n---B---\n",
        ] {
            let why = Credentials::from_credentials(text).expect_err("none");
            assert!(!why.contains("canary"));
            assert!(Credentials::from_seed(text).is_err());
        }
    }

    #[test]
    fn only_one_line_between_two_fences_is_a_block() {
        let text = "---A---\none\n---B---\nnot\nthis\n---C---\ntwo\n---D---\nnor this";
        assert_eq!(blocks(text).collect::<Vec<_>>(), ["one", "two"]);
    }

    #[test]
    fn the_end_of_a_jwt_is_read_where_it_has_one() {
        let ends = |seconds| Some(UNIX_EPOCH + Duration::from_secs(seconds));
        assert_eq!(expiry(&jwt(r#"{"exp":1700000000}"#)), ends(1_700_000_000));
        for endless in [r#"{"exp":0}"#, "{}", r#"{"exp":-1}"#, r#"{"exp":"7"}"#, "["] {
            assert_eq!(expiry(&jwt(endless)), None, "{endless}");
        }
        let last = format!(r#"{{"exp":{}}}"#, u64::MAX);
        for strange in ["", ".", "a.b", "a.*.c", &jwt(&last)] {
            assert_eq!(expiry(strange), None, "{strange}");
        }
    }
}
