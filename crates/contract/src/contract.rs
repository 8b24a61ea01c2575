//! The names of the variables, and the words for their values.

use std::borrow::Cow;

use crate::{List, Role, Text};

/// The names of the variables by which a service finds its store, and the words for their values: what a policy's
/// `[contract]` says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contract {
    /// The roles whose variable has another name than the standard one, each once. `None`: the policy names no variable
    /// for the role, because it lists what its clients need and leaves it out.
    pub names: List<(Role, Option<Text>)>,
    /// The source's value for the store.
    pub kv: Text,
    /// The source's other values, which mean a file.
    pub others: List<Text>,
    /// The security modes.
    pub modes: List<ModeWord>,
    /// Variables that are needed in every mode, besides those that the store itself needs.
    pub required: List<Text>,
    /// How values are compared.
    pub values: Values,
}

/// A security mode, as environments write it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModeWord {
    /// The word.
    pub word: Text,
    /// The mode that it means; `None` for one that other clients implement.
    pub means: Option<Mode>,
    /// Variables that it needs, besides those that the mode itself needs.
    pub required: List<Text>,
}

/// A security mode that the runtime implements.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mode {
    /// TLS with a client certificate in files.
    Mtls,
    /// TLS with a certificate of the SPIFFE Workload API.
    Spiffe,
    /// A login at NATS by a credentials file.
    Credentials,
    /// A login at NATS by an nkey.
    Nkey,
}

/// What is at the store's address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Backend {
    /// A gRPC data service.
    Datasvc,
    /// A NATS server.
    Nats,
}

/// How values are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Values {
    /// As they are: blanks count, and so does the case of words.
    Exact,
    /// Without blanks around them, and words in any case.
    Trimmed,
}

impl Mode {
    /// Every mode.
    pub const ALL: [Self; 4] = [Self::Mtls, Self::Spiffe, Self::Credentials, Self::Nkey];

    /// The word for it where the policy gives no other.
    pub const fn standard_word(self) -> &'static str {
        match self {
            Self::Mtls => "mtls",
            Self::Spiffe => "spiffe",
            Self::Credentials => "credentials",
            Self::Nkey => "nkey",
        }
    }

    /// The mode of a standard word.
    pub fn of_standard_word(word: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|mode| mode.standard_word() == word)
    }

    /// Whether a store of this kind is reached in it.
    pub const fn is_of(self, backend: Backend) -> bool {
        match self {
            Self::Mtls => true,
            Self::Spiffe => matches!(backend, Backend::Datasvc),
            Self::Credentials | Self::Nkey => matches!(backend, Backend::Nats),
        }
    }

    /// What it needs.
    pub const fn required(self) -> &'static [Role] {
        match self {
            Self::Mtls => &[Role::Certificate, Role::PrivateKey, Role::Authority],
            Self::Spiffe => &[Role::TrustDomain, Role::ServerIdentity],
            Self::Credentials => &[Role::CredentialsFile],
            Self::Nkey => &[Role::NkeyFile],
        }
    }

    /// What it uses besides, if it is set.
    pub const fn optional(self, backend: Backend) -> &'static [Role] {
        match (self, backend) {
            (Self::Mtls, Backend::Datasvc) => &[Role::CertificateDirectory, Role::ServerName],
            (Self::Mtls, Backend::Nats) => &[Role::CertificateDirectory, Role::InboxPrefix],
            (Self::Spiffe, _) => &[Role::ServerName],
            (Self::Credentials | Self::Nkey, _) => &[
                Role::Authority,
                Role::CertificateDirectory,
                Role::InboxPrefix,
            ],
        }
    }
}

/// The standard words, without further needs.
const STANDARD_MODES: &[ModeWord] = &[
    standard_mode(Mode::Mtls),
    standard_mode(Mode::Spiffe),
    standard_mode(Mode::Credentials),
    standard_mode(Mode::Nkey),
];

const STANDARD_OTHERS: &[Text] = &[Cow::Borrowed("file")];

