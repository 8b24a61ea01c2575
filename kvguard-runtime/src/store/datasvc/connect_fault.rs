//! Why there is no connection to the data service.

use std::error::Error;
use std::fmt;
use std::io;
use std::time::Duration;

use tokio_rustls::rustls::{AlertDescription, Error as TlsError};

use crate::store::tls_files::Expected;
use crate::{Denial, StoreErrorKind};

/// Why there is no connection.
#[derive(Debug)]
pub(super) enum ConnectFault {
    /// Nothing answers, or what answers breaks off.
    Unreachable(io::Error),
    /// Nothing answered within this time.
    TimedOut(Duration),
    /// The server is not the one that is expected, or speaks another TLS.
    Server {
        error: TlsError,
        /// What to look at, where the error tells.
        advice: Option<String>,
    },
    /// The server does not take the client's certificate.
    Refused(AlertDescription),
    /// The Workload API gives this workload no identity.
    #[cfg(feature = "spiffe")]
    NoIdentity,
    /// What the store was set up with cannot be used.
    Unusable(String),
    /// The HTTP/2 connection could not be begun.
    Protocol(tonic::transport::Error),
}

impl ConnectFault {
    pub(super) fn unusable(reason: impl Into<String>) -> Self {
        Self::Unusable(reason.into())
    }

    /// The kind of the store's error, with the identity that was presented.
    pub(super) fn kind(&self, identity: Option<String>) -> StoreErrorKind {
        match self {
            Self::Unreachable(_) | Self::Protocol(_) => StoreErrorKind::Unavailable,
            Self::TimedOut(time) => StoreErrorKind::TimedOut(*time),
            Self::Server { .. } | Self::Unusable(_) => StoreErrorKind::Malformed,
            Self::Refused(_) => refused(identity),
            #[cfg(feature = "spiffe")]
            Self::NoIdentity => StoreErrorKind::PermissionDenied(
                Denial::new().with_missing("an X.509 SVID of the Workload API"),
            ),
        }
    }

    /// The fault of a TLS handshake.
    pub(super) fn of_handshake(error: io::Error, expected: &Expected) -> Self {
        if let Some(alert) = certificate_alert(&error) {
            return Self::Refused(alert);
        }
        match tls_error(&error) {
            Some(fault) => Self::Server {
                error: fault.clone(),
                advice: expected.why_not(fault),
            },
            None => Self::Unreachable(error),
        }
    }
}

impl fmt::Display for ConnectFault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreachable(_) => formatter.write_str("the data service cannot be reached"),
            Self::TimedOut(time) => write!(formatter, "no connection within {time:?}"),
            Self::Server { advice, .. } => {
                formatter.write_str("the server is not the expected data service")?;
                match advice {
                    Some(advice) => write!(formatter, ": {advice}"),
                    None => Ok(()),
                }
            }
            Self::Refused(alert) => write!(
                formatter,
                "the data service does not take the client's certificate: {alert:?}"
            ),
            #[cfg(feature = "spiffe")]
            Self::NoIdentity => {
                formatter.write_str("the Workload API gives this workload no identity")
            }
            Self::Unusable(reason) => formatter.write_str(reason),
            Self::Protocol(_) => {
                formatter.write_str("an HTTP/2 connection to the data service cannot be begun")
            }
        }
    }
}

impl Error for ConnectFault {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Unreachable(error) => Some(error),
            Self::Server { error, .. } => Some(error),
            Self::Protocol(error) => Some(error),
            #[cfg(feature = "spiffe")]
            Self::NoIdentity => None,
            Self::TimedOut(_) | Self::Refused(_) | Self::Unusable(_) => None,
        }
    }
}

/// A denial because of the client's certificate.
pub(super) fn refused(identity: Option<String>) -> StoreErrorKind {
    let mut denial = Denial::new()
        .with_missing("a client certificate that the data service takes")
        .of_certificate();
    denial.identity = identity;
    StoreErrorKind::PermissionDenied(denial)
}

/// The TLS error in an error of reading or writing.
fn tls_error(error: &io::Error) -> Option<&TlsError> {
    error.get_ref()?.downcast_ref()
}

/// The alert by which the server said that it does not take the client's certificate.
pub(super) fn certificate_alert(error: &io::Error) -> Option<AlertDescription> {
    match tls_error(error)? {
        TlsError::AlertReceived(alert) => matches!(
            alert,
            AlertDescription::AccessDenied
                | AlertDescription::BadCertificate
                | AlertDescription::CertificateExpired
                | AlertDescription::CertificateRequired
                | AlertDescription::CertificateRevoked
                | AlertDescription::CertificateUnknown
                | AlertDescription::DecryptError
                | AlertDescription::NoCertificate
                | AlertDescription::UnknownCA
                | AlertDescription::UnsupportedCertificate
        )
        .then_some(*alert),
        _ => None,
    }
}
