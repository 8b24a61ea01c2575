//! The shape that existing services call.

use std::borrow::Cow;
use std::time::Duration;

use kvguard_runtime::adapter::{
    Bootstrap, BootstrapOptions, ConfigFormat, RestartHandle, TryRecvError, pinned,
};
use kvguard_runtime::bootstrap::{Degraded, OnOutage};
use kvguard_runtime::contract::{Contract, Role};
use kvguard_runtime::testing::{Outcome, Recorded};
use kvguard_runtime::{Descriptor, Format, KeyDeclaration, KvStore as _};

use crate::common::{Configuration, Directory, FILE, GAUGE, KEY, store};

fn options(directory: &Directory) -> BootstrapOptions {
    BootstrapOptions {
        service_name: "gauge".to_owned(),
        config_path: directory
            .file("gauge.json", FILE)
            .to_string_lossy()
            .into_owned(),
        format: ConfigFormat::Json,
        kv_key: Some(KEY.to_string()),
        seed_kv: true,
        watch_kv: true,
    }
}

#[tokio::test]
async fn a_service_loads_seeds_and_watches_as_it_always_did() {
    let directory = Directory::new();
    let store = store();
    let mut bootstrap =
        Bootstrap::with_store(options(&directory), store.handle_of("gauge")).unwrap();
    let config: Configuration = bootstrap.load().await.unwrap();
    assert_eq!(config.database.password, "canary-file-password");
    let value = store.peek(&KEY).unwrap().value;
    assert!(!String::from_utf8_lossy(value.as_bytes()).contains("canary"));
    let mut watcher = bootstrap.watch::<Configuration>().await.unwrap().unwrap();
    store.set(&KEY, "garbage");
    store.set(&KEY, r#"{"level": 3}"#);
    let update = watcher.recv().await.unwrap();
    assert_eq!(update.level, Some(3));
    // An update is the whole configuration, not the store's part of it.
    assert_eq!(update.database.password, "canary-file-password");
}

#[tokio::test]
async fn an_update_that_is_not_applied_is_told_to_who_asks() {
    let directory = Directory::new();
    let store = store();
    let mut bootstrap =
        Bootstrap::with_store(options(&directory), store.handle_of("gauge")).unwrap();
    // To watch loads what was not loaded yet.
    let mut watcher = bootstrap.watch::<Configuration>().await.unwrap().unwrap();
    store.set(&KEY, "garbage");
    assert!(watcher.next().await.unwrap().is_err());
}

#[tokio::test(start_paused = true)]
async fn an_update_whose_revision_is_still_read_is_there_later_for_who_does_not_wait() {
    let directory = Directory::new();
    let store = store().without_revisions();
    let gauge = store.handle_of("gauge");
    let mut bootstrap = Bootstrap::with_store(options(&directory), gauge.clone()).unwrap();
    let mut watcher = bootstrap.watch::<Configuration>().await.unwrap().unwrap();
    assert_eq!(watcher.try_recv(), Err(TryRecvError::Empty));
    gauge.set_latency(Duration::from_secs(1));
    store.set(&KEY, r#"{"level": 3}"#);
    for _ in 0..3 {
        assert_eq!(watcher.try_recv(), Err(TryRecvError::Empty));
        tokio::time::advance(Duration::from_millis(300)).await;
    }
    tokio::time::advance(Duration::from_millis(300)).await;
    assert_eq!(watcher.try_recv().unwrap().level, Some(3));
}

#[tokio::test]
async fn a_service_may_look_for_an_update_without_waiting() {
    let directory = Directory::new();
    let store = store();
    let mut bootstrap =
        Bootstrap::with_store(options(&directory), store.handle_of("gauge")).unwrap();
    let mut watcher = bootstrap.watch::<Configuration>().await.unwrap().unwrap();
    assert_eq!(watcher.try_recv(), Err(TryRecvError::Empty));
    store.set(&KEY, "garbage");
    store.set(&KEY, r#"{"level": 3}"#);
    assert_eq!(watcher.try_recv().unwrap().level, Some(3));
    assert_eq!(watcher.try_recv(), Err(TryRecvError::Empty));
}

#[tokio::test]
async fn a_pinned_file_goes_over_the_store_and_a_blank_path_is_none() {
    let directory = Directory::new();
    let file = directory.file("pinned.json", r#"{"level": 9}"#);
    for (path, level) in [
        (Some(file.display().to_string()), Some(9)),
        (Some("  ".to_owned()), Some(3)),
        (None, Some(3)),
    ] {
        let store = store();
        store.set(&KEY, r#"{"level": 3}"#);
        let options = options(&directory);
        let options = pinned::BootstrapOptions {
            service_name: options.service_name,
            config_path: options.config_path,
            format: options.format,
            kv_key: options.kv_key,
            pinned_path: path,
            seed_kv: true,
            watch_kv: true,
        };
        let mut bootstrap = Bootstrap::with_store(options, store.handle_of("gauge")).unwrap();
        assert_eq!(
            bootstrap.load::<Configuration>().await.unwrap().level,
            level
        );
    }
}

#[test]
fn a_watcher_and_a_restart_handle_can_be_handed_to_a_task() {
    fn is_send<T: Send + 'static>() {}
    is_send::<kvguard_runtime::adapter::ConfigWatcher<Configuration>>();
    is_send::<RestartHandle>();
    is_send::<Bootstrap>();
    assert_eq!(ConfigFormat::Json.as_str(), "json");
}

#[tokio::test]
async fn a_service_without_a_key_or_that_does_not_watch_is_left_alone() {
    let directory = Directory::new();
    let store = store();
    let without_key = BootstrapOptions {
        kv_key: None,
        ..options(&directory)
    };
    let mut bootstrap = Bootstrap::with_store(without_key.clone(), store.clone()).unwrap();
    bootstrap.load::<Configuration>().await.unwrap();
    assert!(bootstrap.watch::<Configuration>().await.unwrap().is_none());
    assert_eq!(store.recording().all(), Vec::<Recorded>::new());
    // A half environment concerns no service that uses no store.
    assert!(Bootstrap::with_variables(without_key, &[("CONFIG_SOURCE", "kv")]).is_ok());
    let unwatched = BootstrapOptions {
        watch_kv: false,
        ..options(&directory)
    };
    let mut bootstrap = Bootstrap::with_store(unwatched, store.clone()).unwrap();
    bootstrap.load::<Configuration>().await.unwrap();
    assert!(bootstrap.watch::<Configuration>().await.unwrap().is_none());
}

#[tokio::test]
async fn a_service_that_does_not_seed_writes_nothing() {
    let directory = Directory::new();
    let store = store();
    let unseeded = BootstrapOptions {
        seed_kv: false,
        ..options(&directory)
    };
    let mut bootstrap = Bootstrap::with_store(unseeded, store.handle_of("gauge")).unwrap();
    bootstrap.load::<Configuration>().await.unwrap();
    assert!(matches!(bootstrap.degraded(), Some(Degraded::KeyMissing)));
    assert_eq!(store.recording().writes(), Vec::<Recorded>::new());
}

#[tokio::test]
async fn the_silent_fallback_of_before_is_an_error_now() {
    let directory = Directory::new();
    let half = [("KV_ADDRESS", "store:1")];
    let error = Bootstrap::with_variables(options(&directory), &half).unwrap_err();
    assert!(
        error.to_string().contains("`CONFIG_SOURCE` is missing"),
        "{error}"
    );
    let store = store();
    let gauge = store.handle_of("gauge");
    gauge.disconnect();
    let mut bootstrap = Bootstrap::with_store(options(&directory), gauge.clone()).unwrap();
    assert!(
        bootstrap
            .load::<Configuration>()
            .await
            .unwrap_err()
            .is_outage()
    );
    assert!(bootstrap.degraded().is_none());
    let mut bootstrap = bootstrap.on_outage(OnOutage::UseFile);
    bootstrap.load::<Configuration>().await.unwrap();
    assert!(matches!(bootstrap.degraded(), Some(Degraded::Outage(_))));
    assert!(gauge.get(&KEY).await.is_err());
}

#[test]
fn with_a_descriptor_the_environment_has_the_names_of_the_policy() {
    static DEPOT: Contract = Contract {
        names: Cow::Borrowed(&[(Role::Address, Some(Cow::Borrowed("DEPOT_ADDRESS")))]),
        ..Contract::STANDARD
    };
    const OF_DEPOT: Descriptor =
        Descriptor::new("gauge", KeyDeclaration::Key(KEY), Format::Json).with_contract(&DEPOT);
    let directory = Directory::new();
    let half = [("DEPOT_ADDRESS", "store:1")];
    let error = Bootstrap::of_descriptor(&OF_DEPOT, options(&directory), &half).unwrap_err();
    assert!(
        error.to_string().contains("`CONFIG_SOURCE` is missing"),
        "{error}"
    );
    // By the standard names nothing is set.
    assert!(Bootstrap::with_variables(options(&directory), &half).is_ok());
}

#[tokio::test]
async fn the_descriptors_fields_take_the_place_of_the_common_ones() {
    let directory = Directory::new();
    let store = store();
    let file = r#"{"listen": "", "database": {"host": "h", "port": 1}}"#;
    let options = BootstrapOptions {
        config_path: directory
            .file("bare.json", file)
            .to_string_lossy()
            .into_owned(),
        ..options(&directory)
    };
    let bootstrap = Bootstrap::with_store(options, store.handle_of("gauge")).unwrap();
    let error = bootstrap
        .with_descriptor(GAUGE)
        .load::<Configuration>()
        .await
        .unwrap_err();
    assert!(error.to_string().contains("`listen` is empty"), "{error}");
}

#[tokio::test]
async fn a_key_that_the_store_does_not_accept_is_refused() {
    let directory = Directory::new();
    let wrong = BootstrapOptions {
        kv_key: Some("config/{{agent_id}}.json".to_owned()),
        ..options(&directory)
    };
    assert!(Bootstrap::with_store(wrong, store()).is_err());
    assert_eq!(Outcome::of::<()>(&Ok(())), Outcome::Done);
}
