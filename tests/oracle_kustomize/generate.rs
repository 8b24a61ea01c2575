//! Overlays made at random: a base with some resources, and an overlay with some of what kustomize can do.

use std::fmt::Write as _;
use std::path::Path;

/// A small generator of numbers; the same seed gives the same overlay.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % sides
    }

    fn is(&mut self, percent: u64) -> bool {
        self.roll(100) < percent
    }

    fn one<'a>(&mut self, items: &[&'a str]) -> &'a str {
        let count = u64::try_from(items.len()).unwrap();
        items[usize::try_from(self.roll(count)).unwrap()]
    }
}

const NAMES: [&str; 5] = ["core", "agent", "poller", "store", "sync"];

const WORKLOADS: [(&str, &str); 4] = [
    ("apps/v1", "Deployment"),
    ("apps/v1", "StatefulSet"),
    ("apps/v1", "DaemonSet"),
    ("batch/v1", "Job"),
];

/// Writes an overlay in `overlay` below a directory.
pub fn overlay(seed: u64, root: &Path) {
    let mut dice = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    for _ in 0..8 {
        dice.roll(2);
    }
    std::fs::create_dir_all(root.join("base")).unwrap();
    std::fs::create_dir_all(root.join("overlay")).unwrap();
    let count = usize::try_from(1 + dice.roll(4)).unwrap();
    let names = &NAMES[..count];
    let mut resources = String::new();
    for name in names {
        resources.push_str(&workload(&mut dice, name));
        if dice.is(60) {
            resources.push_str(&service(name));
        }
        if dice.is(40) {
            resources.push_str(&account(&mut dice, name));
        }
        if dice.is(50) {
            let _ = write!(
                resources,
                "---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}-settings\ndata:\n  key: {name}\n  other: \"{}\"\n",
                dice.roll(99)
            );
        }
    }
    std::fs::write(root.join("base/all.yaml"), resources).unwrap();
    let mut base = "resources: [all.yaml]\n".to_owned();
    common(&mut dice, &mut base, "base");
    if dice.is(60) {
        let _ = write!(
            base,
            "configMapGenerator:\n- name: shared\n  literals: [a={}, \"b=x y\"]\n",
            dice.roll(9)
        );
    }
    std::fs::write(root.join("base/kustomization.yaml"), &base).unwrap();
    let mut overlay = "resources: [../base]\n".to_owned();
    common(&mut dice, &mut overlay, "over");
    if base.contains("configMapGenerator") && dice.is(50) && !base.contains("namespace:") {
        let behavior = dice.one(&["merge", "replace"]);
        let _ = write!(
            overlay,
            "configMapGenerator:\n- name: shared\n  behavior: {behavior}\n  literals: [c=new]\n"
        );
    }
    patches(&mut dice, &mut overlay);
    replacements(&mut dice, &mut overlay, names);
    std::fs::write(root.join("overlay/kustomization.yaml"), overlay).unwrap();
}

fn workload(dice: &mut Dice, name: &str) -> String {
    let (version, kind) = WORKLOADS[usize::try_from(dice.roll(4)).unwrap()];
    let mut text = format!("---\napiVersion: {version}\nkind: {kind}\nmetadata:\n  name: {name}\n");
    if dice.is(50) {
        let _ = writeln!(
            text,
            "  labels: {{app: {name}, tier: {}}}",
            dice.one(&["a", "b"])
        );
    }
    if dice.is(30) {
        text.push_str("  annotations: {note: text, number: 7}\n");
    }
    text.push_str("spec:\n");
    if kind == "Deployment" && dice.is(50) {
        text.push_str("  replicas: 2\n");
    }
    if kind != "Job" {
        let _ = writeln!(text, "  selector:\n    matchLabels: {{app: {name}}}");
    }
    let _ = write!(
        text,
        "  template:\n    metadata:\n      labels: {{app: {name}}}\n    spec:\n"
    );
    if dice.is(50) {
        let _ = writeln!(text, "      serviceAccountName: {name}");
    }
    text.push_str("      containers:\n");
    for container in [name, "side"]
        .iter()
        .take(1 + usize::try_from(dice.roll(2)).unwrap())
    {
        let _ = writeln!(
            text,
            "      - name: {container}\n        image: registry.example/{container}:{}",
            dice.roll(5)
        );
        if dice.is(70) {
            text.push_str("        env:\n");
            for variable in ["CONFIG_SOURCE", "KV_ADDRESS", "OTHER"] {
                if dice.is(70) {
                    let _ = writeln!(
                        text,
                        "        - {{name: {variable}, value: \"{}\"}}",
                        dice.roll(50)
                    );
                }
            }
            let map = dice.one(&["shared", "core-settings"]);
            let _ = write!(
                text,
                "        - name: FROM\n          valueFrom: {{configMapKeyRef: {{name: {map}, key: a}}}}\n"
            );
        }
        if dice.is(50) {
            text.push_str("        envFrom: [{configMapRef: {name: shared}}]\n");
        }
        if dice.is(50) {
            text.push_str(
                "        ports: [{containerPort: 80}, {containerPort: 81, protocol: UDP}]\n",
            );
        }
    }
    if dice.is(50) {
        let _ = write!(
            text,
            "      volumes:\n      - {{name: one, configMap: {{name: {name}-settings}}}}\n      - {{name: two, emptyDir: {{}}}}\n"
        );
    }
    text
}

fn service(name: &str) -> String {
    format!(
        "---\napiVersion: v1\nkind: Service\nmetadata:\n  name: {name}\nspec:\n  selector: {{app: {name}}}\n  ports:\n  - {{name: http, port: 80}}\n  - {{name: grpc, port: 81}}\n"
    )
}

