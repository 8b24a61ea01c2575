//! How a client logs in. What is in a file is read for each connection, so that it can be rotated.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_nats::{Auth, AuthError, ConnectOptions, ServerAddr};
use percent_encoding::percent_decode_str;

use super::credentials::Credentials;
use super::options;

/// How a client logs in, and as whom.
pub(super) struct Login {
    way: options::Login,
    /// Who logs in, where the login is in no file.
    user: Option<String>,
    known: Mutex<Known>,
}

/// What is known of the login by now.
#[derive(Default)]
struct Known {
    /// What the file held when it could last be read, where the login is in one.
    held: Option<Arc<Credentials>>,
    /// Why the file could not be read since.
    unreadable: Option<String>,
    /// What the server said when it ended a connection of this login.
    farewell: Option<String>,
}

impl Login {
    /// Reads what is to be read. An error names the file, and tells no secret.
    pub(super) fn new(way: options::Login) -> Result<Self, String> {
        let held = Credentials::of(&way).transpose()?.map(Arc::new);
        let user = match &way {
            options::Login::Password { user, .. } => Some(user.clone()),
            options::Login::Nkey(seed) => {
                // What the seed holds must not get into a message.
                let pair = nkeys::KeyPair::from_seed(seed.trim());
                let pair = pair.map_err(|_| "the seed is none of an nkey")?;
                Some(pair.public_key())
            }
            options::Login::None
            | options::Login::Token(_)
            | options::Login::NkeyFile(_)
            | options::Login::Credentials(_) => None,
        };
        let known = Known {
            held,
            ..Known::default()
        };
        Ok(Self {
            way,
            user,
            known: Mutex::new(known),
        })
    }

    /// Options that log in so.
    pub(super) fn connect_options(self: &Arc<Self>) -> ConnectOptions {
        match &self.way {
            options::Login::None => ConnectOptions::new(),
            options::Login::Password { user, password } => {
                ConnectOptions::new().user_and_password(user.clone(), password.clone())
            }
            options::Login::Token(token) => ConnectOptions::new().token(token.clone()),
            options::Login::Nkey(seed) => ConnectOptions::new().nkey(seed.trim().to_owned()),
            options::Login::NkeyFile(_) | options::Login::Credentials(_) => {
                let login = Arc::clone(self);
                ConnectOptions::with_auth_callback(move |nonce| Arc::clone(&login).answer(nonce))
            }
        }
    }

    /// Answers a server's nonce with what the file holds now; with what it held before, where it cannot be read, as while it is being
    /// written.
    async fn answer(self: Arc<Self>, nonce: Vec<u8>) -> Result<Auth, AuthError> {
        let way = self.way.clone();
        // The disk may not answer, and what else runs on this thread goes on meanwhile.
        let read = tokio::task::spawn_blocking(move || Credentials::of(&way)).await;
        let read = read.map_err(AuthError::new)?;
        let credentials = read.and_then(|read| self.take(read));
        let credentials = credentials.ok_or_else(|| AuthError::new("the login is in no file"))?;
        credentials.answer(&nonce).map_err(AuthError::new)
    }

    /// Takes in what was read; what to log in with now.
    fn take(&self, read: Result<Credentials, String>) -> Option<Arc<Credentials>> {
        let mut known = self.known();
        match read {
            Ok(read) => {
                known.unreadable = None;
                if known.held.as_ref().is_none_or(|held| !held.is(&read)) {
                    known.farewell = None;
                    known.held = Some(Arc::new(read));
                }
            }
            Err(why) => {
                tracing::warn!(why, "kv credentials kept");
                known.unreadable = Some(why);
            }
        }
        known.held.clone()
    }

    /// Takes in what the server said of the login when it ended the connection.
    pub(super) fn ended(&self, farewell: &str) {
        self.known().farewell = Some(farewell.to_owned());
    }

    /// Takes in that the server let this client in.
    pub(super) fn accepted(&self) {
        self.known().farewell = None;
    }

    /// Who logs in, as far as it is known.
    pub(super) fn identity(&self) -> Option<String> {
        let in_file = self.known().held.as_ref().map(|held| held.identity());
        in_file.or_else(|| self.user.clone())
    }

