//! The shape of `kvguard.toml`: one table that validation, the JSON schema for editors and the
//! reference page are made from.

/// A table of the policy.
#[derive(Debug)]
pub struct Table {
    /// What it is, in a sentence.
    pub doc: &'static str,
    /// Its keys.
    pub fields: &'static [Field],
}

/// A key of a table.
#[derive(Debug)]
pub struct Field {
    /// The key.
    pub name: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// Whether it must be there.
    pub required: bool,
    /// What it is for, its default and limits, in a sentence or two.
    pub doc: &'static str,
}

/// What a key holds.
#[derive(Debug)]
pub enum Kind {
    /// A string that is not empty.
    Text,
    /// One of these words.
    Word(&'static [&'static str]),
    /// `true` or `false`.
    Bool,
    /// A date, `2026-01-31`, as a TOML date or a string.
    Date,
    /// A list of strings.
    Texts,
    /// Names of one's own, each with a string.
    TextMap,
    /// Rules, each with a level.
    Levels,
    /// A table.
    Table(&'static Table),
    /// A list of tables.
    Tables(&'static Table),
    /// Names of one's own, each with a table.
    TableMap(&'static Table),
    /// One of these words, or a list of tables.
    WordOrTables(&'static [&'static str], &'static Table),
    /// A list whose items are strings or tables.
    TextsOrTables(&'static Table),
}

const fn required(name: &'static str, kind: Kind, doc: &'static str) -> Field {
    Field {
        name,
        kind,
        required: true,
        doc,
    }
}

const fn optional(name: &'static str, kind: Kind, doc: &'static str) -> Field {
    Field {
        name,
        kind,
        required: false,
        doc,
    }
}

/// The words for the forms of identity.
pub const IDENTITY_FORMS: &[&str] = &["spiffe", "subject", "subject-cn-o", "subject-cn"];

/// The words for the kinds of deployment.
pub const DEPLOYMENT_KINDS: &[&str] = &["compose", "helm", "kubernetes", "kustomize", "systemd"];

/// The words for where configuration comes from.
pub const SOURCES: &[&str] = &["kv", "file"];

/// The words for levels.
pub const LEVELS: &[&str] = &["allow", "warn", "deny"];

/// The whole policy.
pub static POLICY: Table = Table {
    doc: "Where services are declared, deployed, identified, granted and seeded, and what is intended.",
    fields: &[
        required(
            "registry",
            Kind::Table(&REGISTRY),
            "Where the service descriptors are declared.",
        ),
        optional(
            "scopes",
            Kind::TableMap(&SCOPE),
            "The scopes a descriptor may name, and the variables each gives to key templates. A scope that is not named here has none.",
        ),
        optional(
            "access",
            Kind::Table(&ACCESS),
            "How the store decides what a client may do.",
        ),
        optional(
            "contract",
            Kind::Table(&CONTRACT),
            "The environment variables that make a client use the store.",
        ),
        optional(
            "workloads",
            Kind::Table(&WORKLOADS),
            "How workloads map to descriptors.",
        ),
        optional(
            "environment",
            Kind::TextMap,
            "Variables for `${…}` in deployment files, over those of `interpolation_files`. The host's environment is never used.",
        ),
        optional(
            "path_map",
            Kind::Tables(&PATH_MAP),
            "Where a path of the target machine is found in the project.",
        ),
        optional(
            "secrets",
            Kind::Table(&SECRETS),
            "The fields that no template may carry.",
        ),
        optional(
            "service",
            Kind::TableMap(&SERVICE),
            "What is intended of a service, by its descriptor's name.",
        ),
        optional(
            "shared_key",
            Kind::Tables(&SHARED_KEY),
            "Services that own one key together on purpose.",
        ),
        optional(
            "external_identity",
            Kind::Tables(&EXTERNAL_IDENTITY),
            "Identities that are granted to people or tools, not to workloads.",
        ),
        required(
            "deployment",
            Kind::Tables(&DEPLOYMENT),
            "The ways the fleet is run.",
        ),
        optional(
            "levels",
            Kind::Levels,
            "The level of each rule, where it is not the rule's default.",
        ),
        optional(
            "allow",
            Kind::Tables(&ALLOW),
            "Findings that are accepted, each with its reason.",
        ),
        optional(
            "build",
            Kind::Table(&BUILD),
            "What a finding does to a build.",
        ),
    ],
};

static REGISTRY: Table = Table {
    doc: "Where the service descriptors are declared: one of `file` and `directory`.",
    fields: &[
        optional("file", Kind::Text, "A JSON, YAML, TOML or Go file."),
        optional(
            "directory",
            Kind::Text,
            "A directory; every JSON, YAML and TOML file in it is read.",
        ),
        optional(
            "pointer",
            Kind::Text,
            "JSON pointer to the descriptors in the file, `/services`. Default: the whole file, or its `services` or `descriptors`.",
        ),
        optional(
            "variable",
            Kind::Text,
            "In a Go file, the variable that holds the map. Default: the first package-level map of descriptors.",
        ),
    ],
};

static SCOPE: Table = Table {
    doc: "A scope.",
    fields: &[optional(
        "variables",
        Kind::Texts,
        "The variables that a key template of this scope may use.",
    )],
};

static ACCESS: Table = Table {
    doc: "How the store decides what a client may do.",
    fields: &[
        optional(
            "roles",
            Kind::Texts,
            "The roles the store knows, from the least to the most powerful. Default: `reader`, `writer`.",
        ),
        optional(
            "need",
            Kind::Text,
            "The role a service needs. Default: the most powerful, as a service seeds its own key.",
        ),
        optional(
            "compare",
            Kind::Texts,
            "The forms of identity the store compares, in this order: `spiffe`, `subject` (as Go prints it), `subject-cn-o` (`CN=…,O=…`), `subject-cn` (`CN=…`). Default: `spiffe`, `subject`.",
        ),
        optional(
            "try_all",
            Kind::Bool,
            "Whether the store tries each form in turn. Default: false, only the first form that the client presents counts.",
        ),
    ],
};

static CONTRACT: Table = Table {
    doc: "The environment variables that make a client use the store.",
    fields: &[
        optional(
            "source_variable",
            Kind::Text,
            "Tells where the configuration comes from. Default: `CONFIG_SOURCE`.",
        ),
        optional(
            "source_value",
            Kind::Text,
            "Its value for the store. Default: `kv`.",
        ),
        optional(
            "other_source_values",
            Kind::Texts,
            "Its other valid values. Default: `file`.",
        ),
        optional(
            "service_variable",
            Kind::Text,
            "Names the descriptor where it differs from the workload. Default: `CONFIG_SERVICE`.",
        ),
        optional(
            "certificate_variable",
            Kind::Text,
            "Names the client certificate's file; its stem is `{certificate}` in patterns. Default: `KV_CERT_FILE`.",
        ),
        optional(
            "mode_variable",
            Kind::Text,
            "Names the security mode. Default: `KV_SEC_MODE`.",
        ),
        optional(
            "template_key",
            Kind::Text,
            "The key that a service may write its template to, besides its own; `{service}` and `{format}` are filled in. Default: `templates/{service}.{format}`.",
        ),
        optional(
            "required",
            Kind::Texts,
            "Variables needed in every mode. Default: `KV_ADDRESS`.",
        ),
        optional(
            "mode",
            Kind::TableMap(&MODE),
            "The security modes. Default: `mtls` and `spiffe` with the variables each needs.",
        ),
    ],
};

static MODE: Table = Table {
    doc: "A security mode.",
    fields: &[optional("required", Kind::Texts, "The variables it needs.")],
};

static WORKLOADS: Table = Table {
    doc: "How workloads map to descriptors.",
    fields: &[optional(
        "prefixes",
        Kind::Texts,
        "Prefixes that a workload's name may carry before the descriptor's, such as `acme-`.",
    )],
};

static PATH_MAP: Table = Table {
    doc: "Where a path of the target machine is found in the project.",
    fields: &[
        required(
            "from",
            Kind::Text,
            "An absolute path on the target, of a file or a directory.",
        ),
        required("to", Kind::Text, "The path in the project."),
        optional(
            "deployment",
            Kind::Text,
            "The deployment it holds for. Default: all.",
        ),
    ],
};

static SECRETS: Table = Table {
    doc: "The fields that no template may carry.",
    fields: &[
        optional(
            "fields",
            Kind::Texts,
            "Dotted paths; a `*` part stands for any one name, a leading `**.` for any table.",
        ),
        optional(
            "import",
            Kind::Tables(&SECRET_IMPORT),
            "Files that list more.",
        ),
        optional(
            "ignore",
            Kind::Tables(&SECRET_IGNORE),
            "Paths that are no secrets although a pattern names them.",
        ),
    ],
};

static SECRET_IMPORT: Table = Table {
    doc: "A JSON file that lists secret paths as tables and keys.",
    fields: &[
        required("file", Kind::Text, "The file."),
        required(
            "pointer",
            Kind::Text,
            "JSON pointer to the list of `{table, key}`; a table `*` stands for every table, a key `*` for every key.",
        ),
    ],
};

static SECRET_IGNORE: Table = Table {
    doc: "A path that is no secret although a pattern names it.",
    fields: &[
        required("field", Kind::Text, "The path, as in `fields`."),
        required("reason", Kind::Text, "Why."),
    ],
};

static SERVICE: Table = Table {
    doc: "What is intended of a service.",
    fields: &[
        optional(
            "aliases",
            Kind::Texts,
            "Workload names, besides its own, that run it.",
        ),
        optional(
            "certificate",
            Kind::Text,
            "The stem of its certificate's file, for patterns where no workload tells it.",
        ),
        optional(
            "sources",
            Kind::Texts,
            "The directories of its source code.",
        ),
        optional(
            "modes",
            Kind::Texts,
            "The security modes its client implements. Default: all; an empty list: none.",
        ),
        optional(
            "expected_source",
            Kind::WordOrTables(SOURCES, &EXPECTED_SOURCE),
            "Where it is meant to load its configuration from: `kv` or `file` everywhere, or a list that says so for single deployments.",
        ),
        optional(
            "carried_by",
            Kind::Table(&CARRIED_BY),
            "The service that reads its key on its behalf.",
        ),
        optional(
            "not_in",
            Kind::Tables(&NOT_IN),
            "Deployments that do without it.",
        ),
        optional(
            "need",
            Kind::Tables(&NEED),
            "Where it needs another role than the policy's.",
        ),
        optional(
            "supplied_by",
            Kind::Tables(&SUPPLIED_BY),
            "Critical fields that something other than the template supplies.",
        ),
        optional(
            "template",
            Kind::Tables(&TEMPLATE),
            "Its template, where the deployment's pattern does not find it.",
        ),
        optional(
            "levels",
            Kind::Levels,
            "The level of each rule for this service.",
        ),
    ],
};

static EXPECTED_SOURCE: Table = Table {
    doc: "Where a service is meant to load its configuration from in a deployment.",
    fields: &[
        required("source", Kind::Word(SOURCES), "`kv` or `file`."),
        optional("deployment", Kind::Text, "The deployment. Default: all."),
        required("reason", Kind::Text, "Why."),
    ],
};

static CARRIED_BY: Table = Table {
    doc: "The service that reads this one's key on its behalf.",
    fields: &[
        required("service", Kind::Text, "The service."),
        required("reason", Kind::Text, "Why."),
    ],
};

static NOT_IN: Table = Table {
    doc: "A deployment that does without the service.",
    fields: &[
        required("deployment", Kind::Text, "The deployment; `*` for all."),
        required("reason", Kind::Text, "Why."),
    ],
};

static NEED: Table = Table {
    doc: "Another role than the policy's.",
    fields: &[
        required("role", Kind::Text, "The role."),
        optional("deployment", Kind::Text, "The deployment. Default: all."),
        required("reason", Kind::Text, "Why."),
    ],
};

static SUPPLIED_BY: Table = Table {
    doc: "A critical field that something other than the template supplies.",
    fields: &[
        required("field", Kind::Text, "The field's dotted path."),
        optional("deployment", Kind::Text, "The deployment. Default: all."),
        optional(
            "variable",
            Kind::Text,
            "The environment variable that supplies it; the workload must set it.",
        ),
        required("reason", Kind::Text, "What supplies it."),
    ],
};

static TEMPLATE: Table = Table {
    doc: "A service's template in a deployment: a `file`, or a `key` of a `config_map`.",
    fields: &[
        optional("deployment", Kind::Text, "The deployment. Default: all."),
        optional("file", Kind::Text, "The file."),
        optional(
            "config_map",
            Kind::Text,
            "Kubernetes: the ConfigMap that holds it.",
        ),
        optional("key", Kind::Text, "With `config_map`: the key."),
    ],
};

static SHARED_KEY: Table = Table {
    doc: "Services that own one key together on purpose.",
    fields: &[
        required("services", Kind::Texts, "The services."),
        required("reason", Kind::Text, "Why."),
    ],
};

static EXTERNAL_IDENTITY: Table = Table {
    doc: "An identity that is granted to a person or a tool.",
    fields: &[
        required(
            "identity",
            Kind::Text,
            "The identity; `*` stands for any characters.",
        ),
        optional("deployment", Kind::Text, "The deployment. Default: all."),
        required("reason", Kind::Text, "Who or what it is."),
    ],
};

static DEPLOYMENT: Table = Table {
    doc: "One way the fleet is run.",
    fields: &[
        required("name", Kind::Text, "Its name."),
        required(
            "kind",
            Kind::Word(DEPLOYMENT_KINDS),
            "What it is: `compose`, `helm`, `kubernetes` (manifests), `kustomize` or `systemd`.",
        ),
        required(
            "files",
            Kind::Texts,
            "Its files: compose files in the order they are merged; manifests, patterns of them or directories with them; the one directory of a kustomize overlay, or of a Helm chart; patterns of systemd unit files.",
        ),
        optional(
            "profiles",
            Kind::Texts,
            "Compose: the active profiles. Default: all.",
        ),
        optional(
            "interpolation_files",
            Kind::Texts,
            "Compose: files with variables for `${…}`, such as `.env`, which is not read unless named.",
        ),
        optional(
            "environment",
            Kind::TextMap,
            "Variables for `${…}`, over the policy's `environment`.",
        ),
        optional(
            "trust_domain",
            Kind::Text,
            "What `{trust_domain}` stands for in patterns; on Kubernetes, the trust domain of the cluster's SPIRE.",
        ),
        optional(
            "namespace",
            Kind::Text,
            "What `{namespace}` stands for in patterns; on Kubernetes, the namespace of what names none, and of the ConfigMaps that the policy names.",
        ),
        optional(
            "cluster_name",
            Kind::Text,
            "Kubernetes: the name that SPIRE knows the cluster by.",
        ),
        optional(
            "values_files",
            Kind::Texts,
            "Helm: values files, of which a later one goes before an earlier one.",
        ),
        optional(
            "set",
            Kind::TextMap,
            "Helm: single values over those of the files, by their paths, as of `--set`.",
        ),
        optional(
            "release",
            Kind::Text,
            "Helm: the release's name. Default: the deployment's name.",
        ),
        optional(
            "kube_version",
            Kind::Text,
            "Helm: the version of Kubernetes. Default: the one that Helm assumes.",
        ),
        optional(
            "api_versions",
            Kind::Texts,
            "Helm: versions of APIs that the cluster has besides those that Helm assumes.",
        ),
        required(
            "access_table",
            Kind::Table(&ACCESS_TABLE),
            "Where the access table is.",
        ),
        optional(
            "identity",
            Kind::Tables(&IDENTITY),
            "The identities that workloads present.",
        ),
        optional(
            "templates",
            Kind::TextsOrTables(&TEMPLATE_SOURCE),
            "Where services' templates are; of several, the first that is there.",
        ),
        optional(
            "expected_source",
            Kind::Word(SOURCES),
            "Where its services are meant to load their configuration from.",
        ),
        optional(
            "levels",
            Kind::Levels,
            "The level of each rule in this deployment.",
        ),
    ],
};

static ACCESS_TABLE: Table = Table {
    doc: "Where the access table is: a `file`, what a workload sees `mounted_at` a path, or a `key` of a `config_map`.",
    fields: &[
        optional("file", Kind::Text, "The store's configuration file."),
        optional(
            "workload",
            Kind::Text,
            "With `mounted_at`: the store's workload.",
        ),
        optional(
            "mounted_at",
            Kind::Text,
            "The path at which that workload sees the store's configuration file.",
        ),
        optional(
            "config_map",
            Kind::Text,
            "Kubernetes: the ConfigMap that holds the store's configuration file.",
        ),
        optional(
            "key",
            Kind::Text,
            "With `config_map`: the key, whose extension tells the format.",
        ),
        required(
            "pointer",
            Kind::Text,
            "JSON pointer to the list of `{identity, role}`, `/rbac/roles`.",
        ),
        optional(
            "mode",
            Kind::Text,
            "JSON pointer to the store's own security mode in the same file, `/security/mode`; clients must run in it.",
        ),
        optional(
            "bucket_ttl",
            Kind::Text,
            "JSON pointer to the bucket's time to live in the same file, `/bucket_ttl`.",
        ),
    ],
};

static IDENTITY: Table = Table {
    doc: "An identity that workloads present.",
    fields: &[
        required(
            "form",
            Kind::Word(&["spiffe", "subject"]),
            "Its form: a SPIFFE ID, or an X.509 subject as Go prints it.",
        ),
        required(
            "pattern",
            Kind::Text,
            "The identity, with `{workload}` (on Kubernetes the object's name), `{container}`, `{service}`, `{certificate}`, `{trust_domain}`, `{namespace}` or `{service_account}`.",
        ),
        optional(
            "modes",
            Kind::Texts,
            "The security modes in which it is presented. Default: all.",
        ),
        optional(
            "listed_in",
            Kind::Table(&LISTED_IN),
            "A file that lists who has such an identity. Default: every workload.",
        ),
    ],
};

static LISTED_IN: Table = Table {
    doc: "A file with a line for each identity that is issued.",
    fields: &[
        required("file", Kind::Text, "The file."),
        required(
            "pattern",
            Kind::Text,
            "What such a line looks like once blanks and quotes around it are taken off: `{workload}|*`.",
        ),
    ],
};

static TEMPLATE_SOURCE: Table = Table {
    doc: "A template that is mounted into the workload, or a `key` of a `config_map`.",
    fields: &[
        optional(
            "mounted_at",
            Kind::Text,
            "The path at which the workload sees it; `{env.NAME}` stands for a variable of its environment.",
        ),
        optional(
            "config_map",
            Kind::Text,
            "Kubernetes: the ConfigMap that holds it, with the same placeholders as a file.",
        ),
        optional(
            "key",
            Kind::Text,
            "With `config_map`: the key, `{service}.{format}`.",
        ),
    ],
};

static ALLOW: Table = Table {
    doc: "Findings that are accepted, of a service, a deployment, or a service in a deployment.",
    fields: &[
        required("rule", Kind::Text, "The rule."),
        optional("service", Kind::Text, "The service. Default: all."),
        optional("deployment", Kind::Text, "The deployment. Default: all."),
        required("reason", Kind::Text, "Why."),
        optional("expires", Kind::Date, "The last day it holds."),
    ],
};

static BUILD: Table = Table {
    doc: "What a finding does to a build.",
    fields: &[
        optional(
            "local",
            Kind::Word(LEVELS),
            "The highest level of a finding in builds. Default: `deny`.",
        ),
        optional(
            "ci",
            Kind::Word(LEVELS),
            "The same where the variable `CI` is set. Default: `deny`.",
        ),
    ],
};
