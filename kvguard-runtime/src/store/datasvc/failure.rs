//! What a call's failure means for the store's user.

use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tonic::{Code, Status, TimeoutExpired};

use super::connect::Connector;
use super::connect_fault::ConnectFault;
use crate::{Denial, Operation, StoreError, StoreErrorKind};

/// Why a call failed. It holds no text of the server, which could repeat a value.
#[derive(Debug)]
pub(super) enum Failure {
    /// The connection broke during the call, or had ended before.
    Broken {
        /// Whether anything was sent on it meanwhile, so that the server may have done what was asked.
        was_sent: bool,
        /// That the server ended it because of the client's certificate, if it did.
        refusal: Option<Arc<ConnectFault>>,
        identity: Option<String>,
    },
    /// Within the deadline there was no answer.
    TimedOut,
    /// There was no connection.
    NotConnected {
        kind: StoreErrorKind,
        fault: Arc<ConnectFault>,
    },
    /// The server answered with a status.
    Answered {
        code: Code,
        hint: Option<Hint>,
        identity: Option<String>,
    },
}

/// What a server's message is known to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hint {
    /// The value is too long, with the most bytes of a message where that is told.
    TooLarge(Option<usize>),
    /// There is no more room.
    Full,
}

impl Failure {
    /// The failure that there is no connection.
    pub(super) fn not_connected(fault: Arc<ConnectFault>, connector: &Connector) -> Self {
        Self::NotConnected {
            kind: fault.kind(connector.identity()),
            fault,
        }
    }

    /// The failure of a call.
    pub(super) fn of(status: &Status, connector: &Connector) -> Self {
        // A status that has a cause was made here, not by the server.
        let mut cause = Error::source(status);
        if cause.is_none() {
            return Self::Answered {
                code: status.code(),
                hint: hint(status.message()),
                identity: connector.identity(),
            };
        }
        while let Some(error) = cause {
            if error.is::<TimeoutExpired>() {
                return Self::TimedOut;
            }
            cause = error.source();
        }
        Self::broken(true, connector)
    }

    /// The failure that the connection ended.
    pub(super) fn broken(was_sent: bool, connector: &Connector) -> Self {
        let refusal = connector.refusal();
        Self::Broken {
            was_sent,
            refusal: refusal.map(|alert| Arc::new(ConnectFault::Refused(alert))),
            identity: connector.identity(),
        }
    }

    /// Whether the same may succeed on another connection, as it would at another time.
    pub(super) fn is_broken(&self) -> bool {
        matches!(self, Self::Broken { refusal: None, .. })
    }

    /// The store's error.
    pub(super) fn into_error(self, operation: Operation, deadline: Duration) -> StoreError {
        match self {
            Self::Broken {
                refusal: Some(fault),
                identity,
                ..
            } => StoreError::new(operation, fault.kind(identity)).with_source(fault),
            Self::Broken { refusal: None, .. } => {
                StoreError::new(operation, StoreErrorKind::Unavailable)
                    .with_source("the connection to the data service broke")
            }
            Self::TimedOut => StoreError::new(operation, StoreErrorKind::TimedOut(deadline)),
            Self::NotConnected { kind, fault } => {
                StoreError::new(operation, kind).with_source(fault)
            }
            Self::Answered {
                code,
                hint,
                identity,
            } => StoreError::new(operation, kind(operation, code, hint, identity, deadline))
                .with_source(Answer(code)),
        }
    }
}

fn kind(
    operation: Operation,
    code: Code,
    hint: Option<Hint>,
    identity: Option<String>,
    deadline: Duration,
) -> StoreErrorKind {
    match (code, hint) {
        (Code::PermissionDenied | Code::Unauthenticated, _) => {
            let role = if operation.is_write() {
                "writer"
            } else {
                "reader"
            };
            let mut denial = Denial::new().with_missing(role);
            denial.identity = identity;
            StoreErrorKind::PermissionDenied(denial)
        }
        (Code::AlreadyExists | Code::Aborted, _) => StoreErrorKind::Conflict,
        (Code::DeadlineExceeded, _) => StoreErrorKind::TimedOut(deadline),
        (
            Code::ResourceExhausted | Code::OutOfRange | Code::Internal | Code::Unknown,
            Some(hint),
        ) if operation.is_write() => match hint {
            Hint::TooLarge(limit) => StoreErrorKind::TooLarge { limit },
            Hint::Full => StoreErrorKind::Full,
        },
        (Code::ResourceExhausted, None) if operation.is_write() => StoreErrorKind::Full,
        // Nothing runs out by reading but the room in the answer.
        (Code::ResourceExhausted | Code::OutOfRange, Some(Hint::TooLarge(limit))) => {
            StoreErrorKind::TooLarge { limit }
        }
        (Code::ResourceExhausted, _) => StoreErrorKind::TooLarge { limit: None },
        (
            Code::InvalidArgument
            | Code::NotFound
            | Code::FailedPrecondition
            | Code::OutOfRange
            | Code::Unimplemented
            | Code::DataLoss
            | Code::Ok,
            _,
        ) => StoreErrorKind::Malformed,
        // A data service that cannot reach the store behind it answers `Internal`, too.
        (Code::Cancelled | Code::Unknown | Code::Internal | Code::Unavailable, _) => {
            StoreErrorKind::Unavailable
        }
    }
}

