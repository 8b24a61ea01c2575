//! The messages and methods of the gRPC interfaces: the data service's, the standard health service's, and the SPIFFE Workload API's.
//!
//! Written by hand rather than generated, so that no compiler of protocol buffers is needed. None shows its bytes: they are
//! values and private keys.

use std::fmt;

/// The methods of `proto.KVService`.
pub(crate) mod method {
    pub(crate) const GET: &str = "/proto.KVService/Get";
    pub(crate) const BATCH_GET: &str = "/proto.KVService/BatchGet";
    pub(crate) const PUT: &str = "/proto.KVService/Put";
    pub(crate) const PUT_IF_ABSENT: &str = "/proto.KVService/PutIfAbsent";
    #[cfg(feature = "testing")]
    pub(crate) const PUT_MANY: &str = "/proto.KVService/PutMany";
    pub(crate) const UPDATE: &str = "/proto.KVService/Update";
    pub(crate) const DELETE: &str = "/proto.KVService/Delete";
    pub(crate) const WATCH: &str = "/proto.KVService/Watch";
    pub(crate) const INFO: &str = "/proto.KVService/Info";
    #[cfg(feature = "testing")]
    pub(crate) const HEALTH_CHECK: &str = "/grpc.health.v1.Health/Check";
    #[cfg(feature = "testing")]
    pub(crate) const HEALTH_WATCH: &str = "/grpc.health.v1.Health/Watch";
    #[cfg(feature = "spiffe")]
    pub(crate) const FETCH_X509_SVID: &str = "/SpiffeWorkloadAPI/FetchX509SVID";
}

/// The domain that a data service takes a key for one of, instead of its own: that of `domains/NAME/…` is `NAME`.
pub(crate) fn domain_of(key: &str) -> Option<&str> {
    let (domain, _) = key.strip_prefix("domains/")?.split_once('/')?;
    (!domain.is_empty()).then_some(domain)
}

/// The most bytes of a value in a message of so many, the rest of which takes these.
pub(crate) fn value_limit(message: usize, rest: usize) -> usize {
    // Before the value stand a byte for the field and the value's length.
    let room = message.saturating_sub(rest + 1);
    let limit = room.saturating_sub(prost::length_delimiter_len(room));
    let next = limit + 1;
    if next + prost::length_delimiter_len(next) <= room {
        next
    } else {
        limit
    }
}

/// The most bytes of a value that is read in a message of so many, whatever its revision.
pub(crate) fn readable_limit(message: usize) -> usize {
    let rest = GetResponse {
        value: Vec::new(),
        found: true,
        revision: u64::MAX,
    };
    value_limit(message, prost::Message::encoded_len(&rest))
}

/// How long a message is without its value of so many bytes.
pub(crate) fn length_without_value(message: &impl prost::Message, value: usize) -> usize {
    let field = match value {
        // An empty value is left out as a whole.
        0 => 0,
        _ => 1 + prost::length_delimiter_len(value) + value,
    };
    message.encoded_len() - field
}

/// The header that every call of the Workload API has, so that no browser can be made to call it.
#[cfg(feature = "spiffe")]
pub(crate) const WORKLOAD_HEADER: &str = "workload.spiffe.io";

/// A request that is about a key and nothing else: `GetRequest`, `DeleteRequest`, `WatchRequest`.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct KeyRequest {
    #[prost(string, tag = "1")]
    pub(crate) key: String,
}

