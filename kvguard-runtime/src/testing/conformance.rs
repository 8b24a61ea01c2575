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
//! let capabilities = Capabilities::new()
//!     .lists_keys()
//!     .put_tells_revision()
//!     .watch_tells_revision()
//!     .tells_creation()
//!     .tells_limits();
//! run_all(subject, &capabilities).await;
//! # }
//! ```

mod access;
mod expect;
mod part;
mod reads;
mod watches;
mod writes;

use std::any::Any;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::timeout;

pub use part::Part;

use crate::KvStore;

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
    tells_creation: bool,
    tells_limits: bool,
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

    /// What is read tells [when it was written](crate::Entry::created).
    #[must_use]
    pub fn tells_creation(mut self) -> Self {
        self.tells_creation = true;
        self
    }

    /// [`KvStore::describe_bucket`] tells how long values live, and how many bytes the bucket and a value may have.
    #[must_use]
    pub fn tells_limits(mut self) -> Self {
        self.tells_limits = true;
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
    /// What it needs besides a store that may be written to.
    pub needs: Part,
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
        if !self.needs.is_there(subject, capabilities) {
            return Ok(false);
        }
        match timeout(CASE_DEADLINE, (self.run)(subject, capabilities)).await {
            Ok(outcome) => outcome.map(|()| true),
            Err(_) => Err(format!("it did not end within {CASE_DEADLINE:?}")),
        }
    }
}

const CASE_DEADLINE: Duration = Duration::from_secs(30);

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
    ($dollar:tt $($module:ident::$name:ident needs $part:ident;)*) => {
        /// All cases.
        pub const CASES: &[Case] = &[$(Case {
            name: stringify!($name),
            needs: Part::$part,
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
    reads::a_key_that_was_never_set_holds_nothing needs Nothing;
    reads::what_was_put_is_read_with_its_revision needs Nothing;
    reads::an_entry_tells_when_it_was_written_if_the_store_states_it needs Nothing;
    reads::a_bucket_is_described_as_far_as_the_store_states needs Nothing;
    reads::any_bytes_are_a_value needs Nothing;
    reads::an_empty_value_is_a_value needs EmptyValues;
    reads::keys_of_every_allowed_character_are_told_apart needs Nothing;
    reads::many_keys_are_read_in_the_order_they_were_asked_for needs Nothing;
    reads::many_keys_with_long_values_are_read_at_once needs Nothing;
    reads::no_keys_are_read_as_nothing needs Nothing;
    reads::a_key_that_is_asked_for_twice_is_told_twice needs Nothing;
    reads::keys_are_listed_sorted_by_their_prefix needs ListedKeys;
    reads::a_deleted_key_is_not_listed needs ListedKeys;
    reads::a_store_lists_keys_if_it_states_it needs Nothing;
    writes::each_put_has_a_greater_revision needs Nothing;
    writes::a_put_tells_the_revision_that_is_read needs RevisionsOfPuts;
    writes::a_key_is_created_once needs Nothing;
    writes::a_created_key_tells_the_revision_that_is_read needs RevisionsOfPuts;
    writes::a_key_is_created_again_after_it_was_deleted needs Nothing;
    writes::of_two_that_create_at_once_one_wins needs Nothing;
    writes::an_update_at_the_revision_that_was_read_is_done needs Nothing;
    writes::an_update_at_another_revision_is_a_conflict_and_changes_nothing needs Nothing;
    writes::an_update_of_a_key_that_holds_nothing_is_a_conflict needs Nothing;
    writes::of_two_that_update_at_once_one_wins needs Nothing;
    writes::a_deleted_key_holds_nothing needs Nothing;
    writes::to_delete_what_is_not_there_is_no_error needs Nothing;
    writes::a_purged_key_holds_nothing_and_can_be_created_again needs Nothing;
    writes::to_purge_what_is_not_there_is_no_error needs Nothing;
    writes::a_key_of_another_domain_is_refused_and_named needs OtherDomains;
    writes::a_key_below_domains_is_a_key_as_any_other needs OneDomain;
    writes::a_value_at_the_limit_is_taken needs ValueLimit;
    writes::a_value_over_the_limit_is_refused_and_changes_nothing needs ValueLimit;
    watches::a_watch_begins_with_what_the_key_holds needs Nothing;
    watches::a_watch_of_a_key_that_holds_nothing_begins_with_its_first_value needs Nothing;
    watches::a_watch_tells_each_value_that_is_waited_for needs Nothing;
    watches::a_watch_ends_up_with_the_last_of_many_values needs Nothing;
    watches::a_watch_tells_a_deletion_and_the_value_after_it needs Nothing;
    watches::a_watch_tells_nothing_of_other_keys needs Nothing;
    watches::each_watch_is_told_by_itself needs Nothing;
    watches::a_watch_tells_revisions_if_it_states_it needs Nothing;
    watches::to_stop_waiting_loses_no_change needs Nothing;
    access::a_reader_reads_and_watches needs Reader;
    access::a_reader_is_told_of_the_bucket needs Reader;
    access::a_reader_is_denied_each_write_and_nothing_changes needs Reader;
    access::nobody_is_denied_reads needs Nobody;
    access::nobody_is_denied_writes_and_nothing_changes needs Nobody;
    access::nobody_is_denied_a_watch needs Nobody;
}
