//! What may be stated of a deployment.

use super::live::CONNECT;
use super::{
    DEPLOYMENT_KINDS, JSON_READERS, KUBERNETES, Kind, SOURCES, Table, only, optional, required,
};
use crate::deploy::ObjectKind;

pub(super) static DEPLOYMENT: Table = Table {
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
        only(
            &["compose"],
            optional(
                "profiles",
                Kind::Texts,
                "The active profiles. Default: all.",
            ),
        ),
        only(
            &["compose"],
            optional(
                "interpolation_files",
                Kind::Texts,
                "Files with variables for `${…}`, such as `.env`, which is not read unless named.",
            ),
        ),
        only(
            &["compose"],
            optional(
                "environment",
                Kind::TextMap,
                "Variables for `${…}`, over the policy's `environment`.",
            ),
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
        only(
            KUBERNETES,
            optional(
                "cluster_name",
                Kind::Text,
                "The name that SPIRE knows the cluster by.",
            ),
        ),
        only(
            KUBERNETES,
            optional(
                "spire_class",
                Kind::Text,
                "The class of SPIRE's controller manager, which reads the ClusterSPIFFEIDs and ClusterStaticEntries of its class only. Default: that of its configuration in the files.",
            ),
        ),
        only(
            KUBERNETES,
            optional(
                "watch_classless",
                Kind::Bool,
                "Whether SPIRE's controller manager reads objects without a class, too. Default: what its configuration in the files says.",
            ),
        ),
        only(
            KUBERNETES,
            optional(
                "ignore_namespaces",
                Kind::Texts,
                "Regular expressions of the namespaces that SPIRE's controller manager ignores; each fits anywhere in a name. Default: those of its configuration in the files, or else `kube-system`, `kube-public` and `spire-system`.",
            ),
        ),
        only(
            KUBERNETES,
            optional(
                "secret",
                Kind::Tables(&SECRET),
                "Secrets that come from elsewhere, with the keys that they have.",
            ),
        ),
        only(
            &["helm"],
            optional(
                "values_files",
                Kind::Texts,
                "Values files; later files override earlier ones.",
            ),
        ),
        only(
            &["helm"],
            optional(
                "set",
                Kind::TextMap,
                "Single values over those of the files, by their paths, as of `--set`.",
            ),
        ),
        only(
            &["helm"],
            optional(
                "release",
                Kind::Text,
                "The release's name. Default: the deployment's name.",
            ),
        ),
        only(
            &["helm"],
            optional(
                "kube_version",
                Kind::Text,
                "The version of Kubernetes. Default: the one that Helm assumes.",
            ),
        ),
        only(
            &["helm"],
            optional(
                "api_versions",
                Kind::Texts,
                "Versions of APIs that the cluster has besides those that Helm assumes.",
            ),
        ),
        required(
            "access_table",
            Kind::Table(&ACCESS_TABLE),
            "Where the access table is.",
        ),
        optional(
            "store",
            Kind::Tables(&STORE),
            "The stores that its services call. Default: one, whose workload is that of `access_table.mounted_at`, or else the only one that mounts the access table.",
        ),
        only(
            &["compose", "helm", "kubernetes", "kustomize"],
            optional(
                "outside_object",
                Kind::Tables(&OUTSIDE_OBJECT),
                "What workloads refer to by name, and comes from elsewhere than from its files.",
            ),
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
        only(
            KUBERNETES,
            optional(
                "config_map",
                Kind::Text,
                "The ConfigMap that holds the store's configuration file.",
            ),
        ),
        only(
            KUBERNETES,
            optional(
                "key",
                Kind::Text,
                "With `config_map`: the key, whose extension tells the format.",
            ),
        ),
        required(
            "pointer",
            Kind::Pointer,
            "JSON pointer to the list of grants, each a mapping such as `{identity, role}`: `/rbac/roles`.",
        ),
        optional(
            "identity_field",
            Kind::Text,
            "The name of a grant's field that holds the identity. Default: `identity`.",
        ),
        optional(
            "role_field",
            Kind::Text,
            "The name of a grant's field that holds the role, a text. Default: `role`.",
        ),
        optional(
            "mode",
            Kind::Pointer,
            "JSON pointer to the store's own security mode in the same file, `/security/mode`; clients must run in it.",
        ),
        optional(
            "json",
            Kind::Word(JSON_READERS),
            "How the store reads JSON: `go`, in which the case of names does not matter and the last of `role` and `Role` holds, or `exact`. Default: `go`.",
        ),
        optional(
            "bucket_ttl",
            Kind::Pointer,
            "JSON pointer to the bucket's time to live in the same file, `/bucket_ttl`. A file without that key sets none; one with a similar key, or without the place for it, is not checked.",
        ),
    ],
};

static STORE: Table = Table {
    doc: "A store that services of the deployment call.",
    fields: &[
        optional(
            "workload",
            Kind::Text,
            "The workload that runs it. Default: that of `access_table.mounted_at`, or else the only one that mounts the access table. A store that runs elsewhere has none.",
        ),
        optional(
            "services",
            Kind::Texts,
            "The services that call it. Default: all that no other store names.",
        ),
        optional(
            "listen",
            Kind::Pointer,
            "JSON pointer to the address at which it listens, in its configuration. Default: `/listen_addr` or `/listen_address`.",
        ),
        optional(
            "addresses",
            Kind::Texts,
            "Further addresses at which services may call it, `HOST` or `HOST:PORT`, with `*` for any text: those of a proxy, or a name that is known outside.",
        ),
        optional(
            "identities",
            Kind::Texts,
            "The SPIFFE IDs that it presents. Default: those that the deployment gives to its workload.",
        ),
        optional(
            "trust_domains",
            Kind::Texts,
            "Further trust domains that services may name.",
        ),
        optional(
            "bucket",
            Kind::Text,
            "Its bucket, on a NATS server; services that call that must name it. Default: the one that the bucket variable of its workload names.",
        ),
        optional(
            "domain",
            Kind::Text,
            "Its domain of JetStream, on a NATS server.",
        ),
        only(
            &["systemd"],
            optional(
                "one_host",
                Kind::Bool,
                "Whether it runs on the host of its clients, so that `localhost` is the store. Default: not known.",
            ),
        ),
        optional(
            "connect",
            Kind::Table(&CONNECT),
            "How commands that look into the running store reach it.",
        ),
    ],
};

static SECRET: Table = Table {
    doc: "A Secret that is in none of the files.",
    fields: &[
        required("name", Kind::Text, "Its name."),
        optional(
            "namespace",
            Kind::Text,
            "Its namespace. Default: every namespace in which it is asked for.",
        ),
        required("keys", Kind::Texts, "All of its keys."),
    ],
};

static OUTSIDE_OBJECT: Table = Table {
    doc: "What workloads refer to by name, and comes from elsewhere than from the deployment's files.",
    fields: &[
        required(
            "kind",
            Kind::Word(&ObjectKind::NAMES),
            "What it is: a `ConfigMap` or a `Secret`; of a compose project, a `config` or a `secret` whose file is made on the host.",
        ),
        required("name", Kind::Text, "Its name, with `*` for any text."),
        only(
            KUBERNETES,
            optional(
                "namespace",
                Kind::Text,
                "The namespace that it is in. Default: any.",
            ),
        ),
        required("reason", Kind::Text, "Where it comes from."),
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
        only(
            KUBERNETES,
            optional(
                "config_map",
                Kind::Text,
                "The ConfigMap that holds it, with the same placeholders as a file.",
            ),
        ),
        only(
            KUBERNETES,
            optional(
                "key",
                Kind::Text,
                "With `config_map`: the key, `{service}.{format}`.",
            ),
        ),
    ],
};
