//! What is stated for the commands that look at a running fleet.

use std::collections::BTreeMap;

use super::Reader;
use super::nodes::{list, spanned_texts, string, text, text_map, texts};
use crate::policy::{Connection, Instance, LogLines};
use crate::registry::Spanned;
use crate::source::Node;

impl Reader<'_> {
    pub(super) fn instances(&mut self, node: Option<&Node>, deployments: &[&str]) -> Vec<Instance> {
        let nodes = list(node).iter();
        nodes
            .map(|node| Instance {
                deployment: self.deployment_name(node, deployments),
                service: string(node.get("service")),
                variables: self.variables_of_instance(node.get("variables")),
            })
            .collect()
    }

    fn variables_of_instance(&mut self, node: Option<&Node>) -> BTreeMap<String, String> {
        let variables = text_map(node);
        if let Some(node) = node {
            if variables.is_empty() {
                self.refuse(
                    node.span,
                    "an instance needs the value of a variable at least",
                );
            }
            for (name, value) in &variables {
                if let Err(why) = Instance::is_value(value) {
                    let span = node.get(name).map_or(node.span, |value| value.span);
                    self.refuse(span, format!("the value of `{name}` {why}"));
                }
            }
        }
        variables
    }

    pub(super) fn seed_command(&mut self, node: Option<&Node>) -> Option<Vec<Spanned<String>>> {
        let command = node?.get("command")?;
        let words = spanned_texts(Some(command));
        if words.is_empty() {
            self.refuse(command.span, "the command has no word; name the program");
            return None;
        }
        Some(words)
    }

    pub(super) fn log_lines(&mut self, node: Option<&Node>) -> Option<LogLines> {
        let node = node?;
        let LogLines {
            required,
            forbidden,
        } = LogLines::default();
        let stated = |name: &str, unless: Vec<String>| match node.get(name) {
            Some(list) => texts(Some(list)),
            None => unless,
        };
        let lines = LogLines {
            required: stated("required", required),
            forbidden: stated("forbidden", forbidden),
        };
        for name in ["required", "forbidden"] {
            let items = list(node.get(name)).iter();
            for item in
                items.filter(|item| item.as_str().is_some_and(|text| text.trim().is_empty()))
            {
                self.refuse(
                    item.span,
                    "an empty text is in every line; name what the line says",
                );
            }
        }
        Some(lines)
    }
}

/// How commands reach a store.
pub(super) fn connection(node: &Node) -> Connection {
    let stated = |name: &str| text(node.get(name));
    Connection {
        span: node.span,
        address: stated("address"),
        credentials: stated("credentials"),
        nkey: stated("nkey"),
        certificate: stated("certificate"),
        private_key: stated("private_key"),
        authorities: stated("authorities"),
        server_name: stated("server_name"),
        server_id: stated("server_id"),
        workload_socket: stated("workload_socket"),
    }
}
