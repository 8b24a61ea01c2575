//! The containers of a compose project, asked of Docker.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::SystemTime;

use kvguard::resolve::Deployment;
use serde::Deserialize;

use super::log::Log;
use super::{Handle, Unit, Watched, ask, nothing_runs};
use crate::live::failure::Failure;

/// The labels that compose gives to its containers.
const PROJECT: &str = "com.docker.compose.project";
const SERVICE: &str = "com.docker.compose.service";
const ONE_OFF: &str = "com.docker.compose.oneoff";

/// A compose project.
#[derive(Debug)]
pub struct Compose {
    project: String,
    since: SystemTime,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Container {
    id: String,
    name: String,
    #[serde(default)]
    restart_count: u64,
    image: String,
    state: State,
    config: Config,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct State {
    status: String,
    #[serde(default)]
    exit_code: i64,
    health: Option<Health>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Health {
    status: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Config {
    image: String,
    labels: Option<BTreeMap<String, String>>,
}

impl Compose {
    /// A project by its name, or that of a deployment.
    ///
    /// # Errors
    ///
    /// It is not known what compose calls the deployment.
    pub fn of(
        name: Option<String>,
        deployment: &Deployment,
        root: &Path,
        since: SystemTime,
    ) -> Result<Self, Failure> {
        let project = match name {
            Some(name) => name,
            None => project_of(deployment, root)?,
        };
        Ok(Self { project, since })
    }

    /// The project's name.
    pub fn project(&self) -> &str {
        &self.project
    }

    pub(super) async fn units(&self, watched: &[Watched]) -> Result<Vec<Unit>, Failure> {
        let containers = self.containers().await?;
        let mut units = Vec::new();
        for watched in watched {
            let is_its = |container: &&Container| {
                let label = container.label(SERVICE);
                label.is_some_and(|label| watched.workloads.iter().any(|own| own == label))
                    && container.label(ONE_OFF).is_none_or(|is| is != "True")
            };
            let before = units.len();
            let own = containers.iter().filter(is_its);
            units.extend(own.map(|container| container.unit(&watched.service)));
            if units.len() == before {
                let looked_for = format!(
                    "compose project `{}` has no container of `{}`; start it, name another project with --logs compose:PROJECT, or let this command start it with --up",
                    self.project,
                    watched.workloads.join("` or `")
                );
                return Err(nothing_runs(&watched.service, &looked_for));
            }
        }
        Ok(units)
    }

    /// The IDs of its containers, also of those that do not run.
    pub async fn ids(&self) -> Result<Vec<String>, Failure> {
        let filter = format!("label={PROJECT}={}", self.project);
        let listed = ask(
            "docker",
            &["ps", "--all", "--quiet", "--no-trunc", "--filter", &filter],
        )
        .await?;
        let listed = String::from_utf8_lossy(&listed.output);
        Ok(listed.split_whitespace().map(str::to_owned).collect())
    }

    async fn containers(&self) -> Result<Vec<Container>, Failure> {
        let ids = self.ids().await?;
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let mut words = vec!["inspect", "--type", "container"];
        words.extend(ids.iter().map(String::as_str));
        let told = ask("docker", &words).await?;
        let mut containers: Vec<Container> =
            serde_json::from_slice(&told.output).map_err(|error| {
                Failure::Other(format!(
                    "what `docker inspect` printed is not understood: {error}"
                ))
            })?;
        containers.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(containers)
    }

    pub(super) async fn log(&self, id: &str) -> Result<Log, Failure> {
        let since = humantime::format_rfc3339_nanos(self.since).to_string();
        let told = ask("docker", &["logs", "--timestamps", "--since", &since, id]).await?;
        Ok(Log::timed(&told.output).with(Log::timed(&told.errors)))
    }
}

impl Container {
    fn label(&self, name: &str) -> Option<&str> {
        let labels = self.config.labels.as_ref()?;
        labels.get(name).map(String::as_str)
    }

    fn unit(&self, service: &str) -> Unit {
        let name = self.name.trim_start_matches('/');
        let place = format!("container {name}");
        let mut unit = Unit::new(service, place, Handle::Container(self.id.clone()));
        unit.image = Some(format!("{} ({})", self.config.image, self.image));
        unit.restarts = Some(self.restart_count);
        unit.unready = self.unready();
        unit
    }

    fn unready(&self) -> Option<String> {
        let State {
            status,
            exit_code,
            health,
        } = &self.state;
        let health = health.as_ref().map(|health| health.status.as_str());
        match (status.as_str(), health) {
            ("running", None | Some("healthy" | "none")) => None,
            ("running", Some(health)) => {
                Some(format!("runs, and its health check says `{health}`"))
            }
            ("exited", _) => Some(format!("has ended with exit code {exit_code}")),
            (status, _) => Some(format!("is `{status}`")),
        }
    }
}

/// The name that compose gives to a project: that of the directory of its first file, in the letters that a name may have.
fn project_of(deployment: &Deployment, root: &Path) -> Result<String, Failure> {
    let first = deployment.policy.files.first();
    let directory = first.and_then(|file| {
        let directory = root.join(&file.value).parent()?.canonicalize().ok()?;
        Some(directory.file_name()?.to_string_lossy().into_owned())
    });
    let name = directory
        .as_deref()
        .map(project_name)
        .filter(|name| !name.is_empty());
    name.ok_or_else(|| {
        Failure::Other(format!(
            "it is not known which compose project `{}` is: name it with --logs compose:PROJECT",
            deployment.name()
        ))
    })
}

fn project_name(directory: &str) -> String {
    let lower = directory.to_lowercase();
    let is_kept = |letter: &char| letter.is_ascii_alphanumeric() || "-_".contains(*letter);
    let kept: String = lower.chars().filter(is_kept).collect();
    kept.trim_start_matches(['-', '_']).to_owned()
}

#[cfg(test)]
mod tests {
    use super::project_name;

    #[test]
    fn a_project_is_named_after_its_directory_as_compose_does_it() {
        for (directory, name) in [
            ("fleet", "fleet"),
            ("My Fleet.v2", "myfleetv2"),
            ("_a-b_c", "a-b_c"),
            ("ö", ""),
        ] {
            assert_eq!(project_name(directory), name);
        }
    }
}
