//! A NATS server behind a line with a delay, whose bucket holds many keys; `cargo xtask bench` runs a command against it.
//!
//! Its arguments are the value of every key and how many services and instances of each there are. It prints how long it takes to read
//! the keys one after another and where the server is, and ends when its standard input does.

use std::io::Read;
use std::time::{Duration, Instant};

use kvguard_runtime::testing::{DelayProxy, NatsServer};
use kvguard_runtime::{Key, KvStore, NatsOptions, NewBucket};

/// In each direction: a round trip takes twice as long.
const DELAY: Duration = Duration::from_millis(1);

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let value = arguments.next().ok_or("the value is missing")?;
    let mut number = || -> Result<usize, Box<dyn std::error::Error>> {
        Ok(arguments.next().ok_or("a number is missing")?.parse()?)
    };
    let (services, instances) = (number()?, number()?);
    let server = NatsServer::start()?;
    let bucket = "config";
    let options = server.admin(bucket).create_bucket(NewBucket::new());
    let direct = options.connect().await?;
    let mut keys = Vec::new();
    for service in 0..services {
        for instance in 0..instances {
            let key = Key::new(format!("config/service-{service}/i{instance}.json"))?;
            direct.put(&key, value.as_str().into()).await?;
            keys.push(key);
        }
    }
    let proxy = DelayProxy::start(server.address(), DELAY).await?;
    let address = format!("nats://{}", proxy.address());
    let options = NatsOptions::new(bucket).server(&address);
    let store = options.deadline(Duration::from_secs(60)).connect().await?;
    let began = Instant::now();
    for key in &keys {
        store.get(key).await?.ok_or("a key holds nothing")?;
    }
    #[expect(clippy::disallowed_macros, reason = "what it is run for")]
    {
        println!("one_by_one {}", began.elapsed().as_secs_f64());
        println!("address {address}");
    }
    let until_closed =
        tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new()));
    until_closed.await??;
    Ok(())
}
