//! A Docker engine of the test's own, and an image of a service for it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

/// How to get what these tests need.
const HELP: &str = "install Debian's packages docker.io, docker-compose, docker-registry and iptables, and Go 1.21 or later; `cargo xtask test` does. The engine needs root";

/// The image of the service.
pub const IMAGE: &str = "harbour/service:v1";

/// An engine that has the image. It ends, with all its containers, when this is dropped.
pub struct Engine {
    daemon: Child,
    // Its data are removed after it has ended.
    directory: TempDir,
}

impl Engine {
    /// Starts one and builds the image.
    pub fn start() -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let at = |name: &str| directory.path().join(name);
        let daemon = Command::new("dockerd")
            .arg("--data-root")
            .arg(at("data"))
            .arg("--exec-root")
            .arg(at("exec"))
            .arg("--pidfile")
            .arg(at("pid"))
            .args(["--host", &format!("unix://{}", at("socket").display())])
            // The containers are on the host's network, so that no rule of its firewall is changed.
            .args(["--bridge=none", "--iptables=false", "--ip6tables=false"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(fs::File::create(at("log")).expect("a file"))
            .spawn()
            .unwrap_or_else(|error| panic!("dockerd: {error}; {HELP}"));
        let mut engine = Self { daemon, directory };
        engine.wait();
        engine.build(IMAGE);
        engine
    }

    /// The value of `DOCKER_HOST` for it.
    pub fn host(&self) -> String {
        format!("unix://{}", self.directory.path().join("socket").display())
    }

    /// Runs `docker`; what it prints.
    #[track_caller]
    pub fn docker(&self, words: &[&str]) -> String {
        let output = self.command("docker").args(words).output();
        let output = output.unwrap_or_else(|error| panic!("docker: {error}; {HELP}"));
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "docker {words:?}: {errors}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Builds the image under a name, with a label so that images of other names have other digests.
    pub fn build(&self, image: &str) {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/watchdog/service");
        let context = self.directory.path().join("image");
        fs::create_dir_all(&context).expect("a directory");
        let built = Command::new("go")
            .args(["build", "-o"])
            .arg(context.join("service"))
            .arg(".")
            .env("CGO_ENABLED", "0")
            .current_dir(&source)
            .status();
        let built = built.unwrap_or_else(|error| panic!("go: {error}; {HELP}"));
        assert!(built.success(), "the service is built");
        fs::copy(source.join("Dockerfile"), context.join("Dockerfile")).expect("a copy");
        let label = format!("name={image}");
        let context = context.display().to_string();
        let words = [
            "build", "--quiet", "--label", &label, "--tag", image, &context,
        ];
        let output = self
            .command("docker")
            .args(words)
            .env("DOCKER_BUILDKIT", "0")
            .output();
        let output = output.expect("docker");
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }

    /// A registry on a free port of the loopback that has the image; the image's name there. The engine itself has it no more.
    pub fn registry(&self) -> (Registry, String) {
        let directory = self.directory.path().join("registry");
        fs::create_dir(&directory).expect("a directory");
        let free = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = free.local_addr().expect("an address").to_string();
        drop(free);
        let config = format!(
            "version: 0.1\nlog: {{ level: error }}\nstorage: {{ filesystem: {{ rootdirectory: {} }} }}\nhttp: {{ addr: \"{address}\" }}\n",
            directory.display()
        );
        let file = directory.join("config.yml");
        fs::write(&file, config).expect("a file");
        let child = Command::new("docker-registry")
            .arg("serve")
            .arg(&file)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| panic!("docker-registry: {error}; {HELP}"));
        let registry = Registry(child);
        while std::net::TcpStream::connect(&address).is_err() {
            std::thread::yield_now();
        }
        let image = format!("{address}/{IMAGE}");
        self.docker(&["tag", IMAGE, &image]);
        self.docker(&["push", "--quiet", &image]);
        self.docker(&["rmi", "--force", &image, IMAGE]);
        (registry, image)
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.env("DOCKER_HOST", self.host()).stdin(Stdio::null());
        command
    }

    fn wait(&mut self) {
        loop {
            let ended = self.daemon.try_wait().expect("its state");
            if let Some(status) = ended {
                let log = fs::read_to_string(self.log()).unwrap_or_default();
                panic!("dockerd ended with {status}; {HELP}\n{log}");
            }
            let asked = self.command("docker").args(["ps", "--quiet"]).output();
            let asked = asked.unwrap_or_else(|error| panic!("docker: {error}; {HELP}"));
            if asked.status.success() {
                return;
            }
        }
    }

    fn log(&self) -> PathBuf {
        self.directory.path().join("log")
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        // In a panic some of this may fail; the test has failed then already.
        let listed = self
            .command("docker")
            .args(["ps", "--all", "--quiet"])
            .output();
        if let Ok(listed) = listed {
            let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
            let ids = listed.split_whitespace();
            let _ = self
                .command("docker")
                .args(["rm", "--force"])
                .args(ids)
                .output();
        }
        if let Ok(id) = i32::try_from(self.daemon.id()) {
            let id = nix::unistd::Pid::from_raw(id);
            let _ = nix::sys::signal::kill(id, nix::sys::signal::Signal::SIGTERM);
        }
        let _ = self.daemon.wait();
    }
}

/// A registry that runs until this is dropped.
pub struct Registry(Child);

impl Drop for Registry {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
