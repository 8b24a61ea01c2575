//! The standard health service, `grpc.health.v1.Health`. It asks for no grant.

use tokio::sync::mpsc;
use tonic::Status;

use crate::store::datasvc::wire::{HealthCheckRequest, HealthCheckResponse};
use crate::testing::grpc::Messages;

const SERVING: i32 = 1;
const SERVICE_UNKNOWN: i32 = 3;

fn status(asked: &HealthCheckRequest) -> i32 {
    match asked.service.as_str() {
        "" | "proto.KVService" => SERVING,
        _ => SERVICE_UNKNOWN,
    }
}

pub(super) fn check(asked: &HealthCheckRequest) -> Result<HealthCheckResponse, Status> {
    match status(asked) {
        SERVICE_UNKNOWN => Err(Status::not_found("unknown service")),
        status => Ok(HealthCheckResponse { status }),
    }
}

/// The status, which never changes while the server runs.
pub(super) fn watch(asked: &HealthCheckRequest) -> Messages<HealthCheckResponse> {
    let status = status(asked);
    let (sender, receiver) = mpsc::channel(1);
    tokio::spawn(async move {
        // A client that has gone is told nothing.
        drop(sender.send(Ok(HealthCheckResponse { status })).await);
        sender.closed().await;
    });
    Messages(receiver)
}
