//! What a bootstrap adds to the round trips that it needs, for a configuration of 1,000 settings in each format, at a data service over
//! TLS; `cargo xtask bench` runs it, and reads what it prints.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use kvguard_runtime::testing::{AccessTable, Authority, CertificateRequest, DatasvcServer};
use kvguard_runtime::{
    Bootstrap, BucketFacts, DatasvcOptions, DatasvcStore, Descriptor, Entry, Format, Key,
    KeyDeclaration, KvStore, MtlsFiles, Pending, Revision, Value, Watch,
};

/// How often each is done; the median counts.
const RUNS: usize = 51;

const GROUPS: usize = 100;

const SUBJECT: &str = "CN=bench,O=Example";

/// A store that tells how long its operations took.
#[derive(Clone)]
struct Timed {
    store: Arc<DatasvcStore>,
    nanoseconds: Arc<AtomicU64>,
}

impl Timed {
    fn timed<'a, T: 'a>(&'a self, operation: Pending<'a, T>) -> Pending<'a, T> {
        Box::pin(async move {
            let began = Instant::now();
            let outcome = operation.await;
            let elapsed = u64::try_from(began.elapsed().as_nanos()).unwrap_or(u64::MAX);
            self.nanoseconds.fetch_add(elapsed, Ordering::Relaxed);
            outcome
        })
    }

    /// The time in operations since this was asked last.
    fn take(&self) -> Duration {
        Duration::from_nanos(self.nanoseconds.swap(0, Ordering::Relaxed))
    }
}

impl KvStore for Timed {
    fn get<'a>(&'a self, key: &'a Key) -> Pending<'a, Option<Entry>> {
        self.timed(self.store.get(key))
    }

    fn get_many<'a>(&'a self, keys: &'a [Key]) -> Pending<'a, Vec<Option<Entry>>> {
        self.timed(self.store.get_many(keys))
    }

    fn put<'a>(&'a self, key: &'a Key, value: Value) -> Pending<'a, Option<Revision>> {
        self.timed(self.store.put(key, value))
    }

    fn create<'a>(&'a self, key: &'a Key, value: Value) -> Pending<'a, Option<Revision>> {
        self.timed(self.store.create(key, value))
    }

    fn update<'a>(
        &'a self,
        key: &'a Key,
        value: Value,
        revision: Revision,
    ) -> Pending<'a, Revision> {
        self.timed(self.store.update(key, value, revision))
    }

    fn delete<'a>(&'a self, key: &'a Key) -> Pending<'a, ()> {
        self.timed(self.store.delete(key))
    }

    fn describe_bucket(&self) -> Pending<'_, BucketFacts> {
        self.timed(self.store.describe_bucket())
    }

    fn watch<'a>(&'a self, key: &'a Key) -> Pending<'a, Watch> {
        self.timed(self.store.watch(key))
    }
}

#[derive(serde::Deserialize)]
#[expect(dead_code, reason = "it is only read into")]
struct Group {
    name: String,
    limits: [u32; 4],
    retries: u8,
    ratio: f64,
    enabled: bool,
    labels: BTreeMap<String, String>,
    #[serde(default)]
    password: String,
}

type Configuration = BTreeMap<String, Group>;

/// The configuration's text, which each format reads alike but for TOML.
fn text(format: Format) -> String {
    let mut text = String::new();
    for number in 0..GROUPS {
        text.push_str(&match format {
            Format::Toml => format!(
                "[group-{number}]\nname = \"group {number}\"\nlimits = [1, 20, 300, 4000]\nretries = 3\nratio = 0.25\n\
                 enabled = true\npassword = \"secret\"\nlabels = {{ zone = \"a\", tier = \"b\", owner = \"c\" }}\n\n"
            ),
            Format::Json | Format::Yaml => format!(
                "{}\"group-{number}\": {{\"name\": \"group {number}\", \"limits\": [1, 20, 300, 4000], \"retries\": 3, \
                 \"ratio\": 0.25, \"enabled\": true, \"password\": \"secret\", \
                 \"labels\": {{\"zone\": \"a\", \"tier\": \"b\", \"owner\": \"c\"}}}}\n",
                if number == 0 { "{" } else { ", " }
            ),
        });
    }
    if format != Format::Toml {
        text.push('}');
    }
    text
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let directory = tempfile::tempdir()?;
    let authority = Authority::new();
    let server = DatasvcServer::builder(&authority)
        .with_access_table(AccessTable::new().grant(SUBJECT, "writer"))
        .start();
    let certificate = authority.issue(&CertificateRequest::subject(SUBJECT));
    let files = certificate.write_to(&directory, &authority)?;
    let options = DatasvcOptions::new(server.address(), MtlsFiles::from(&files));
    let store = Timed {
        store: Arc::new(DatasvcStore::connect(options).await?),
        nanoseconds: Arc::default(),
    };
    let mut worst = Duration::ZERO;
    for format in [Format::Json, Format::Toml, Format::Yaml] {
        let key = Key::new(format!("config/bench.{format}"))?;
        let file = directory.path().join(format!("bench.{format}"));
        std::fs::write(&file, text(format))?;
        let descriptor = Descriptor::new("bench", KeyDeclaration::Key(key.clone()), format)
            .with_critical_fields(&["group-7.name"])
            .with_secret_fields(&["*.password"]);
        let bootstrap = Bootstrap::<Configuration>::new(&descriptor)
            .with_store(store.clone())
            .with_file(&file);
        for is_seeding in [true, false] {
            let mut added = Vec::new();
            for _ in 0..RUNS {
                if is_seeding {
                    server.remove(&key);
                }
                store.take();
                let began = Instant::now();
                let loaded = bootstrap.load().await?;
                added.push(began.elapsed().saturating_sub(store.take()));
                if loaded.seeded != is_seeding {
                    return Err("the key was not as it should be".into());
                }
            }
            added.sort_unstable();
            let median = added.get(RUNS / 2).copied().unwrap_or_default();
            worst = worst.max(median);
            let what = if is_seeding { "seed" } else { "load" };
            say(&format!("{format}_{what} {}", median.as_secs_f64()));
        }
    }
    say(&format!("worst {}", worst.as_secs_f64()));
    Ok(())
}

#[expect(clippy::disallowed_macros, reason = "what it is run for")]
fn say(line: &str) {
    println!("{line}");
}
