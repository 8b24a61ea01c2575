//! Finds where the store is in the fleet that runs, and what each service logs in with, so that each calls the store as itself.
//!
//! What is common to all ways to run a fleet is here: for each service, the variables of a workload that runs it say where its store is
//! and which files it logs in with; the files are copied into a directory that goes away with the command. How a workload is found, read
//! and reached is told by [`compose`] and [`kubectl`].

mod compose;
mod identities;
mod kubectl;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use futures_util::{StreamExt, stream};
use kvguard::resolve::{ResolvedWorkload, Store};
use kvguard_runtime::contract::Contract;
use kvguard_runtime::contract::syntax::{Address, nats_servers, servers};

use super::arguments;
use super::failure::Failure;
use super::place::{Certificate, Datasvc, Login, Nats, Place, Security, environment, policy};
use super::stores::Stores;
use super::target::Target;
use identities::Identities;

/// How many services are found at once.
const AT_ONCE: usize = 8;

/// How long a file that a service logs in with may be.
const FILE_BYTES: usize = 1 << 20;

/// A way to find the store.
#[derive(Debug, Clone, Copy)]
pub enum Discovery<'a> {
    /// In a compose project: of this name, or that of the deployment's files.
    Compose(Option<&'a str>),
    /// In a namespace of a cluster.
    Kubectl(&'a str),
}

impl<'a> Discovery<'a> {
    /// The way that the arguments ask for, if they do.
    pub fn of(arguments: &'a arguments::Store) -> Option<Self> {
        if let Some(project) = &arguments.from_compose {
            return Some(Self::Compose(project.as_deref()));
        }
        arguments.from_kubectl.as_deref().map(Self::Kubectl)
    }

    /// The stores of the services, each with the login of its service.
    ///
    /// # Errors
    ///
    /// Nothing can be found. Where only some services are out of reach, the stores say so.
    pub async fn stores(self, target: &Target) -> Result<Stores, Failure> {
        match self {
            Self::Compose(project) => {
                stores(target, compose::Project::find(target, project).await?).await
            }
            Self::Kubectl(namespace) => {
                stores(target, kubectl::Namespace::find(target, namespace).await?).await
            }
        }
    }
}

/// A deployment while it runs. What is wrong with one workload is a sentence for a report, which names what is to be done.
trait Running {
    /// The variables of a workload that runs, by which it finds its store.
    fn variables(&self, workload: &ResolvedWorkload) -> Result<BTreeMap<String, String>, String>;

    /// A file that a workload sees, of limited length.
    async fn file(&self, workload: &ResolvedWorkload, path: &str) -> Result<Vec<u8>, String>;

    /// Where something that a workload calls is reached from here; `None`: it is not part of what runs.
    async fn reach(
        &self,
        workload: &ResolvedWorkload,
        called: &Address,
    ) -> Result<Option<Reached>, String>;
}

/// Where something is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Reached {
    /// `host:port`
    address: String,
    /// What it is: part of a sentence.
    found: String,
}

async fn stores(target: &Target, running: impl Running + 'static) -> Result<Stores, Failure> {
    let identities = Identities::new().map_err(|error| {
        Failure::Other(format!(
            "no directory can be made in `{}` for what services log in with: {error}; name another one by the variable TMPDIR",
            std::env::temp_dir().display()
        ))
    })?;
    let contract = environment::lasting(&target.model().policy.contract);
    let services = target.services();
    let found: Vec<_> = stream::iter(services.iter().enumerate())
        .map(|(position, name)| {
            let service = Service {
                target,
                running: &running,
                identities: &identities,
                contract,
                position,
                name,
            };
            async move { service.place().await }
        })
        .buffered(AT_ONCE)
        .collect()
        .await;
    let mut stores = Stores::default();
    stores.as_themselves = true;
    for (service, found) in services.into_iter().zip(found) {
        match found {
            Ok((place, not_checked)) => {
                stores.not_checked.extend(not_checked);
                stores.add(service, place);
            }
            Err(why) => {
                let failure = Failure::OutOfReach {
                    service: service.clone(),
                    why,
                };
                stores.add_unreached(service, failure);
            }
        }
    }
    stores.keep(identities);
    stores.keep(running);
    Ok(stores)
}

/// A service whose store is to be found.
struct Service<'s, R> {
    target: &'s Target,
    running: &'s R,
    identities: &'s Identities,
    contract: &'static Contract,
    position: usize,
    name: &'s str,
}

