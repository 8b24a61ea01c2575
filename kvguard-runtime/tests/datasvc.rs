//! The store behind a data service, against one in the test's own process.
#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

#[path = "datasvc/access.rs"]
mod access;
#[path = "datasvc/certificates.rs"]
mod certificates;
#[path = "datasvc/conformance.rs"]
mod conformance;
#[path = "datasvc/faults.rs"]
mod faults;
#[path = "datasvc/limits.rs"]
mod limits;
#[path = "datasvc/malformed_status.rs"]
mod malformed_status;
#[path = "datasvc/outages.rs"]
mod outages;
#[path = "datasvc/spiffe.rs"]
mod spiffe;
#[path = "datasvc/support.rs"]
mod support;
#[path = "datasvc/watches.rs"]
mod watches;
