//! The one list of rules, and what a rule is.
//!
//! A rule is a file under `src/rules/<family>/` with its documentation on top and a function
//! `check(&Model, &mut Vec<Finding>)`, and a line in the list below. Everything else (the enum,
//! `explain`, the reference page, which fixtures there must be) follows from the list.

use crate::finding::{Finding, Level};
use crate::resolve::Model;
use crate::suggest::nearest;

mod common;
mod fields;
pub mod links;
mod mend;
mod presented;
mod running;

/// One check.
#[derive(Debug)]
pub struct Rule {
    /// Names the rule in code.
    pub id: RuleId,
    /// Names the rule in the policy and on the command line: `missing-grant`.
    pub name: &'static str,
    /// Names the rule in a few letters: `KV101`.
    pub code: &'static str,
    /// How serious it is unless the policy says otherwise.
    pub default_level: Level,
    /// The rule's own source, whose head is its documentation.
    source: &'static str,
    check: fn(&Model, &mut Vec<Finding>),
}

impl Rule {
    /// What it finds, why that matters, an example, and what to do: Markdown.
    pub fn documentation(&self) -> String {
        let mut text = String::new();
        for line in self
            .source
            .lines()
            .map_while(|line| line.strip_prefix("//!"))
        {
            text.push_str(line.strip_prefix(' ').unwrap_or(line));
            text.push('\n');
        }
        text
    }

    /// What it finds, in a sentence.
    pub fn summary(&self) -> String {
        self.documentation()
            .lines()
            .take_while(|line| !line.is_empty())
            .collect::<Vec<_>>()
            .join(" ")
    }

    /// Adds what it finds in a model.
    pub fn check(&self, model: &Model, findings: &mut Vec<Finding>) {
        (self.check)(model, findings);
    }
}

macro_rules! rules {
    ($($family:ident { $($variant:ident $module:ident $code:literal $name:literal $level:ident)* })*) => {
        $(mod $family { $(pub mod $module;)* })*

        /// Names a rule.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum RuleId { $($(#[doc = concat!("`", $name, "`")] $variant,)*)* }

        /// Every rule, in the order of their codes.
        pub static RULES: &[Rule] = &[$($(Rule {
            id: RuleId::$variant,
            name: $name,
            code: $code,
            default_level: Level::$level,
            source: include_str!(concat!("rules/", stringify!($family), "/", stringify!($module), ".rs")),
            check: $family::$module::check,
        },)*)*];
    };
}

rules! {
    access {
        MissingGrant missing_grant "KV101" "missing-grant" Deny
        InsufficientRole insufficient_role "KV102" "insufficient-role" Deny
        UnknownRole unknown_role "KV103" "unknown-role" Deny
        PlaceholderIdentity placeholder_identity "KV104" "placeholder-identity" Deny
        NearMissIdentity near_miss_identity "KV105" "near-miss-identity" Deny
        ShadowedGrant shadowed_grant "KV106" "shadowed-grant" Warn
        OrphanGrant orphan_grant "KV107" "orphan-grant" Warn
        NoIdentity no_identity "KV108" "no-identity" Deny
        AccessTableMissing access_table_missing "KV109" "access-table-missing" Deny
        DescriptorWithoutGrant descriptor_without_grant "KV110" "descriptor-without-grant" Deny
        AmbiguousIdentity ambiguous_identity "KV111" "ambiguous-identity" Deny
    }
    deploy {
        UndeclaredService undeclared_service "KV201" "undeclared-service" Deny
        UndeployedService undeployed_service "KV202" "undeployed-service" Allow
        SourceDrift source_drift "KV203" "source-drift" Deny
        IncompleteKvEnvironment incomplete_kv_environment "KV204" "incomplete-kv-environment" Deny
        UnsupportedSecurityMode unsupported_security_mode "KV205" "unsupported-security-mode" Deny
        SecurityModeMismatch security_mode_mismatch "KV206" "security-mode-mismatch" Deny
        StoreAddressMismatch store_address_mismatch "KV207" "store-address-mismatch" Deny
        ServerIdentityMismatch server_identity_mismatch "KV208" "server-identity-mismatch" Deny
        TrustDomainMismatch trust_domain_mismatch "KV209" "trust-domain-mismatch" Deny
        PlaceholderValue placeholder_value "KV210" "placeholder-value" Deny
        StoreUnreachable store_unreachable "KV211" "store-unreachable" Deny
        WorkloadNeverRuns workload_never_runs "KV212" "workload-never-runs" Deny
        DanglingReference dangling_reference "KV213" "dangling-reference" Deny
        BucketMismatch bucket_mismatch "KV214" "bucket-mismatch" Deny
        CredentialNotMounted credential_not_mounted "KV215" "credential-not-mounted" Warn
    }
    configuration {
        InvalidKey invalid_key "KV301" "invalid-key" Deny
        DuplicateKey duplicate_key "KV302" "duplicate-key" Deny
        MissingTemplate missing_template "KV303" "missing-template" Deny
        UnparsableTemplate unparsable_template "KV304" "unparsable-template" Deny
        MissingCriticalField missing_critical_field "KV305" "missing-critical-field" Deny
        SecretInTemplate secret_in_template "KV306" "secret-in-template" Deny
        ExpiringBucket expiring_bucket "KV307" "expiring-bucket" Deny
        OverriddenKey overridden_key "KV308" "overridden-key" Deny
        FieldTypeDrift field_type_drift "KV309" "field-type-drift" Warn
        OversizedTemplate oversized_template "KV310" "oversized-template" Deny
        FormatExtensionMismatch format_extension_mismatch "KV311" "format-extension-mismatch" Warn
    }
    files {
        MalformedFile malformed_file "KV401" "malformed-file" Deny
        InvalidResource invalid_resource "KV402" "invalid-resource" Deny
        UnsupportedConstruct unsupported_construct "KV403" "unsupported-construct" Deny
        UntoldValue untold_value "KV404" "untold-value" Warn
    }
    code {
        UntestedService untested_service "KV501" "untested-service" Allow
        UnwiredService unwired_service "KV502" "unwired-service" Warn
    }
    excuses {
        UnusedExcuse unused_excuse "KV601" "unused-excuse" Warn
        ExpiredExcuse expired_excuse "KV602" "expired-excuse" Deny
    }
    live {
        MissingKey missing_key "KV701" "missing-key" Deny
        UnparsableValue unparsable_value "KV702" "unparsable-value" Deny
        MissingLiveField missing_live_field "KV703" "missing-live-field" Deny
        SecretInStore secret_in_store "KV704" "secret-in-store" Deny
        ExpiringKey expiring_key "KV705" "expiring-key" Deny
        UnownedKey unowned_key "KV706" "unowned-key" Warn
        UnenforcedAccess unenforced_access "KV707" "unenforced-access" Deny
        DeniedAccess denied_access "KV708" "denied-access" Deny
        ExcessAccess excess_access "KV709" "excess-access" Deny
        SeededOtherwise seeded_otherwise "KV710" "seeded-otherwise" Deny
        SilentService silent_service "KV711" "silent-service" Deny
        ForbiddenLogLine forbidden_log_line "KV712" "forbidden-log-line" Deny
        UnexpectedRestart unexpected_restart "KV713" "unexpected-restart" Deny
        UntaggedImage untagged_image "KV714" "untagged-image" Deny
    }
}

