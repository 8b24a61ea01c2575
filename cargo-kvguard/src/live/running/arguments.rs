//! `--logs`

use std::convert::Infallible;
use std::path::PathBuf;
use std::str::FromStr;

use kvguard::policy::DeploymentKind;

/// Where logs are read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// From the containers of a compose project; `None`: the deployment's.
    Compose(Option<String>),
    /// From the journal in a directory; `None`: the machine's.
    Journald(Option<PathBuf>),
    /// From the pods in a namespace; `None`: the deployment's.
    Kubectl(Option<String>),
    /// From a directory with a file `SERVICE.log` for each service.
    Directory(PathBuf),
}

impl Source {
    /// Where the logs of a deployment of a kind are, unless it is said otherwise.
    pub fn of_kind(kind: DeploymentKind) -> Self {
        match kind {
            DeploymentKind::Compose => Self::Compose(None),
            DeploymentKind::Systemd => Self::Journald(None),
            DeploymentKind::Helm | DeploymentKind::Kubernetes | DeploymentKind::Kustomize => {
                Self::Kubectl(None)
            }
        }
    }
}

impl FromStr for Source {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (name, more) = match text.split_once(':') {
            Some((name, more)) => (name, (!more.is_empty()).then(|| more.to_owned())),
            None => (text, None),
        };
        Ok(match name {
            "compose" => Self::Compose(more),
            "journald" => Self::Journald(more.map(PathBuf::from)),
            "kubectl" => Self::Kubectl(more),
            _ => Self::Directory(PathBuf::from(text)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Source;

    #[test]
    fn a_source_is_a_name_with_what_it_needs_or_a_directory() {
        for (text, expected) in [
            ("compose", Source::Compose(None)),
            (
                "compose:harbour",
                Source::Compose(Some("harbour".to_owned())),
            ),
            ("journald", Source::Journald(None)),
            ("journald:/var/j", Source::Journald(Some("/var/j".into()))),
            ("kubectl:north", Source::Kubectl(Some("north".to_owned()))),
            ("logs/today", Source::Directory("logs/today".into())),
            ("./compose", Source::Directory("./compose".into())),
        ] {
            assert_eq!(text.parse(), Ok(expected), "{text}");
        }
    }
}
