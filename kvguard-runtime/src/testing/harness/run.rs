//! Runs one test: in this process, in one of its own, or as one.

use std::fmt::Debug;
use std::path::PathBuf;
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};
use tokio::task::LocalSet;
use tokio::time::timeout;

use super::bench::Bench;
use super::cases;
use super::current;
use super::failed::Failed;
use super::pipe::{self, Message, Teller};
use super::plan::{Backend, Body, Subject, Suite, Test, Trial};
use super::process::{self, Process};
use super::scene::{panic_message, spawn_test};
use super::{KvHarness, note};

/// How much longer a process may take than the load in it: to start, and to tell.
const OVERHEAD: Duration = Duration::from_secs(20);

/// How long is waited for what a process told before it ended.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// Runs a test; the error tells what is wrong and what to do.
pub fn run(
    suite: &'static Suite,
    trials: &'static [Trial],
    backends: &[(&str, Backend)],
    test: &Test,
) -> Result<(), Box<dyn Debug>> {
    outcome(suite, trials, backends, test).map_err(|failed| Box::new(failed) as Box<dyn Debug>)
}

fn outcome(
    suite: &'static Suite,
    trials: &'static [Trial],
    backends: &[(&str, Backend)],
    test: &Test,
) -> Result<(), Failed> {
    current::check(suite.inputs)?;
    let trial = trials.get(test.trial);
    let backend = backends.iter().find(|(name, _)| *name == test.backend);
    let (Some(trial), Some((_, backend))) = (trial, backend) else {
        return Err(Failed::new(
            "the test names a trial or backend that there is none of",
        ));
    };
    // The test's own name, without the crate's.
    let module = test.module.split_once("::").map_or("", |(_, rest)| rest);
    let path = format!("{module}::{}", test.case);
    let bench = Bench::new(suite, trial, *backend, path.clone())?;
    let teller = Teller::of_process(&path).transpose().map_err(|error| {
        Failed::new(format!(
            "the process that wants the verdict cannot be reached: {error}"
        ))
    })?;
    match (teller, &suite.subject) {
        (None, Subject::Store(_)) => judged_there(&bench),
        (None, _) => {
            let runtime = runtime(None)?;
            let verdict = LocalSet::new().block_on(&runtime, cases::check(test.case, &bench));
            unless_left_out(verdict)
        }
        (Some(teller), Subject::Environment(body)) => perform(&bench, *body, teller),
        (Some(teller), _) => judge(&bench, test.case, teller),
    }
}

fn runtime(worker_threads: Option<usize>) -> Result<Runtime, Failed> {
    let mut builder = match worker_threads {
        Some(threads) => {
            let mut builder = Builder::new_multi_thread();
            builder.worker_threads(threads);
            builder
        }
        None => Builder::new_current_thread(),
    };
    builder
        .enable_all()
        .build()
        .map_err(|error| Failed::new(format!("no runtime can be started: {error}")))
}

/// A test that somebody said may be left out is no failure.
fn unless_left_out(verdict: Result<(), Failed>) -> Result<(), Failed> {
    match verdict {
        Err(failed) if failed.is_not_run() => {
            note(&format!("not run: {failed}"));
            Ok(())
        }
        verdict => verdict,
    }
}

fn untold(error: &std::io::Error) -> Failed {
    Failed::new(format!("the verdict cannot be told: {error}"))
}

/// In a process of its own: judges the case, and tells the verdict.
fn judge(bench: &Bench, case: &str, teller: Teller) -> Result<(), Failed> {
    let runtime = runtime(bench.suite.worker_threads)?;
    let teller = std::rc::Rc::new(std::cell::RefCell::new(teller));
    let began = std::rc::Rc::clone(&teller);
    *bench.began.borrow_mut() = Box::new(move || {
        // If it cannot be told, the verdict cannot, either.
        let _ = began.borrow_mut().tell(&Message::Began);
    });
    let verdict = LocalSet::new().block_on(&runtime, cases::check(case, bench));
    let message = match unless_left_out(verdict) {
        Ok(()) => Message::Passed,
        Err(failed) => Message::Failed(failed.to_string()),
    };
    teller
        .borrow_mut()
        .tell(&message)
        .map_err(|error| untold(&error))
}

