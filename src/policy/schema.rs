//! The shape of `kvguard.toml`: one table that validation, the JSON schema for editors and the
//! reference page are made from.

pub(super) mod baseline;
mod contract;
mod deployment;
mod live;
mod service;

use self::contract::CONTRACT;
use self::deployment::DEPLOYMENT;
use self::live::{INSTANCE, LOG, SEED};
use self::service::SERVICE;

/// A table of the policy.
#[derive(Debug)]
pub struct Table {
    /// What it is, in a sentence.
    pub doc: &'static str,
    /// Its keys.
    pub fields: &'static [Field],
}

/// A key of a table.
#[derive(Debug)]
pub struct Field {
    /// The key.
    pub name: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// Whether it must be there.
    pub required: bool,
    /// What it is for, its default and limits, in a sentence or two.
    pub doc: &'static str,
    /// The kinds of deployment that have it; empty: every kind, and what is no part of a deployment.
    pub only: &'static [&'static str],
}

impl Table {
    /// The kind of the deployment that a table is, by the word under its `kind`; `None` for all other tables.
    pub fn deployment_kind(&self, word: Option<&str>) -> Option<&'static str> {
        let has_kinds = |field: &Field| matches!(field.kind, Kind::Word(DEPLOYMENT_KINDS));
        self.fields.iter().find(|field| has_kinds(field))?;
        let mut kinds = DEPLOYMENT_KINDS.iter().copied();
        kinds.find(|kind| word == Some(*kind))
    }
}

impl Field {
    /// Whether a deployment of a kind has it. Where the kind is not known, it has every key.
    pub fn is_of(&self, deployment_kind: Option<&str>) -> bool {
        self.only.is_empty() || deployment_kind.is_none_or(|kind| self.only.contains(&kind))
    }

    /// The table that it holds, or that each of its items is.
    pub fn inner(&self) -> Option<&'static Table> {
        match self.kind {
            Kind::Table(inner)
            | Kind::Tables(inner)
            | Kind::TableMap(inner)
            | Kind::WordOrTables(_, inner)
            | Kind::TextsOrTables(inner) => Some(inner),
            _ => None,
        }
    }
}