fn account(dice: &mut Dice, name: &str) -> String {
    let kind = dice.one(&["Role", "ClusterRole"]);
    let subject = dice.one(&[name, "default", "elsewhere"]);
    format!(
        "---\napiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: {name}\n---\napiVersion: rbac.authorization.k8s.io/v1\nkind: {kind}\nmetadata:\n  name: {name}\nrules:\n- {{apiGroups: [\"\"], resources: [configmaps], resourceNames: [shared, {name}-settings], verbs: [get]}}\n---\napiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata:\n  name: {name}\nroleRef: {{apiGroup: rbac.authorization.k8s.io, kind: {kind}, name: {name}}}\nsubjects:\n- {{kind: ServiceAccount, name: {subject}}}\n"
    )
}

/// What a base may have as well as an overlay.
fn common(dice: &mut Dice, text: &mut String, word: &str) {
    if dice.is(30) {
        let _ = writeln!(text, "namespace: {word}");
    }
    if dice.is(40) {
        let _ = writeln!(text, "namePrefix: {word}-");
    }
    if dice.is(30) {
        let _ = writeln!(text, "nameSuffix: -{word}");
    }
    if dice.is(30) {
        let _ = writeln!(text, "commonLabels: {{common-{word}: \"1\"}}");
    }
    if dice.is(30) {
        let _ = writeln!(text, "commonAnnotations: {{annotated: {word}}}");
    }
    if dice.is(40) {
        let flag = dice.one(&[
            "includeSelectors: true",
            "includeTemplates: true",
            "includeSelectors: false",
        ]);
        let _ = writeln!(
            text,
            "labels:\n- pairs: {{of: {word}, {word}: \"yes\"}}\n  {flag}"
        );
    }
    if dice.is(40) {
        let change = dice.one(&[
            "newTag: \"9\"",
            "newName: mirror/image",
            "digest: sha256:00ff",
        ]);
        let name = dice.one(&NAMES);
        let _ = writeln!(text, "images:\n- name: registry.example/{name}\n  {change}");
    }
    if dice.is(30) {
        let _ = writeln!(text, "generatorOptions:\n  labels: {{generated: {word}}}");
    }
    if dice.is(15) {
        text.push_str("sortOptions: {order: fifo}\n");
    }
}

fn patches(dice: &mut Dice, text: &mut String) {
    text.push_str("patches:\n");
    if dice.is(70) {
        let kind = dice.one(&["Deployment", "StatefulSet|DaemonSet", ".*Set", "Job"]);
        let extra = dice.one(&[
            "",
            ", name: c.*",
            ", labelSelector: tier=a",
            ", labelSelector: 'tier in (a,b),!x'",
        ]);
        let _ = writeln!(
            text,
            "- target: {{kind: {kind}{extra}}}\n  patch: |-\n    apiVersion: apps/v1\n    kind: Deployment\n    metadata:\n      name: any\n    spec:\n      template:\n        spec:\n          containers:\n          - name: side\n            env: [{{name: OTHER, value: patched}}, {{name: ADDED, value: \"1\"}}]\n            ports: [{{containerPort: 81, protocol: UDP, name: u}}, {{containerPort: 82}}]\n          - name: core\n            {}\n          volumes:\n          - {}",
            dice.one(&["$patch: delete", "image: replaced", "args: [a, b]"]),
            dice.one(&[
                "{name: two, $patch: delete}",
                "{name: three, emptyDir: {}}",
                "{name: one, configMap: null, secret: {secretName: s}}"
            ]),
        );
    }
    if dice.is(60) {
        let operation = dice.one(&[
            "{op: add, path: /metadata/annotations, value: {by: patch}}",
            "{op: add, path: /spec/extra, value: [1, two]}",
            "{op: replace, path: /spec/template/metadata/labels, value: {app: new}}",
            "{op: remove, path: /spec/template}",
            "{op: copy, from: /metadata/name, path: /spec/copied}",
        ]);
        let kind = dice.one(&["Deployment", "StatefulSet", "DaemonSet"]);
        let _ = write!(
            text,
            "- target: {{kind: {kind}}}\n  patch: |-\n    - {operation}\n"
        );
    }
    if dice.is(30) {
        let kind = dice.one(&["Service", "RoleBinding", "ConfigMap"]);
        let _ = write!(
            text,
            "- target: {{kind: {kind}}}\n  patch: '{{\"apiVersion\": \"v1\", \"kind\": \"{kind}\", \"metadata\": {{\"name\": \"x\", \"labels\": {{\"p\": \"q\"}}}}}}'\n"
        );
    }
}

fn replacements(dice: &mut Dice, text: &mut String, names: &[&str]) {
    if !dice.is(50) {
        return;
    }
    let name = names[0];
    let kind = dice.one(&["Deployment", "StatefulSet", "DaemonSet", "Job", "Service"]);
    let target = dice.one(&["Deployment", "StatefulSet", "Service"]);
    let (path, options) = [
        ("metadata.labels.from", "create: true"),
        ("metadata.name", "create: false, delimiter: '-', index: 5"),
        (
            "spec.template.spec.containers.*.image",
            "create: false, delimiter: '/', index: 0",
        ),
    ][usize::try_from(dice.roll(3)).unwrap()];
    let _ = write!(
        text,
        "replacements:\n- source: {{kind: {kind}, name: {name}}}\n  targets:\n  - select: {{kind: {target}}}\n    fieldPaths: ['{path}']\n    options: {{{options}}}\n"
    );
}