/// What the messages of gRPC servers in Go and Rust, and of the NATS client behind the data service, are known to say.
fn hint(message: &str) -> Option<Hint> {
    let says = |text: &str| message.contains(text);
    if says("larger than max") || says("length too large") || says("maximum payload exceeded") {
        // `received message larger than max (5000 vs. 4096)`, or `found 5000 bytes, the limit is: 4096 bytes`
        let limit = ["vs. ", "limit is: "].iter().find_map(|before| {
            let (_, rest) = message.split_once(before)?;
            let (limit, _) = rest.split_once([')', ' '])?;
            limit.parse().ok()
        });
        Some(Hint::TooLarge(limit))
    } else if says("maximum bytes exceeded")
        || says("maximum messages exceeded")
        || says("insufficient resources")
        || says("insufficient storage")
        || says("resource limits exceeded")
    {
        Some(Hint::Full)
    } else {
        None
    }
}

/// The status that the data service answered with.
#[derive(Debug)]
struct Answer(Code);

impl fmt::Display for Answer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "the data service answered `{:?}`", self.0)
    }
}

impl Error for Answer {}

#[cfg(test)]
mod tests {
    use super::{Failure, Hint, hint};
    use crate::{Operation, StoreErrorKind};
    use std::time::Duration;
    use tonic::Code;

    const DEADLINE: Duration = Duration::from_secs(1);

    fn kind(operation: Operation, code: Code, message: &str) -> StoreErrorKind {
        let failure = Failure::Answered {
            code,
            hint: hint(message),
            identity: Some("CN=trapd".to_owned()),
        };
        failure.into_error(operation, DEADLINE).kind().clone()
    }

    #[test]
    fn a_denial_names_the_identity_and_the_role_that_the_operation_needs() {
        for code in [Code::PermissionDenied, Code::Unauthenticated] {
            for (operation, role) in [(Operation::Watch, "reader"), (Operation::Create, "writer")] {
                let StoreErrorKind::PermissionDenied(denial) = kind(operation, code, "") else {
                    panic!("{code:?} is a denial");
                };
                assert_eq!(denial.identity.as_deref(), Some("CN=trapd"));
                assert_eq!(denial.missing.as_deref(), Some(role));
            }
        }
    }

    #[test]
    fn statuses_are_told_apart() {
        for (operation, code, expected) in [
            (
                Operation::Create,
                Code::AlreadyExists,
                StoreErrorKind::Conflict,
            ),
            (Operation::Update, Code::Aborted, StoreErrorKind::Conflict),
            (
                Operation::Put,
                Code::ResourceExhausted,
                StoreErrorKind::Full,
            ),
            (
                Operation::Get,
                Code::ResourceExhausted,
                StoreErrorKind::TooLarge { limit: None },
            ),
            (
                Operation::Get,
                Code::Unavailable,
                StoreErrorKind::Unavailable,
            ),
            (Operation::Get, Code::Internal, StoreErrorKind::Unavailable),
            (
                Operation::Get,
                Code::DeadlineExceeded,
                StoreErrorKind::TimedOut(DEADLINE),
            ),
            (
                Operation::Get,
                Code::Unimplemented,
                StoreErrorKind::Malformed,
            ),
        ] {
            assert_eq!(kind(operation, code, ""), expected, "{code:?}");
        }
    }

    #[test]
    fn a_message_tells_that_a_value_is_too_long_or_a_bucket_full() {
        for (message, expected) in [
            (
                "grpc: received message larger than max (5000000 vs. 4194304)",
                Some(Hint::TooLarge(Some(4_194_304))),
            ),
            (
                "grpc: trying to send message larger than max (5000000 vs. 4194304)",
                Some(Hint::TooLarge(Some(4_194_304))),
            ),
            (
                "Error, decoded message length too large: found 5000 bytes, the limit is: 4096 bytes",
                Some(Hint::TooLarge(Some(4_096))),
            ),
            (
                "failed to put key a: nats: maximum payload exceeded",
                Some(Hint::TooLarge(None)),
            ),
            (
                "failed to put key a: nats: API error: code=503 err_code=10077 description=maximum bytes exceeded",
                Some(Hint::Full),
            ),
            ("failed to put key a: nats: no responders", None),
        ] {
            assert_eq!(hint(message), expected, "{message}");
        }
    }

    #[test]
    fn what_the_server_says_is_not_shown() {
        let failure = Failure::Answered {
            code: Code::Internal,
            hint: hint("cannot store `hunter2`"),
            identity: None,
        };
        let error = failure.into_error(Operation::Put, DEADLINE);
        assert!(!format!("{error:?} {error}").contains("hunter2"));
    }
}
