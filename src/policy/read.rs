//! Fills a [`Policy`] from a document.

use std::collections::BTreeMap;

use super::date::Date;
use super::validate::validate;
use super::{
    AccessPolicy, AccessTableFile, AccessTablePlace, Allow, BuildLevels, Contract, DeploymentKind,
    DeploymentPolicy, ExpectedSource, ExternalIdentity, IdentityForm, IdentityRule, PathMapping,
    Policy, RegistryPlace, Secrets, ServicePolicy, SharedKey, SuppliedBy, TemplateSource,
};
use crate::finding::Level;
use crate::registry::Spanned;
use crate::rules::RuleId;
use crate::source::{Node, Problem, Span, Syntax};
use crate::suggest::nearest;

/// Reads a policy.
///
/// # Errors
///
/// Every mistake in it, in the order of the text.
pub fn read(root: &Node) -> Result<Policy, Vec<Problem>> {
    let mut problems = validate(root);
    let policy = Reader {
        problems: &mut problems,
    }
    .policy(root);
    match policy {
        Some(policy) if problems.is_empty() => Ok(policy),
        _ => {
            problems.sort_by_key(|problem| problem.span);
            problems.dedup();
            Err(problems)
        }
    }
}

/// Reads what validation found well-formed; what it did not is left out, as the policy is refused anyway.
struct Reader<'p> {
    problems: &'p mut Vec<Problem>,
}