#[derive(Clone, PartialEq, prost::Message)]
#[prost(skip_debug)]
pub(crate) struct GetResponse {
    #[prost(bytes = "vec", tag = "1")]
    pub(crate) value: Vec<u8>,
    #[prost(bool, tag = "2")]
    pub(crate) found: bool,
    #[prost(uint64, tag = "3")]
    pub(crate) revision: u64,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct BatchGetRequest {
    #[prost(string, repeated, tag = "1")]
    pub(crate) keys: Vec<String>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct BatchGetResponse {
    #[prost(message, repeated, tag = "1")]
    pub(crate) results: Vec<BatchGetResult>,
}

#[derive(Clone, PartialEq, prost::Message)]
#[prost(skip_debug)]
pub(crate) struct BatchGetResult {
    #[prost(string, tag = "1")]
    pub(crate) key: String,
    #[prost(bytes = "vec", tag = "2")]
    pub(crate) value: Vec<u8>,
    #[prost(bool, tag = "3")]
    pub(crate) found: bool,
    #[prost(uint64, tag = "4")]
    pub(crate) revision: u64,
}

/// `PutRequest` and `PutIfAbsentRequest`.
#[derive(Clone, PartialEq, prost::Message)]
#[prost(skip_debug)]
pub(crate) struct PutRequest {
    #[prost(string, tag = "1")]
    pub(crate) key: String,
    #[prost(bytes = "vec", tag = "2")]
    pub(crate) value: Vec<u8>,
    #[prost(int64, tag = "3")]
    pub(crate) ttl_seconds: i64,
}

#[cfg(feature = "testing")]
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct PutManyRequest {
    #[prost(message, repeated, tag = "1")]
    pub(crate) entries: Vec<KeyValue>,
    #[prost(int64, tag = "2")]
    pub(crate) ttl_seconds: i64,
}

#[cfg(feature = "testing")]
#[derive(Clone, PartialEq, prost::Message)]
#[prost(skip_debug)]
pub(crate) struct KeyValue {
    #[prost(string, tag = "1")]
    pub(crate) key: String,
    #[prost(bytes = "vec", tag = "2")]
    pub(crate) value: Vec<u8>,
}

#[derive(Clone, PartialEq, prost::Message)]
#[prost(skip_debug)]
pub(crate) struct UpdateRequest {
    #[prost(string, tag = "1")]
    pub(crate) key: String,
    #[prost(bytes = "vec", tag = "2")]
    pub(crate) value: Vec<u8>,
    #[prost(uint64, tag = "3")]
    pub(crate) revision: u64,
    #[prost(int64, tag = "4")]
    pub(crate) ttl_seconds: i64,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct UpdateResponse {
    #[prost(uint64, tag = "1")]
    pub(crate) revision: u64,
}

#[derive(Clone, PartialEq, prost::Message)]
#[prost(skip_debug)]
pub(crate) struct WatchResponse {
    #[prost(bytes = "vec", tag = "1")]
    pub(crate) value: Vec<u8>,
}

/// Every message without a field.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Empty {}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct InfoResponse {
    #[prost(string, tag = "1")]
    pub(crate) domain: String,
    #[prost(string, tag = "2")]
    pub(crate) bucket: String,
    #[prost(string, tag = "3")]
    pub(crate) object_bucket: String,
}

#[cfg(feature = "testing")]
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct HealthCheckRequest {
    #[prost(string, tag = "1")]
    pub(crate) service: String,
}

#[cfg(feature = "testing")]
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct HealthCheckResponse {
    /// 1 is `SERVING`, 3 is `SERVICE_UNKNOWN`.
    #[prost(int32, tag = "1")]
    pub(crate) status: i32,
}

#[cfg(feature = "spiffe")]
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct X509SvidResponse {
    #[prost(message, repeated, tag = "1")]
    pub(crate) svids: Vec<X509Svid>,
    /// The bundles of other trust domains, by their SPIFFE ID, each the certificates one after another.
    #[prost(btree_map = "string, bytes", tag = "3")]
    pub(crate) federated_bundles: std::collections::BTreeMap<String, Vec<u8>>,
}

#[cfg(feature = "spiffe")]
#[derive(Clone, PartialEq, prost::Message)]
#[prost(skip_debug)]
#[expect(clippy::struct_field_names, reason = "the interface has these names")]
pub(crate) struct X509Svid {
    #[prost(string, tag = "1")]
    pub(crate) spiffe_id: String,
    /// The certificate and its intermediates, one after another.
    #[prost(bytes = "vec", tag = "2")]
    pub(crate) x509_svid: Vec<u8>,
    /// The private key as PKCS #8.
    #[prost(bytes = "vec", tag = "3")]
    pub(crate) x509_svid_key: Vec<u8>,
    /// The certificates of the own trust domain, one after another.
    #[prost(bytes = "vec", tag = "4")]
    pub(crate) bundle: Vec<u8>,
}

macro_rules! without_bytes {
    ($($(#[$attribute:meta])* $message:ident),* $(,)?) => {
        $($(#[$attribute])* impl fmt::Debug for $message {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(stringify!($message))
            }
        })*
    };
}

without_bytes!(
    GetResponse,
    BatchGetResult,
    PutRequest,
    UpdateRequest,
    WatchResponse,
    #[cfg(feature = "testing")]
    KeyValue,
    #[cfg(feature = "spiffe")]
    X509Svid,
);

#[cfg(test)]
mod tests {
    use super::{PutRequest, domain_of, value_limit};
    use prost::Message;

    #[test]
    fn keys_below_domains_are_those_of_another_domain() {
        assert_eq!(domain_of("domains/edge/a/b.json"), Some("edge"));
        for own in ["domains", "domains/edge", "domains//a", "a/domains/b/c"] {
            assert_eq!(domain_of(own), None, "{own}");
        }
    }

    #[test]
    fn a_value_of_the_limit_fills_a_message_and_one_byte_more_does_not_fit() {
        let put = |bytes: usize| PutRequest {
            key: "key".to_owned(),
            value: vec![b'x'; bytes],
            ttl_seconds: 0,
        };
        let rest = put(0).encoded_len();
        for message in (10..400).chain(16_380..16_400) {
            let limit = value_limit(message, rest);
            assert!(put(limit).encoded_len() <= message, "{message}");
            assert!(put(limit + 1).encoded_len() > message, "{message}");
        }
    }
}
