//! What the runtime crate is called in the crate that is being compiled.

use std::path::Path;

use kvguard::inputs::Inputs;
use kvguard::source::{Fragment, Mapping, Node, Syntax, read};
use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote};

const PACKAGE: &str = "kvguard-runtime";
pub(crate) const MANIFEST: &str = "Cargo.toml";

/// The path of the runtime crate: the one that an argument names, else the one by its name here.
pub(crate) fn tokens(argument: Option<&syn::Path>, name: &str) -> TokenStream {
    if let Some(path) = argument {
        return path.to_token_stream();
    }
    let name = Ident::new(name, Span::call_site());
    quote! { ::#name }
}

/// The name of the crate by the manifest in a directory; `kvguard_runtime` where it says nothing else.
pub(crate) fn name(manifest_dir: Option<&Path>) -> String {
    let renamed = manifest_dir
        .and_then(renamed)
        .map(|name| name.replace('-', "_"));
    renamed
        .filter(|name| syn::parse_str::<Ident>(name).is_ok())
        .unwrap_or_else(|| PACKAGE.replace('-', "_"))
}

fn renamed(directory: &Path) -> Option<String> {
    let manifest = manifest(directory)?;
    let mut tables: Vec<&Node> = dependency_tables(&manifest);
    let targets = manifest.get("target").and_then(Node::as_mapping);
    for entry in targets.into_iter().flat_map(Mapping::entries) {
        tables.extend(dependency_tables(&entry.value));
    }
    let mut inherited = Vec::new();
    let entries = tables.iter().filter_map(|table| table.as_mapping());
    for entry in entries.flat_map(Mapping::entries) {
        let package = entry.value.get("package").and_then(Node::as_str);
        if package.unwrap_or(&entry.key.text) == PACKAGE {
            return Some(entry.key.text.to_string());
        }
        if entry.value.get("workspace").is_some() {
            inherited.push(&entry.key.text);
        }
    }
    if inherited.is_empty() {
        return None;
    }
    let mut roots = directory.ancestors().filter_map(self::manifest);
    let workspace = roots.find_map(|manifest| manifest.get("workspace").cloned())?;
    let of_workspace = workspace.get("dependencies")?;
    let found = inherited.into_iter().find(|name| {
        let package = of_workspace
            .get(name)
            .and_then(|entry| entry.get("package"));
        package.and_then(Node::as_str) == Some(PACKAGE)
    });
    found.map(ToString::to_string)
}

fn dependency_tables(manifest: &Node) -> Vec<&Node> {
    ["dependencies", "dev-dependencies", "build-dependencies"]
        .iter()
        .filter_map(|name| manifest.get(name))
        .collect()
}

/// A manifest as cargo reads it; `None` if there is none, or none that is TOML: cargo says so.
pub(crate) fn manifest(directory: &Path) -> Option<Node> {
    let mut inputs = Inputs::new(directory).ok()?;
    let id = inputs.read(MANIFEST).ok()?;
    let fragment = Fragment::of_source(inputs.sources(), id);
    let documents = read(inputs.sources_mut(), &fragment, Syntax::Toml);
    documents.single().cloned()
}
