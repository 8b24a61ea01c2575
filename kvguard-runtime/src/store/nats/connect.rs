//! From options to a bucket that is there.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use async_nats::{ConnectErrorKind, ConnectOptions, ServerAddr, jetstream, rustls};
use kvguard_contract::syntax::{is_bucket, is_inbox_prefix};
use serde_json::json;
use tokio::time::{Instant, sleep_until, timeout_at};

use super::NatsStore;
use super::answer::ApiError;
use super::bucket::{Bucket, no_bucket};
use super::login::{Login, in_address};
use super::options::{Login as Way, NatsOptions, NewBucket};
use super::own_thread::OwnThread;
use super::seen::Written;
use super::setup::Described;
use super::signals::Signals;
use super::tls::{Untrusted, expected, tls, tls_error};
use super::wire::{Task, Wire};
use crate::store::tls_files::Expected;
use crate::{Denial, Operation, StoreError, StoreErrorKind};

/// The least and the most time before a server is tried again.
const PAUSES: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(1));

/// The least and the most time between two questions whether the server is still there; three without an answer, and another one is
/// connected to.
const PINGS: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(10));

/// How long the server knows a write again.
const DUPLICATE_WINDOW: Duration = Duration::from_secs(120);

type Boxed = Box<dyn Error + Send + Sync>;

pub(super) async fn connect(options: NatsOptions) -> Result<NatsStore, StoreError> {
    let began = Instant::now();
    let task = Task {
        operation: Operation::Connect,
        key: None,
        began,
        until: began + options.deadline,
    };
    let wire = wire(&options, &task).await?;
    let api_prefix = match &options.domain {
        Some(domain) => format!("$JS.{domain}.API"),
        None => "$JS.API".to_owned(),
    };
    let described = find(&options, &api_prefix, &wire, &task).await?;
    if described.config.max_msgs_per_subject < 1 {
        return Err(task.malformed(format!(
            "the stream `KV_{}` at the server is no key-value bucket",
            options.bucket
        )));
    }
    let context = match &options.domain {
        Some(domain) => jetstream::with_domain(wire.client.clone(), domain),
        None => jetstream::new(wire.client.clone()),
    };
    let mut setup = described.config;
    setup.created = described.created;
    Ok(NatsStore {
        bucket: Arc::new(Bucket {
            wire,
            context,
            name: options.bucket,
            domain: options.domain,
            api_prefix,
            setup,
            written: Written::default(),
        }),
    })
}

/// Connects to one of the servers.
async fn wire(options: &NatsOptions, task: &Task<'_>) -> Result<Wire, StoreError> {
    let malformed = |error: Boxed| task.error(StoreErrorKind::Malformed).with_source(error);
    let servers = servers(options).map_err(malformed)?;
    check_names(options).map_err(malformed)?;
    let login = login(options, &servers, task).await?;
    let signals = Arc::new(Signals::new(&options.inbox_prefix, Arc::clone(&login)));
    let listener = Arc::clone(&signals);
    let longest = options.longest_backoff;
    let connect = login
        .connect_options()
        .custom_inbox_prefix(&options.inbox_prefix)
        .connection_timeout(options.deadline)
        .request_timeout(Some(options.deadline))
        .ping_interval(options.deadline.clamp(PINGS.0, PINGS.1))
        .reconnect_delay_callback(move |attempt| pause_before(attempt, longest))
        .event_callback(move |event| {
            listener.take(&event);
            std::future::ready(())
        });
    let connect = tls(options, connect).map_err(|fault| malformed(fault.into()))?;
    let connect = match &options.name {
        Some(name) => connect.name(name),
        None => connect,
    };
    let connect = if options.only_these_servers {
        connect.ignore_discovered_servers()
    } else {
        connect
    };
    let thread = OwnThread::start()
        .map_err(|error| task.error(StoreErrorKind::Unavailable).with_source(error))?;
    let expected = expected(options, &servers);
    let client = reach(task, &thread, &connect, &servers, &login, &expected).await?;
    Ok(Wire {
        _thread: Arc::new(thread),
        client,
        signals,
        login,
        deadline: options.deadline,
        longest_backoff: options.longest_backoff,
    })
}

