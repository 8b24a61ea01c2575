//! What a tested function gives.

use std::fmt::{self, Debug, Display};
use std::pin::Pin;

use futures_core::Stream;
use serde::Serialize;
use serde_json::Value;

/// What a service has loaded, for a test to look at.
///
/// A tested function gives its configuration, which is anything that serde serialises, or a `Boot` of it, which can say more.
pub struct Boot {
    pub(super) configuration: Result<Value, String>,
    pub(super) degraded: Option<String>,
    pub(super) updates: Option<Updates>,
}

/// The configurations that a watch brings, or why one was refused.
pub(super) type Updates = Pin<Box<dyn Stream<Item = Result<Value, String>>>>;

impl Boot {
    /// A configuration that was loaded.
    pub fn new<T: Serialize + ?Sized>(configuration: &T) -> Self {
        Self {
            configuration: shown(configuration),
            degraded: None,
            updates: None,
        }
    }

    /// Says that it was loaded without the store, and why.
    #[must_use]
    pub fn degraded(mut self, reason: impl Into<String>) -> Self {
        self.degraded = Some(reason.into());
        self
    }

    /// With the configurations that the service's watch brings, and its errors: an invalid value is one, or is left out.
    ///
    /// What [`Bootstrap`](crate::Bootstrap) gives is shown by [`with_bootstrap_updates`](Self::with_bootstrap_updates).
    #[must_use]
    pub fn with_updates<T: BootOutcome, E: Display>(
        mut self,
        updates: impl Stream<Item = Result<T, E>> + 'static,
    ) -> Self {
        self.updates = Some(Box::pin(Shown(Box::pin(updates))));
        self
    }
}

#[cfg(feature = "bootstrap")]
impl Boot {
    /// With the updates of a [`Bootstrap`](crate::Bootstrap).
    #[must_use]
    pub fn with_bootstrap_updates<T: Serialize + serde::de::DeserializeOwned + 'static>(
        self,
        updates: crate::bootstrap::Updates<T>,
    ) -> Self {
        self.with_updates(OfBootstrap(next_of(updates)))
    }
}

/// What a watch of a bootstrap gives next, and itself.
#[cfg(feature = "bootstrap")]
type NextOf<T> = Pin<
    Box<
        dyn Future<
            Output = Option<(
                Result<crate::Loaded<T>, crate::BootstrapError>,
                crate::bootstrap::Updates<T>,
            )>,
        >,
    >,
>;

#[cfg(feature = "bootstrap")]
fn next_of<T: serde::de::DeserializeOwned + 'static>(
    mut updates: crate::bootstrap::Updates<T>,
) -> NextOf<T> {
    Box::pin(async move {
        let update = updates.next().await?;
        Some((update, updates))
    })
}

/// A watch of a bootstrap as a stream.
#[cfg(feature = "bootstrap")]
struct OfBootstrap<T>(NextOf<T>);

#[cfg(feature = "bootstrap")]
impl<T: serde::de::DeserializeOwned + 'static> Stream for OfBootstrap<T> {
    type Item = Result<crate::Loaded<T>, crate::BootstrapError>;

    fn poll_next(
        mut self: Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Self::Item>> {
        self.0.as_mut().poll(context).map(|next| {
            let (update, updates) = next?;
            self.0 = next_of(updates);
            Some(update)
        })
    }
}

impl Debug for Boot {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Boot")
            .field("degraded", &self.degraded)
            .finish_non_exhaustive()
    }
}

/// What a tested function may give: a configuration that serde serialises, or a [`Boot`].
#[diagnostic::on_unimplemented(
    message = "a test cannot look into `{Self}`",
    label = "this is what the service has loaded",
    note = "derive `serde::Serialize` for the configuration, or give `Boot::new(&…)` of what can be serialised"
)]
pub trait BootOutcome {
    /// What it shows.
    fn into_boot(self) -> Boot;
}

impl<T: Serialize> BootOutcome for T {
    fn into_boot(self) -> Boot {
        Boot::new(&self)
    }
}

#[cfg(feature = "bootstrap")]
impl<T: Serialize> BootOutcome for crate::Loaded<T> {
    fn into_boot(self) -> Boot {
        let boot = Boot::new(&self.config);
        match &self.degraded {
            Some(reason) => boot.degraded(reason.to_string()),
            None => boot,
        }
    }
}

impl BootOutcome for Boot {
    fn into_boot(self) -> Boot {
        self
    }
}

/// The outcome of a function that gives a result.
#[doc(hidden)]
pub fn of_result<T: BootOutcome, E: Display + Debug>(result: Result<T, E>) -> Result<Boot, String> {
    // What led to an error is in the one or the other form, by what made it.
    result
        .map(BootOutcome::into_boot)
        .map_err(|error| format!("{error:#}\n{error:?}"))
}

/// The outcome of a function that panics where it fails.
#[doc(hidden)]
pub fn of_value<T: BootOutcome>(value: T) -> Result<Boot, String> {
    Ok(value.into_boot())
}

fn shown<T: Serialize + ?Sized>(configuration: &T) -> Result<Value, String> {
    serde_json::to_value(configuration).map_err(|error| error.to_string())
}

/// A stream whose items are shown.
struct Shown<S>(Pin<Box<S>>);

impl<T: BootOutcome, E: Display, S: Stream<Item = Result<T, E>>> Stream for Shown<S> {
    type Item = Result<Value, String>;

    fn poll_next(
        mut self: Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Self::Item>> {
        self.0.as_mut().poll_next(context).map(|item| {
            item.map(|item| match item {
                Ok(configuration) => configuration.into_boot().configuration,
                Err(error) => Err(format!("{error:#}")),
            })
        })
    }
}
