//! A server does not outlive its test.

use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpStream};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use kvguard_runtime::testing::NatsServer;

use crate::common::started;

const CHILD: &str = "KVGUARD_TEST_HOLDS_A_SERVER";

fn is_there(address: SocketAddr) -> bool {
    TcpStream::connect(address).is_ok()
}

#[test]
fn a_server_and_its_directory_are_gone_after_a_panic() {
    let Some(server) = started(NatsServer::start()) else {
        return;
    };
    let address = server.address();
    let directory = server.directory().to_owned();
    assert!(is_there(address) && directory.exists());
    let outcome = std::thread::spawn(move || {
        let _server = server;
        panic!("the test fails here, as it is meant to");
    });
    assert!(outcome.join().is_err());
    assert!(!is_there(address) && !directory.exists());
}

#[test]
fn a_server_that_is_restarted_listens_where_it_did_and_knows_what_it_stored() {
    let Some(mut server) = started(NatsServer::start()) else {
        return;
    };
    let address = server.address();
    server.kill();
    assert!(!is_there(address));
    server.restart().expect("it starts again");
    assert_eq!(server.address(), address);
    assert!(is_there(address));
}

/// The same test, in a process that is killed, holds the server.
#[cfg(unix)]
#[test]
#[expect(
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "the process is told by its environment, and tells by its output"
)]
fn a_server_is_gone_after_its_whole_process_is_killed() {
    if std::env::var_os(CHILD).is_some() {
        let server = NatsServer::start().expect("it starts");
        println!("\nlistens at {}", server.address());
        loop {
            std::thread::park();
        }
    }
    if started(NatsServer::start()).is_none() {
        return;
    }
    let mut child = Command::new(std::env::current_exe().expect("this program"))
        .args([
            "--exact",
            "processes::a_server_is_gone_after_its_whole_process_is_killed",
            "--nocapture",
        ])
        .env(CHILD, "1")
        .stdout(Stdio::piped())
        .spawn()
        .expect("it starts");
    let output = child.stdout.take().expect("its output");
    let address = BufReader::new(output)
        .lines()
        .map_while(Result::ok)
        .find_map(|line| line.strip_prefix("listens at ")?.parse().ok());
    let address: SocketAddr = address.expect("it tells where it listens");
    assert!(is_there(address));
    child.kill().expect("it is killed");
    child.wait().expect("it is gone");
    let until = Instant::now() + Duration::from_secs(20);
    while is_there(address) {
        assert!(Instant::now() < until, "the server outlives its process");
        std::thread::sleep(Duration::from_millis(10));
    }
}
