//! Reads an environment.

use std::borrow::Cow;

use crate::contract::{Backend, Contract, Mode, ModeWord, Values};
use crate::reading::{Found, Reading, Source, Value};
use crate::syntax::{
    backend, is_address, is_bucket, is_inbox_prefix, is_server_name, is_socket, is_spiffe_id,
    is_trust_domain,
};
use crate::{Fault, FaultKind, Role, SPIFFE_ENDPOINT_SOCKET, key};

impl Contract {
    /// Reads an environment. `service` is the one that runs in it, if it is known; `lookup` looks a variable up.
    pub fn read<'c, 'v>(
        &'c self,
        service: Option<&str>,
        lookup: impl Fn(&str) -> Option<Value<'v>>,
    ) -> Reading<'c, 'v> {
        let mut reader = Reader {
            contract: self,
            lookup,
            reading: Reading {
                source: Source::Unset,
                backend: None,
                mode: Found::Unset,
                faults: Vec::new(),
                unnamed: Vec::new(),
                values: [const { None }; Role::ALL.len()],
            },
        };
        reader.reading.source = reader.source();
        if reader.reading.source == Source::Kv {
            reader.store(service);
        }
        reader.reading
    }
}

/// What a variable says, before it is compared with anything.
enum Said<'v> {
    /// The policy names no such variable.
    Unnamed,
    Missing,
    Empty,
    NotUnicode,
    Untold,
    Text(Cow<'v, str>),
}

struct Reader<'c, 'v, L> {
    contract: &'c Contract,
    lookup: L,
    reading: Reading<'c, 'v>,
}

