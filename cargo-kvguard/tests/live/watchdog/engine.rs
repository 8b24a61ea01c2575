//! The image of a service for the engine of a test, and a registry that has it.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::support::engine::{Engine, INSTALL, go};

/// The image of the service.
pub const IMAGE: &str = "harbour/service:v1";

/// An engine of the test's own that has the image.
pub fn start() -> Engine {
    let engine = Engine::start();
    build(&engine, IMAGE);
    engine
}

/// Builds the image under a name, with a label so that images of other names have other digests.
pub fn build(engine: &Engine, image: &str) {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/watchdog/service");
    let context = engine.directory().join("image");
    fs::create_dir_all(&context).expect("a directory");
    go(Command::new("go")
        .args(["build", "-o"])
        .arg(context.join("service"))
        .arg(".")
        .current_dir(&source));
    fs::copy(source.join("Dockerfile"), context.join("Dockerfile")).expect("a copy");
    let label = format!("name={image}");
    engine.run(
        Command::new("docker")
            .args(["build", "--quiet", "--label", &label, "--tag", image])
            .arg(context)
            .env("DOCKER_BUILDKIT", "0"),
    );
}

/// A registry on a port of the loopback that the system chooses, and the image's name there. The engine itself has the image no more.
pub fn registry(engine: &Engine) -> (Registry, String) {
    let directory = engine.directory().join("registry");
    fs::create_dir(&directory).expect("a directory");
    let config = format!(
        "version: 0.1\nlog: {{ level: info }}\nstorage: {{ filesystem: {{ rootdirectory: {} }} }}\nhttp: {{ addr: \"127.0.0.1:0\" }}\n",
        directory.display()
    );
    let file = directory.join("config.yml");
    fs::write(&file, config).expect("a file");
    let mut child = Command::new("docker-registry")
        .arg("serve")
        .arg(&file)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("docker-registry: {error}; {INSTALL}"));
    let mut lines = BufReader::new(child.stderr.take().expect("a pipe")).lines();
    let registry = Registry(child);
    let mut log = Vec::new();
    let address = lines.by_ref().map_while(Result::ok).find_map(|line| {
        let address = line.split_once("listening on ").and_then(|(_, rest)| {
            rest.split(|character: char| !(character.is_ascii_digit() || ".:".contains(character)))
                .next()
                .map(str::to_owned)
        });
        log.push(line);
        address
    });
    let address = address.unwrap_or_else(|| panic!("the registry ended:\n{}", log.join("\n")));
    // It writes more, and must not wait for somebody who reads it.
    std::thread::spawn(move || lines.for_each(drop));
    let image = format!("{address}/{IMAGE}");
    engine.docker(&["tag", IMAGE, &image]);
    engine.docker(&["push", "--quiet", &image]);
    engine.docker(&["rmi", "--force", &image, IMAGE]);
    (registry, image)
}

/// A registry that runs until this is dropped.
pub struct Registry(Child);

impl Drop for Registry {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
