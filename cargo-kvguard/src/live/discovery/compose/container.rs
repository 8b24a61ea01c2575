//! A container as `docker inspect` describes it.
//!
//! The services of a compose project are found by the labels that every version of compose puts on its containers, so that it need not be
//! known which version started them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

/// A container.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Container {
    id: String,
    name: String,
    state: State,
    config: Config,
    host_config: HostConfig,
    network_settings: NetworkSettings,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct State {
    status: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Config {
    env: Option<Vec<String>>,
    #[serde(default)]
    working_dir: String,
    labels: Option<BTreeMap<String, String>>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct HostConfig {
    #[serde(default)]
    network_mode: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct NetworkSettings {
    ports: Option<BTreeMap<String, Option<Vec<Published>>>>,
    networks: Option<BTreeMap<String, Endpoint>>,
}

/// Where a port of a container is published on the engine's host.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Published {
    /// The address; empty or unspecified for all.
    #[serde(default)]
    pub host_ip: String,
    /// The port.
    pub host_port: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Endpoint {
    aliases: Option<Vec<String>>,
    /// Of newer engines, where aliases lack the container's own names.
    #[serde(rename = "DNSNames")]
    dns_names: Option<Vec<String>>,
    #[serde(rename = "IPAddress", default)]
    address: String,
    #[serde(rename = "GlobalIPv6Address", default)]
    address_v6: String,
}

/// Whose network a container is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NetworkOf<'c> {
    /// Its own.
    Itself,
    /// The engine's host's.
    Host,
    /// That of the container with this id or name.
    Other(&'c str),
}

impl Container {
    /// The containers that `docker inspect` printed.
    pub(super) fn all(printed: &[u8]) -> Result<Vec<Self>, serde_json::Error> {
        serde_json::from_slice(printed)
    }

    /// Its name.
    pub(super) fn name(&self) -> &str {
        self.name.trim_start_matches('/')
    }

    /// Whether it runs.
    ///
    /// # Errors
    ///
    /// It does not; its status in the word of the engine, such as `exited`.
    pub(super) fn is_running(&self) -> Result<(), &str> {
        match self.state.status.as_str() {
            "running" => Ok(()),
            other => Err(other),
        }
    }

    /// Its compose project.
    pub(super) fn project(&self) -> Option<&str> {
        self.label("project")
    }

    /// The service of the project that it runs; none for one that `run` started beside the services.
    pub(super) fn service(&self) -> Option<&str> {
        let is_beside = self
            .label("oneoff")
            .is_some_and(|value| value.eq_ignore_ascii_case("true"));
        self.label("service").filter(|_| !is_beside)
    }

    /// Which of the containers of its service it is.
    pub(super) fn number(&self) -> u64 {
        let number = self.label("container-number");
        number.and_then(|number| number.parse().ok()).unwrap_or(0)
    }

    /// The files that its project was started from.
    pub(super) fn project_files(&self) -> Vec<PathBuf> {
        let directory = Path::new(self.label("project.working_dir").unwrap_or_default());
        let files = self.label("project.config_files").unwrap_or_default();
        files.split(',').map(|file| directory.join(file)).collect()
    }

    fn label(&self, name: &str) -> Option<&str> {
        let labels = self.config.labels.as_ref()?;
        let value = labels.get(&format!("com.docker.compose.{name}"))?;
        Some(value)
    }

    /// Its variables.
    pub(super) fn variables(&self) -> BTreeMap<String, String> {
        let variables = self.config.env.iter().flatten();
        variables
            .filter_map(|text| text.split_once('='))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect()
    }

    /// A path as its program means it.
    pub(super) fn absolute(&self, path: &str) -> String {
        if path.starts_with('/') {
            return path.to_owned();
        }
        let directory = self.config.working_dir.trim_end_matches('/');
        format!("{directory}/{path}")
    }

    /// Whose network it is in.
    pub(super) fn network_of(&self) -> NetworkOf<'_> {
        match self.host_config.network_mode.as_str() {
            "host" => NetworkOf::Host,
            mode => match mode.strip_prefix("container:") {
                Some(other) => NetworkOf::Other(other),
                None => NetworkOf::Itself,
            },
        }
    }

    /// Whether it has this id or name.
    pub(super) fn is(&self, id_or_name: &str) -> bool {
        self.id == id_or_name || self.name() == id_or_name
    }

    /// Whether another container finds it by a name in a network that both are in.
    pub(super) fn answers_to(&self, host: &str, caller: &Self) -> bool {
        self.endpoints_met_by(caller).any(|endpoint| {
            let own = [endpoint.address.as_str(), &endpoint.address_v6, self.name()];
            let aliases = endpoint.aliases.iter().chain(&endpoint.dns_names).flatten();
            aliases
                .map(String::as_str)
                .chain(own)
                .any(|name| !name.is_empty() && name.eq_ignore_ascii_case(host))
        })
    }

    /// Its own address in a network that another container is in as well.
    pub(super) fn address_for<'c>(&'c self, caller: &'c Self) -> Option<&'c str> {
        self.endpoints_met_by(caller)
            .flat_map(|endpoint| [endpoint.address.as_str(), &endpoint.address_v6])
            .find(|address| !address.is_empty())
    }

    fn endpoints_met_by<'c>(&'c self, caller: &'c Self) -> impl Iterator<Item = &'c Endpoint> {
        let its = caller.network_settings.networks.as_ref();
        let own = self.network_settings.networks.iter().flatten();
        own.filter(move |(name, _)| its.is_some_and(|its| its.contains_key(*name)))
            .map(|(_, endpoint)| endpoint)
    }

    /// Where a port is published, by IPv4 if it is.
    pub(super) fn published(&self, port: u16) -> Option<&Published> {
        let ports = self.network_settings.ports.as_ref()?;
        let published = ports.get(&format!("{port}/tcp"))?.as_ref()?;
        let is_v4 = |published: &&Published| !published.host_ip.contains(':');
        published.iter().find(is_v4).or(published.first())
    }
}

impl Published {
    /// The host to call it at, where the engine's host has this name.
    pub(super) fn host<'h>(&'h self, engine: &'h str) -> &'h str {
        match self.host_ip.as_str() {
            "" | "0.0.0.0" | "::" => engine,
            own => own,
        }
    }
}