impl Reader<'_> {
    fn policy(&mut self, root: &Node) -> Option<Policy> {
        let access = self.access(root.get("access"));
        let contract = contract(root.get("contract"));
        let environment = text_map(root.get("environment"));
        let deployments: Vec<DeploymentPolicy> = list(root.get("deployment"))
            .iter()
            .filter_map(|node| self.deployment(node, &environment, &contract))
            .collect();
        let deployment_names: Vec<&str> = deployments
            .iter()
            .map(|deployment| deployment.name.value.as_str())
            .collect();
        self.unique_deployments(list(root.get("deployment")));
        if root
            .get("deployment")
            .is_some_and(|node| list(Some(node)).is_empty())
        {
            self.refuse(
                root.span,
                "the policy names no deployment, so nothing would be checked",
            );
        }
        let services: BTreeMap<String, ServicePolicy> = entries(root.get("service"))
            .map(|(name, span, node)| {
                (
                    name.to_owned(),
                    self.service(span, node, &access, &contract, &deployment_names),
                )
            })
            .collect();
        // What cannot be read is left out, and what follows is read all the same for its mistakes.
        let registry = root.get("registry").and_then(|node| self.registry(node));
        let policy = Policy {
            scopes: entries(root.get("scopes"))
                .map(|(name, _, node)| (name.to_owned(), texts(node.get("variables"))))
                .collect(),
            prefixes: texts(root.get("workloads").and_then(|node| node.get("prefixes"))),
            path_map: self.path_map(root.get("path_map"), &deployment_names),
            secrets: self.secrets(root.get("secrets")),
            shared_keys: list(root.get("shared_key"))
                .iter()
                .map(|node| SharedKey {
                    services: texts(node.get("services")),
                    span: node.span,
                })
                .collect(),
            external_identities: list(root.get("external_identity"))
                .iter()
                .filter_map(|node| {
                    Some(ExternalIdentity {
                        identity: text(node.get("identity"))?,
                        deployment: self.deployment_name(node, &deployment_names),
                    })
                })
                .collect(),
            levels: levels(root.get("levels")),
            allows: list(root.get("allow"))
                .iter()
                .filter_map(|node| self.allow(node, &deployment_names))
                .collect(),
            build: build(root.get("build")),
            registry: {
                self.carriers_exist(&services);
                registry?
            },
            access,
            contract,
            services,
            deployments,
        };
        Some(policy)
    }

    fn refuse(&mut self, span: Span, message: impl Into<String>) {
        self.problems.push(Problem::new(span, message));
    }

    fn registry(&mut self, node: &Node) -> Option<RegistryPlace> {
        let pointer = self.pointer(node.get("pointer"));
        // A value that is no path is told by validation.
        if node.get("file").is_some() == node.get("directory").is_some() {
            self.refuse(node.span, "`registry` needs one of `file` and `directory`");
        }
        let (path, is_directory) = match (text(node.get("file")), text(node.get("directory"))) {
            (Some(file), None) => (file, false),
            (None, Some(directory)) => (directory, true),
            _ => return None,
        };
        Some(RegistryPlace {
            path,
            is_directory,
            pointer: pointer.map(|pointer| pointer.value).unwrap_or_default(),
            variable: string(node.get("variable")),
        })
    }

    fn access(&mut self, node: Option<&Node>) -> AccessPolicy {
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
                        super::schema::IDENTITY_FORMS.join("`, `")
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

    fn role(&mut self, node: &Node, roles: &[String]) -> Option<usize> {
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

    fn deployment(
        &mut self,
        node: &Node,
        environment: &BTreeMap<String, String>,
        contract: &Contract,
    ) -> Option<DeploymentPolicy> {
        let kind_node = node.get("kind")?;
        let kind = DeploymentKind::parse(kind_node.as_str()?)?;
        let files = spanned_texts(node.get("files"));
        if let Some(none) = node
            .get("files")
            .filter(|files| files.as_sequence().is_some_and(<[_]>::is_empty))
        {
            self.refuse(
                none.span,
                "`files` names no file, so nothing would be checked",
            );
        }
        if let (DeploymentKind::Kustomize, [_, second, ..]) = (kind, files.as_slice()) {
            self.refuse(
                second.span,
                "a deployment of the kind `kustomize` is one overlay: name its directory, and the others in deployments of their own",
            );
        }
        if let (DeploymentKind::Helm, [_, second, ..]) = (kind, files.as_slice()) {
            self.refuse(
                second.span,
                "a deployment of the kind `helm` is one chart: name its directory, and the others in deployments of their own",
            );
        }
        let mut own = environment.clone();
        own.extend(text_map(node.get("environment")));
        let identities = list(node.get("identity"))
            .iter()
            .filter_map(|node| self.identity(node, contract))
            .collect();
        let templates = list(node.get("templates"))
            .iter()
            .filter_map(|node| self.template_source(node, kind))
            .collect();
        let access_table = node
            .get("access_table")
            .and_then(|node| self.access_table(node, kind));
        Some(DeploymentPolicy {
            name: text(node.get("name"))?,
            kind: Spanned::new(kind, kind_node.span),
            files,
            profiles: node.get("profiles").map(|profiles| texts(Some(profiles))),
            interpolation_files: spanned_texts(node.get("interpolation_files")),
            environment: own,
            values_files: spanned_texts(node.get("values_files")),
            set: text_map(node.get("set")),
            release: string(node.get("release")),
            kube_version: string(node.get("kube_version")),
            api_versions: spanned_texts(node.get("api_versions"))
                .into_iter()
                .map(|version| version.value)
                .collect(),
            trust_domain: string(node.get("trust_domain")),
            namespace: string(node.get("namespace")),
            cluster_name: string(node.get("cluster_name")),
            access_table: access_table?,
            identities,
            templates,
            expected_source: expected_source(node.get("expected_source")),
            levels: levels(node.get("levels")),
        })
    }

    fn template_source(&mut self, node: &Node, kind: DeploymentKind) -> Option<TemplateSource> {
        let get = |name| text(node.get(name));
        let mut names = vec!["service", "workload", "format", "deployment"];
        let source = if node.as_mapping().is_none() {
            TemplateSource::File(text(Some(node))?)
        } else {
            match (get("mounted_at"), get("config_map"), get("key")) {
                (Some(path), None, None) => {
                    names.push("env.NAME");
                    TemplateSource::MountedAt(path)
                }
                (None, Some(name), Some(key)) => {
                    self.has_config_maps(name.span, kind);
                    names.push("env.NAME");
                    self.placeholders(&name, &names);
                    TemplateSource::ConfigMap { name, key }
                }
                _ => {
                    self.refuse(
                        node.span,
                        "an item of `templates` needs either `mounted_at`, or `config_map` and `key`",
                    );
                    return None;
                }
            }
        };
        self.placeholders(source.pattern(), &names);
        Some(source)
    }

    fn access_table(&mut self, node: &Node, kind: DeploymentKind) -> Option<AccessTablePlace> {
        let pointer = self.pointer(node.get("pointer"));
        let bucket_ttl = self.pointer(node.get("bucket_ttl"));
        let get = |name| text(node.get(name));
        let mounted = (get("workload"), get("mounted_at"));
        let in_config_map = (get("config_map"), get("key"));
        let file = match (get("file"), mounted, in_config_map) {
            (Some(file), (None, None), (None, None)) => AccessTableFile::File(file),
            (None, (Some(workload), Some(path)), (None, None)) => {
                AccessTableFile::MountedAt { workload, path }
            }
            (None, (None, None), (Some(name), Some(key))) => {
                self.has_config_maps(name.span, kind);
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
            bucket_ttl,
            mode: self.pointer(node.get("mode")),
            span: node.span,
        })
    }

    /// Refuses a ConfigMap of a deployment that has none.
    fn has_config_maps(&mut self, span: Span, kind: DeploymentKind) {
        if !kind.is_kubernetes() {
            self.refuse(
                span,
                "only deployments of the kinds `helm`, `kubernetes` and `kustomize` have ConfigMaps",
            );
        }
    }

    fn identity(&mut self, node: &Node, contract: &Contract) -> Option<IdentityRule> {
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
                if !line.value.contains("{workload}") {
                    self.refuse(
                        line.span,
                        "the pattern of `listed_in` must hold `{workload}`",
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
    fn placeholders(&mut self, pattern: &Spanned<String>, names: &[&str]) {
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

    fn modes(&mut self, node: &Node, contract: &Contract) -> Vec<String> {
        for item in list(Some(node)) {
            let Some(mode) = item.as_str() else { continue };
            if !contract.modes.contains_key(mode) {
                let known = contract
                    .modes
                    .keys()
                    .map(String::as_str)
                    .collect::<Vec<_>>()
                    .join("`, `");
                self.refuse(
                    item.span,
                    format!("the contract has no security mode `{mode}`, only `{known}`"),
                );
            }
        }
        texts(Some(node))
    }

    fn pointer(&mut self, node: Option<&Node>) -> Option<Spanned<String>> {
        let pointer = text(node)?;
        if !pointer.value.starts_with('/') {
            self.refuse(
                pointer.span,
                "a JSON pointer begins with `/`, as in `/rbac/roles`",
            );
        }
        Some(pointer)
    }

    fn service(
        &mut self,
        span: Span,
        node: &Node,
        access: &AccessPolicy,
        contract: &Contract,
        deployments: &[&str],
    ) -> ServicePolicy {
        let needs = list(node.get("need"))
            .iter()
            .filter_map(|need| {
                let role = need.get("role")?;
                let index = self.role(role, &access.roles)?;
                Some((
                    Spanned::new(index, role.span),
                    self.deployment_name(need, deployments),
                ))
            })
            .collect();
        let not_in = list(node.get("not_in"))
            .iter()
            .filter_map(|entry| {
                if entry.get("deployment").and_then(Node::as_str) != Some("*") {
                    self.deployment_name(entry, deployments);
                }
                let name = text(entry.get("deployment"))?;
                Some(Spanned::new(name.value, entry.span))
            })
            .collect();
        let supplied_by = list(node.get("supplied_by"))
            .iter()
            .filter_map(|entry| {
                Some(SuppliedBy {
                    field: text(entry.get("field"))?,
                    deployment: self.deployment_name(entry, deployments),
                    variable: string(entry.get("variable")),
                })
            })
            .collect();
        let templates = list(node.get("template"))
            .iter()
            .filter_map(|entry| {
                let get = |name| text(entry.get(name));
                let source = match (get("file"), get("config_map"), get("key")) {
                    (Some(file), None, None) => TemplateSource::File(file),
                    (None, Some(name), Some(key)) => TemplateSource::ConfigMap { name, key },
                    _ => {
                        self.refuse(
                            entry.span,
                            "a template needs either `file`, or `config_map` and `key`",
                        );
                        return None;
                    }
                };
                Some((source, self.deployment_name(entry, deployments)))
            })
            .collect();
        ServicePolicy {
            span,
            aliases: spanned_texts(node.get("aliases")),
            certificate: string(node.get("certificate")),
            sources: spanned_texts(node.get("sources")),
            modes: node
                .get("modes")
                .map(|modes| Spanned::new(self.modes(modes, contract), modes.span)),
            expected_sources: self.expected_sources(node, deployments),
            carried_by: node
                .get("carried_by")
                .and_then(|carried| text(carried.get("service"))),
            not_in,
            needs,
            supplied_by,
            templates,
            levels: levels(node.get("levels")),
        }
    }

    fn expected_sources(
        &mut self,
        node: &Node,
        deployments: &[&str],
    ) -> Vec<(Spanned<ExpectedSource>, Option<String>)> {
        let everywhere = expected_source(node.get("expected_source")).map(|source| (source, None));
        let stated = list(node.get("expected_source"))
            .iter()
            .filter_map(|entry| {
                let source = expected_source(entry.get("source"))?;
                Some((source, self.deployment_name(entry, deployments)))
            });
        everywhere.into_iter().chain(stated).collect()
    }

    fn secrets(&mut self, node: Option<&Node>) -> Secrets {
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

    fn allow(&mut self, node: &Node, deployments: &[&str]) -> Option<Allow> {
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

    fn path_map(&mut self, node: Option<&Node>, deployments: &[&str]) -> Vec<PathMapping> {
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
    fn deployment_name(&mut self, node: &Node, deployments: &[&str]) -> Option<String> {
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

    fn unique_deployments(&mut self, deployments: &[Node]) {
        let mut names: BTreeMap<String, Span> = BTreeMap::new();
        for name in deployments
            .iter()
            .filter_map(|deployment| text(deployment.get("name")))
        {
            if let Some(first) = names.get(&name.value) {
                self.problems.push(Problem {
                    span: name.span,
                    message: format!("a second deployment `{}`", name.value),
                    related: Some((*first, "the first one".to_owned())),
                });
            } else {
                names.insert(name.value, name.span);
            }
        }
    }

    /// A service that carries another must not be carried itself: somebody has to present an identity.
    fn carriers_exist(&mut self, services: &BTreeMap<String, ServicePolicy>) {
        for (name, service) in services {
            let Some(carrier) = &service.carried_by else {
                continue;
            };
            let again = services
                .get(&carrier.value)
                .is_some_and(|other| other.carried_by.is_some());
            if again || carrier.value == *name {
                self.refuse(
                    carrier.span,
                    format!(
                        "`{}` is carried itself; name the service that presents the identity",
                        carrier.value
                    ),
                );
            }
        }
    }
}

fn contract(node: Option<&Node>) -> Contract {
    let get = |name| node.and_then(|node: &Node| node.get(name));
    let text_or = |name, default: &str| string(get(name)).unwrap_or_else(|| default.to_owned());
    let texts_or = |name, default: &[&str]| match get(name) {
        Some(node) => texts(Some(node)),
        None => default.iter().map(|text| (*text).to_owned()).collect(),
    };
    let modes = match get("mode") {
        Some(_) => entries(get("mode"))
            .map(|(name, _, mode)| (name.to_owned(), texts(mode.get("required"))))
            .collect(),
        None => [
            (
                "mtls",
                ["KV_CERT_FILE", "KV_KEY_FILE", "KV_CA_FILE"].as_slice(),
            ),
            (
                "spiffe",
                ["KV_TRUST_DOMAIN", "KV_SERVER_SPIFFE_ID"].as_slice(),
            ),
        ]
        .into_iter()
        .map(|(mode, names)| {
            (
                mode.to_owned(),
                names.iter().map(|name| (*name).to_owned()).collect(),
            )
        })
        .collect(),
    };
    Contract {
        source_variable: text_or("source_variable", "CONFIG_SOURCE"),
        source_value: text_or("source_value", "kv"),
        other_source_values: texts_or("other_source_values", &["file"]),
        service_variable: text_or("service_variable", "CONFIG_SERVICE"),
        certificate_variable: text_or("certificate_variable", "KV_CERT_FILE"),
        mode_variable: text_or("mode_variable", "KV_SEC_MODE"),
        template_key: text_or("template_key", "templates/{service}.{format}"),
        required: texts_or("required", &["KV_ADDRESS"]),
        modes,
    }
}

fn build(node: Option<&Node>) -> BuildLevels {
    let level = |name| {
        node.and_then(|node| node.get(name))
            .and_then(Node::as_str)
            .and_then(Level::parse)
            .unwrap_or(Level::Deny)
    };
    BuildLevels {
        local: level("local"),
        ci: level("ci"),
    }
}

fn expected_source(node: Option<&Node>) -> Option<Spanned<ExpectedSource>> {
    let node = node?;
    let source = match node.as_str()? {
        "kv" => ExpectedSource::Kv,
        "file" => ExpectedSource::File,
        _ => return None,
    };
    Some(Spanned::new(source, node.span))
}

fn levels(node: Option<&Node>) -> BTreeMap<RuleId, Level> {
    entries(node)
        .filter_map(|(name, _, level)| {
            Some((RuleId::parse(name).ok()?, Level::parse(level.as_str()?)?))
        })
        .collect()
}

fn list(node: Option<&Node>) -> &[Node] {
    node.and_then(Node::as_sequence).unwrap_or_default()
}

fn entries(node: Option<&Node>) -> impl Iterator<Item = (&str, Span, &Node)> {
    let entries = node
        .and_then(Node::as_mapping)
        .map(crate::source::Mapping::entries)
        .unwrap_or_default();
    entries
        .iter()
        .map(|entry| (&*entry.key.text, entry.key.span, &entry.value))
}

fn text(node: Option<&Node>) -> Option<Spanned<String>> {
    let node = node?;
    Some(Spanned::new(node.as_str()?.to_owned(), node.span))
}

fn string(node: Option<&Node>) -> Option<String> {
    text(node).map(|text| text.value)
}

fn spanned_texts(node: Option<&Node>) -> Vec<Spanned<String>> {
    list(node)
        .iter()
        .filter_map(|item| text(Some(item)))
        .collect()
}

fn texts(node: Option<&Node>) -> Vec<String> {
    spanned_texts(node)
        .into_iter()
        .map(|text| text.value)
        .collect()
}

fn text_map(node: Option<&Node>) -> BTreeMap<String, String> {
    entries(node)
        .filter_map(|(name, _, value)| Some((name.to_owned(), value.as_str()?.to_owned())))
        .collect()
}
