//! From the environment to a store.

use std::sync::Arc;

use super::{Connection, KvEnvironment};
use crate::KvStore;
use crate::bootstrap::BootstrapErrorKind;

/// Connects to the store that the environment tells of.
pub(crate) async fn connect(
    environment: &KvEnvironment,
) -> Result<Arc<dyn KvStore>, BootstrapErrorKind> {
    let feature = match &environment.connection {
        Connection::DatasvcMtls(_) => "datasvc",
        Connection::DatasvcSpiffe(_) => "spiffe",
        Connection::Nats { .. } => "nats",
    };
    Err(BootstrapErrorKind::NotBuilt { feature })
}
