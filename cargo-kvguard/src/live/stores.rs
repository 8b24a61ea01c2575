//! The stores that the services of a deployment call, connected to when they are needed.

use std::any::Any;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use kvguard_runtime::{KvStore, NewBucket};
use tokio::sync::OnceCell;

use super::failure::Failure;
use super::place::Place;

/// A connection for each place and login.
#[derive(Default)]
pub struct Stores {
    places: Vec<Connection>,
    of_service: BTreeMap<String, usize>,
    /// Whether each service calls its store by its own identity, so that what is denied is denied to the service.
    pub as_themselves: bool,
    /// The bucket to make where there is none.
    pub new_bucket: Option<NewBucket>,
    /// What is not looked at in them, and why: a sentence each.
    pub not_checked: Vec<String>,
    unreached: BTreeMap<String, Failure>,
    needed: Vec<Box<dyn Any>>,
}

struct Connection {
    place: Place,
    store: OnceCell<Arc<dyn KvStore>>,
}

impl Stores {
    /// Says where the store of a service is. Equal places share a connection.
    pub fn add(&mut self, service: String, place: Place) {
        let known = self.places.iter().position(|known| known.place == place);
        let position = known.unwrap_or_else(|| {
            self.places.push(Connection {
                place,
                store: OnceCell::new(),
            });
            self.places.len() - 1
        });
        self.of_service.insert(service, position);
    }

    /// Says why the store of a service is out of reach. The others are looked at all the same.
    pub fn add_unreached(&mut self, service: String, why: Failure) {
        self.unreached.insert(service, why);
    }

    /// The services whose store is out of reach, each with why.
    pub fn take_unreached(&mut self) -> BTreeMap<String, Failure> {
        std::mem::take(&mut self.unreached)
    }

    /// Keeps what the places need for as long as they are used: the files of logins, a way through to a cluster.
    pub fn keep(&mut self, needed: impl Any) {
        self.needed.push(Box::new(needed));
    }

    /// What the places need, for what goes on after these are gone.
    pub fn take_needed(&mut self) -> Vec<Box<dyn Any>> {
        std::mem::take(&mut self.needed)
    }

    /// The stores as messages name them.
    pub fn shown(&self) -> String {
        let mut shown: Vec<String> = Vec::new();
        for connection in &self.places {
            let place = connection.place.shown();
            if !shown.contains(&place) {
                shown.push(place);
            }
        }
        if shown.is_empty() {
            return "no store within reach".to_owned();
        }
        shown.join(" and ")
    }

    /// The position of the place of a service: services with equal positions share a connection.
    pub fn position(&self, service: &str) -> Option<usize> {
        self.of_service.get(service).copied()
    }

    /// Each store as messages name it, with the services that call it, by whatever login.
    pub fn by_store(&self) -> Vec<(String, Vec<&str>)> {
        let mut stores: BTreeMap<String, Vec<&str>> = BTreeMap::new();
        for (service, place) in &self.of_service {
            let shown = self.places[*place].place.shown();
            stores.entry(shown).or_default().push(service);
        }
        stores.into_iter().collect()
    }

    /// Where the store of a service is.
    ///
    /// # Errors
    ///
    /// None was said.
    pub fn place(&self, service: &str) -> Result<&Place, Failure> {
        Ok(&self.connection(service)?.place)
    }

    /// The store of a service.
    ///
    /// # Errors
    ///
    /// It cannot be connected to.
    pub async fn of(&self, service: &str, deadline: Duration) -> Result<Arc<dyn KvStore>, Failure> {
        let connection = self.connection(service)?;
        let connect = || async {
            let new_bucket = self.new_bucket.clone();
            let new_bucket = new_bucket.filter(|_| connection.place.has_buckets());
            connection
                .place
                .connect(deadline, new_bucket)
                .await
                .map_err(|error| Failure::of(connection.place.shown(), error))
        };
        connection.store.get_or_try_init(connect).await.cloned()
    }

    fn connection(&self, service: &str) -> Result<&Connection, Failure> {
        let position = self.of_service.get(service);
        position
            .map(|position| &self.places[*position])
            .ok_or_else(|| {
                Failure::BadPlace(format!("it is not known where the store of `{service}` is"))
            })
    }
}