impl<R: Running> Service<'_, R> {
    /// Where its store is, with its login; and what is not looked at beside that.
    async fn place(&self) -> Result<(Place, Option<String>), String> {
        let workloads = self.workloads();
        let mut whys = Vec::new();
        for workload in &workloads {
            match self.place_of(workload).await {
                Ok(place) => {
                    let others: Vec<String> = workloads
                        .iter()
                        .filter(|other| other.workload.name != workload.workload.name)
                        .map(|other| format!("`{}`", other.workload.name))
                        .collect();
                    let not_checked = (!others.is_empty()).then(|| {
                        format!(
                            "service `{}` calls the store with the login of workload `{}`; whether {} may do the same is not looked at",
                            self.name,
                            workload.workload.name,
                            others.join(" and ")
                        )
                    });
                    return Ok((place, not_checked));
                }
                Err(why) => whys.push(format!("workload `{}`: {why}", workload.workload.name)),
            }
        }
        if whys.is_empty() {
            return Err(
                "no workload that runs it loads its configuration from the store".to_owned(),
            );
        }
        Err(whys.join("; "))
    }

    /// The workloads that read its key: those that run it, or else those of the service that reads the key on its behalf.
    fn workloads(&self) -> Vec<&ResolvedWorkload> {
        let model = self.target.model();
        let deployment = self.target.deployment();
        let of = |service: &str| -> Vec<&ResolvedWorkload> {
            let position = model.service_position(service);
            let own = position.and_then(|position| deployment.services.get(position));
            own.into_iter()
                .flat_map(|own| &own.workloads)
                .filter_map(|position| deployment.workloads.get(*position))
                .filter(|workload| workload.is_kv_sourced() && workload.workload.idle.is_none())
                .collect()
        };
        let own = of(self.name);
        let policy = model.policy.service(self.name);
        match policy.and_then(|policy| policy.carried_by.as_ref()) {
            Some(carrier) if own.is_empty() => of(&carrier.value),
            _ => own,
        }
    }

    async fn place_of(&self, workload: &ResolvedWorkload) -> Result<Place, String> {
        let variables = self.running.variables(workload)?;
        // The carrier of a plug-in names itself as the service.
        let own = self.target.model().service_of(workload);
        let told = environment::told(self.contract, own, &variables)
            .map_err(|why| format!("its environment does not say where the store is: {why}"))?;
        let told = told
            .ok_or("its environment as it runs does not say that it uses the store; start it again with what the files say")?;
        let copied = Copied {
            running: self.running,
            workload,
            directory: self
                .identities
                .of(self.position, &workload.workload.name)
                .map_err(|error| format!("no directory can be made for its files: {error}"))?,
        };
        match told {
            Place::Nats(nats) => self.nats(nats, &copied).await.map(Place::Nats),
            Place::Datasvc(datasvc) => self.datasvc(datasvc, &copied).await.map(Place::Datasvc),
        }
    }

    async fn nats(&self, told: Nats, copied: &Copied<'_, R>) -> Result<Nats, String> {
        let called = servers(&told.address);
        if called.leaves_out || called.is_cut_off {
            return Err("its environment names servers that are not understood".to_owned());
        }
        let mut reached = Vec::new();
        for address in &called.addresses {
            reached.push(self.reach(copied.workload, address).await?);
        }
        let (addresses, found): (Vec<String>, Vec<Option<String>>) = reached.into_iter().unzip();
        let found: Vec<String> = found.into_iter().flatten().collect();
        let server_names = if found.is_empty() {
            Vec::new()
        } else {
            match self.server_name()? {
                Some(name) => vec![name],
                None => called.addresses.into_iter().map(|own| own.host).collect(),
            }
        };
        let login = match &told.login {
            Login::None => Login::None,
            Login::Credentials(path) => Login::Credentials(copied.file(path, "login.creds").await?),
            Login::Nkey(path) => Login::Nkey(copied.file(path, "nkey.seed").await?),
            Login::Certificate(client) => Login::Certificate(copied.certificate(client).await?),
        };
        Ok(Nats {
            address: with_hosts(&told.address, &addresses),
            domain: self
                .store()
                .and_then(|store| store.policy.as_ref()?.domain.clone()),
            authorities: match &told.authorities {
                Some(path) => Some(copied.file(path, AUTHORITIES).await?),
                None => None,
            },
            server_names,
            login,
            found: (!found.is_empty()).then(|| found.join(" and ")),
            ..told
        })
    }

    async fn datasvc(&self, told: Datasvc, copied: &Copied<'_, R>) -> Result<Datasvc, String> {
        let Security::Mtls {
            client,
            authorities,
        } = &told.security
        else {
            return Err(
                "it logs in with the SPIFFE Workload API, which gives its certificate to nobody else; name the other services with --service, and look at this one with --datasvc, --server-id and the --workload-socket of an identity that may read its key"
                    .to_owned(),
            );
        };
        let called = Address::parse(&told.address)
            .ok_or("the address of the store in its environment is not understood")?;
        let (address, found) = self.reach(copied.workload, &called).await?;
        let server_name = match (told.server_name, &found) {
            (None, Some(_)) => Some(self.server_name()?.unwrap_or(called.host)),
            (stated, _) => stated,
        };
        Ok(Datasvc {
            address,
            server_name,
            security: Security::Mtls {
                client: copied.certificate(client).await?,
                authorities: copied.file(authorities, AUTHORITIES).await?,
            },
            found,
        })
    }

    /// Where a server is reached from here: by another address, or by the same if the policy states it.
    async fn reach(
        &self,
        workload: &ResolvedWorkload,
        called: &Address,
    ) -> Result<(String, Option<String>), String> {
        if let Some(reached) = self.running.reach(workload, called).await? {
            return Ok((reached.address, Some(reached.found)));
        }
        let (host, port) = (&called.host, called.port);
        if self
            .store()
            .is_some_and(|store| store.is_stated(host, port))
        {
            return Ok((joined(host, port), None));
        }
        Err(format!(
            "it calls its store at `{host}:{port}`, and nothing that runs there has this name; if it is outside and has the same name here, add it to `addresses` of the `[[deployment.store]]` in the policy"
        ))
    }

    fn server_name(&self) -> Result<Option<String>, String> {
        let name = self.store().map(policy::server_name);
        let name = name.transpose().map_err(|failure| failure.to_string())?;
        Ok(name.flatten())
    }

    fn store(&self) -> Option<&Store> {
        self.target.deployment().store_of(Some(self.name))
    }
}

