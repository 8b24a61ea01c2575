//! What tests need beside Rust: each tool is looked for first and installed only where it is missing.

use crate::run::{output, program, succeed, succeeds};
use crate::{Failure, root};

/// A Debian package and how to see that what it brings is there.
struct Tool {
    package: &'static str,
    why: &'static str,
    is_there: fn() -> bool,
}

const TOOLS: &[Tool] = &[
    Tool {
        package: "gcc",
        why: "builds the oracle that asks systemd's own parsers",
        is_there: || succeeds(program("cc").arg("--version")),
    },
    Tool {
        package: "libc6-dev",
        why: "the headers for it",
        is_there: || std::path::Path::new("/usr/include/stdio.h").exists(),
    },
    Tool {
        package: "systemd",
        why: "the oracle of unit files: `systemd-analyze verify` and libsystemd-core",
        is_there: || {
            succeeds(program("systemd-analyze").arg("--version")) && has_library("libsystemd-core-")
        },
    },
    Tool {
        package: "libsystemd-shared",
        why: "the oracle of unit files and environment files",
        is_there: || has_library("libsystemd-shared-"),
    },
    Tool {
        package: "libxml2-utils",
        why: "`xmllint` validates test reports against their XML Schema",
        is_there: || succeeds(program("xmllint").arg("--version")),
    },
    Tool {
        package: "systemd-journal-remote",
        why: "makes the journals that the watchdog's tests read",
        is_there: || std::path::Path::new("/lib/systemd/systemd-journal-remote").exists(),
    },
    Tool {
        package: "docker.io",
        why: "the container engine that tests start projects on",
        is_there: || {
            // It is in a directory of administrators, which is not on everybody's path.
            ["dockerd", "/usr/sbin/dockerd"]
                .iter()
                .any(|name| succeeds(program(name).arg("--version")))
                && succeeds(program("docker").arg("--version"))
        },
    },
    Tool {
        package: "docker-compose",
        why: "starts those projects",
        is_there: || succeeds(program("docker-compose").arg("version")),
    },
    Tool {
        package: "docker-registry",
        why: "the registry that those projects pull from",
        is_there: || succeeds(program("docker-registry").arg("--version")),
    },
    Tool {
        package: "chromium",
        why: "opens the watchdog's report",
        is_there: || succeeds(program("chromium").arg("--version")),
    },
    Tool {
        package: "git",
        why: "lists the files of the repository",
        is_there: || succeeds(program("git").arg("--version")),
    },
];

/// The oldest Go that fetches the version a module asks for by itself.
const OLDEST_GO: (u32, u32) = (1, 21);

/// The kustomize that overlays are compared with.
const KUSTOMIZE: &str = "sigs.k8s.io/kustomize/kustomize/v5@v5.5.0";

/// The helm that charts are compared with.
const HELM: &str = "helm.sh/helm/v3/cmd/helm@v3.17.3";

/// The server that the NATS store is tested on.
const NATS_SERVER: &str = "github.com/nats-io/nats-server/v2@v2.10.27";

/// The oldest version of it that is enough.
const OLDEST_NATS_SERVER: (u32, u32) = (2, 10);

/// Makes sure of all tools.
pub fn install() -> Result<(), Failure> {
    let missing: Vec<&Tool> = TOOLS.iter().filter(|tool| !(tool.is_there)()).collect();
    for tool in &missing {
        println!("{} is missing: {}", tool.package, tool.why);
    }
    if !missing.is_empty() {
        apt_get(missing.iter().map(|tool| tool.package))?;
        if let Some(tool) = TOOLS.iter().find(|tool| !(tool.is_there)()) {
            return Err(format!(
                "the package `{}` does not bring what is needed: {}; the oracles are those of Debian 12",
                tool.package, tool.why
            ));
        }
    }
    go()?;
    kustomize()?;
    helm()?;
    nats_server()?;
    println!("everything is there");
    Ok(())
}

/// What tests build with Go besides the engine's oracles.
const OTHER_GO_MODULES: [&str; 2] = [
    "kvguard-runtime/tests/oracles/datasvc",
    "ui-tests/workspaces/judged/go",
];

