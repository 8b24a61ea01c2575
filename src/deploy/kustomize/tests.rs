//! What the comparison with kustomize cannot show: spans, problems, tokens, bounds.

mod bad_input;
mod removals;

use std::fs;
use std::path::Path;

use super::*;
use crate::source::{Fragment, Syntax};

struct Outcome {
    rendered: Rendered,
    failures: Vec<Failure>,
    inputs: Inputs,
}

impl Outcome {
    /// The node at a pointer in the document of a kind and name.
    fn node(&self, kind: &str, name: &str, pointer: &str) -> &Node {
        let document = self.rendered.documents.iter().find(|document| {
            document.get("kind").and_then(Node::as_str) == Some(kind)
                && document.pointer("/metadata/name").and_then(Node::as_str) == Some(name)
        });
        document.unwrap().pointer(pointer).unwrap()
    }

    /// `file:line:column` of a place.
    fn place(&self, span: crate::source::Span) -> String {
        let location = self.inputs.sources().location(span);
        format!("{}:{}:{}", location.file, location.line, location.column)
    }

    fn at(&self, kind: &str, name: &str, pointer: &str) -> String {
        self.place(self.node(kind, name, pointer).span)
    }

    /// Every problem and failure: its place and what it says.
    fn said(&self) -> Vec<String> {
        let problems = [
            &self.rendered.malformed,
            &self.rendered.invalid,
            &self.rendered.unsupported,
        ];
        let problems = problems.into_iter().flatten();
        let mut said: Vec<String> = problems
            .map(|problem| format!("{} {}", self.place(problem.span), problem.message))
            .collect();
        said.extend(self.failures.iter().map(|failure| {
            let place = failure
                .span
                .map_or_else(String::new, |span| self.place(span));
            format!("{place} {}", failure.message)
        }));
        said
    }

    fn one(&self) -> String {
        let said = self.said();
        assert_eq!(said.len(), 1, "{said:#?}");
        said.concat()
    }
}

fn render_in(root: &Path, directory: &str) -> Outcome {
    let mut inputs = Inputs::new(root).unwrap();
    let policy = inputs.sources_mut().add("kvguard.toml", "policy");
    let span = inputs.sources().whole(policy);
    let directory = Spanned::new(directory.to_owned(), span);
    let (rendered, failures) = render(&mut inputs, &directory);
    Outcome {
        rendered,
        failures,
        inputs,
    }
}

