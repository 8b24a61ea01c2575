//! Why an environment is refused.

use std::error::Error;
use std::fmt;

use kvguard_contract::{Contract, Fault, Role};

/// What is wrong with a variable.
pub use kvguard_contract::FaultKind as VariableFault;

/// Why an environment is refused. It tells names of variables, never what they hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnvironmentError {
    faults: Vec<Fault<'static>>,
    /// What the mode needs and the policy names no variable for.
    unnamed: Vec<Role>,
    contract: &'static Contract,
}

impl EnvironmentError {
    pub(super) fn new(contract: &'static Contract, faults: Vec<Fault<'static>>) -> Self {
        Self {
            faults,
            unnamed: Vec::new(),
            contract,
        }
    }

    pub(super) fn of_unnamed(contract: &'static Contract, unnamed: &[Role]) -> Option<Self> {
        (!unnamed.is_empty()).then(|| Self {
            faults: Vec::new(),
            unnamed: unnamed.to_vec(),
            contract,
        })
    }

    /// The variables, each with what is wrong.
    pub fn variables(&self) -> impl Iterator<Item = (&'static str, &VariableFault<'static>)> {
        self.faults.iter().map(|fault| (fault.name, &fault.kind))
    }
}

impl fmt::Display for EnvironmentError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(role) = self.unnamed.first() {
            let keys: Vec<&str> = self.unnamed.iter().map(|role| role.policy_key()).collect();
            return write!(
                formatter,
                "the policy does not name every variable that this mode needs: add `{}` under `[contract]`, as in `{} = \"{}\"`",
                keys.join("`, `"),
                role.policy_key(),
                role.standard_name()
            );
        }
        formatter.write_str("the environment cannot be used: ")?;
        for (position, Fault { name, kind, .. }) in self.faults.iter().enumerate() {
            if position > 0 {
                formatter.write_str(", ")?;
            }
            write!(formatter, "`{name}` {kind}")?;
        }
        formatter.write_str("; set what it needs")?;
        match self.contract.others.first() {
            Some(file) => {
                let source = self.contract.shown_name(Role::Source);
                write!(formatter, ", or `{source}={file}` to do without the store")
            }
            None => Ok(()),
        }
    }
}

impl Error for EnvironmentError {}