/// Tries the servers until one lets the client in, one does not, or it is late.
async fn reach(
    task: &Task<'_>,
    thread: &OwnThread,
    connect: &ConnectOptions,
    servers: &[ServerAddr],
    login: &Login,
    expected: &Expected,
) -> Result<async_nats::Client, StoreError> {
    let mut pause = PAUSES.0;
    loop {
        let attempt = connect.clone().connect(servers.to_vec());
        let attempt = thread.handle.spawn(attempt);
        let error = match timeout_at(task.until, attempt).await {
            Ok(Ok(Ok(client))) => return Ok(client),
            Ok(Ok(Err(error))) => error,
            Ok(Err(error)) => {
                return Err(task.error(StoreErrorKind::Unavailable).with_source(error));
            }
            Err(_) => return Err(late(task)),
        };
        let denied = |mut denial: Denial| {
            denial.identity = login.identity();
            task.error(StoreErrorKind::PermissionDenied(denial))
        };
        let kind = match (error.kind(), tls_error(&error)) {
            (ConnectErrorKind::AuthorizationViolation | ConnectErrorKind::Authentication, _) => {
                let refusal = login.refusal(&error.to_string());
                return Err(denied(Denial::new()).with_source(refusal));
            }
            (_, Some(rustls::Error::AlertReceived(_))) => {
                return Err(denied(Denial::new().of_certificate()).with_source(error));
            }
            (ConnectErrorKind::Tls | ConnectErrorKind::ServerParse, _) | (_, Some(_)) => {
                Some(StoreErrorKind::Malformed)
            }
            _ => None,
        };
        if let Some(kind) = kind {
            let failed = task.error(kind);
            let why = tls_error(&error).and_then(|fault| expected.why_not(fault));
            return Err(match why {
                Some(why) => failed.with_source(Untrusted { why, error }),
                None => failed.with_source(error),
            });
        }
        let next = Instant::now() + pause;
        if next >= task.until {
            // The attempt itself has the same deadline, and either may notice first.
            return Err(match error.kind() {
                ConnectErrorKind::TimedOut => late(task),
                _ => task.error(StoreErrorKind::Unavailable).with_source(error),
            });
        }
        sleep_until(next).await;
        pause = (pause * 2).min(PAUSES.1);
    }
}

/// That no server let the client in, nor refused it, within the deadline.
fn late(task: &Task<'_>) -> StoreError {
    task.error(StoreErrorKind::TimedOut(task.began.elapsed()))
        .with_source(
            "no NATS server answers there: see that the address and its port are right; a server with `handshake_first` says nothing before \
             TLS, which `NatsOptions::tls_first` is for",
        )
}

fn pause_before(attempt: usize, longest: Duration) -> Duration {
    let doublings = u32::try_from(attempt.saturating_sub(2)).unwrap_or(u32::MAX);
    if attempt <= 1 {
        return Duration::ZERO;
    }
    Duration::from_millis(4)
        .saturating_mul(2_u32.saturating_pow(doublings))
        .min(longest)
}

fn servers(options: &NatsOptions) -> Result<Vec<ServerAddr>, Boxed> {
    if options.servers.is_empty() {
        return Err("no server is named".into());
    }
    // The address itself may hold a password.
    let parsed = options
        .servers
        .iter()
        .enumerate()
        .map(|(position, server)| {
            server.parse::<ServerAddr>().map_err(|_| {
                format!("the address of server {} is no NATS address", position + 1).into()
            })
        });
    parsed.collect()
}

