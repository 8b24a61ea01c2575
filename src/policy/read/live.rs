//! What is stated for the commands that look at a running fleet.

use std::collections::BTreeMap;

use super::Reader;
use super::nodes::{entries, list, spanned_texts, string, text, text_map, texts};
use crate::access::identity::expand;
use crate::policy::{Connection, Instance, LogLines};
use crate::registry::Spanned;
use crate::source::{Node, Span};
use crate::suggest::did_you_mean;

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
            if entries(Some(node)).next().is_none() {
                self.refuse(
                    node.span,
                    "an instance needs the value of at least one variable",
                );
            }
            for (name, value) in &variables {
                if let Err(why) = Instance::is_value(value) {
                    let span = node.get(name).map_or(node.span, |value| value.span);
                    self.refuse(beginning(span), format!("the value of `{name}` {why}"));
                }
            }
        }
        variables
    }

    pub(super) fn seed_command(&mut self, node: Option<&Node>) -> Option<Vec<Spanned<String>>> {
        let command = node?.get("command")?;
        let words = spanned_texts(Some(command));
        match words.first() {
            None => {
                self.refuse(command.span, "the command has no word; name the program");
                return None;
            }
            Some(program) if program.value.trim().is_empty() => {
                self.refuse(program.span, "the command names no program");
            }
            Some(_) => {}
        }
        for word in &words {
            let value_of = |name: &str| PLACEHOLDERS.contains(&name).then(String::new);
            if let Err(name) = expand(&word.value, value_of) {
                let all = PLACEHOLDERS.map(|name| format!("`{{{name}}}`")).join(", ");
                // What stands in the braces may be a part of a secret.
                self.refuse(
                    beginning(word.span),
                    format!(
                        "the `{{…}}` here stands for nothing{}; what stands for something is {all}",
                        did_you_mean(name, PLACEHOLDERS)
                    ),
                );
            }
        }
        Some(words)
    }

    /// How commands reach a store.
    pub(super) fn connection(&mut self, node: &Node) -> Connection {
        let stated = |name: &str| text(node.get(name));
        let connection = Connection {
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
        };
        self.no_login_in(connection.address.as_ref());
        for (name, value) in entries(Some(node)).map(|(name, _, value)| (name, value)) {
            let variable = value.as_str().and_then(|text| text.strip_prefix('$'));
            if variable.is_some_and(|name| !is_variable(name)) {
                self.refuse(
                    value.span,
                    format!("`{name}` begins with `$` and names no environment variable behind it"),
                );
            }
        }
        let has = |name: &str| node.get(name).is_some();
        for (one, other, message) in [
            (
                "credentials",
                "nkey",
                "a client logs in with `credentials` or with an `nkey`, not with both",
            ),
            (
                "workload_socket",
                "certificate",
                "a client has its certificate from `workload_socket` or from `certificate`, not from both",
            ),
        ] {
            if has(one) && has(other) {
                self.refuse(node.span, message);
            }
        }
        for (name, needs) in [
            ("certificate", "private_key"),
            ("private_key", "certificate"),
            ("server_id", "workload_socket"),
        ] {
            if has(name) && !has(needs) {
                self.refuse(node.span, format!("`{name}` needs `{needs}` beside it"));
            }
        }
        connection
    }

    /// The address of a server may say how to log in: a secret, which has no place in the policy.
    fn no_login_in(&mut self, address: Option<&Spanned<String>>) {
        if let Some(address) = address.filter(|address| address.value.contains('@')) {
            self.refuse(
                beginning(address.span),
                "the address holds a login, which would be a secret in the policy; name its file in `credentials` or `nkey`, or the environment variable that holds the address, `$NAME`",
            );
        }
    }
}

/// The lines that a log has; of what is not stated, those of `unless`.
pub(super) fn log_lines(node: Option<&Node>, unless: &LogLines) -> Option<LogLines> {
    let node = node?;
    let stated = |name: &str, unless: &[String]| match node.get(name) {
        Some(list) => texts(Some(list)),
        None => unless.to_vec(),
    };
    Some(LogLines {
        required: stated("required", &unless.required),
        forbidden: stated("forbidden", &unless.forbidden),
    })
}

/// A place whose text is not shown, as it may be a secret.
fn beginning(span: Span) -> Span {
    Span {
        end: span.start,
        ..span
    }
}

/// What stands for something in the words of the fleet's own seeder.
const PLACEHOLDERS: [&str; 5] = ["service", "deployment", "key", "template", "output"];

/// Whether a text is the name of an environment variable.
fn is_variable(name: &str) -> bool {
    let is_part = |character: char| character.is_ascii_alphanumeric() || character == '_';
    name.chars().all(is_part) && name.starts_with(|first: char| !first.is_ascii_digit())
}

#[cfg(test)]
mod tests;