/// The name of the copied file of authorities.
const AUTHORITIES: &str = "authorities.pem";

/// Copies what a workload logs in with.
struct Copied<'s, R> {
    running: &'s R,
    workload: &'s ResolvedWorkload,
    directory: PathBuf,
}

impl<R: Running> Copied<'_, R> {
    async fn certificate(&self, told: &Certificate) -> Result<Certificate, String> {
        Ok(Certificate {
            certificate: self.file(&told.certificate, "certificate.pem").await?,
            private_key: self.file(&told.private_key, "private-key.pem").await?,
        })
    }

    async fn file(&self, told: &Path, name: &str) -> Result<PathBuf, String> {
        let path = told.to_string_lossy();
        let bytes = self.running.file(self.workload, &path).await?;
        let own = self.directory.join(name);
        identities::write(&own, &bytes)
            .map_err(|error| format!("its file `{path}` cannot be copied: {error}"))?;
        Ok(own)
    }
}

/// An address with a host that may be an IPv6 address.
fn joined(host: &str, port: u16) -> String {
    if host.contains(':') && !host.starts_with('[') {
        format!("[{host}]:{port}")
    } else {
        format!("{host}:{port}")
    }
}

/// The addresses of NATS servers with other hosts, and the login of the first that has one, which counts for all.
fn with_hosts(told: &str, hosts: &[String]) -> String {
    let entries: Vec<(&str, &str)> = nats_servers(told)
        .map(|server| server.split_once("://").unwrap_or(("nats", server)))
        .collect();
    let scheme = entries.first().map_or("nats", |(scheme, _)| scheme);
    let login = entries
        .iter()
        .find_map(|(_, rest)| rest.rsplit_once('@'))
        .map(|(login, _)| format!("{login}@"));
    let hosts = hosts.iter().enumerate().map(|(position, host)| {
        let login = login.as_deref().filter(|_| position == 0);
        format!("{scheme}://{}{host}", login.unwrap_or_default())
    });
    hosts.collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::{joined, with_hosts};

    #[test]
    fn other_hosts_are_put_in_with_the_scheme_and_the_login() {
        for (told, hosts, expected) in [
            ("nats://a:4222", vec!["127.0.0.1:1"], "nats://127.0.0.1:1"),
            ("tls://u:p@a", vec!["b:1"], "tls://u:p@b:1"),
            (
                "nats://a,nats://t@b",
                vec!["c:1", "d:2"],
                "nats://t@c:1,nats://d:2",
            ),
        ] {
            let hosts: Vec<String> = hosts.into_iter().map(str::to_owned).collect();
            assert_eq!(with_hosts(told, &hosts), expected);
        }
    }

    #[test]
    fn the_address_of_ipv6_has_brackets() {
        assert_eq!(joined("::1", 1), "[::1]:1");
        assert_eq!(joined("[::1]", 1), "[::1]:1");
        assert_eq!(joined("nats", 1), "nats:1");
    }
}
