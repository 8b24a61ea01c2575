//! How long it takes to read 1,000 keys of a NATS bucket over a line with a delay, one after another and at once; `cargo xtask bench`
//! runs it, and reads what it prints.

use std::time::{Duration, Instant};

use kvguard_runtime::testing::{DelayProxy, NatsServer};
use kvguard_runtime::{Key, KvStore, NatsOptions, NewBucket};

const KEYS: usize = 1000;

/// In each direction: a round trip takes twice as long.
const DELAY: Duration = Duration::from_millis(1);

/// How often they are read at once; the median counts.
const RUNS: usize = 9;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let server = NatsServer::start()?;
    let bucket = "config";
    let options = server.admin(bucket).create_bucket(NewBucket::new());
    let direct = options.connect().await?;
    let mut keys = Vec::new();
    for number in 0..KEYS {
        let key = Key::new(format!("config/service-{number}.json"))?;
        // As long as a small configuration.
        direct.put(&key, vec![b'x'; 1024].into()).await?;
        keys.push(key);
    }
    let proxy = DelayProxy::start(server.address(), DELAY).await?;
    let options = NatsOptions::new(bucket).server(format!("nats://{}", proxy.address()));
    let store = options.deadline(Duration::from_secs(60)).connect().await?;

    let began = Instant::now();
    for key in &keys {
        store.get(key).await?.ok_or("a key holds nothing")?;
    }
    let one_by_one = began.elapsed();

    let mut at_once = Vec::new();
    for _ in 0..RUNS {
        let began = Instant::now();
        let entries = store.get_many(&keys).await?;
        at_once.push(began.elapsed());
        if entries.iter().any(Option::is_none) {
            return Err("a key holds nothing".into());
        }
    }
    at_once.sort_unstable();
    let median = at_once.get(RUNS / 2).copied().unwrap_or_default();
    #[expect(clippy::disallowed_macros, reason = "what it is run for")]
    {
        println!("one_by_one {}", one_by_one.as_secs_f64());
        println!("at_once {}", median.as_secs_f64());
    }
    Ok(())
}