/// What a key holds.
#[derive(Debug)]
pub enum Kind {
    /// A string that is not empty.
    Text,
    /// A JSON pointer.
    Pointer,
    /// One of these words.
    Word(&'static [&'static str]),
    /// `true` or `false`.
    Bool,
    /// A whole number above zero.
    Count,
    /// A date, `2026-01-31`, as a TOML date or a string.
    Date,
    /// A list of strings.
    Texts,
    /// A string, or a list of strings.
    TextOrTexts,
    /// Names of one's own, each with a string.
    TextMap,
    /// Rules, each with a level.
    Levels,
    /// A table.
    Table(&'static Table),
    /// A list of tables.
    Tables(&'static Table),
    /// Names of one's own, each with a table.
    TableMap(&'static Table),
    /// One of these words, or a list of tables.
    WordOrTables(&'static [&'static str], &'static Table),
    /// A list whose items are strings or tables.
    TextsOrTables(&'static Table),
}

const fn required(name: &'static str, kind: Kind, doc: &'static str) -> Field {
    Field {
        name,
        kind,
        required: true,
        doc,
        only: &[],
    }
}

const fn optional(name: &'static str, kind: Kind, doc: &'static str) -> Field {
    Field {
        name,
        kind,
        required: false,
        doc,
        only: &[],
    }
}

/// A key that only deployments of some kinds have.
const fn only(kinds: &'static [&'static str], field: Field) -> Field {
    Field {
        only: kinds,
        ..field
    }
}

/// The words for the forms of identity.
pub const IDENTITY_FORMS: &[&str] = &[
    "spiffe",
    "subject",
    "subject-unordered",
    "subject-cn-o",
    "subject-cn",
];

/// The words for the kinds of deployment.
pub const DEPLOYMENT_KINDS: &[&str] = &["compose", "helm", "kubernetes", "kustomize", "systemd"];

/// The kinds of deployment that run on Kubernetes.
const KUBERNETES: &[&str] = &["helm", "kubernetes", "kustomize"];

/// The words for where configuration comes from.
pub const SOURCES: &[&str] = &["kv", "file"];

/// How whoever reads JSON tells names apart.
pub const JSON_READERS: &[&str] = &["go", "exact"];

/// The words for levels.
pub const LEVELS: &[&str] = &["allow", "warn", "deny"];

/// The whole policy.
pub static POLICY: Table = Table {
    doc: "Where services are declared, deployed, identified, granted and seeded, and what is intended.",
    fields: &[
        required(
            "registry",
            Kind::Table(&REGISTRY),
            "Where the service descriptors are declared.",
        ),
        optional(
            "scopes",
            Kind::TableMap(&SCOPE),
            "The scopes a descriptor may name, and the variables each gives to key templates. A scope that is not named here has none.",
        ),
        optional(
            "access",
            Kind::Table(&ACCESS),
            "How the store decides what a client may do.",
        ),
        optional(
            "contract",
            Kind::Table(&CONTRACT),
            "The environment variables that make a client use the store.",
        ),
        optional(
            "workloads",
            Kind::Table(&WORKLOADS),
            "How workloads map to descriptors.",
        ),
        optional(
            "environment",
            Kind::TextMap,
            "Variables for `${…}` in deployment files, over those of `interpolation_files`. The host's environment is never used.",
        ),
        optional(
            "path_map",
            Kind::Tables(&PATH_MAP),
            "Where a path of the target machine is found in the project.",
        ),
        optional(
            "secrets",
            Kind::Table(&SECRETS),
            "The fields that no template may carry.",
        ),
        optional(
            "service",
            Kind::TableMap(&SERVICE),
            "What is intended of a service, by its descriptor's name.",
        ),
        optional(
            "shared_key",
            Kind::Tables(&SHARED_KEY),
            "Services that own one key together on purpose.",
        ),
        optional(
            "external_identity",
            Kind::Tables(&EXTERNAL_IDENTITY),
            "Identities that are granted to people or tools, not to workloads.",
        ),
        required(
            "deployment",
            Kind::Tables(&DEPLOYMENT),
            "The ways the fleet is run.",
        ),
        optional(
            "levels",
            Kind::Levels,
            "The level of each rule, where it is not the rule's default.",
        ),
        optional(
            "max_value",
            Kind::Count,
            "The most bytes that the store takes as a value. Default: 1048576, the most that a NATS server takes in a message unless it is told otherwise. Stands before the first table.",
        ),
        optional(
            "instance",
            Kind::Tables(&INSTANCE),
            "The instances of services whose keys are templates, for the commands that look at a running fleet.",
        ),
        optional("seed", Kind::Table(&SEED), "How a store is filled."),
        optional(
            "log",
            Kind::Table(&LOG),
            "The lines that show in a service's log whether it uses the store.",
        ),
        optional(
            "allow",
            Kind::Tables(&ALLOW),
            "Findings that are accepted, each with its reason.",
        ),
        optional(
            "build",
            Kind::Table(&BUILD),
            "What a finding does to a build.",
        ),
    ],
};

static REGISTRY: Table = Table {
    doc: "Where the service descriptors are declared: one of `file` and `directory`.",
    fields: &[
        optional("file", Kind::Text, "A JSON, YAML, TOML or Go file."),
        optional(
            "directory",
            Kind::Text,
            "A directory; every JSON, YAML and TOML file in it is read.",
        ),
        optional(
            "pointer",
            Kind::Pointer,
            "JSON pointer to the descriptors in the file, `/services`. Default: the whole file, or its `services` or `descriptors`.",
        ),
        optional(
            "variable",
            Kind::Text,
            "In a Go file, the variable that holds the map. Default: the first package-level map of descriptors.",
        ),
    ],
};

static SCOPE: Table = Table {
    doc: "A scope.",
    fields: &[optional(
        "variables",
        Kind::Texts,
        "The variables that a key template of this scope may use.",
    )],
};

static ACCESS: Table = Table {
    doc: "How the store decides what a client may do.",
    fields: &[
        optional(
            "roles",
            Kind::Texts,
            "The roles the store knows, from the least to the most powerful. Default: `reader`, `writer`.",
        ),
        optional(
            "need",
            Kind::Text,
            "The role a service needs. Default: the most powerful, as a service seeds its own key.",
        ),
        optional(
            "compare",
            Kind::Texts,
            "The forms of identity the store compares, in this order: `spiffe`, `subject` (as Go prints it), `subject-unordered` (with its parts in any order, as nats-server compares them), `subject-cn-o` (`CN=…,O=…`), `subject-cn` (`CN=…`). Default: `spiffe`, `subject`.",
        ),
        optional(
            "try_all",
            Kind::Bool,
            "Whether the store tries each form in turn. Default: false, only the first form that the client presents counts.",
        ),
    ],
};

static WORKLOADS: Table = Table {
    doc: "How workloads map to descriptors.",
    fields: &[optional(
        "prefixes",
        Kind::Texts,
        "Prefixes that a workload's name may carry before the descriptor's, such as `acme-`.",
    )],
};

static PATH_MAP: Table = Table {
    doc: "Where a path of the target machine is found in the project.",
    fields: &[
        required(
            "from",
            Kind::Text,
            "An absolute path on the target, of a file or a directory.",
        ),
        required("to", Kind::Text, "The path in the project."),
        optional(
            "deployment",
            Kind::Text,
            "The deployment it holds for. Default: all.",
        ),
    ],
};

static SECRETS: Table = Table {
    doc: "The fields that no template may carry.",
    fields: &[
        optional(
            "fields",
            Kind::Texts,
            "Dotted paths; a `*` part stands for any one name, a leading `**.` for any table.",
        ),
        optional(
            "import",
            Kind::Tables(&SECRET_IMPORT),
            "Files that list more.",
        ),
        optional(
            "ignore",
            Kind::Tables(&SECRET_IGNORE),
            "Paths that are no secrets although a pattern names them.",
        ),
    ],
};

static SECRET_IMPORT: Table = Table {
    doc: "A JSON file that lists secret paths as tables and keys.",
    fields: &[
        required("file", Kind::Text, "The file."),
        required(
            "pointer",
            Kind::Pointer,
            "JSON pointer to the list of `{table, key}`; a table `*` stands for every table, a key `*` for every key.",
        ),
    ],
};

static SECRET_IGNORE: Table = Table {
    doc: "A path that is no secret although a pattern names it.",
    fields: &[
        required("field", Kind::Text, "The path, as in `fields`."),
        required("reason", Kind::Text, "Why."),
    ],
};

static SHARED_KEY: Table = Table {
    doc: "Services that own one key together on purpose.",
    fields: &[
        required("services", Kind::Texts, "The services."),
        required("reason", Kind::Text, "Why."),
    ],
};

static EXTERNAL_IDENTITY: Table = Table {
    doc: "An identity that is granted to a person or a tool.",
    fields: &[
        required(
            "identity",
            Kind::Text,
            "The identity; `*` stands for any characters.",
        ),
        optional("deployment", Kind::Text, "The deployment. Default: all."),
        required("reason", Kind::Text, "Who or what it is."),
    ],
};

static ALLOW: Table = Table {
    doc: "Findings that are accepted, of a service, a deployment, or a service in a deployment.",
    fields: &[
        required("rule", Kind::Text, "The rule."),
        optional(
            "service",
            Kind::Text,
            "The service. Default: all. Of a finding between two services either one.",
        ),
        optional(
            "deployment",
            Kind::Text,
            "The deployment. Default: all. Of a finding between two deployments either one, with the `service`.",
        ),
        required("reason", Kind::Text, "Why."),
        optional("expires", Kind::Date, "The last day it holds."),
    ],
};

static BUILD: Table = Table {
    doc: "What a finding does to a build.",
    fields: &[
        optional(
            "local",
            Kind::Word(LEVELS),
            "The highest level of a finding in builds. Default: `deny`.",
        ),
        optional(
            "ci",
            Kind::Word(LEVELS),
            "The same where the variable `CI` is set. Default: `deny`.",
        ),
    ],
};
