//! What the reference does not take, and the statuses that it answers with.

use http::Response;
use prost::Message;
use tonic::body::Body;
use tonic::{Code, Status};

use super::Shared;
use crate::store::datasvc::wire::domain_of;
use crate::{Operation, StoreErrorKind};

/// A message, unless it is longer than the server sends.
pub(super) fn sent<Answer: Message>(limit: usize, answer: Answer) -> Result<Answer, Status> {
    let bytes = answer.encoded_len();
    if bytes > limit {
        return Err(Status::resource_exhausted(format!(
            "grpc: trying to send message larger than max ({bytes} vs. {limit})"
        )));
    }
    Ok(answer)
}

/// An answer, in the words of the reference where the request was longer than the server takes: tonic answers that as out of range, which
/// nothing else here is.
pub(super) fn received(limit: usize, answered: Response<Body>) -> Response<Body> {
    match Status::from_header_map(answered.headers()) {
        Some(status) if status.code() == Code::OutOfRange => {
            let bytes = first_number(status.message()).unwrap_or(usize::MAX);
            Status::resource_exhausted(format!(
                "grpc: received message larger than max ({bytes} vs. {limit})"
            ))
            .into_http()
        }
        _ => answered,
    }
}

fn first_number(text: &str) -> Option<usize> {
    text.split(|character: char| !character.is_ascii_digit())
        .find(|digits| !digits.is_empty())?
        .parse()
        .ok()
}

/// That a key is of the server's own domain: it has no other.
pub(super) fn own(operation: Operation, key: &str) -> Result<(), Status> {
    match domain_of(key) {
        None => Ok(()),
        Some(domain) => Err(Status::internal(format!(
            "failed to {operation} key {key}: there is no JetStream domain `{domain}`, which keys that begin with `domains/{domain}/` are of"
        ))),
    }
}

/// That a value is taken, in the words of the store behind the reference.
pub(super) fn check_room(shared: &Shared, key: &str, value: &[u8]) -> Result<(), Status> {
    let limits = &shared.limits;
    if limits.value.is_some_and(|limit| value.len() > limit) {
        return Err(Status::internal("nats: maximum payload exceeded"));
    }
    let others = shared.values.bytes_without(key);
    if limits.room.is_some_and(|room| others + value.len() > room) {
        return Err(Status::internal("nats: API error: maximum bytes exceeded"));
    }
    Ok(())
}

/// The status that the reference has for a kind of error: `Internal` but for conflicts, denials and time. It has none for what makes no
/// sense, which is a loss of data here.
pub(super) fn status(operation: Operation, kind: &StoreErrorKind) -> Status {
    match kind {
        StoreErrorKind::PermissionDenied(_) => Status::permission_denied("as the test says"),
        StoreErrorKind::Conflict if operation == Operation::Create => {
            Status::already_exists("as the test says")
        }
        StoreErrorKind::Conflict => Status::aborted("as the test says"),
        StoreErrorKind::TimedOut(_) => Status::deadline_exceeded("as the test says"),
        StoreErrorKind::Malformed => Status::data_loss("as the test says"),
        StoreErrorKind::Unavailable => {
            Status::internal("nats: no responders available for request")
        }
        StoreErrorKind::NoBucket { .. } => Status::internal("nats: stream not found"),
        StoreErrorKind::InvalidKey(_) => Status::internal("nats: invalid key"),
        StoreErrorKind::TooLarge { .. } => Status::internal("nats: maximum payload exceeded"),
        StoreErrorKind::Full => Status::internal("nats: API error: maximum bytes exceeded"),
    }
}
