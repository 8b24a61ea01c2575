//! `[contract]`: the environment of a client of the store.

use super::{Kind, Table, optional};

/// How the values of variables are compared.
const VALUES: &[&str] = &["exact", "trimmed"];

/// The security modes that the runtime implements.
const MODES: &[&str] = &["mtls", "spiffe", "credentials", "nkey"];

pub(super) static CONTRACT: Table = Table {
    doc: "The environment variables that make a client use the store. The guard, the services' `from_env` and the tests all go by it.",
    fields: &[
        optional(
            "source_variable",
            Kind::Text,
            "Tells where the configuration comes from. Default: `CONFIG_SOURCE`.",
        ),
        optional(
            "source_value",
            Kind::Text,
            "Its value for the store. Default: `kv`.",
        ),
        optional(
            "other_source_values",
            Kind::Texts,
            "Its other valid values. Default: `file`.",
        ),
        optional(
            "service_variable",
            Kind::Text,
            "Names the descriptor where it differs from the workload. Default: `CONFIG_SERVICE`.",
        ),
        optional(
            "key_variable",
            Kind::Text,
            "Holds the key, in place of the descriptor's. Default: `CONFIG_KV_KEY`.",
        ),
        optional(
            "address_variable",
            Kind::Text,
            "Holds the store's address: `HOST:PORT` of a data service, or one that begins with `nats://` or `tls://` of NATS, or several of NATS with commas between. Default: `KV_ADDRESS`; none if `required` is given without it.",
        ),
        optional(
            "bucket_variable",
            Kind::Text,
            "For NATS: names the bucket. Default: `KV_BUCKET`.",
        ),
        optional(
            "mode_variable",
            Kind::Text,
            "Names the security mode. Default: `KV_SEC_MODE`.",
        ),
        optional(
            "certificate_variable",
            Kind::Text,
            "For `mtls`: names the client certificate's file; its stem is `{certificate}` in patterns. Default: `KV_CERT_FILE`.",
        ),
        optional(
            "private_key_variable",
            Kind::Text,
            "For `mtls`: names the file with the certificate's private key. Default: `KV_KEY_FILE`; none if the mode's `required` is given without it.",
        ),
        optional(
            "authority_variable",
            Kind::Text,
            "For `mtls`: names the file with the authorities of the server. Default: `KV_CA_FILE`; none if the mode's `required` is given without it.",
        ),
        optional(
            "certificate_directory_variable",
            Kind::Text,
            "Names the directory of files that are named without one. Default: `KV_CERT_DIR`.",
        ),
        optional(
            "server_name_variable",
            Kind::Text,
            "Holds the name that the server's certificate is for, where it is not the address's. Default: `KV_SERVER_NAME`.",
        ),
        optional(
            "trust_domain_variable",
            Kind::Text,
            "For `spiffe`: names the trust domain. Default: `KV_TRUST_DOMAIN`; none if the mode's `required` is given without it.",
        ),
        optional(
            "server_identity_variable",
            Kind::Text,
            "For `spiffe`: holds the SPIFFE ID that the server must have. Default: `KV_SERVER_SPIFFE_ID`; none if the mode's `required` is given without it.",
        ),
        optional(
            "workload_socket_variable",
            Kind::Text,
            "For `spiffe`: names the Workload API's socket. Default: `KV_WORKLOAD_SOCKET`. Where it is not set, `SPIFFE_ENDPOINT_SOCKET` counts.",
        ),
        optional(
            "credentials_file_variable",
            Kind::Text,
            "For `credentials`: names the credentials file. Default: `KV_CREDENTIALS_FILE`; none if the mode's `required` is given without it.",
        ),
        optional(
            "nkey_file_variable",
            Kind::Text,
            "For `nkey`: names the file of the nkey's seed. Default: `KV_NKEY_FILE`; none if the mode's `required` is given without it.",
        ),
        optional(
            "inbox_prefix_variable",
            Kind::Text,
            "For NATS: holds the prefix of the subjects that answers come to. Default: `KV_INBOX_PREFIX`.",
        ),
        optional(
            "values",
            Kind::Word(VALUES),
            "How values are compared: `exact`, or `trimmed` for clients that ignore blanks around a value and the case of the source's and the mode's. Default: `exact`.",
        ),
        optional(
            "template_key",
            Kind::Text,
            "The key that a service may write its template to, besides its own; `{service}` and `{format}` are filled in. Default: `templates/{service}.{format}`.",
        ),
        optional(
            "required",
            Kind::Texts,
            "Variables needed in every mode, besides those that are named above and needed. Default: `KV_ADDRESS`.",
        ),
        optional(
            "mode",
            Kind::TableMap(&MODE),
            "The security modes. Default: `mtls` and `spiffe` for a data service, `mtls`, `credentials` and `nkey` for NATS.",
        ),
    ],
};

static MODE: Table = Table {
    doc: "A security mode, by the word that environments write.",
    fields: &[
        optional(
            "means",
            Kind::Word(MODES),
            "The mode that it is, where the word is another one. Default: the mode of that word; one of none is only known to other clients than `kvguard-runtime`.",
        ),
        optional(
            "required",
            Kind::Texts,
            "The variables it needs. Default: those that the mode needs.",
        ),
    ],
};