impl<'c, 'v, L: Fn(&str) -> Option<Value<'v>>> Reader<'c, 'v, L> {
    fn source(&mut self) -> Source {
        match self.said(Role::Source) {
            Said::Text(text) => {
                let words = std::iter::once((&*self.contract.kv, Source::Kv));
                let others = self.contract.others.iter();
                let words = words.chain(others.map(|word| (&**word, Source::File)));
                let words: Vec<(&str, Source)> = words.collect();
                let known = || words.iter().map(|(word, _)| *word).collect();
                match self.word(Role::Source, &text, &words, known) {
                    Some(source) => source,
                    None => Source::Unknown,
                }
            }
            Said::NotUnicode => {
                self.fault(Role::Source, FaultKind::NotUnicode);
                Source::Unknown
            }
            Said::Untold => Source::Untold,
            Said::Empty => {
                self.half_set(FaultKind::Empty);
                Source::Unset
            }
            Said::Unnamed | Said::Missing => {
                self.half_set(FaultKind::Missing);
                Source::Unset
            }
        }
    }

    /// An environment that tells where the store is, and not that it is to be used, is half of one.
    fn half_set(&mut self, kind: FaultKind<'c>) {
        let is_set = |role| {
            matches!(
                self.said(role),
                Said::Text(_) | Said::NotUnicode | Said::Untold
            )
        };
        if is_set(Role::Address) || is_set(Role::Mode) {
            self.fault(Role::Source, kind);
        }
    }

    fn store(&mut self, service: Option<&str>) {
        self.optional(Role::Service, |text| {
            let differs = service.is_some_and(|service| service != text);
            differs.then_some(FaultKind::AnotherService)
        });
        self.optional(Role::Key, |text| {
            key::fault(text.as_bytes()).map(|_| FaultKind::NoKey)
        });
        self.address();
        self.mode();
        match self.reading.mode {
            Found::Known(mode) if !mode.misfits(self.reading.backend) => {
                if let Some(means) = mode.means {
                    self.of_mode(means);
                }
                self.listed(&mode.required);
            }
            _ => {}
        }
        self.listed(&self.contract.required);
    }

    /// The address, and the bucket where it is that of NATS. Where there is no address, a bucket tells what it would be.
    fn address(&mut self) {
        let said = self.said(Role::Address);
        self.reading.backend = match &said {
            Said::Text(text) => Some(backend(text.trim())),
            Said::Untold => None,
            Said::Unnamed | Said::Missing | Said::Empty | Said::NotUnicode => {
                Some(match self.said(Role::Bucket) {
                    Said::Text(_) => Backend::Nats,
                    _ => Backend::Datasvc,
                })
            }
        };
        // What addresses the clients of other modes take, they alone know.
        let is_others = self.is_in_mode_of_others();
        self.required(Role::Address, |text| {
            (!is_others && !is_address(text)).then_some(FaultKind::NoAddress)
        });
        if self.reading.backend == Some(Backend::Nats) {
            self.required(Role::Bucket, |text| {
                (!is_bucket(text)).then_some(FaultKind::NoBucket)
            });
        }
    }

    fn is_in_mode_of_others(&self) -> bool {
        let Said::Text(text) = self.said(Role::Mode) else {
            return false;
        };
        let mut others = self
            .contract
            .modes
            .iter()
            .filter(|mode| mode.means.is_none());
        others.any(|mode| mode.word.eq_ignore_ascii_case(text.trim()))
    }

    fn mode(&mut self) {
        let contract = self.contract;
        let backend = self.reading.backend;
        self.reading.mode = match self.said(Role::Mode) {
            Said::Text(text) => {
                let words: Vec<(&str, &ModeWord)> = contract
                    .modes
                    .iter()
                    .map(|mode| (&*mode.word, mode))
                    .collect();
                let fitting = || contract.fitting_words(backend);
                match self.word(Role::Mode, &text, &words, fitting) {
                    Some(mode) => {
                        if mode.misfits(backend) {
                            self.fault(Role::Mode, FaultKind::NoneOf(fitting()));
                        }
                        Found::Known(mode)
                    }
                    None => Found::Unknown,
                }
            }
            Said::NotUnicode => {
                self.fault(Role::Mode, FaultKind::NotUnicode);
                Found::Unknown
            }
            Said::Untold => Found::Untold,
            Said::Empty => {
                self.fault(Role::Mode, FaultKind::Empty);
                Found::Unset
            }
            Said::Unnamed | Said::Missing => {
                self.fault(Role::Mode, FaultKind::Missing);
                Found::Unset
            }
        };
    }

    fn of_mode(&mut self, mode: Mode) {
        for role in mode.required() {
            self.required(*role, |text| wrong(*role, text));
        }
        // Where the address is not known, what it is used for is not, either.
        let Some(backend) = self.reading.backend else {
            return;
        };
        for role in mode.optional(backend) {
            self.optional(*role, |text| wrong(*role, text));
        }
        if mode == Mode::Spiffe {
            self.socket();
        }
    }

    /// The Workload API's socket, which the variable of every client of SPIFFE may tell, too.
    fn socket(&mut self) {
        let name = match self.said(Role::WorkloadSocket) {
            Said::Unnamed | Said::Missing | Said::Empty => SPIFFE_ENDPOINT_SOCKET,
            _ => self.contract.shown_name(Role::WorkloadSocket),
        };
        self.judged(Role::WorkloadSocket, name, self.said_by(name), |text| {
            wrong(Role::WorkloadSocket, text)
        });
    }

    /// Variables that the policy's own lists need.
    fn listed(&mut self, names: &'c [crate::Text]) {
        for name in names {
            let kind = match self.said_by(name) {
                Said::Missing | Said::Unnamed => FaultKind::Missing,
                Said::Empty => FaultKind::Empty,
                Said::NotUnicode | Said::Untold | Said::Text(_) => continue,
            };
            let role = Role::ALL
                .into_iter()
                .find(|role| self.contract.name(*role) == Some(name));
            self.fault_of(name, role, kind);
        }
    }

    fn required(&mut self, role: Role, wrong: impl FnOnce(&str) -> Option<FaultKind<'static>>) {
        match self.said(role) {
            Said::Unnamed => self.reading.unnamed.push(role),
            Said::Missing => self.fault(role, FaultKind::Missing),
            Said::Empty => self.fault(role, FaultKind::Empty),
            said => self.judged(role, self.contract.shown_name(role), said, wrong),
        }
    }

    fn optional(&mut self, role: Role, wrong: impl FnOnce(&str) -> Option<FaultKind<'static>>) {
        self.judged(role, self.contract.shown_name(role), self.said(role), wrong);
    }

    /// Keeps what a variable says, or what is wrong with it if it says something.
    fn judged(
        &mut self,
        role: Role,
        name: &'c str,
        said: Said<'v>,
        wrong: impl FnOnce(&str) -> Option<FaultKind<'static>>,
    ) {
        let fault = match said {
            Said::Text(text) => match wrong(text.trim()) {
                Some(fault) => fault,
                // Without them it would be right.
                None if text.trim().len() != text.len() => FaultKind::Blanks,
                None => {
                    self.reading.values[role as usize] = Some(text);
                    return;
                }
            },
            Said::NotUnicode => FaultKind::NotUnicode,
            Said::Unnamed | Said::Missing | Said::Empty | Said::Untold => return,
        };
        self.fault_of(name, Some(role), fault);
    }

    /// The word that a value is, or nearly is. Where it is not written as it has to be, that is a fault.
    fn word<T: Copy>(
        &mut self,
        role: Role,
        text: &str,
        words: &[(&str, T)],
        known: impl Fn() -> Vec<&'c str>,
    ) -> Option<T> {
        let find = |is: &dyn Fn(&str) -> bool| {
            let mut found = words.iter().filter(|(word, _)| is(word));
            found.next().map(|(_, meant)| *meant)
        };
        let trimmed = text.trim();
        if let Some(meant) = find(&|word| word == text) {
            return Some(meant);
        }
        let meant = find(&|word| word == trimmed);
        let nearly = meant.or_else(|| find(&|word| word.eq_ignore_ascii_case(trimmed)));
        if nearly.is_none() || self.contract.values == Values::Exact {
            let kind = match meant {
                Some(_) => FaultKind::Blanks,
                None => FaultKind::NoneOf(known()),
            };
            self.fault(role, kind);
        }
        nearly
    }

    fn said(&self, role: Role) -> Said<'v> {
        match self.contract.name(role) {
            Some(name) => self.said_by(name),
            None => Said::Unnamed,
        }
    }

    fn said_by(&self, name: &str) -> Said<'v> {
        match (self.lookup)(name) {
            None => Said::Missing,
            Some(Value::NotUnicode) => Said::NotUnicode,
            Some(Value::Untold) => Said::Untold,
            Some(Value::Text(text)) if text.trim().is_empty() => Said::Empty,
            Some(Value::Text(text)) => Said::Text(match self.contract.values {
                Values::Exact => text,
                Values::Trimmed => trimmed(text),
            }),
        }
    }

    fn fault(&mut self, role: Role, kind: FaultKind<'c>) {
        self.fault_of(self.contract.shown_name(role), Some(role), kind);
    }

    fn fault_of(&mut self, name: &'c str, role: Option<Role>, kind: FaultKind<'c>) {
        let faults = &mut self.reading.faults;
        if !faults.iter().any(|fault| fault.name == name) {
            faults.push(Fault { name, role, kind });
        }
    }
}

fn trimmed(text: Cow<'_, str>) -> Cow<'_, str> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.trim()),
        Cow::Owned(text) => Cow::Owned(text.trim().to_owned()),
    }
}

/// What is wrong with the value of a variable that a mode uses. Whether a file is there only its machine knows.
fn wrong(role: Role, text: &str) -> Option<FaultKind<'static>> {
    let (is_right, kind) = match role {
        Role::ServerName => (is_server_name(text), FaultKind::NoServerName),
        Role::TrustDomain => (is_trust_domain(text), FaultKind::NoTrustDomain),
        Role::ServerIdentity => (is_spiffe_id(text), FaultKind::NoSpiffeId),
        Role::WorkloadSocket => (is_socket(text), FaultKind::NoSocket),
        Role::InboxPrefix => (is_inbox_prefix(text), FaultKind::NoInboxPrefix),
        _ => return None,
    };
    (!is_right).then_some(kind)
}
