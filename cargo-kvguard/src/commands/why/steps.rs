//! The steps from a service's declaration to its store, and the rules that speak of each.

use kvguard::rules::RuleId;

/// A step. The links between a workload and its store follow them, each with its own rule (`kvguard::rules::links`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// The registry declares the service.
    Declared,
    /// A workload runs it.
    Deployed,
    /// The workload presents an identity.
    Presents,
    /// The access table grants that identity what the service needs.
    Granted,
    /// A template seeds its key.
    Seeded,
    /// The workload's environment is one that a client accepts.
    Environment,
    /// All else that may be denied: of the policy, of files, of the services' code.
    Besides,
}

impl Step {
    /// Every step, in the order in which they are followed.
    const ALL: [Self; 7] = [
        Self::Declared,
        Self::Deployed,
        Self::Presents,
        Self::Granted,
        Self::Seeded,
        Self::Environment,
        Self::Besides,
    ];

    /// The step that a rule breaks; `None` for a rule about a link to the store.
    pub fn of(rule: RuleId) -> Option<Self> {
        let mut steps = Self::ALL.into_iter();
        steps.find(|step| step.rules().contains(&rule))
    }

    /// The word at the beginning of its line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Declared => "declared",
            Self::Deployed => "deployed",
            Self::Presents => "presents",
            Self::Granted => "granted",
            Self::Seeded => "seeded from",
            Self::Environment => "client mode",
            Self::Besides => "besides",
        }
    }

    /// The rules whose findings break it.
    pub fn rules(self) -> &'static [RuleId] {
        match self {
            Self::Declared => &[
                RuleId::InvalidKey,
                RuleId::DuplicateKey,
                RuleId::FormatExtensionMismatch,
            ],
            Self::Deployed => &[
                RuleId::UndeclaredService,
                RuleId::UndeployedService,
                RuleId::SourceDrift,
                RuleId::WorkloadNeverRuns,
                RuleId::DanglingReference,
            ],
            Self::Presents => &[RuleId::NoIdentity, RuleId::CredentialNotMounted],
            Self::Granted => &[
                RuleId::MissingGrant,
                RuleId::InsufficientRole,
                RuleId::AmbiguousIdentity,
                RuleId::UnknownRole,
                RuleId::PlaceholderIdentity,
                RuleId::NearMissIdentity,
                RuleId::AccessTableMissing,
                RuleId::DescriptorWithoutGrant,
            ],
            Self::Seeded => &[
                RuleId::MissingTemplate,
                RuleId::UnparsableTemplate,
                RuleId::MissingCriticalField,
                RuleId::SecretInTemplate,
                RuleId::FieldTypeDrift,
                RuleId::OversizedTemplate,
                RuleId::ExpiringBucket,
                RuleId::OverriddenKey,
            ],
            Self::Environment => &[
                RuleId::IncompleteKvEnvironment,
                RuleId::UnsupportedSecurityMode,
                RuleId::PlaceholderValue,
                RuleId::UntoldValue,
                RuleId::BucketMismatch,
            ],
            Self::Besides => &[
                RuleId::ShadowedGrant,
                RuleId::OrphanGrant,
                RuleId::MalformedFile,
                RuleId::InvalidResource,
                RuleId::UnsupportedConstruct,
                RuleId::UntestedService,
                RuleId::UnwiredService,
                RuleId::UnusedExcuse,
                RuleId::ExpiredExcuse,
            ],
        }
    }
}

#[cfg(test)]
mod tests {
    use kvguard::rules::RULES;
    use kvguard::rules::links::LINK_RULES;

    use super::Step;

    #[test]
    fn every_rule_about_files_belongs_to_exactly_one_step_or_link() {
        for rule in RULES {
            let steps = Step::ALL.iter().flat_map(|step| step.rules());
            let links = LINK_RULES.iter().map(|link| &link.rule);
            let places = steps.chain(links).filter(|id| **id == rule.id).count();
            // `why` follows what files say, and nothing that runs.
            let expected = usize::from(!rule.id.is_about_running());
            assert_eq!(
                places, expected,
                "`{}` belongs to one step in why/steps.rs, or to LINK_RULES, if it is about files",
                rule.name
            );
        }
    }
}
