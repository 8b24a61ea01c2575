//! The TCP sockets that a program listens on, as Linux tells them.

use std::collections::BTreeMap;

/// Listening sockets, by inode, each with its port.
pub(in crate::testing::harness) type Listening = BTreeMap<u64, u16>;

/// What the processes of a group listen on. Elsewhere than on Linux nothing is known.
#[cfg(target_os = "linux")]
pub(in crate::testing::harness) fn listening(group: u32) -> Listening {
    let own = linux::sockets_of_group(group);
    let all = linux::listening_sockets(group);
    all.into_iter()
        .filter(|(inode, _)| own.contains(inode))
        .collect()
}

/// What the processes of a group listen on. Elsewhere than on Linux nothing is known.
#[cfg(not(target_os = "linux"))]
pub(in crate::testing::harness) fn listening(_group: u32) -> Listening {
    Listening::new()
}

#[cfg(target_os = "linux")]
#[expect(
    clippy::disallowed_methods,
    reason = "the kernel's tables of the program under test, no configuration"
)]
mod linux {
    use std::collections::BTreeSet;
    use std::fs;

    /// The state `LISTEN` in `/proc/net/tcp`, see proc(5).
    const LISTEN: &str = "0A";

    /// The sockets that listen in the network of a process, with their ports.
    pub(super) fn listening_sockets(process: u32) -> Vec<(u64, u16)> {
        let tables = ["tcp", "tcp6"].map(|name| {
            // A process that has ended has no table any more.
            fs::read_to_string(format!("/proc/{process}/net/{name}")).unwrap_or_default()
        });
        let lines = tables.iter().flat_map(|table| table.lines().skip(1));
        lines.filter_map(socket).collect()
    }

    /// The inode and port of a line, if it is of a socket that listens.
    pub(super) fn socket(line: &str) -> Option<(u64, u16)> {
        let fields: Vec<&str> = line.split_whitespace().collect();
        if *fields.get(3)? != LISTEN {
            return None;
        }
        let (_, port) = fields.get(1)?.rsplit_once(':')?;
        Some((
            fields.get(9)?.parse().ok()?,
            u16::from_str_radix(port, 16).ok()?,
        ))
    }

    /// The inodes of the sockets that processes of a group have open.
    pub(super) fn sockets_of_group(group: u32) -> BTreeSet<u64> {
        let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
        let own = processes.filter(|entry| {
            let is_process = entry.file_name().to_string_lossy().parse::<u32>().is_ok();
            if !is_process {
                return false;
            }
            let stat = fs::read_to_string(entry.path().join("stat"));
            stat.is_ok_and(|stat| group_of(&stat) == Some(group))
        });
        let files = own
            .filter_map(|entry| fs::read_dir(entry.path().join("fd")).ok())
            .flatten()
            .flatten();
        files
            .filter_map(|file| {
                let target = fs::read_link(file.path()).ok()?;
                let inode = target.to_str()?.strip_prefix("socket:[")?;
                inode.strip_suffix(']')?.parse().ok()
            })
            .collect()
    }

    /// The process group in `/proc/PID/stat`. The name before it may hold blanks and parentheses.
    pub(super) fn group_of(stat: &str) -> Option<u32> {
        let (_, rest) = stat.rsplit_once(')')?;
        rest.split_whitespace().nth(2)?.parse().ok()
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::linux::{group_of, listening_sockets, socket, sockets_of_group};

    #[test]
    #[expect(
        clippy::disallowed_methods,
        reason = "the kernel's table of this process"
    )]
    fn a_socket_that_this_process_listens_on_is_seen_with_its_port() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
        let own = sockets_of_group(group_of(&stat).unwrap());
        let all = listening_sockets(std::process::id());
        let found = all.iter().find(|(_, known)| *known == port).unwrap();
        assert!(own.contains(&found.0));
    }

    #[test]
    fn lines_of_other_states_and_broken_ones_are_no_listening_socket() {
        let listens =
            "  0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 4711 1";
        assert_eq!(socket(listens), Some((4711, 8080)));
        assert_eq!(socket(&listens.replace(" 0A ", " 01 ")), None);
        assert_eq!(socket("0: 0100007F:1F90"), None);
        assert_eq!(group_of("12 (a ) b) S 1 99 99 0"), Some(99));
        assert_eq!(group_of("12 (a"), None);
    }
}
