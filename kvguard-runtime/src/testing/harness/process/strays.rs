//! Processes that a program under test has started and that have left its group, as daemons do.

/// The variable that each process of a test inherits, and by which those that left the group are found.
pub(super) const MARK: &str = "KVGUARD_TEST_PROCESS";

/// A value of [`MARK`] that no other process of this machine has.
pub(super) fn new_mark() -> String {
    use std::sync::atomic::{AtomicU32, Ordering};
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let started = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let started = started.unwrap_or_default().as_nanos();
    format!("{}-{started}-{count}", std::process::id())
}

/// Kills the processes that have inherited a mark. One that has cleared its environment is not found.
#[cfg(target_os = "linux")]
pub(super) fn kill(mark: &str) {
    use nix::sys::signal::{Signal, kill};
    use nix::unistd::Pid;
    // A process that starts others while it is looked for is found the next time.
    const ROUNDS: usize = 20;
    // The environment of one that is executing another program cannot be read for a moment.
    const EMPTY_ROUNDS: usize = 3;
    let mut empty = 0;
    for _ in 0..ROUNDS {
        let found = linux::marked(mark);
        if found.is_empty() {
            empty += 1;
            if empty == EMPTY_ROUNDS {
                return;
            }
        } else {
            empty = 0;
        }
        for process in found {
            // An error is that it has ended.
            let _ = kill(Pid::from_raw(process), Signal::SIGKILL);
        }
    }
}

/// Kills the processes that have inherited a mark. Elsewhere than on Linux they are not known.
#[cfg(not(target_os = "linux"))]
pub(super) fn kill(_mark: &str) {}

#[cfg(target_os = "linux")]
#[expect(
    clippy::disallowed_methods,
    reason = "the kernel's view of the processes of this test, no configuration"
)]
mod linux {
    use std::fs;

    /// The processes whose environment, as it was when they started, has the mark.
    pub(super) fn marked(mark: &str) -> Vec<i32> {
        let entry = format!("{}={mark}", super::MARK);
        let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
        processes
            .filter_map(|process| {
                let number: i32 = process.file_name().to_str()?.parse().ok()?;
                let environment = fs::read(process.path().join("environ")).ok()?;
                let mut variables = environment.split(|byte| *byte == 0);
                variables
                    .any(|variable| variable == entry.as_bytes())
                    .then_some(number)
            })
            .collect()
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::path::Path;

    use super::linux::marked;
    use crate::testing::harness::process::{Environment, Process};

    #[tokio::test]
    async fn a_process_that_leaves_its_group_ends_with_the_one_that_started_it() {
        let script = "setsid sh -c 'echo started; sleep 1000; :' & wait";
        let environment = Environment {
            is_own: true,
            variables: Vec::new(),
            of_test: Vec::new(),
        };
        let arguments = ["-c".to_owned(), script.to_owned()];
        let process = Process::start(Path::new("sh"), &arguments, environment).unwrap();
        let mut log = process.log().subscribe();
        while process.log().text() != "started\n" {
            log.changed().await.unwrap();
        }
        let mark = process.mark.clone();
        assert!(marked(&mark).len() >= 2, "{:?}", marked(&mark));
        process.end().await;
        assert!(marked(&mark).is_empty(), "{:?}", marked(&mark));
    }
}
