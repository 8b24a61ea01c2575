//! What the engine told of the same project, started by each version of compose.

use std::path::{Path, PathBuf};

use kvguard_runtime::contract::syntax::Address;

use super::container::Container;
use super::engine::Engine;
use super::{Project, started_from};
use crate::live::discovery::Reached;

/// What was recorded, with the name of the store's container and the port at which it is published.
const RECORDED: [(&str, &[u8], &str, u16); 2] = [
    (
        "1.29",
        include_bytes!("../../../../tests/fixtures/discovery/inspect/compose-1.29.json"),
        "recorded_store_1",
        32770,
    ),
    (
        "2.32",
        include_bytes!("../../../../tests/fixtures/discovery/inspect/compose-2.32.json"),
        "recorded-store-1",
        32771,
    ),
];

fn project(recorded: &[u8], remote: Option<&str>) -> Project {
    Project {
        name: "recorded".to_owned(),
        engine: Engine::at(remote),
        containers: Container::all(recorded).unwrap(),
    }
}

fn of<'p>(project: &'p Project, service: &str) -> &'p Container {
    let mut containers = project.containers.iter();
    containers
        .find(|own| own.service() == Some(service))
        .unwrap()
}

fn reached(project: &Project, host: &str, port: u16) -> Result<Option<Reached>, String> {
    let host = host.to_owned();
    project.reached(of(project, "ingest"), &Address { host, port })
}

fn address(project: &Project, host: &str, port: u16) -> Option<String> {
    reached(project, host, port)
        .unwrap()
        .map(|reached| reached.address)
}

#[test]
fn a_published_port_is_called_by_each_name_that_a_service_has_for_the_store() {
    for (version, recorded, store, port) in RECORDED {
        let here = project(recorded, None);
        for host in ["kv.harbour.internal", "KV.harbour.internal", "store", store] {
            let found = reached(&here, host, 4222).unwrap().unwrap();
            assert_eq!(
                found.address,
                format!("127.0.0.1:{port}"),
                "{version}: {host}"
            );
            assert_eq!(
                found.found,
                format!("container `{store}` of the compose project `recorded`")
            );
        }
        // The port is published for the engine's own host only.
        let remote = project(recorded, Some("build.example"));
        assert_eq!(
            address(&remote, "store", 4222).as_deref(),
            Some(format!("127.0.0.1:{port}").as_str())
        );
    }
}

#[test]
fn a_port_that_is_not_published_is_called_at_the_address_of_the_container_where_the_engine_is_here()
{
    for (version, recorded, ..) in RECORDED {
        let here = project(recorded, None);
        let own = address(&here, "store", 8222).unwrap();
        assert!(
            own.starts_with("172.") && own.ends_with(":8222"),
            "{version}: {own}"
        );
        let remote = project(recorded, Some("build.example"));
        let why = reached(&remote, "store", 8222).unwrap_err();
        assert!(
            why.contains("whose port 8222 is not published"),
            "{version}: {why}"
        );
    }
}

#[test]
fn a_name_outside_of_the_project_is_none_of_its_containers() {
    for (version, recorded, ..) in RECORDED {
        let here = project(recorded, None);
        assert_eq!(reached(&here, "store.example", 4222), Ok(None), "{version}");
        assert_eq!(
            address(&here, "host.docker.internal", 4222).as_deref(),
            Some("127.0.0.1:4222")
        );
        // Nothing else is behind a service's own loopback address.
        let own = address(&here, "localhost", 4222).unwrap();
        assert!(own.starts_with("172."), "{version}: {own}");
        let why = reached(&here, "tide", 4222).unwrap_err();
        assert!(
            why.contains("does not run (it is exited)"),
            "{version}: {why}"
        );
    }
}

#[test]
fn what_a_service_logs_in_with_is_told_by_its_container() {
    for (version, recorded, ..) in RECORDED {
        let here = project(recorded, None);
        let ingest = of(&here, "ingest");
        assert_eq!(ingest.is_running(), Ok(()), "{version}");
        assert_eq!(
            ingest.variables()["KV_CERT_DIR"],
            "/etc/harbour/tls",
            "{version}"
        );
        assert_eq!(ingest.absolute("tls.crt"), "/srv/tls.crt", "{version}");
        assert_eq!(ingest.absolute("/tls.crt"), "/tls.crt", "{version}");
        assert_eq!(of(&here, "tide").is_running(), Err("exited"), "{version}");
    }
}

#[test]
fn the_project_is_that_of_the_deployments_files() {
    for (version, recorded, ..) in RECORDED {
        let containers = Container::all(recorded).unwrap();
        let from = |file: &str| started_from(&[PathBuf::from(file)], &containers);
        let found = from("/srv/harbour/published.yml").unwrap();
        assert_eq!(found, "recorded", "{version}");
        let why = from("/srv/other/docker-compose.yml")
            .unwrap_err()
            .to_string();
        assert!(why.contains("one of `recorded`"), "{version}: {why}");
        let why = started_from(&[Path::new("/a").to_owned()], &[]).unwrap_err();
        assert!(why.to_string().contains("no compose project runs here"));
    }
}

#[test]
fn what_is_no_description_of_containers_is_refused() {
    for text in ["", "null", "{}", "[{}]", "[{\"Id\": 1}]"] {
        assert!(Container::all(text.as_bytes()).is_err(), "{text}");
    }
}