fn go() -> Result<(), Failure> {
    let told = output(program("go").args(["env", "GOVERSION"])).map_err(|_| install_go())?;
    let version = told.trim();
    let mut parts = version.trim_start_matches("go").split('.').map(|part| {
        let digits: String = part.chars().take_while(char::is_ascii_digit).collect();
        digits.parse::<u32>().unwrap_or(0)
    });
    let found = (parts.next().unwrap_or(0), parts.next().unwrap_or(0));
    println!("{version}");
    if found < OLDEST_GO {
        return Err(format!("{version} is too old; {}", install_go()));
    }
    // Fetched here, so that a test that fails for want of a network is not taken for a difference.
    let oracles = root().join("tests/oracles");
    let entries = std::fs::read_dir(&oracles).map_err(|error| error.to_string())?;
    let mut modules: Vec<_> = entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.join("go.mod").exists())
        .collect();
    modules.sort();
    modules.extend(OTHER_GO_MODULES.iter().map(|module| root().join(module)));
    for module in modules {
        succeed(program("go").args(["mod", "download"]).current_dir(module))?;
    }
    Ok(())
}

/// What a program prints; nothing if it is not there.
fn told(name: &str, arguments: &[&str]) -> String {
    let told = program(name).args(arguments).output().ok();
    told.map(|told| String::from_utf8_lossy(&told.stdout).into_owned())
        .unwrap_or_default()
}

/// The oracle of overlays: kustomize 5.5, alone or in kubectl 1.32.
pub fn kustomize() -> Result<(), Failure> {
    go_install("kustomize 5.5", "the oracle of overlays", KUSTOMIZE, || {
        // What `go install` builds does not know its version.
        let alone = told("kustomize", &["version"]);
        alone.contains("v5.5.") || alone.contains("(devel)") || has_kubectl()
    })
}

/// Whether there is a kubectl with that kustomize in it.
pub fn has_kubectl() -> bool {
    told("kubectl", &["version", "--client"]).contains("v5.5.")
}

/// The oracle of charts.
pub fn helm() -> Result<(), Failure> {
    go_install("helm 3", "the oracle of charts", HELM, || {
        told("helm", &["version", "--short"]).starts_with("v3.")
    })
}

/// The server that the NATS store is tested on.
fn nats_server() -> Result<(), Failure> {
    let (major, minor) = OLDEST_NATS_SERVER;
    let name = format!("nats-server {major}.{minor} or later");
    go_install(&name, "the store's own server", NATS_SERVER, || {
        let told = told("nats-server", &["--version"]);
        let Some((_, version)) = told.split_once(": v") else {
            return false;
        };
        let mut parts = version.trim().split('.').map(str::parse::<u32>);
        let mut part = || parts.next().and_then(Result::ok);
        (part(), part()) >= (Some(major), Some(minor))
    })
}

fn go_install(
    name: &str,
    why: &str,
    module: &str,
    is_there: impl Fn() -> bool,
) -> Result<(), Failure> {
    if is_there() {
        return Ok(());
    }
    println!("{name} is missing: {why}");
    succeed(program("go").args(["install", module]))?;
    if is_there() {
        return Ok(());
    }
    Err(format!(
        "`go install {module}` brought nothing that is found in GOPATH/bin"
    ))
}

fn install_go() -> String {
    format!(
        "install Go {}.{} or later: https://go.dev/doc/install",
        OLDEST_GO.0, OLDEST_GO.1
    )
}

fn apt_get<'p>(packages: impl Iterator<Item = &'p str>) -> Result<(), Failure> {
    let packages: Vec<&str> = packages.collect();
    let manual = format!("install by hand: {}", packages.join(", "));
    if !succeeds(program("apt-get").arg("--version")) {
        return Err(format!("there is no apt-get; {manual}"));
    }
    let is_root = output(program("id").arg("-u")).is_ok_and(|id| id.trim() == "0");
    let apt_get = |arguments: &[&str]| {
        let mut command = if is_root {
            program("apt-get")
        } else {
            let mut command = program("sudo");
            command.args(["--non-interactive", "apt-get"]);
            command
        };
        command
            .env("DEBIAN_FRONTEND", "noninteractive")
            .args(arguments);
        succeed(&mut command)
    };
    let install = [
        &["install", "--yes", "--no-install-recommends"],
        packages.as_slice(),
    ]
    .concat();
    apt_get(&["update"])
        .and_then(|()| apt_get(&install))
        .map_err(|failure| format!("{failure}; {manual}"))
}

/// Whether a library of systemd is installed, whose name carries its version.
fn has_library(start: &str) -> bool {
    let list = |directory: &std::path::Path| {
        std::fs::read_dir(directory)
            .into_iter()
            .flatten()
            .flatten()
            .map(|entry| entry.path())
    };
    ["/usr/lib", "/usr/lib64", "/lib"].iter().any(|base| {
        let base = std::path::Path::new(base);
        let mut directories = vec![base.join("systemd")];
        directories.extend(list(base).map(|path| path.join("systemd")));
        directories
            .iter()
            .flat_map(|directory| list(directory))
            .any(|path| {
                path.file_name()
                    .is_some_and(|name| name.to_string_lossy().starts_with(start))
            })
    })
}
