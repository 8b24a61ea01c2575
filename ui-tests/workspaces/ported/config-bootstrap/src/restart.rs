//! Restarting a service that reads its configuration only when it starts.

use std::time::Duration;

/// Ends the process, for its supervisor to start it again.
#[derive(Clone, Debug)]
pub struct RestartHandle {
    service: String,
    kv_key: String,
    delay: Duration,
}

impl RestartHandle {
    pub fn new(service: impl Into<String>, kv_key: impl Into<String>) -> Self {
        Self {
            service: service.into(),
            kv_key: kv_key.into(),
            delay: Duration::from_millis(200),
        }
    }

    pub fn with_delay(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    pub fn trigger(&self) {
        tracing::warn!(service = %self.service, kv_key = %self.kv_key, "KV update detected; restarting");
        let delay = self.delay;
        tokio::spawn(async move {
            tokio::time::sleep(delay).await;
            std::process::exit(0);
        });
    }
}