/// In a process of its own: runs the function, and tells what it gives.
fn perform(bench: &Bench, body: Body, mut teller: Teller) -> Result<(), Failed> {
    let runtime = runtime(bench.suite.worker_threads)?;
    #[expect(clippy::disallowed_methods, reason = "what the other process says")]
    let config = std::env::var_os(pipe::CONFIG_VARIABLE).map(PathBuf::from);
    let environment = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .filter(|(name, _)| name != pipe::VARIABLE && name != pipe::CONFIG_VARIABLE)
        .collect();
    let harness = KvHarness::new(bench, None, config.unwrap_or_default(), environment);
    LocalSet::new()
        .block_on(&runtime, async {
            let ended = tokio::task::spawn_local(body(harness)).await;
            let boot = match ended {
                Ok(Ok(boot)) => boot,
                Ok(Err(error)) => return teller.tell(&Message::Refused(error)),
                Err(error) => return teller.tell(&Message::Panicked(panic_message(error))),
            };
            let mut updates = boot.updates;
            teller.tell(&Message::Loaded {
                configuration: boot.configuration,
                degraded: boot.degraded,
                has_updates: updates.is_some(),
            })?;
            if let Some(updates) = &mut updates {
                while let Some(update) =
                    std::future::poll_fn(|context| updates.as_mut().poll_next(context)).await
                {
                    teller.tell(&Message::Update(update))?;
                }
                teller.tell(&Message::UpdatesEnded)?;
            }
            Ok(())
        })
        .map_err(|error| untold(&error))
}

/// Lets a process of its own judge the case, since a service may end the process that it is in.
fn judged_there(bench: &Bench) -> Result<(), Failed> {
    let runtime = runtime(None)?;
    LocalSet::new().block_on(&runtime, async {
        let variables = bench.trial.variables().collect();
        let none = PathBuf::new();
        let (mut process, listener) = spawn_test(&bench.test, &none, false, variables).await?;
        let verdict = verdict(bench, &mut process, listener).await;
        let log = process.end().await;
        verdict.map_err(|failed| failed.log(&own_lines(&log, &bench.test)))
    })
}

async fn verdict(
    bench: &Bench,
    process: &mut Process,
    listener: pipe::Listener,
) -> Result<(), Failed> {
    let limit = bench.timeout() + OVERHEAD;
    let mut hearing = std::pin::pin!(async {
        let mut told = timeout(limit, listener.accept())
            .await
            .map_err(|_| Silence::Long)?;
        let told = told.as_mut().map_err(|_| Silence::Gone)?;
        loop {
            match timeout(limit, told.next()).await {
                Ok(Some(Message::Passed)) => return Ok(()),
                Ok(Some(Message::Failed(text))) => return Err(Silence::Not(text)),
                Ok(Some(_)) => {}
                Ok(None) => return Err(Silence::Gone),
                Err(_) => return Err(Silence::Long),
            }
        }
    });
    let status = tokio::select! {
        biased;
        heard = &mut hearing => match heard {
            Ok(()) => return Ok(()),
            Err(Silence::Not(text)) => return Err(Failed::new(text)),
            Err(Silence::Long) => {
                return Err(bench
                    .failed("the function does not end, and lets nothing else run meanwhile")
                    .help("it waits without `.await`; or give it more time: `timeout = \"60s\"`"));
            }
            Err(Silence::Gone) => match timeout(LAST_WORDS, process.ended()).await {
                Ok(status) => process::words(&status),
                Err(_) => "executed something else in its place".to_owned(),
            },
        },
        status = process.ended() => {
            match timeout(LAST_WORDS, &mut hearing).await {
                Ok(Ok(())) => return Ok(()),
                Ok(Err(Silence::Not(text))) => return Err(Failed::new(text)),
                _ => process::words(&status),
            }
        }
    };
    Err(bench
        .failed(format!(
            "the process {status} before there was a verdict: the service ended or replaced the process that it is in"
        ))
        .help("return an error where it calls `std::process::exit`, `abort` or `exec`, and let `main` decide"))
}

/// Why there is no verdict that the case holds.
enum Silence {
    Not(String),
    Long,
    Gone,
}

/// What the service told, without what the test executable tells of itself.
fn own_lines(log: &str, test: &str) -> String {
    let own = log.lines().filter(|line| {
        let line = line.trim_start();
        !(line.starts_with("running 1 test")
            || line.starts_with("test result:")
            || line.starts_with("test ") && line.contains(" ... ")
            || ["ok", "FAILED", "failures:"].contains(&line.trim_end())
            || line.starts_with("Error: `")
            || line.trim_end() == test)
    });
    own.collect::<Vec<_>>().join("\n")
}