fn render_files(files: &[(&str, &str)]) -> Outcome {
    let directory = tempfile::tempdir().unwrap();
    for (path, content) in files {
        let path = directory.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    render_in(directory.path(), "overlay")
}

fn fixture(name: &str) -> Outcome {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/kustomize");
    render_in(&root.join(name), "overlay")
}

const SERVICE: &str =
    "apiVersion: v1\nkind: Service\nmetadata:\n  name: core\nspec:\n  ports:\n  - port: 80\n";

#[test]
fn a_value_of_the_base_is_edited_in_the_base() {
    let outcome = fixture("patch-strategic");
    let env = "/spec/template/spec/containers/1/env";
    assert_eq!(
        outcome.at("Deployment", "core", &format!("{env}/2/value")),
        "base/deployment.yaml:30:18"
    );
    assert_eq!(
        outcome.at("Deployment", "core", "/spec/selector/matchLabels/app"),
        "base/deployment.yaml:11:12"
    );
}

#[test]
fn a_patched_value_is_edited_in_the_patch() {
    let outcome = fixture("patch-strategic");
    let env = "/spec/template/spec/containers/1/env";
    assert_eq!(
        outcome.at("Deployment", "core", &format!("{env}/0/value")),
        "overlay/patch.yaml:20:18"
    );
    assert_eq!(
        outcome.at("Deployment", "core", &format!("{env}/1/name")),
        "overlay/patch.yaml:21:17"
    );
    // A patch that is written in the kustomization itself.
    assert_eq!(
        outcome.at("Service", "core", "/spec/type"),
        "overlay/kustomization.yaml:11:13"
    );
}

#[test]
fn what_a_json_patch_sets_is_edited_in_it() {
    let outcome = fixture("patch-json");
    let env = "/spec/template/spec/containers/0/env";
    assert_eq!(
        outcome.at("Deployment", "core", &format!("{env}/2/value")),
        "overlay/kustomization.yaml:17:14"
    );
    assert_eq!(
        outcome.at("Deployment", "core", "/metadata/annotations/json"),
        "overlay/patch.json:1:67"
    );
}

#[test]
fn a_generated_value_is_edited_at_its_literal_or_in_its_file() {
    let outcome = fixture("generators");
    let documents = &outcome.rendered.documents;
    let generated = documents
        .iter()
        .find(|document| {
            document.pointer("/data/a").is_some() && document.pointer("/data/X").is_some()
        })
        .unwrap();
    let at = |pointer: &str| outcome.place(generated.pointer(pointer).unwrap().span);
    assert_eq!(at("/data/a"), "overlay/kustomization.yaml:6:7");
    assert_eq!(at("/data/b"), "overlay/kustomization.yaml:7:8");
    assert_eq!(at("/data/doc.json"), "overlay/doc.json:1:1");
    assert_eq!(at("/data/Y"), "overlay/vars.env:3:5");
    assert_eq!(
        at("/metadata/labels/generated"),
        "overlay/kustomization.yaml:24:23"
    );
}

#[test]
fn what_transformers_write_is_edited_in_the_kustomization() {
    let outcome = fixture("prefix-namespace");
    assert_eq!(
        outcome.at("Service", "pre-core", "/metadata/namespace"),
        "overlay/kustomization.yaml:3:12"
    );
    assert_eq!(
        outcome.at("Service", "pre-core", "/metadata/name"),
        "overlay/kustomization.yaml:4:13"
    );
    assert_eq!(
        outcome.at("Service", "pre-core", "/metadata/labels/team"),
        "overlay/kustomization.yaml:5:22"
    );
    let outcome = fixture("images");
    let image = "/spec/template/spec/containers/0/image";
    assert_eq!(
        outcome.at("Deployment", "core", image),
        "overlay/kustomization.yaml:5:11"
    );
    let outcome = fixture("transformers");
    assert_eq!(
        outcome.at("Role", "a-reader-z", "/metadata/namespace"),
        "overlay/namespace.yaml:5:14"
    );
}

#[test]
fn what_a_replacement_sets_is_edited_at_its_path() {
    let outcome = fixture("replacements");
    let pointer = "/spec/namespaceSelector/matchLabels/kubernetes.io~1metadata.name";
    assert_eq!(
        outcome.at("ClusterSPIFFEID", "core", pointer),
        "overlay/kustomization.yaml:8:7"
    );
    assert_eq!(
        outcome.at("ClusterSPIFFEID", "core", "/spec/spiffeIDTemplate"),
        "overlay/kustomization.yaml:10:18"
    );
}

#[test]
fn a_variable_is_edited_where_it_is_defined_and_a_text_around_it_where_it_is() {
    let outcome = fixture("vars");
    let container = "/spec/template/spec/containers/0";
    assert_eq!(
        outcome.at("Deployment", "core", &format!("{container}/args/1")),
        "overlay/kustomization.yaml:5:9"
    );
    assert_eq!(
        outcome.at("ConfigMap", "settings", "/data/doc.json"),
        "base/settings.yaml:9:5"
    );
}

#[test]
fn a_document_around_a_variable_keeps_its_lines() {
    let mut outcome = fixture("vars");
    let node = outcome
        .node("ConfigMap", "settings", "/data/doc.json")
        .clone();
    let sources = outcome.inputs.sources_mut();
    let fragment = Fragment::of_scalar(sources, &node).unwrap();
    let documents = crate::source::read(sources, &fragment, Syntax::Json);
    let role = documents
        .single()
        .unwrap()
        .pointer("/roles/0/identity")
        .unwrap();
    assert_eq!(outcome.place(role.span), "base/settings.yaml:9:29");
}
