//! The arguments of every command about a running fleet.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use clap::Args;
use kvguard::policy::Instance;

use super::present::Presentation;
use crate::cli::Fleet;

/// Which deployment, which store, and how the report is printed.
#[derive(Debug, Args)]
pub struct Live {
    #[command(flatten)]
    pub fleet: Fleet,
    /// The deployment; may be left out where the policy has only one
    #[arg(long, value_name = "NAME")]
    pub deployment: Option<String>,
    /// Only this service (may be repeated)
    #[arg(long, value_name = "NAME")]
    pub service: Vec<String>,
    /// An instance of services whose keys are templates, besides those of the policy: site=north (may be repeated)
    #[arg(long, value_name = "NAME=VALUE,…")]
    pub instance: Vec<Variables>,
    #[command(flatten)]
    pub store: Store,
    /// How long the whole may take
    #[arg(long, value_name = "TIME", default_value = "2m", value_parser = time)]
    pub timeout: Duration,
    /// How long each request to the store may take
    #[arg(long, value_name = "TIME", default_value = "5s", value_parser = time)]
    pub request_timeout: Duration,
    #[command(flatten)]
    pub presentation: Presentation,
}

/// Where the store is. What is not said here is taken from `[deployment.store] connect` in the policy, or else from the contract's variables
/// in the environment.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Where the store is")]
pub struct Store {
    /// The store of the running compose project; each service calls it as itself, with the certificates of its container. Default:
    /// the project that was started from the deployment's files
    #[arg(long, value_name = "PROJECT", num_args = 0..=1, conflicts_with_all = ["nats", "datasvc", "from_kubectl"])]
    #[expect(clippy::option_option, reason = "the project may be left out")]
    pub from_compose: Option<Option<String>>,
    /// The store in this namespace of kubectl's current cluster; each service calls it as itself, with the certificates of its Secrets
    #[arg(long, value_name = "NAMESPACE", conflicts_with_all = ["nats", "datasvc"])]
    pub from_kubectl: Option<String>,
    /// A NATS server: nats://host:port or tls://host:port; several with commas between them
    #[arg(long, value_name = "URL", conflicts_with = "datasvc")]
    pub nats: Option<String>,
    /// The bucket on the NATS server. Default: the policy's
    #[arg(long, value_name = "NAME", requires = "nats")]
    pub bucket: Option<String>,
    /// For NATS: the credentials file to log in with
    #[arg(long, value_name = "FILE", requires = "nats", conflicts_with_all = ["nkey", "cert"])]
    pub creds: Option<PathBuf>,
    /// For NATS: the file with the seed of the nkey to log in with
    #[arg(long, value_name = "FILE", requires = "nats", conflicts_with = "cert")]
    pub nkey: Option<PathBuf>,
    /// A data service: host:port
    #[arg(long, value_name = "HOST:PORT")]
    pub datasvc: Option<String>,
    /// For a data service: how the two know each other. Default: mtls with --cert, spiffe with --server-id
    #[arg(long, value_name = "MODE", requires = "datasvc")]
    pub mode: Option<Mode>,
    /// The client's certificate
    #[arg(long, value_name = "FILE", requires = "key")]
    pub cert: Option<PathBuf>,
    /// The key of the client's certificate
    #[arg(long, value_name = "FILE", requires = "cert")]
    pub key: Option<PathBuf>,
    /// The authorities that the server's certificate must come from
    #[arg(long, value_name = "FILE")]
    pub ca: Option<PathBuf>,
    /// For a data service: the name that its certificate is for. Default: the address's
    #[arg(long, value_name = "NAME", requires = "datasvc")]
    pub server_name: Option<String>,
    /// For the mode spiffe: the SPIFFE ID that the data service must have
    #[arg(long, value_name = "ID", requires = "datasvc", conflicts_with = "cert")]
    pub server_id: Option<String>,
    /// For the mode spiffe: the socket of the Workload API
    #[arg(long, value_name = "SOCKET", requires = "server_id")]
    pub workload_socket: Option<String>,
}

/// How a data service and its client know each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Mode {
    /// By certificates in files
    Mtls,
    /// By certificates of the SPIFFE Workload API
    Spiffe,
}

/// The values of a key template's variables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variables(pub BTreeMap<String, String>);

impl FromStr for Variables {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut variables = BTreeMap::new();
        for part in text.split(',') {
            let (name, value) = part
                .split_once('=')
                .filter(|(name, _)| !name.is_empty())
                .ok_or_else(|| format!("`{part}` is not NAME=VALUE"))?;
            Instance::is_value(value).map_err(|why| format!("the value of `{name}` {why}"))?;
            if variables
                .insert(name.to_owned(), value.to_owned())
                .is_some()
            {
                return Err(format!("`{name}` is given twice"));
            }
        }
        Ok(Self(variables))
    }
}

/// Reads a length of time: `500ms`, `30s`, `2m`.
pub fn time(text: &str) -> Result<Duration, String> {
    match humantime::parse_duration(text) {
        Ok(time) if time.is_zero() => Err("the time must be longer than nothing".to_owned()),
        Ok(time) => Ok(time),
        Err(error) => Err(format!("{error}; write 500ms, 30s or 2m")),
    }
}

#[cfg(test)]
mod tests {
    use super::{Variables, time};

    #[test]
    fn an_instance_is_read_with_all_its_variables() {
        let read = "site=north,agent_id=a-1".parse::<Variables>();
        let variables = read.expect("valid").0;
        let expected = [("agent_id", "a-1"), ("site", "north")];
        assert!(
            variables
                .iter()
                .map(|(name, value)| (name.as_str(), value.as_str()))
                .eq(expected)
        );
    }

    #[test]
    fn an_instance_without_a_value_or_with_one_that_leaves_its_part_of_the_key_is_refused() {
        for text in ["", "a", "=1", "a=", "a=b/c", "a=b.c", "a=1,a=2", "a=1,"] {
            assert!(text.parse::<Variables>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_time_is_read_with_its_unit() {
        assert_eq!(time("1500ms").map(|time| time.as_millis()), Ok(1_500));
        for text in ["", "5", "0s", "-1s", "soon"] {
            assert!(time(text).is_err(), "{text}");
        }
    }
}
