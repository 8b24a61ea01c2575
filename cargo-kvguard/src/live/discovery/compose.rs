//! The store and the logins in a compose project that runs, as the container engine tells them.

mod container;
mod engine;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use kvguard::policy::DeploymentKind;
use kvguard::resolve::{ResolvedWorkload, is_loopback};
use kvguard_runtime::contract::syntax::Address;

use super::{Reached, Running, joined};
use crate::live::failure::Failure;
use crate::live::target::Target;
use container::{Container, NetworkOf};
use engine::Engine;

/// The names that containers have for the engine's host.
const HOST_NAMES: [&str; 2] = ["host.docker.internal", "gateway.docker.internal"];

/// A compose project that runs.
pub(super) struct Project {
    name: String,
    engine: Engine,
    containers: Vec<Container>,
}

impl Project {
    /// The project of this name, or the one that was started from the deployment's files.
    pub(super) async fn find(target: &Target, named: Option<&str>) -> Result<Self, Failure> {
        let policy = &target.deployment().policy;
        if policy.kind() != DeploymentKind::Compose {
            return Err(Failure::BadPlace(format!(
                "--from-compose looks into a compose project, and the deployment `{}` is none; name one that is with --deployment",
                target.deployment().name()
            )));
        }
        let engine = Engine::find().await?;
        let containers = engine.containers(named).await?;
        let files: Vec<PathBuf> = policy
            .files
            .iter()
            .map(|file| target.root().join(&file.value))
            .collect();
        let name = match named {
            Some(name) => name.to_owned(),
            None => started_from(&files, &containers)?,
        };
        let mut containers: Vec<Container> = containers
            .into_iter()
            .filter(|container| container.project() == Some(&name))
            .collect();
        if containers.is_empty() {
            return Err(Failure::BadPlace(format!(
                "there is no container of a compose project `{name}`; `docker ps --all` lists what there is"
            )));
        }
        // Those that run come first.
        containers.sort_by_key(|container| (container.is_running().is_err(), container.number()));
        Ok(Self {
            name,
            engine,
            containers,
        })
    }

    /// The container of a workload, which must run.
    fn container(&self, workload: &ResolvedWorkload) -> Result<&Container, String> {
        let service = workload.workload.name.as_str();
        let mut containers = self.containers.iter();
        let Some(container) = containers.find(|own| own.service() == Some(service)) else {
            return Err(format!(
                "the compose project `{}` has no container of it; start it, or leave it out: --service names what is looked at",
                self.name
            ));
        };
        container.is_running().map_err(|status| {
            format!(
                "its container `{0}` does not run (it is {status}); `docker logs {0}` may tell why, `docker start {0}` starts it",
                container.name()
            )
        })?;
        Ok(container)
    }

    /// The container whose network another one is in.
    fn with_network<'c>(&'c self, container: &'c Container) -> &'c Container {
        match container.network_of() {
            NetworkOf::Other(other) => {
                let mut all = self.containers.iter();
                all.find(|own| own.is(other)).unwrap_or(container)
            }
            NetworkOf::Itself | NetworkOf::Host => container,
        }
    }

    /// Where a port that is called by a container is reached from here.
    fn reached(&self, caller: &Container, called: &Address) -> Result<Option<Reached>, String> {
        let host = called.host.as_str();
        let caller = self.with_network(caller);
        let is_host_named = HOST_NAMES.contains(&host);
        if is_host_named || (is_loopback(host) && caller.network_of() == NetworkOf::Host) {
            return Ok(Some(Reached {
                address: joined(self.engine.host(), called.port),
                found: format!("port {} of the container engine's host", called.port),
            }));
        }
        let server = if is_loopback(host) {
            Some(caller)
        } else {
            let mut all = self.containers.iter();
            all.find(|own| own.is_running().is_ok() && own.answers_to(host, caller))
        };
        let Some(server) = server else {
            return self.not_running(host, caller);
        };
        let found = format!(
            "container `{}` of the compose project `{}`",
            server.name(),
            self.name
        );
        if let Some(published) = server.published(called.port) {
            let port = &published.host_port;
            let port = port.parse().map_err(|_| {
                format!("the engine publishes the store at port `{port}`, which is none")
            })?;
            return Ok(Some(Reached {
                address: joined(published.host(self.engine.host()), port),
                found,
            }));
        }
        match server.address_for(caller) {
            Some(address) if self.engine.is_local() => Ok(Some(Reached {
                address: joined(address, called.port),
                found,
            })),
            _ => Err(format!(
                "its store is in the {found}, whose port {} is not published, so that it is not reached from here; add it to `ports` of its service",
                called.port
            )),
        }
    }

    /// A service of the project that is called and does not run has no address. Anything else is not of the project.
    fn not_running(&self, host: &str, caller: &Container) -> Result<Option<Reached>, String> {
        let is_called = |own: &&Container| {
            own.service() == Some(host) || own.is(host) || own.answers_to(host, caller)
        };
        match self.containers.iter().find(is_called) {
            None => Ok(None),
            Some(server) => match server.is_running() {
                Err(status) => Err(format!(
                    "its store is in the container `{0}`, which does not run (it is {status}); `docker logs {0}` may tell why, `docker start {0}` starts it",
                    server.name()
                )),
                Ok(()) => Err(format!(
                    "its store is in the container `{}`, which is in no network with it",
                    server.name()
                )),
            },
        }
    }
}

impl Running for Project {
    fn variables(&self, workload: &ResolvedWorkload) -> Result<BTreeMap<String, String>, String> {
        Ok(self.container(workload)?.variables())
    }

    async fn file(&self, workload: &ResolvedWorkload, path: &str) -> Result<Vec<u8>, String> {
        let container = self.container(workload)?;
        self.engine.file(container, &container.absolute(path)).await
    }

    async fn reach(
        &self,
        workload: &ResolvedWorkload,
        called: &Address,
    ) -> Result<Option<Reached>, String> {
        self.reached(self.container(workload)?, called)
    }
}

/// The project that was started from one of these files.
fn started_from(files: &[PathBuf], containers: &[Container]) -> Result<String, Failure> {
    let real = |path: PathBuf| path.canonicalize().unwrap_or(path);
    let files: Vec<PathBuf> = files.iter().cloned().map(real).collect();
    let is_from = |container: &&Container| {
        let its = container.project_files();
        its.into_iter().any(|file| files.contains(&real(file)))
    };
    let names = |containers: &mut dyn Iterator<Item = &Container>| -> BTreeSet<String> {
        containers
            .filter_map(|container| container.project().map(str::to_owned))
            .collect()
    };
    let found = names(&mut containers.iter().filter(is_from));
    let listed = |names: &BTreeSet<String>| {
        let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
        names.join(", ")
    };
    match found.len() {
        1 => Ok(found.into_iter().collect()),
        0 => {
            let all = names(&mut containers.iter());
            Err(Failure::BadPlace(if all.is_empty() {
                "no compose project runs here; start it, or name the engine that it runs on with `docker context use` or DOCKER_HOST"
                    .to_owned()
            } else {
                format!(
                    "no compose project was started from the deployment's files; name the one that is meant: --from-compose PROJECT, one of {}",
                    listed(&all)
                )
            }))
        }
        _ => Err(Failure::BadPlace(format!(
            "several compose projects were started from the deployment's files; name one of them: --from-compose PROJECT, one of {}",
            listed(&found)
        ))),
    }
}
