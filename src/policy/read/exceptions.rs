//! Secrets, exceptions and paths of the target.

use super::Reader;
use super::nodes::{list, spanned_texts, string, text};
use crate::policy::date::Date;
use crate::policy::{Allow, ExternalIdentity, PathMapping, Secrets};
use crate::registry::Spanned;
use crate::rules::RuleId;
use crate::source::{Node, Span};
use crate::suggest::did_you_mean;

impl Reader<'_> {
    pub(super) fn secrets(&mut self, node: Option<&Node>) -> Secrets {
        let get = |name| node.and_then(|node: &Node| node.get(name));
        let imports = list(get("import"))
            .iter()
            .filter_map(|node| {
                let pointer = text(node.get("pointer"));
                Some((text(node.get("file"))?, pointer?))
            })
            .collect();
        let ignored: Vec<Spanned<String>> = list(get("ignore"))
            .iter()
            .filter_map(|node| text(node.get("field")))
            .collect();
        for field in &ignored {
            let path = field.value.strip_prefix("**.").unwrap_or(&field.value);
            if path.split('.').all(|part| part == "*") {
                self.refuse(
                    field.span,
                    "this path is that of every field, so no secret would be found; name the field that is none",
                );
            }
        }
        Secrets {
            fields: spanned_texts(get("fields")),
            imports,
            ignored,
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
            reason: string(node.get("reason")).unwrap_or_default(),
            expires: node.get("expires").and_then(Date::of_node),
            span: node.span,
        })
    }

    /// Who matches everything is nobody in particular: every grant would be somebody's.
    pub(super) fn external_identity(
        &mut self,
        node: &Node,
        deployments: &[&str],
    ) -> Option<ExternalIdentity> {
        let identity = text(node.get("identity"))?;
        if matches_everything(&identity.value) {
            self.refuse(
                identity.span,
                "the pattern of this external identity matches every identity, so no grant would be nobody's; name who it is",
            );
        }
        Some(ExternalIdentity {
            identity,
            deployment: self.deployment_name(node, deployments),
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
        self.is_deployment(&name.value, name.span, deployments);
        Some(name.value)
    }

    /// Refuses a name that is no deployment's.
    pub(super) fn is_deployment(&mut self, name: &str, span: Span, deployments: &[&str]) {
        if !deployments.contains(&name) {
            let hint = did_you_mean(name, deployments.iter().copied());
            self.refuse(span, format!("the policy has no deployment `{name}`{hint}"));
        }
    }
}

/// Whether a pattern matches every identity, or every one of a form.
fn matches_everything(pattern: &str) -> bool {
    let rest = ["spiffe://", "CN="]
        .iter()
        .find_map(|form| pattern.strip_prefix(form))
        .unwrap_or(pattern);
    rest.contains('*') && rest.chars().all(|character| matches!(character, '*' | '?'))
}

#[cfg(test)]
mod tests {
    use super::matches_everything;

    #[test]
    fn a_pattern_of_every_identity_is_none_of_somebody() {
        for pattern in ["*", "**", "?*", "spiffe://*", "CN=*"] {
            assert!(matches_everything(pattern), "{pattern}");
        }
        for pattern in ["CN=operator-*", "spiffe://partner.example/*", "?", "CN=a"] {
            assert!(!matches_everything(pattern), "{pattern}");
        }
    }
}
