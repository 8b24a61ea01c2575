//! The suite that every store passes, with the parts that it states it has.
//!
//! A test binary has one test for each case with [`conformance_tests!`](crate::conformance_tests), or runs them all with
//! [`run_all`], which tells of every case that fails.
//!
//! ```
//! use kvguard_runtime::testing::conformance::{Capabilities, Subject, run_all};
//! use kvguard_runtime::testing::{AccessTable, MemoryStore};
//!
//! async fn subject() -> Subject {
//!     let table = AccessTable::new().grant("w", "writer").grant("r", "reader");
//!     let store = MemoryStore::new().with_access_table(table);
//!     Subject::new(store.handle_of("w"))
//!         .with_reader(store.handle_of("r"))
//!         .with_nobody(store.handle_of("n"))
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let capabilities = Capabilities::new().lists_keys().put_tells_revision().watch_tells_revision();
//! run_all(subject, &capabilities).await;
//! # }
//! ```

mod access;
mod reads;
mod watches;
mod writes;

use std::any::Any;
use std::fmt::Debug;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::timeout;

use crate::{Key, KvStore, StoreError, StoreErrorKind, Value, Watch};

/// What a store states that it can do, besides what every store can.
#[derive(Debug, Clone, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "a store has each part or has not"
)]
pub struct Capabilities {
    lists_keys: bool,
    put_tells_revision: bool,
    watch_tells_revision: bool,
    takes_empty_values: bool,
    other_domains: bool,
    value_limit: Option<usize>,
}

impl Capabilities {
    /// Nothing besides what every store can.
    pub fn new() -> Self {
        Self::default()
    }

    /// It can list its keys.
    #[must_use]
    pub fn lists_keys(mut self) -> Self {
        self.lists_keys = true;
        self
    }

    /// [`KvStore::put`] and [`KvStore::create`] tell the new revision.
    #[must_use]
    pub fn put_tells_revision(mut self) -> Self {
        self.put_tells_revision = true;
        self
    }

    /// [`KvStore::watch`] tells revisions.
    #[must_use]
    pub fn watch_tells_revision(mut self) -> Self {
        self.watch_tells_revision = true;
        self
    }

    /// An empty value is a value: its watch does not take it for a deletion.
    #[must_use]
    pub fn takes_empty_values(mut self) -> Self {
        self.takes_empty_values = true;
        self
    }

    /// Keys that begin with `domains/NAME/` are those of another `JetStream` domain, which the store refuses.
    #[must_use]
    pub fn other_domains(mut self) -> Self {
        self.other_domains = true;
        self
    }

    /// A value of this many bytes is taken, and one of one byte more is refused as too large.
    #[must_use]
    pub fn value_limit(mut self, bytes: usize) -> Self {
        self.value_limit = Some(bytes);
        self
    }
}

/// A fresh store that holds nothing, by who asks.
pub struct Subject {
    store: Arc<dyn KvStore>,
    reader: Option<Arc<dyn KvStore>>,
    nobody: Option<Arc<dyn KvStore>>,
    kept: Vec<Box<dyn Any + Send + Sync>>,
}

impl Subject {
    /// A store as one who may write reaches it.
    pub fn new(writer: impl KvStore + 'static) -> Self {
        Self {
            store: Arc::new(writer),
            reader: None,
            nobody: None,
            kept: Vec::new(),
        }
    }

    /// With the same store as one who may only read reaches it.
    #[must_use]
    pub fn with_reader(mut self, reader: impl KvStore + 'static) -> Self {
        self.reader = Some(Arc::new(reader));
        self
    }

    /// With the same store as one to whom nothing is granted reaches it.
    #[must_use]
    pub fn with_nobody(mut self, nobody: impl KvStore + 'static) -> Self {
        self.nobody = Some(Arc::new(nobody));
        self
    }

    /// With something that is kept until the case is over, such as the server.
    #[must_use]
    pub fn keeping(mut self, kept: impl Any + Send + Sync) -> Self {
        self.kept.push(Box::new(kept));
        self
    }
}

/// Why a case fails.
pub type Failure = String;

type Running<'a> = Pin<Box<dyn Future<Output = Result<(), Failure>> + Send + 'a>>;

/// One case of the suite.
pub struct Case {
    /// Its name, which says what a store does.
    pub name: &'static str,
    applies: fn(&Subject, &Capabilities) -> bool,
    run: for<'a> fn(&'a Subject, &'a Capabilities) -> Running<'a>,
}

impl Case {
    /// Runs it against a fresh store, within thirty seconds. It is not run (`Ok(false)`) against a store that does not state
    /// that it has this part.
    ///
    /// # Errors
    ///
    /// What the store did instead. It never tells a value.
    pub async fn run(
        &self,
        subject: &Subject,
        capabilities: &Capabilities,
    ) -> Result<bool, Failure> {
        if !(self.applies)(subject, capabilities) {
            return Ok(false);
        }
        match timeout(CASE_DEADLINE, (self.run)(subject, capabilities)).await {
            Ok(outcome) => outcome.map(|()| true),
            Err(_) => Err(format!("it did not end within {CASE_DEADLINE:?}")),
        }
    }
}

