//! The shape of `kvguard-baseline.toml`.

use super::{Kind, Table, optional, required};

/// The whole baseline.
pub static BASELINE: Table = Table {
    doc: "Findings that were there when the baseline was written. They are not reported.",
    fields: &[
        required("version", Kind::Count, "The version of this form: 1."),
        optional(
            "finding",
            Kind::Tables(&FINDING),
            "The findings, sorted by rule, deployment, service and subject.",
        ),
    ],
};

static FINDING: Table = Table {
    doc: "A finding, by what stays the same of it while lines move and messages are reworded.",
    fields: &[
        required("rule", Kind::Text, "The rule."),
        optional(
            "deployment",
            Kind::TextOrTexts,
            "The deployments it is about.",
        ),
        optional("service", Kind::TextOrTexts, "The services it is about."),
        optional(
            "subject",
            Kind::Text,
            "The identity, key, variable, field, workload or file it is about.",
        ),
        optional(
            "count",
            Kind::Count,
            "How many findings are like this one. Default: 1.",
        ),
        optional("reason", Kind::Text, "Why it was accepted later."),
    ],
};
