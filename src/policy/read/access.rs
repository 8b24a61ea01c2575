//! The access table, its roles, and where it is.

use super::Reader;
use super::nodes::{list, names, string, text, texts};
use crate::policy::schema;
use crate::policy::{AccessPolicy, AccessTableFile, AccessTablePlace, GrantFields, IdentityForm};
use crate::source::{Names, Node, Syntax};

impl Reader<'_> {
    pub(super) fn access(&mut self, node: Option<&Node>) -> AccessPolicy {
        let get = |name| node.and_then(|node: &Node| node.get(name));
        let mut roles = texts(get("roles"));
        if get("roles").is_none() {
            roles = vec!["reader".to_owned(), "writer".to_owned()];
        } else if let Some(node) =
            get("roles").filter(|node| node.as_sequence().is_some_and(<[_]>::is_empty))
        {
            self.refuse(
                node.span,
                "`roles` is empty: the store must know at least one role",
            );
        }
        let need = get("need")
            .and_then(|node| self.role(node, &roles))
            .unwrap_or_else(|| roles.len().saturating_sub(1));
        let mut compare = Vec::new();
        for item in list(get("compare")) {
            match item.as_str().and_then(IdentityForm::parse) {
                Some(form) => compare.push(form),
                None => self.refuse(
                    item.span,
                    format!(
                        "`compare` knows only `{}`",
                        schema::IDENTITY_FORMS.join("`, `")
                    ),
                ),
            }
        }
        if compare.is_empty() {
            compare = vec![IdentityForm::Spiffe, IdentityForm::Subject];
        }
        let try_all = get("try_all").and_then(Node::as_bool).unwrap_or(false);
        AccessPolicy {
            roles,
            need,
            compare,
            try_all,
        }
    }

    pub(super) fn role(&mut self, node: &Node, roles: &[String]) -> Option<usize> {
        let name = node.as_str()?;
        let position = roles.iter().position(|role| role == name);
        if position.is_none() {
            let known = roles.join("`, `");
            self.refuse(
                node.span,
                format!("the policy knows no role `{name}`, only `{known}`"),
            );
        }
        position
    }

    pub(super) fn access_table(&mut self, node: &Node) -> Option<AccessTablePlace> {
        let pointer = text(node.get("pointer"));
        let bucket_ttl = text(node.get("bucket_ttl"));
        let get = |name| text(node.get(name));
        let mounted = (get("workload"), get("mounted_at"));
        let in_config_map = (get("config_map"), get("key"));
        let file = match (get("file"), mounted, in_config_map) {
            (Some(file), (None, None), (None, None)) => AccessTableFile::File(file),
            (None, (Some(workload), Some(path)), (None, None)) => {
                AccessTableFile::MountedAt { workload, path }
            }
            (None, (None, None), (Some(name), Some(key))) => {
                if Syntax::of_path(&key.value).is_none() {
                    self.refuse(
                        key.span,
                        "the key's extension must tell its format: `.json`, `.yaml`, `.yml` or `.toml`",
                    );
                }
                AccessTableFile::ConfigMap { name, key }
            }
            _ => {
                self.refuse(
                    node.span,
                    "`access_table` needs either `file`, or `workload` and `mounted_at`, or `config_map` and `key`",
                );
                return None;
            }
        };
        Some(AccessTablePlace {
            file,
            pointer: pointer?,
            fields: self.grant_fields(node),
            bucket_ttl,
            mode: text(node.get("mode")),
            names: names(node.get("json"), Names::AnyCase),
            span: node.span,
        })
    }

    fn grant_fields(&mut self, access_table: &Node) -> GrantFields {
        let default = GrantFields::default();
        let fields = GrantFields {
            identity: string(access_table.get("identity_field")).unwrap_or(default.identity),
            role: string(access_table.get("role_field")).unwrap_or(default.role),
        };
        if fields.identity == fields.role {
            self.refuse(
                access_table.span,
                format!(
                    "`identity_field` and `role_field` are both `{}`; a grant has one field for each",
                    fields.role
                ),
            );
        }
        fields
    }
}
