//! Who may do what, as the reference data service decides it.

use crate::{Denial, Operation};

/// A role that grants something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// May read, watch and list.
    Reader,
    /// May do all that a reader may, and write.
    Writer,
}

impl Role {
    /// The role of a name as a table spells it; any other name grants nothing.
    pub fn of_name(name: &str) -> Option<Self> {
        match name {
            "reader" => Some(Self::Reader),
            "writer" => Some(Self::Writer),
            _ => None,
        }
    }

    /// Its name in a table.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Reader => "reader",
            Self::Writer => "writer",
        }
    }

    /// Whether it grants an operation.
    pub const fn grants(self, operation: Operation) -> bool {
        match self {
            Self::Reader => !operation.is_write(),
            Self::Writer => true,
        }
    }

    /// The least role that grants an operation.
    pub const fn needed_for(operation: Operation) -> Self {
        if operation.is_write() {
            Self::Writer
        } else {
            Self::Reader
        }
    }
}

/// Which identity has which role: identities are compared exactly, and of the rules for one identity the first counts.
///
/// ```
/// use kvguard_runtime::Operation;
/// use kvguard_runtime::testing::AccessTable;
///
/// let table = AccessTable::new().grant("CN=trapd", "reader").grant("CN=trapd", "writer");
/// assert!(table.check("CN=trapd", Operation::Get).is_ok());
/// assert!(table.check("CN=trapd", Operation::Put).is_err());
/// assert!(table.check("cn=trapd", Operation::Get).is_err());
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AccessTable(Vec<(String, String)>);

impl AccessTable {
    /// A table that grants nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// With one more rule, after those that are there. A role that is none grants nothing, and still is the identity's first rule.
    #[must_use]
    pub fn grant(mut self, identity: impl Into<String>, role: impl Into<String>) -> Self {
        self.0.push((identity.into(), role.into()));
        self
    }

    /// The rules, each an identity and the name of a role, in their order.
    pub fn rules(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .map(|(identity, role)| (identity.as_str(), role.as_str()))
    }

    /// The role of an identity, if a rule gives it one that exists.
    pub fn role_of(&self, identity: &str) -> Option<Role> {
        let (_, role) = self.rules().find(|(known, _)| *known == identity)?;
        Role::of_name(role)
    }

    /// Whether an identity may do this.
    ///
    /// # Errors
    ///
    /// A denial with the identity and the role that is missing.
    pub fn check(&self, identity: &str, operation: Operation) -> Result<(), Denial> {
        match self.role_of(identity) {
            Some(role) if role.grants(operation) => Ok(()),
            _ => Err(Denial::new()
                .with_identity(identity)
                .with_missing(Role::needed_for(operation).name())),
        }
    }
}

impl<Identity: Into<String>, RoleName: Into<String>> FromIterator<(Identity, RoleName)>
    for AccessTable
{
    fn from_iter<Rules: IntoIterator<Item = (Identity, RoleName)>>(rules: Rules) -> Self {
        Self(
            rules
                .into_iter()
                .map(|(identity, role)| (identity.into(), role.into()))
                .collect(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::{AccessTable, Role};
    use crate::Operation;

    #[test]
    fn the_first_rule_of_an_identity_counts_even_if_its_role_is_none() {
        let table = AccessTable::from_iter([("a", "admin"), ("a", "writer"), ("b", "writer")]);
        assert_eq!(table.role_of("a"), None);
        assert_eq!(table.role_of("b"), Some(Role::Writer));
    }

    #[test]
    fn identities_are_compared_exactly() {
        let table = AccessTable::new().grant("spiffe://a/b", "writer");
        for other in ["spiffe://a/B", "spiffe://a/b/", "spiffe://a/b ", "", "*"] {
            assert!(table.check(other, Operation::Get).is_err(), "{other}");
        }
    }

    #[test]
    fn a_reader_may_not_write_and_is_told_which_role_is_missing() {
        let table = AccessTable::new().grant("a", "reader");
        for operation in [
            Operation::Put,
            Operation::Create,
            Operation::Update,
            Operation::Delete,
            Operation::Purge,
        ] {
            let denial = table.check("a", operation).unwrap_err();
            assert_eq!(denial.missing.as_deref(), Some("writer"));
        }
        for operation in [
            Operation::Get,
            Operation::Watch,
            Operation::ListKeys,
            Operation::DescribeBucket,
        ] {
            assert_eq!(table.check("a", operation), Ok(()));
        }
    }
}
