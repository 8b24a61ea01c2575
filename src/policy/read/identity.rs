//! Where identities come from.

use super::Reader;
use super::nodes::{list, text, texts};
use kvguard_contract::Contract;

use crate::policy::{IdentityForm, IdentityRule};
use crate::registry::Spanned;
use crate::source::Node;

impl Reader<'_> {
    pub(super) fn identity(&mut self, node: &Node, contract: &Contract) -> Option<IdentityRule> {
        let pattern = text(node.get("pattern"))?;
        self.placeholders(
            &pattern,
            &[
                "workload",
                "container",
                "service",
                "certificate",
                "trust_domain",
                "namespace",
                "service_account",
            ],
        );
        let listed_in = match node.get("listed_in") {
            None => None,
            Some(listed) => {
                let line = text(listed.get("pattern"))?;
                if line.value.matches("{workload}").count() != 1 {
                    self.refuse(
                        line.span,
                        "the pattern of `listed_in` must hold `{workload}` once; `*` stands for the rest of a line",
                    );
                }
                Some((text(listed.get("file"))?, line))
            }
        };
        let modes = node.get("modes").map(|modes| self.modes(modes, contract));
        Some(IdentityRule {
            form: IdentityForm::parse(node.get("form")?.as_str()?)?,
            pattern,
            modes,
            listed_in,
        })
    }

    /// Refuses what stands in braces and is none of the names.
    pub(super) fn placeholders(&mut self, pattern: &Spanned<String>, names: &[&str]) {
        let mut rest = pattern.value.as_str();
        while let Some((_, after)) = rest.split_once('{') {
            let Some((name, behind)) = after.split_once('}') else {
                self.refuse(pattern.span, "a `{` without its `}`");
                return;
            };
            let is_variable = names.contains(&"env.NAME")
                && name
                    .strip_prefix("env.")
                    .is_some_and(|name| !name.is_empty());
            if !names.contains(&name) && !is_variable {
                let known = names.join("}`, `{");
                self.refuse(
                    pattern.span,
                    format!("the pattern knows no `{{{name}}}`, only `{{{known}}}`"),
                );
            }
            rest = behind;
        }
    }

    pub(super) fn modes(&mut self, node: &Node, contract: &Contract) -> Vec<String> {
        for item in list(Some(node)) {
            let Some(mode) = item.as_str() else { continue };
            if contract.mode(mode).is_none() {
                let known = contract.mode_words().collect::<Vec<_>>().join("`, `");
                self.refuse(
                    item.span,
                    format!("the contract has no security mode `{mode}`, only `{known}`"),
                );
            }
        }
        texts(Some(node))
    }
}