const CASE_DEADLINE: Duration = Duration::from_secs(30);

/// How long a change may take to come to a watch.
const CHANGE_DEADLINE: Duration = Duration::from_secs(10);

/// Runs one case by its name, against a store of the factory; whether the store has that part.
///
/// # Panics
///
/// If the case fails, or there is none of that name.
pub async fn run<Making>(
    case: &str,
    factory: impl FnOnce() -> Making,
    capabilities: &Capabilities,
) -> bool
where
    Making: Future<Output = Subject>,
{
    let Some(found) = CASES.iter().find(|known| known.name == case) else {
        panic!("there is no conformance case `{case}`");
    };
    let subject = factory().await;
    match found.run(&subject, capabilities).await {
        Ok(has_part) => has_part,
        Err(failure) => panic!("conformance case `{case}`: {failure}"),
    }
}

/// Runs all cases, each against a store of its own from the factory; how many there were that the store has the parts for.
///
/// # Panics
///
/// After the last case, if one failed: with the names of all that did, and why.
pub async fn run_all<Making>(
    mut factory: impl FnMut() -> Making,
    capabilities: &Capabilities,
) -> usize
where
    Making: Future<Output = Subject>,
{
    let mut run = 0;
    let mut failures = Vec::new();
    for case in CASES {
        let subject = factory().await;
        match case.run(&subject, capabilities).await {
            Ok(has_part) => run += usize::from(has_part),
            Err(failure) => failures.push(format!("conformance case `{}`: {failure}", case.name)),
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    run
}

macro_rules! cases {
    ($dollar:tt $($module:ident::$name:ident if $applies:expr;)*) => {
        /// All cases.
        pub const CASES: &[Case] = &[$(Case {
            name: stringify!($name),
            applies: $applies,
            run: |subject, capabilities| Box::pin($module::$name(subject, capabilities)),
        }),*];

        /// One test for each case of the [conformance suite](crate::testing::conformance), in the module where it stands.
        ///
        /// It takes an asynchronous function without arguments that gives a fresh [`Subject`](crate::testing::conformance::Subject), and
        /// the [`Capabilities`](crate::testing::conformance::Capabilities); the test crate needs `tokio` with `macros` and `rt-multi-thread`.
        #[macro_export]
        macro_rules! conformance_tests {
            ($dollar factory:expr, $dollar capabilities:expr) => {$(
                #[tokio::test(flavor = "multi_thread")]
                async fn $name() {
                    $dollar crate::testing::conformance::run(
                        stringify!($name),
                        $dollar factory,
                        &$dollar capabilities,
                    )
                    .await;
                }
            )*};
        }
    };
}

cases! { $
    reads::a_key_that_was_never_set_holds_nothing if |_, _| true;
    reads::what_was_put_is_read_with_its_revision if |_, _| true;
    reads::any_bytes_are_a_value if |_, _| true;
    reads::an_empty_value_is_a_value if |_, has| has.takes_empty_values;
    reads::keys_of_every_allowed_character_are_told_apart if |_, _| true;
    reads::many_keys_are_read_in_the_order_they_were_asked_for if |_, _| true;
    reads::many_keys_with_long_values_are_read_at_once if |_, _| true;
    reads::no_keys_are_read_as_nothing if |_, _| true;
    reads::a_key_that_is_asked_for_twice_is_told_twice if |_, _| true;
    reads::keys_are_listed_sorted_by_their_prefix if |_, has| has.lists_keys;
    reads::a_deleted_key_is_not_listed if |_, has| has.lists_keys;
    reads::a_store_lists_keys_if_it_states_it if |_, _| true;
    writes::each_put_has_a_greater_revision if |_, _| true;
    writes::a_put_tells_the_revision_that_is_read if |_, has| has.put_tells_revision;
    writes::a_key_is_created_once if |_, _| true;
    writes::a_created_key_tells_the_revision_that_is_read if |_, has| has.put_tells_revision;
    writes::a_key_is_created_again_after_it_was_deleted if |_, _| true;
    writes::of_two_that_create_at_once_one_wins if |_, _| true;
    writes::an_update_at_the_revision_that_was_read_is_done if |_, _| true;
    writes::an_update_at_another_revision_is_a_conflict_and_changes_nothing if |_, _| true;
    writes::an_update_of_a_key_that_holds_nothing_is_a_conflict if |_, _| true;
    writes::of_two_that_update_at_once_one_wins if |_, _| true;
    writes::a_deleted_key_holds_nothing if |_, _| true;
    writes::to_delete_what_is_not_there_is_no_error if |_, _| true;
    writes::a_key_of_another_domain_is_refused_and_named if |_, has| has.other_domains;
    writes::a_key_below_domains_is_a_key_as_any_other if |_, has| !has.other_domains;
    writes::a_value_at_the_limit_is_taken if |_, has| has.value_limit.is_some();
    writes::a_value_over_the_limit_is_refused_and_changes_nothing if |_, has| has.value_limit.is_some();
    watches::a_watch_begins_with_what_the_key_holds if |_, _| true;
    watches::a_watch_of_a_key_that_holds_nothing_begins_with_its_first_value if |_, _| true;
    watches::a_watch_tells_each_value_that_is_waited_for if |_, _| true;
    watches::a_watch_ends_up_with_the_last_of_many_values if |_, _| true;
    watches::a_watch_tells_a_deletion_and_the_value_after_it if |_, _| true;
    watches::a_watch_tells_nothing_of_other_keys if |_, _| true;
    watches::each_watch_is_told_by_itself if |_, _| true;
    watches::a_watch_tells_revisions_if_it_states_it if |_, _| true;
    watches::to_stop_waiting_loses_no_change if |_, _| true;
    access::a_reader_reads_and_watches if |subject, _| subject.reader.is_some();
    access::a_reader_is_denied_each_write_and_nothing_changes if |subject, _| subject.reader.is_some();
    access::nobody_is_denied_reads if |subject, _| subject.nobody.is_some();
    access::nobody_is_denied_writes_and_nothing_changes if |subject, _| subject.nobody.is_some();
    access::nobody_is_denied_a_watch if |subject, _| subject.nobody.is_some();
}

// What the cases are written with.

const KEY: Key = Key::from_static("config/conformance.json");
const OTHER: Key = Key::from_static("config/other.json");

/// What an operation gave, or a failure that tells what was done.
fn done<T>(what: &str, outcome: Result<T, StoreError>) -> Result<T, Failure> {
    outcome.map_err(|error| format!("{what} failed: {}", with_sources(&error)))
}

fn with_sources(error: &StoreError) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(error) = source {
        text.push_str(&format!(": {error}"));
        source = error.source();
    }
    text
}

/// That an operation failed with an error of a kind, about the key.
fn refused<T>(
    what: &str,
    key: &Key,
    outcome: Result<T, StoreError>,
    expected: &str,
    is_expected: impl Fn(&StoreErrorKind) -> bool,
) -> Result<(), Failure> {
    match outcome {
        Ok(_) => Err(format!("{what} was done, where {expected} was expected")),
        Err(error) if !is_expected(error.kind()) => Err(format!(
            "{what} failed with `{}`, where {expected} was expected",
            with_sources(&error)
        )),
        Err(error) if error.key() != Some(key) => Err(format!(
            "{what} failed with `{error}`, which does not name the key `{key}`"
        )),
        Err(_) => Ok(()),
    }
}

fn conflict<T>(what: &str, key: &Key, outcome: Result<T, StoreError>) -> Result<(), Failure> {
    refused(what, key, outcome, "a conflict", |kind| {
        matches!(kind, StoreErrorKind::Conflict)
    })
}

fn denied<T>(what: &str, key: &Key, outcome: Result<T, StoreError>) -> Result<(), Failure> {
    refused(what, key, outcome, "permission denied", |kind| {
        matches!(kind, StoreErrorKind::PermissionDenied(_))
    })
}

#[expect(clippy::needless_pass_by_value, reason = "the cases read so")]
fn equal<T: PartialEq + Debug>(what: &str, found: T, expected: T) -> Result<(), Failure> {
    if found == expected {
        return Ok(());
    }
    Err(format!(
        "{what}: {found:?}, where {expected:?} was expected"
    ))
}

/// That a key holds just this.
async fn holds(store: &dyn KvStore, key: &Key, expected: Option<&[u8]>) -> Result<(), Failure> {
    let entry = done("a get", store.get(key).await)?;
    let found = entry.as_ref().map(|entry| entry.value.as_bytes());
    match (found, expected) {
        (found, expected) if found == expected => Ok(()),
        (Some(_), Some(_)) => Err(format!("`{key}` holds another value than was expected")),
        (Some(_), None) => Err(format!("`{key}` holds a value, where none was expected")),
        (None, _) => Err(format!("`{key}` holds nothing, where a value was expected")),
    }
}

/// The next change of a watch as its value, none for a deletion.
async fn next(watch: &mut Watch) -> Result<Option<Value>, Failure> {
    use crate::Change;
    let change = timeout(CHANGE_DEADLINE, watch.next())
        .await
        .map_err(|_| format!("the watch told nothing within {CHANGE_DEADLINE:?}"))?
        .ok_or("the watch ended")?;
    Ok(match done("a watch", change)? {
        Change::Set { value, .. } => Some(value),
        Change::Deleted { .. } => None,
    })
}

/// That the next change of a watch is just this.
async fn tells(watch: &mut Watch, expected: Option<&[u8]>) -> Result<(), Failure> {
    let value = next(watch).await?;
    match (value.as_ref().map(Value::as_bytes), expected) {
        (found, expected) if found == expected => Ok(()),
        (Some(_), Some(_)) => Err("the watch told another value than was expected".to_owned()),
        (Some(_), None) => Err("the watch told a value, where a deletion was expected".to_owned()),
        (None, _) => Err("the watch told a deletion, where a value was expected".to_owned()),
    }
}
