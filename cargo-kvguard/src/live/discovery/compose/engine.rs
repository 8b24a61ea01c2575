//! The container engine, by its command `docker`.

use std::io::Read;

use super::container::Container;
use crate::live::discovery::FILE_BYTES;
use crate::live::failure::Failure;
use crate::live::program::{Program, ProgramError};

/// What an archive of one file has around the file: its header, an extended one before it, and its end.
const ARCHIVE_BYTES: usize = 64 << 10;

/// A container engine.
pub(super) struct Engine {
    /// The host that published ports are on, if it is another one.
    remote: Option<String>,
}

impl Engine {
    /// The engine that `docker` calls.
    pub(super) async fn find() -> Result<Self, Failure> {
        let arguments = [
            "context",
            "inspect",
            "--format",
            "{{json .Endpoints.docker.Host}}",
        ];
        let program = docker(arguments);
        let printed = program.output().await?;
        let endpoint: String =
            serde_json::from_slice(&printed).map_err(|error| program.not_understood(&error))?;
        Ok(Self {
            remote: remote_host(&endpoint)
                .map_err(|why| program.not_understood(&why))?
                .map(str::to_owned),
        })
    }

    /// An engine on this machine or another one.
    #[cfg(test)]
    pub(super) fn at(remote: Option<&str>) -> Self {
        Self {
            remote: remote.map(str::to_owned),
        }
    }

    /// Whether it runs on this machine, so that the containers' own addresses may be reached.
    pub(super) fn is_local(&self) -> bool {
        self.remote.is_none()
    }

    /// The host that published ports are on.
    pub(super) fn host(&self) -> &str {
        self.remote.as_deref().unwrap_or("127.0.0.1")
    }

    /// The containers of a compose project, or of all.
    pub(super) async fn containers(
        &self,
        project: Option<&str>,
    ) -> Result<Vec<Container>, Failure> {
        let label = "label=com.docker.compose.project";
        let filter = match project {
            Some(name) => format!("{label}={name}"),
            None => label.to_owned(),
        };
        let list = docker(["ps", "--all", "--quiet", "--no-trunc", "--filter"]).args([filter]);
        let printed = list.output().await?;
        let ids: Vec<String> = String::from_utf8_lossy(&printed)
            .split_whitespace()
            .map(str::to_owned)
            .collect();
        let is_id = |id: &String| id.bytes().all(|byte| byte.is_ascii_hexdigit());
        if !ids.iter().all(is_id) {
            return Err(list.not_understood("it has words that are no ids").into());
        }
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let inspect = docker(["inspect", "--type", "container"]);
        let inspect = inspect.args(ids);
        let printed = inspect.output().await?;
        Container::all(&printed).map_err(|error| {
            // Its arguments are as many as there are containers.
            docker(["inspect", "--type", "container", "…"])
                .not_understood(&error)
                .into()
        })
    }

    /// A file of a container; of a link, the file that it leads to.
    pub(super) async fn file(&self, container: &Container, path: &str) -> Result<Vec<u8>, String> {
        let source = format!("{}:{path}", container.name());
        let program = docker(["cp", "--follow-link", "--", &source, "-"])
            .printing_at_most(FILE_BYTES + ARCHIVE_BYTES);
        let archive = match program.output().await {
            Ok(archive) => archive,
            Err(ProgramError::PrintedTooMuch { .. }) => {
                return Err(format!(
                    "its file `{path}` is longer than {FILE_BYTES} bytes, which no certificate and no key is"
                ));
            }
            Err(error) => return Err(format!("its file `{path}` is not copied: {error}")),
        };
        only_file(&archive).map_err(|why| format!("its file `{path}` is not copied: {why}"))
    }
}

fn docker<const COUNT: usize>(arguments: [&str; COUNT]) -> Program {
    Program::new("docker").args(arguments)
}

/// The host of an engine's endpoint, if it is another machine.
fn remote_host(endpoint: &str) -> Result<Option<&str>, &'static str> {
    let Some((scheme, rest)) = endpoint.split_once("://") else {
        return Err("the engine's endpoint has no scheme");
    };
    if matches!(scheme, "unix" | "npipe" | "fd") {
        return Ok(None);
    }
    let rest = rest.split('/').next().unwrap_or_default();
    let rest = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
    let host = match rest.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => rest.split(':').next().unwrap_or_default(),
    };
    match host {
        "" => Err("the engine's endpoint has no host"),
        own if kvguard::resolve::is_loopback(own) => Ok(None),
        other => Ok(Some(other)),
    }
}

/// The content of the only file of an archive.
fn only_file(archive: &[u8]) -> Result<Vec<u8>, String> {
    let not_understood = |error: std::io::Error| format!("its archive is not understood: {error}");
    let mut archive = tar::Archive::new(archive);
    let mut entries = archive.entries().map_err(not_understood)?;
    let entry = entries.next().ok_or("its archive is empty")?;
    let mut entry = entry.map_err(not_understood)?;
    if !entry.header().entry_type().is_file() {
        return Err("it is no file".to_owned());
    }
    let mut bytes = Vec::new();
    let size = entry.size();
    entry.read_to_end(&mut bytes).map_err(not_understood)?;
    if u64::try_from(bytes.len()) != Ok(size) {
        return Err("its archive is cut off".to_owned());
    }
    if bytes.len() > FILE_BYTES {
        return Err(format!("it is longer than {FILE_BYTES} bytes"));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::{only_file, remote_host};

    fn archive(kind: tar::EntryType, content: &[u8]) -> Vec<u8> {
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(kind);
        header.set_size(u64::try_from(content.len()).unwrap());
        header.set_mode(0o644);
        let mut builder = tar::Builder::new(Vec::new());
        builder.append_data(&mut header, "a", content).unwrap();
        builder.into_inner().unwrap()
    }

    #[test]
    fn the_only_file_of_an_archive_is_read_and_nothing_else() {
        let file = archive(tar::EntryType::Regular, b"text");
        assert_eq!(only_file(&file).unwrap(), b"text");
        let directory = archive(tar::EntryType::Directory, b"");
        assert_eq!(only_file(&directory).unwrap_err(), "it is no file");
        assert!(only_file(&file[..514]).is_err(), "it is cut off");
        assert!(only_file(b"").is_err(), "it is empty");
        assert!(only_file(&[b'x'; 1024]).is_err(), "it is no archive");
    }

    #[test]
    fn the_host_of_an_engine_is_known_by_its_endpoint() {
        for (endpoint, expected) in [
            ("unix:///var/run/docker.sock", Ok(None)),
            ("npipe:////./pipe/docker_engine", Ok(None)),
            ("tcp://127.0.0.1:2375", Ok(None)),
            ("tcp://build.example:2376", Ok(Some("build.example"))),
            ("tcp://[fd00::1]:2376", Ok(Some("fd00::1"))),
            ("ssh://me@build.example", Ok(Some("build.example"))),
        ] {
            assert_eq!(remote_host(endpoint), expected, "{endpoint}");
        }
        for endpoint in ["", "docker.sock", "tcp://"] {
            assert!(remote_host(endpoint).is_err(), "{endpoint}");
        }
    }
}
