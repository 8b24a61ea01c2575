//! Secrets, exceptions and paths of the target.

use super::Reader;
use super::nodes::{list, spanned_texts, string, text};
use crate::policy::date::Date;
use crate::policy::{Allow, PathMapping, Secrets};
use crate::rules::RuleId;
use crate::source::Node;
use crate::suggest::nearest;

impl Reader<'_> {
    pub(super) fn secrets(&mut self, node: Option<&Node>) -> Secrets {
        let get = |name| node.and_then(|node: &Node| node.get(name));
        let imports = list(get("import"))
            .iter()
            .filter_map(|node| {
                let pointer = self.pointer(node.get("pointer"));
                Some((text(node.get("file"))?, pointer?))
            })
            .collect();
        Secrets {
            fields: spanned_texts(get("fields")),
            imports,
            ignored: list(get("ignore"))
                .iter()
                .filter_map(|node| text(node.get("field")))
                .collect(),
        }
    }

    pub(super) fn allow(&mut self, node: &Node, deployments: &[&str]) -> Option<Allow> {
        let rule_node = node.get("rule")?;
        let rule = match RuleId::parse(rule_node.as_str()?) {
            Ok(rule) => rule,
            Err(message) => {
                self.refuse(rule_node.span, message);
                return None;
            }
        };
        if node.get("service").is_none() && node.get("deployment").is_none() {
            self.refuse(
                node.span,
                "`allow` needs a `service` or a `deployment`; to turn a rule off everywhere, use `levels`",
            );
        }
        Some(Allow {
            rule,
            service: string(node.get("service")),
            deployment: self.deployment_name(node, deployments),
            expires: node.get("expires").and_then(Date::of_node),
            span: node.span,
        })
    }

    pub(super) fn path_map(
        &mut self,
        node: Option<&Node>,
        deployments: &[&str],
    ) -> Vec<PathMapping> {
        list(node)
            .iter()
            .filter_map(|entry| {
                let from = text(entry.get("from"))?;
                if !from.value.starts_with('/') {
                    self.refuse(
                        from.span,
                        "`from` is a path of the target machine and begins with `/`",
                    );
                }
                Some(PathMapping {
                    from: from.value,
                    to: string(entry.get("to"))?,
                    deployment: self.deployment_name(entry, deployments),
                })
            })
            .collect()
    }

    /// The `deployment` of an entry, refused if there is none of that name.
    pub(super) fn deployment_name(&mut self, node: &Node, deployments: &[&str]) -> Option<String> {
        let name = text(node.get("deployment"))?;
        if !deployments.contains(&name.value.as_str()) {
            let hint = nearest(&name.value, deployments.iter().copied())
                .map(|meant| format!("; did you mean `{meant}`?"))
                .unwrap_or_default();
            self.refuse(
                name.span,
                format!("the policy has no deployment `{}`{hint}", name.value),
            );
        }
        Some(name.value)
    }
}