impl RuleId {
    /// The rule.
    pub fn rule(self) -> &'static Rule {
        &RULES[self as usize]
    }

    /// Whether it finds what is wrong with a file itself, whatever it is for.
    pub fn is_about_a_file(self) -> bool {
        self.rule().code.starts_with("KV4")
    }

    /// Whether it judges what a command saw of a running fleet, and nothing that files tell.
    pub fn is_about_running(self) -> bool {
        self.rule().code.starts_with("KV7")
    }

    /// Whether it finds exceptions and comments that allow nothing (any more).
    pub fn is_about_exceptions(self) -> bool {
        self.rule().code.starts_with("KV6")
    }

    /// The rule that a name or a code names.
    ///
    /// # Errors
    ///
    /// There is none: a sentence that says so, with the nearest name.
    pub fn parse(name: &str) -> Result<Self, String> {
        let found = RULES
            .iter()
            .find(|rule| rule.name == name || rule.code.eq_ignore_ascii_case(name));
        found.map(|rule| rule.id).ok_or_else(|| {
            let names = RULES.iter().flat_map(|rule| [rule.name, rule.code]);
            match nearest(name, names) {
                Some(meant) => format!("there is no rule `{name}`; did you mean `{meant}`?"),
                None => format!("there is no rule `{name}`; `cargo kvguard explain` lists them"),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{RULES, RuleId};

    #[test]
    fn the_list_is_in_the_order_of_the_enum_and_of_the_codes() {
        for (position, rule) in RULES.iter().enumerate() {
            assert_eq!(rule.id as usize, position);
        }
        assert!(RULES.is_sorted_by_key(|rule| rule.code));
    }

    #[test]
    fn every_rule_documents_what_it_finds_why_an_example_and_what_to_do() {
        for rule in RULES {
            let documentation = rule.documentation();
            for heading in ["## Why", "## Example", "## What to do"] {
                assert!(
                    documentation.contains(heading),
                    "{} lacks `{heading}`",
                    rule.name
                );
            }
            assert!(rule.summary().len() > 20, "{} lacks a summary", rule.name);
        }
    }

    #[test]
    fn a_misspelt_rule_names_the_nearest_one() {
        assert_eq!(RuleId::parse("kv101"), Ok(RuleId::MissingGrant));
        assert_eq!(RuleId::parse("missing-grant"), Ok(RuleId::MissingGrant));
        let message = RuleId::parse("mising-grant").unwrap_err();
        assert!(
            message.contains("did you mean `missing-grant`"),
            "{message}"
        );
    }
}
