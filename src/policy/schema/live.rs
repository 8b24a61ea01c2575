//! What the commands that look at a running fleet need to know.

use super::{Kind, Table, optional, required};

pub(super) static CONNECT: Table = Table {
    doc: "How commands that look into the running store reach it. Each text is the thing itself, or `$NAME`: the environment variable that holds it. Files are relative to the policy's directory.",
    fields: &[
        optional(
            "address",
            Kind::Text,
            "Its address, without a login: `nats://host:port` or `tls://host:port` for NATS (several with commas between them), else `host:port` of a data service.",
        ),
        optional(
            "credentials",
            Kind::Text,
            "For NATS: the file with the credentials to log in with.",
        ),
        optional(
            "nkey",
            Kind::Text,
            "For NATS: the file with the seed of the nkey to log in with.",
        ),
        optional(
            "certificate",
            Kind::Text,
            "The file with the client's certificate.",
        ),
        optional(
            "private_key",
            Kind::Text,
            "The file with the certificate's private key.",
        ),
        optional(
            "authorities",
            Kind::Text,
            "The file with the authorities that the server's certificate must come from.",
        ),
        optional(
            "server_name",
            Kind::Text,
            "The name that the server's certificate is for. Default: the address's.",
        ),
        optional(
            "server_id",
            Kind::Text,
            "With `workload_socket`: the SPIFFE ID that the server must have.",
        ),
        optional(
            "workload_socket",
            Kind::Text,
            "The socket of the SPIFFE Workload API, `unix:///run/spire/sockets/agent.sock`, which gives the client its certificate.",
        ),
    ],
};

pub(super) static INSTANCE: Table = Table {
    doc: "An instance of the services whose key is a template, for the commands that look at a running fleet.",
    fields: &[
        required(
            "variables",
            Kind::TextMap,
            "The value of each variable of the template, `{ agent_id = \"a1\" }`.",
        ),
        optional(
            "service",
            Kind::Text,
            "The service. Default: every service whose key template has just these variables.",
        ),
        optional(
            "deployment",
            Kind::Text,
            "The deployment that it runs in. Default: all.",
        ),
    ],
};

pub(super) static SEED: Table = Table {
    doc: "How a store is filled.",
    fields: &[required(
        "command",
        Kind::Texts,
        "The fleet's own program that writes a service's key, in place of `kvguard seed`'s own writing: its words, with `{service}`, `{deployment}`, `{key}`, `{template}` (a file) and `{output}` (a file).",
    )],
};

pub(super) static LOG: Table = Table {
    doc: "The lines that show in a service's log whether it uses the store. Letters match in any case.",
    fields: &[
        optional(
            "required",
            Kind::Texts,
            "Texts of which each must be in a line. Default: `KV update detected`; for a service, those of the policy's `[log]`.",
        ),
        optional(
            "forbidden",
            Kind::Texts,
            "Texts that must be in no line. Default: `KV store not initialized`; for a service, those of the policy's `[log]`.",
        ),
    ],
};