    /// Why a server does not let this client in, from what it said.
    pub(super) fn refusal(&self, said: &str) -> String {
        let known = self.known();
        let said = known.farewell.as_deref().unwrap_or(said);
        let (Some(held), Some(path)) = (&known.held, self.path()) else {
            return said.to_owned();
        };
        let path = path.display();
        // The server's clock counts, and may differ from this machine's.
        let mut text = match held.expired() {
            Some(ago) => format!(
                "the credentials in `{path}` expired {} s ago ({said})",
                ago.as_secs()
            ),
            None if is_expiry(said) => {
                format!("the credentials in `{path}` have expired, the server says ({said})")
            }
            None => format!("the server refuses the credentials in `{path}` ({said})"),
        };
        if let Some(why) = &known.unreadable {
            text.push_str("; they could not be read again: ");
            text.push_str(why);
        }
        text.push_str("; write valid ones there: each connection reads the file again");
        text
    }

    fn path(&self) -> Option<&Path> {
        match &self.way {
            options::Login::NkeyFile(path) | options::Login::Credentials(path) => {
                Some(PathBuf::as_path(path))
            }
            _ => None,
        }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How the address of a server says to log in: `USER:PASSWORD@`, or `TOKEN@`, which is a secret as a whole. The first one that says it
/// counts.
pub(super) fn in_address(servers: &[ServerAddr]) -> Result<options::Login, String> {
    let with_login = servers
        .iter()
        .enumerate()
        .find(|(_, server)| server.has_user_pass());
    let Some((position, server)) = with_login else {
        return Ok(options::Login::None);
    };
    let decoded = |text: &str| {
        let decoded = percent_decode_str(text).decode_utf8();
        let decoded = decoded.map_err(|_| {
            format!(
                "the login in the address of server {} is not UTF-8",
                position + 1
            )
        });
        decoded.map(std::borrow::Cow::into_owned)
    };
    let first = decoded(server.username().unwrap_or_default())?;
    Ok(match server.password() {
        Some(password) => options::Login::Password {
            user: first,
            password: decoded(password)?,
        },
        None => options::Login::Token(first),
    })
}

/// Whether a server says by this text that a user's JWT has expired.
fn is_expiry(text: &str) -> bool {
    text.to_ascii_lowercase()
        .contains("user authentication expired")
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use nkeys::KeyPair;

    use std::sync::Arc;

    use super::{Credentials, Login, in_address, options};

    fn read(login: &Login) -> Arc<Credentials> {
        let read = Credentials::of(&login.way).expect("it is in a file");
        login.take(read).expect("it held a seed")
    }

    fn write(path: &Path, text: &str) {
        std::fs::write(path, text).expect("it is written");
    }

    #[test]
    fn a_login_in_an_address_is_a_user_with_a_password_or_a_token_that_is_never_named() {
        let way = |addresses: &[&str]| {
            let servers = addresses.iter().map(|address| address.parse());
            let servers: Result<Vec<_>, _> = servers.collect();
            in_address(&servers.expect("addresses"))
        };
        let of = way(&[
            "nats://one",
            "nats://tr%40pd:c%2Cnary@two",
            "nats://x@three",
        ]);
        let of = of.expect("a login");
        let options::Login::Password { user, password } = &of else {
            panic!("{of:?}");
        };
        assert_eq!((user.as_str(), password.as_str()), ("tr@pd", "c,nary"));
        let of = way(&["nats://canary@one"]).expect("a login");
        assert!(matches!(&of, options::Login::Token(token) if token == "canary"));
        assert_eq!(Login::new(of).expect("a login").identity(), None);
        assert!(matches!(way(&["nats://one"]), Ok(options::Login::None)));
        let why = way(&["nats://one", "nats://canary:%ff@two"]).expect_err("it is none");
        assert!(why.contains("server 2") && !why.contains("canary"), "{why}");
    }

    #[test]
    fn a_file_that_cannot_be_read_any_more_is_told_and_what_it_held_is_kept() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("seed.nk");
        let pairs = [KeyPair::new_user(), KeyPair::new_user()];
        let [first, second] = pairs.each_ref().map(KeyPair::public_key);
        let [seed, other] = pairs.each_ref().map(|pair| pair.seed().expect("a seed"));
        write(&path, &seed);
        let login = Login::new(options::Login::NkeyFile(path.clone())).expect("a login");
        write(&path, "canary");
        let kept = read(&login);
        assert_eq!(kept.identity(), first);
        let told = login.refusal("authorization violation");
        assert!(told.contains("could not be read again"), "{told}");
        assert!(
            told.contains("seed.nk") && !told.contains("canary"),
            "{told}"
        );

        login.ended("User Authentication Expired");
        let told = login.refusal("authorization violation");
        assert!(told.contains("have expired"), "{told}");
        write(&path, &other);
        read(&login);
        assert_eq!(login.identity(), Some(second));
        let told = login.refusal("authorization violation");
        assert!(
            !told.contains("expired") && !told.contains("again:"),
            "{told}"
        );
    }
}
