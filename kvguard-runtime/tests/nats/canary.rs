//! What is secret is in no log and no error, at any level.

use std::fmt::Debug;
use std::sync::{Arc, Mutex};

use kvguard_runtime::testing::{NatsOperator, NatsPermissions, NatsServer, NatsUser, Role};
use kvguard_runtime::{KvStore, NewBucket};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

use crate::common::{BUCKET, KEY, all_but_forbidden, started, told, write};
use crate::heard::always_heard;

const CANARY: &str = "canary-secret";

/// Everything that is logged, of every level and target.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    fn add(&self, line: String) {
        self.0.lock().expect("no panic").push(line);
    }

    fn lines(&self) -> Vec<String> {
        self.0.lock().expect("no panic").clone()
    }
}

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0.push_str(&format!(" {field}={value:?}"));
    }
}

impl Subscriber for Log {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let mut line = Line(span.metadata().name().to_owned());
        span.record(&mut line);
        self.add(line.0);
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, values: &Record<'_>) {
        let mut line = Line(String::new());
        values.record(&mut line);
        self.add(line.0);
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let metadata = event.metadata();
        let mut line = Line(format!("{} {}", metadata.level(), metadata.target()));
        event.record(&mut line);
        self.add(line.0);
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

#[tokio::test]
async fn no_value_and_no_password_is_logged_or_told() {
    always_heard();
    let log = Log::default();
    let _guard = tracing::subscriber::set_default(log.clone());
    let permissions = NatsPermissions::of(Role::Reader, BUCKET);
    let builder = NatsServer::builder().user("reader", &permissions);
    let Some(mut server) = started(builder.start()) else {
        return;
    };
    let bucket = NewBucket::new().max_value_bytes(1000);
    let admin = server.admin(BUCKET).create_bucket(bucket);
    let admin = admin.connect().await.expect("a store");
    admin.put(&KEY, CANARY.into()).await.expect("a put");
    let held = admin.get(&KEY).await.expect("a get").expect("a value");
    let mut watch = admin.watch(&KEY).await.expect("a watch");
    let change = watch.next().await.expect("a change").expect("a value");
    let list = admin.list_keys().expect("it lists keys");
    list.keys("").await.expect("a list");

    let reader = server.user(BUCKET, "reader").connect().await;
    let reader = reader.expect("a store");
    let wrong = server.options(BUCKET).user("reader", CANARY);
    let errors = [
        reader.put(&KEY, CANARY.into()).await.err(),
        admin.create(&KEY, CANARY.into()).await.err(),
        admin.put(&KEY, CANARY.repeat(100).into()).await.err(),
        wrong.clone().connect().await.err(),
    ];
    server.kill();
    server.restart().expect("it starts again");
    admin.put(&KEY, CANARY.into()).await.expect("it is back");

    for error in errors {
        let error = error.expect("each is refused");
        for shown in [told(&error), format!("{error:?}")] {
            assert!(!shown.contains(CANARY), "{shown}");
        }
    }
    for shown in [
        format!("{held:?}"),
        format!("{change:?}"),
        format!("{wrong:?}"),
        format!("{admin:?}"),
    ] {
        assert!(!shown.contains(CANARY), "{shown}");
    }
    let lines = log.lines();
    let has = |text: &str| lines.iter().any(|line| line.contains(text));
    for event in [
        "kv permission denied",
        "kv connection lost",
        "kv connection restored",
    ] {
        assert!(has(event), "`{event}` is not logged");
    }
    // The client library does log here, and would log values at the last level.
    assert!(has("DEBUG async_nats"));
    let trace = Level::TRACE.to_string();
    for line in &lines {
        assert!(!line.contains(CANARY), "{line}");
        let is_too_much = line.starts_with(&trace) && line.contains("async_nats");
        assert!(!is_too_much || !line.contains("connection"), "{line}");
    }
}

#[tokio::test]
async fn no_part_of_a_credentials_file_is_logged_or_told() {
    always_heard();
    let log = Log::default();
    let _guard = tracing::subscriber::set_default(log.clone());
    let operator = NatsOperator::new();
    let Some(mut server) = started(operator.server().start()) else {
        return;
    };
    let [known, stranger] = [&operator, &NatsOperator::new()]
        .map(|operator| operator.credentials(&NatsUser::new(), &all_but_forbidden(), None));
    let file = write(server.directory(), "trapd.creds", &known);
    let options = server.options(BUCKET).credentials_file(&file);
    let store = options.clone().create_bucket(NewBucket::new()).connect();
    let store = store.await.expect("a store");
    write(server.directory(), "trapd.creds", CANARY);
    let mut errors = vec![options.clone().connect().await.err()];
    server.kill();
    server.restart().expect("it starts again");
    store
        .put(&KEY, "a".into())
        .await
        .expect("what it held is kept");
    write(server.directory(), "trapd.creds", &stranger);
    errors.push(options.connect().await.err());
    server.kill();
    server.restart().expect("it starts again");
    errors.push(store.put(&KEY, "b".into()).await.err());

    let mut shown = log.lines();
    for event in ["kv credentials kept", "kv login refused"] {
        let has = shown.iter().any(|line| line.contains(event));
        assert!(has, "`{event}` is not logged");
    }
    for error in errors {
        let error = error.expect("each is refused");
        shown.extend([told(&error), format!("{error:?}")]);
    }
    let secrets = known.lines().chain(stranger.lines()).chain([CANARY]);
    let secrets: Vec<_> = secrets
        .filter(|line| !line.is_empty() && !line.starts_with("---"))
        .collect();
    assert_eq!(secrets.len(), 5, "two JWTs, two seeds, and the canary");
    for line in shown {
        assert!(
            !secrets.iter().any(|secret| line.contains(secret)),
            "{line}"
        );
    }
}
