//! Services that load their configuration with `kvguard-runtime`, and log as it does.

use std::fmt::{Debug, Write as _};
use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::Path;
use std::sync::Mutex;
use std::sync::mpsc::{Sender, channel};
use std::thread::JoinHandle;

use kvguard_runtime::{Bootstrap, Descriptor, Format, Key, KeyDeclaration, NatsOptions};
use tokio::sync::oneshot;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use super::stage::Stage;
use crate::support::{BUCKET, Backend, Identity, Stand, assert_no_secret};

/// The services, each with its key and its format.
const SERVICES: [(&str, &str, Format); 5] = [
    ("gateway", "config/gateway.json", Format::Json),
    ("meter", "config/meter.toml", Format::Toml),
    ("billing", "config/billing.yaml", Format::Yaml),
    ("sensor", "sensors/s1/config.json", Format::Json),
    ("dashboard", "config/dashboard.json", Format::Json),
];

/// Writes each event as a line of a file.
struct FileLog(Mutex<File>);

/// The text of an event.
#[derive(Default)]
struct Text(String);

impl Visit for Text {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        if field.name() == "message" {
            self.0.insert_str(0, &format!("{value:?}"));
        } else {
            let _ = write!(self.0, " {}={value:?}", field.name());
        }
    }
}

impl Subscriber for FileLog {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "kvguard"
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut text = Text::default();
        event.record(&mut text);
        let mut file = self.0.lock().expect("no panic while it is held");
        writeln!(file, "{} {}", event.metadata().level(), text.0).expect("a line");
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

/// A service that watches its key until it is dropped.
struct Service {
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Service {
    /// Starts it; it tells when it watches.
    fn start(
        descriptor: Descriptor,
        options: NatsOptions,
        log: &Path,
        watches: Sender<()>,
    ) -> Self {
        let file = OpenOptions::new().append(true).open(log).expect("a log");
        let (stop, stopped) = oneshot::channel();
        let run = async move {
            let store = options.connect().await.expect("a store");
            let bootstrap = Bootstrap::<serde_json::Value>::new(&descriptor).with_store(store);
            let loaded = bootstrap.load().await.expect("a configuration");
            let mut updates = bootstrap.watch(&loaded).await.expect("a watch");
            watches.send(()).expect("the test waits");
            tokio::select! {
                _ = stopped => {}
                () = async { while updates.next().await.is_some() {} } => {}
            }
        };
        let thread = std::thread::spawn(move || {
            let log = FileLog(Mutex::new(file));
            tracing::subscriber::with_default(log, || {
                let runtime = tokio::runtime::Builder::new_current_thread()
                    .enable_all()
                    .build();
                runtime.expect("a runtime").block_on(run);
            });
        });
        Self {
            stop: Some(stop),
            thread: Some(thread),
        }
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // Where it panicked the test fails by what it does not find.
            let _ = thread.join();
        }
    }
}

#[test]
fn a_touch_is_noticed_by_services_of_the_runtime_although_their_configuration_stays_the_same() {
    let mut stage = Stage::new(Stand::seeded(Backend::NatsPlain));
    let (sender, watches) = channel();
    let url = stage.stand.nats().url();
    let mut services = Vec::new();
    for (name, key, format) in SERVICES {
        stage.log(name, "");
        let options = NatsOptions::new(BUCKET)
            .server(&url)
            .nkey_file(stage.stand.credentials.nkey_file(Identity::Service(name)));
        let key = KeyDeclaration::Key(Key::from_static(key));
        let descriptor = Descriptor::new(name, key, format);
        services.push(Service::start(
            descriptor,
            options,
            &stage.log_file(name),
            sender.clone(),
        ));
    }
    for _ in SERVICES {
        watches.recv().expect("every service watches");
    }
    let run = stage.patient_watchdog().arg("--touch").run();
    run.assert_code(0).assert_codes(&[]);
    run.assert_says("5 touched");
    drop(services);
    let log = std::fs::read_to_string(stage.log_file("meter")).unwrap();
    assert!(
        log.contains("KV update detected") && log.contains("changed=false"),
        "{log}"
    );
    assert_no_secret(&stage.stand, &run, &[stage.artifacts()]);
}
