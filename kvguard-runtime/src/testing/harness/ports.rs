//! TCP ports for programs under test: free ones, and fixed ones that tests must not use side by side.

use std::fs::File;
use std::io;
use std::net::{Ipv4Addr, TcpListener};

/// Below the ports that systems choose for outgoing connections, so that none of those takes a free port away.
const FREE: std::ops::Range<u16> = 20_000..32_000;

/// A port that no other test uses as long as this exists. Test programs that run side by side see each other by a lock file.
#[derive(Debug)]
pub(super) struct Port {
    pub(super) number: u16,
    _lock: Lock,
}

#[cfg(unix)]
type Lock = nix::fcntl::Flock<File>;
#[cfg(not(unix))]
type Lock = File;

impl Port {
    /// A port on which nothing listens.
    pub(super) fn free() -> io::Result<Self> {
        let count = u32::from(FREE.end - FREE.start);
        let first = std::process::id() % count;
        for step in 0..count {
            let offset = u16::try_from((first + step * 7) % count).unwrap_or_default();
            let number = FREE.start + offset;
            let Some(lock) = lock(number, Waiting::No)? else {
                continue;
            };
            if is_unused(number) {
                return Ok(Self {
                    number,
                    _lock: lock,
                });
            }
        }
        Err(io::Error::other(format!(
            "none of the ports {} to {} is free",
            FREE.start, FREE.end
        )))
    }

    /// A port that the program under test always uses. Waits until no other test has it.
    pub(super) fn fixed(number: u16) -> io::Result<Self> {
        let lock = lock(number, Waiting::Yes)?;
        let lock = lock.ok_or_else(|| io::Error::other("the lock was not waited for"))?;
        if is_unused(number) {
            return Ok(Self {
                number,
                _lock: lock,
            });
        }
        Err(io::Error::new(
            io::ErrorKind::AddrInUse,
            format!("port {number} is in use by a program that is no test"),
        ))
    }
}

fn is_unused(port: u16) -> bool {
    TcpListener::bind((Ipv4Addr::UNSPECIFIED, port)).is_ok()
}

/// Whether to wait for a lock that another process holds.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Waiting {
    Yes,
    No,
}

fn lock_file(port: u16) -> io::Result<File> {
    let path = std::env::temp_dir().join(format!("kvguard-port-{port}.lock"));
    let opened = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path);
    opened.map_err(|error| {
        let text = format!("the lock file {} cannot be opened: {error}", path.display());
        io::Error::new(error.kind(), text)
    })
}

/// The lock of a port; nothing if another process holds it and that is not waited for.
#[cfg(unix)]
fn lock(port: u16, waiting: Waiting) -> io::Result<Option<Lock>> {
    use nix::errno::Errno;
    use nix::fcntl::{Flock, FlockArg};
    let how = match waiting {
        Waiting::Yes => FlockArg::LockExclusive,
        Waiting::No => FlockArg::LockExclusiveNonblock,
    };
    let file = match lock_file(port) {
        // Another user's test has, or had, the port.
        Err(error) if is_denied(&error) && waiting == Waiting::No => return Ok(None),
        file => file?,
    };
    match Flock::lock(file, how) {
        Ok(lock) => Ok(Some(lock)),
        Err((_, Errno::EWOULDBLOCK)) => Ok(None),
        Err((_, error)) => Err(error.into()),
    }
}

fn is_denied(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::PermissionDenied
}

/// Without locks only the system keeps ports apart.
#[cfg(not(unix))]
fn lock(port: u16, _: Waiting) -> io::Result<Option<Lock>> {
    lock_file(port).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn free_ports_are_all_different() {
        let ports: Vec<Port> = (0..20).map(|_| Port::free().unwrap()).collect();
        let numbers: std::collections::BTreeSet<u16> =
            ports.iter().map(|port| port.number).collect();
        assert_eq!(numbers.len(), ports.len());
    }

    #[test]
    fn a_port_that_another_program_listens_on_is_not_free() {
        let number = Port::free().unwrap().number;
        let _listener = TcpListener::bind((Ipv4Addr::LOCALHOST, number)).unwrap();
        let error = Port::fixed(number).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::AddrInUse);
    }

    #[cfg(unix)]
    #[test]
    fn a_fixed_port_is_waited_for() {
        let held = Port::free().unwrap();
        let number = held.number;
        let (started, start) = std::sync::mpsc::channel();
        let waiting = std::thread::spawn(move || {
            started.send(()).unwrap();
            Port::fixed(number)
        });
        start.recv().unwrap();
        drop(held);
        assert_eq!(waiting.join().unwrap().unwrap().number, number);
    }
}
