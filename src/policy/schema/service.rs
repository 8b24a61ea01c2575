//! What may be stated of a service.

use super::live::LOG;
use super::{JSON_READERS, Kind, SOURCES, Table, optional, required};

pub(super) static SERVICE: Table = Table {
    doc: "What is intended of a service.",
    fields: &[
        optional(
            "aliases",
            Kind::Texts,
            "Workload names, besides its own, that run it.",
        ),
        optional(
            "certificate",
            Kind::Text,
            "The stem of its certificate's file, for patterns where no workload tells it.",
        ),
        optional(
            "sources",
            Kind::Texts,
            "The directories of its source code.",
        ),
        optional(
            "modes",
            Kind::Texts,
            "The security modes its client implements. Default: all; an empty list: none.",
        ),
        optional(
            "expected_source",
            Kind::WordOrTables(SOURCES, &EXPECTED_SOURCE),
            "Where it is meant to load its configuration from: `kv` or `file` everywhere, or a list that says so for single deployments.",
        ),
        optional(
            "carried_by",
            Kind::Table(&CARRIED_BY),
            "The service that reads its key on its behalf.",
        ),
        optional(
            "not_in",
            Kind::Tables(&NOT_IN),
            "Deployments that do without it.",
        ),
        optional(
            "need",
            Kind::Tables(&NEED),
            "Where it needs another role than the policy's.",
        ),
        optional(
            "supplied_by",
            Kind::Tables(&SUPPLIED_BY),
            "Critical fields that something other than the template supplies.",
        ),
        optional(
            "expands",
            Kind::Bool,
            "Whether it fills in placeholders, `${NAME}`, in its variables and its configuration itself. Default: no.",
        ),
        optional(
            "template",
            Kind::Tables(&TEMPLATE),
            "Its template, where the deployment's pattern does not find it.",
        ),
        optional(
            "json",
            Kind::Word(JSON_READERS),
            "How it reads a configuration in JSON: `go`, in which the case of names does not matter, or `exact`. Default: `exact`.",
        ),
        optional(
            "log",
            Kind::Table(&LOG),
            "The lines that show in its log whether it uses the store, where they are others than the policy's.",
        ),
        optional(
            "levels",
            Kind::Levels,
            "The level of each rule for this service.",
        ),
    ],
};

static EXPECTED_SOURCE: Table = Table {
    doc: "Where a service is meant to load its configuration from in a deployment.",
    fields: &[
        required("source", Kind::Word(SOURCES), "`kv` or `file`."),
        optional("deployment", Kind::Text, "The deployment. Default: all."),
        required("reason", Kind::Text, "Why."),
    ],
};

static CARRIED_BY: Table = Table {
    doc: "The service that reads this one's key on its behalf.",
    fields: &[
        required("service", Kind::Text, "The service."),
        required("reason", Kind::Text, "Why."),
    ],
};

static NOT_IN: Table = Table {
    doc: "A deployment that does without the service, or several that do for one reason.",
    fields: &[
        required(
            "deployment",
            Kind::TextOrTexts,
            "The deployment, or a list of deployments; `*` for all.",
        ),
        required("reason", Kind::Text, "Why."),
    ],
};

static NEED: Table = Table {
    doc: "Another role than the policy's.",
    fields: &[
        required("role", Kind::Text, "The role."),
        optional("deployment", Kind::Text, "The deployment. Default: all."),
        required("reason", Kind::Text, "Why."),
    ],
};

static SUPPLIED_BY: Table = Table {
    doc: "A critical field that something other than the template supplies.",
    fields: &[
        required("field", Kind::Text, "The field's dotted path."),
        optional("deployment", Kind::Text, "The deployment. Default: all."),
        optional(
            "variable",
            Kind::Text,
            "The environment variable that supplies it; the workload must set it.",
        ),
        required("reason", Kind::Text, "What supplies it."),
    ],
};

static TEMPLATE: Table = Table {
    doc: "A service's template in a deployment: a `file`, or a `key` of a `config_map`.",
    fields: &[
        optional("deployment", Kind::Text, "The deployment. Default: all."),
        optional("file", Kind::Text, "The file."),
        optional(
            "config_map",
            Kind::Text,
            "Kubernetes: the ConfigMap that holds it.",
        ),
        optional("key", Kind::Text, "With `config_map`: the key."),
    ],
};