const fn standard_mode(mode: Mode) -> ModeWord {
    ModeWord {
        word: Cow::Borrowed(mode.standard_word()),
        means: Some(mode),
        required: Cow::Borrowed(&[]),
    }
}

impl Contract {
    /// The contract of a policy that says nothing of it.
    pub const STANDARD: Self = Self {
        names: Cow::Borrowed(&[]),
        kv: Cow::Borrowed("kv"),
        others: Cow::Borrowed(STANDARD_OTHERS),
        modes: Cow::Borrowed(STANDARD_MODES),
        required: Cow::Borrowed(&[]),
        values: Values::Exact,
    };

    /// [`Self::STANDARD`], to refer to.
    pub const STANDARD_REF: &'static Self = &Self::STANDARD;

    /// The name of a role's variable, if the policy names one.
    pub fn name(&self, role: Role) -> Option<&str> {
        let own = self.names.iter().find(|(known, _)| *known == role);
        own.map_or(Some(role.standard_name()), |(_, name)| name.as_deref())
    }

    /// The name of a role's variable for a message, which is the standard one where the policy names none.
    pub fn shown_name(&self, role: Role) -> &str {
        self.name(role).unwrap_or(role.standard_name())
    }

    /// The names of all variables that it speaks of, each once, in the order of the alphabet.
    pub fn names(&self) -> Vec<&str> {
        let of_roles = Role::ALL.into_iter().filter_map(|role| self.name(role));
        let of_modes = self.modes.iter().flat_map(|mode| mode.required.iter());
        let listed = self.required.iter().chain(of_modes).map(|name| &**name);
        let mut names: Vec<&str> = of_roles.chain(listed).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// The mode of just this word.
    pub fn mode(&self, word: &str) -> Option<&ModeWord> {
        self.modes.iter().find(|mode| mode.word == word)
    }

    /// The words of all modes, in order.
    pub fn mode_words(&self) -> impl Iterator<Item = &str> {
        self.modes.iter().map(|mode| &*mode.word)
    }

    /// The words of the modes in which a client may reach a store of this kind; all if the kind is not known.
    pub fn fitting_words(&self, backend: Option<Backend>) -> Vec<&str> {
        let modes = self.modes.iter().filter(|mode| !mode.misfits(backend));
        modes.map(|mode| &*mode.word).collect()
    }

    /// The words of the modes in which the runtime reaches a store of this kind; of any kind if it is not known.
    pub fn implemented_words(&self, backend: Option<Backend>) -> Vec<&str> {
        let modes = self.modes.iter().filter(|mode| {
            mode.means
                .is_some_and(|means| backend.is_none_or(|backend| means.is_of(backend)))
        });
        modes.map(|mode| &*mode.word).collect()
    }

    /// The variables that a client needs in every mode, of a store of this kind.
    pub fn needed(&self, backend: Backend) -> Vec<&str> {
        let roles: &[Role] = match backend {
            Backend::Datasvc => &[Role::Address],
            Backend::Nats => &[Role::Address, Role::Bucket],
        };
        self.names_of(roles, &self.required)
    }

    /// The variables that a client needs in a mode besides.
    pub fn needed_by_mode<'c>(&'c self, mode: &'c ModeWord) -> Vec<&'c str> {
        let roles = mode.means.map(Mode::required).unwrap_or_default();
        self.names_of(roles, &mode.required)
    }

    fn names_of<'c>(&'c self, roles: &[Role], listed: &'c [Text]) -> Vec<&'c str> {
        let names = roles.iter().filter_map(|role| self.name(*role));
        names.chain(listed.iter().map(|name| &**name)).collect()
    }
}

impl ModeWord {
    /// Whether it means a mode of the runtime that reaches no store of this kind.
    pub(crate) fn misfits(&self, backend: Option<Backend>) -> bool {
        match (self.means, backend) {
            (Some(means), Some(backend)) => !means.is_of(backend),
            _ => false,
        }
    }
}