fn check_names(options: &NatsOptions) -> Result<(), Boxed> {
    if !is_bucket(&options.bucket) {
        return Err(format!("`{}` is no name of a bucket", options.bucket).into());
    }
    if let Some(domain) = &options.domain
        && !is_bucket(domain)
    {
        return Err(format!("`{domain}` is no JetStream domain").into());
    }
    if !is_inbox_prefix(&options.inbox_prefix) {
        return Err(format!("`{}` is no inbox prefix", options.inbox_prefix).into());
    }
    Ok(())
}

/// How the client logs in, with what is read for it.
async fn login(
    options: &NatsOptions,
    servers: &[ServerAddr],
    task: &Task<'_>,
) -> Result<Arc<Login>, StoreError> {
    let way = match &options.login {
        Way::None => in_address(servers).map_err(|why| task.malformed(why))?,
        way => way.clone(),
    };
    let reading = tokio::task::spawn_blocking(move || Login::new(way));
    match timeout_at(task.until, reading).await {
        Ok(Ok(Ok(login))) => Ok(Arc::new(login)),
        Ok(Ok(Err(why))) => Err(task.malformed(why)),
        Ok(Err(error)) => Err(task.malformed(error.to_string())),
        Err(_) => Err(task
            .error(StoreErrorKind::TimedOut(task.began.elapsed()))
            .with_source("the file to log in with is not read to its end")),
    }
}

/// The bucket at the server, made if that is wished.
async fn find(
    options: &NatsOptions,
    api_prefix: &str,
    wire: &Wire,
    task: &Task<'_>,
) -> Result<Described, StoreError> {
    let failed = |error: ApiError| task.error(error.kind(None)).with_source(error);
    let stream = format!("KV_{}", options.bucket);
    let mut pause = PAUSES.0;
    loop {
        let info = format!("{api_prefix}.STREAM.INFO.{stream}");
        let missing = match wire.ask_json(task, info, &json!({})).await? {
            Ok(described) => return Ok(described),
            Err(error) if error.is_no_bucket() => error,
            Err(error) => return Err(failed(error)),
        };
        let Some(new) = &options.new_bucket else {
            return Err(no_bucket(task, &options.bucket, &missing));
        };
        let create = format!("{api_prefix}.STREAM.CREATE.{stream}");
        let body = stream_config(&options.bucket, new);
        let error = match wire.ask_json(task, create, &body).await? {
            Ok(described) => return Ok(described),
            // Somebody else was faster.
            Err(error) if error.is_bucket_there() => continue,
            Err(error) => error,
        };
        // What does not pass, as more replicas than there are servers, is told at once.
        if error.kind(None) == StoreErrorKind::Malformed {
            return Err(failed(error));
        }
        // A cluster that is just forming has no servers to put it on.
        let next = Instant::now() + pause;
        if next >= task.until {
            return Err(failed(error));
        }
        sleep_until(next).await;
        pause = (pause * 2).min(PAUSES.1);
    }
}

/// A key-value bucket as the stream that it is.
fn stream_config(bucket: &str, new: &NewBucket) -> serde_json::Value {
    let nanoseconds = |time: Duration| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
    // The server takes no window that is longer than values live.
    let window = DUPLICATE_WINDOW.min(new.max_age.unwrap_or(DUPLICATE_WINDOW));
    let or_none = |limit: Option<u64>| limit.map_or(json!(-1), |limit| json!(limit));
    json!({
        "name": format!("KV_{bucket}"),
        "subjects": [format!("$KV.{bucket}.>")],
        "retention": "limits",
        "discard": "new",
        "max_consumers": -1,
        "max_msgs": -1,
        "max_msgs_per_subject": new.history.clamp(1, 64),
        "max_bytes": or_none(new.max_bytes),
        "max_msg_size": or_none(new.max_value_bytes.map(u64::from)),
        "storage": if new.in_memory { "memory" } else { "file" },
        "num_replicas": new.replicas,
        "max_age": new.max_age.map_or(0, nanoseconds),
        "duplicate_window": nanoseconds(window),
        "allow_rollup_hdrs": true,
        "deny_delete": true,
        "allow_direct": new.direct_gets,
    })
}
