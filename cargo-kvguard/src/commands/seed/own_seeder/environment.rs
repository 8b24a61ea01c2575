//! The environment of a service, as its deployment tells it, with the store as it is reached from here.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::Path;

use kvguard::live::Expected;
use kvguard_runtime::contract::{Contract, Mode, Role};
use kvguard_runtime::environment::{Process, Variables};

use crate::live::place::{Certificate, Login, Place, Security};
use crate::live::target::Target;

/// Variables of this process that a program needs to run at all, unless the deployment sets them.
const OWN: [&str; 3] = ["PATH", "HOME", "TMPDIR"];

/// What says where the store is and how a client logs in.
const OF_STORE: [Role; 13] = [
    Role::Address,
    Role::Bucket,
    Role::Mode,
    Role::Certificate,
    Role::PrivateKey,
    Role::Authority,
    Role::CertificateDirectory,
    Role::ServerName,
    Role::ServerIdentity,
    Role::WorkloadSocket,
    Role::CredentialsFile,
    Role::NkeyFile,
    Role::InboxPrefix,
];

/// An environment.
pub struct Environment {
    /// The variables.
    pub variables: BTreeMap<String, OsString>,
    /// The names of variables whose values no file tells.
    pub untold: Vec<String>,
}

/// The environment of the first workload that runs a service and loads from the store.
pub fn of(target: &Target, place: &Place, expected: &Expected) -> Environment {
    let contract = &target.model().policy.contract;
    let mut environment = Environment {
        variables: BTreeMap::new(),
        untold: Vec::new(),
    };
    for name in OWN {
        if let Some(value) = Process.variable(name) {
            environment.variables.insert(name.to_owned(), value);
        }
    }
    let deployment = target.deployment();
    let positions = deployment.services[expected.service].workloads.iter();
    let mut workloads = positions.map(|position| &deployment.workloads[*position]);
    if let Some(workload) = workloads.find(|workload| workload.is_kv_sourced()) {
        for (name, variable) in workload.workload.environment.iter() {
            match variable.text() {
                Some(text) => {
                    environment.variables.insert(name.to_owned(), text.into());
                }
                None => environment.untold.push(name.to_owned()),
            }
        }
    }
    let store = Store {
        contract,
        environment: &mut environment,
    };
    store.reached_at(place, expected);
    environment
}

/// The part of an environment that tells where the store is.
struct Store<'e> {
    contract: &'e Contract,
    environment: &'e mut Environment,
}

impl Store<'_> {
    /// Tells where the store is as this command reaches it, in place of what the deployment says, which holds inside of it.
    fn reached_at(mut self, place: &Place, expected: &Expected) {
        for name in OF_STORE.iter().filter_map(|role| self.contract.name(*role)) {
            self.environment.variables.remove(name);
            self.environment.untold.retain(|untold| untold != name);
        }
        // The instance tells which of the keys is meant.
        if !expected.instance.is_empty() {
            self.set(Role::Key, &expected.key);
        }
        match place {
            Place::Nats(nats) => {
                self.set(Role::Address, &nats.address);
                self.set(Role::Bucket, &nats.bucket);
                self.set_some(Role::InboxPrefix, nats.inbox_prefix.as_ref());
                self.set_some(Role::Authority, nats.authorities.as_ref().map(absolute));
                match &nats.login {
                    Login::None => {}
                    Login::Credentials(file) => {
                        self.mode(Mode::Credentials);
                        self.set(Role::CredentialsFile, absolute(file));
                    }
                    Login::Nkey(file) => {
                        self.mode(Mode::Nkey);
                        self.set(Role::NkeyFile, absolute(file));
                    }
                    Login::Certificate(client) => self.certificate(client),
                }
            }
            Place::Datasvc(datasvc) => {
                self.set(Role::Address, &datasvc.address);
                self.set_some(Role::ServerName, datasvc.server_name.as_ref());
                match &datasvc.security {
                    Security::Mtls {
                        client,
                        authorities,
                    } => {
                        self.certificate(client);
                        self.set(Role::Authority, absolute(authorities));
                    }
                    Security::Spiffe { socket, server_id } => {
                        self.mode(Mode::Spiffe);
                        self.set(Role::WorkloadSocket, socket);
                        self.set(Role::ServerIdentity, server_id.to_string());
                    }
                }
            }
        }
    }

    fn certificate(&mut self, client: &Certificate) {
        self.mode(Mode::Mtls);
        self.set(Role::Certificate, absolute(&client.certificate));
        self.set(Role::PrivateKey, absolute(&client.private_key));
    }

    fn mode(&mut self, mode: Mode) {
        let mut modes = self.contract.modes.iter();
        let word = modes.find(|word| word.means == Some(mode));
        let word = word.map_or(mode.standard_word(), |word| &*word.word);
        self.set(Role::Mode, word.to_owned());
    }

    fn set_some(&mut self, role: Role, value: Option<impl Into<OsString>>) {
        if let Some(value) = value {
            self.set(role, value);
        }
    }

    fn set(&mut self, role: Role, value: impl Into<OsString>) {
        if let Some(name) = self.contract.name(role) {
            self.environment
                .variables
                .insert(name.to_owned(), value.into());
        }
    }
}

/// A path that holds in another directory, too.
fn absolute(path: impl AsRef<Path>) -> OsString {
    let path = path.as_ref();
    std::path::absolute(path).map_or_else(|_| path.into(), Into::into)
}
