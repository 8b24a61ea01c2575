//! Which fields the transformers write: kustomize's own list, and what `configurations` add.

use std::sync::{Arc, OnceLock};

use crate::registry::Spanned;
use crate::source::{Node, Span};

use super::context::{Context, Problems};
use super::default_fields;
use super::field_path::FieldSpec;
use super::fields::{Fields, Strictness};
use super::order;
use super::resource::Gvk;

/// The fields of one transformer, in the order they are written.
pub type FieldSpecs = Vec<FieldSpec>;

/// The objects of a kind, and the fields by which others name them.
#[derive(Debug, Clone)]
pub struct BackReference {
    pub gvk: Gvk,
    pub referrers: FieldSpecs,
}

/// What the transformers of one kustomization write.
#[derive(Debug, Clone, Default)]
pub struct Configuration {
    pub name_prefix: FieldSpecs,
    pub name_suffix: FieldSpecs,
    pub namespace: FieldSpecs,
    pub common_labels: FieldSpecs,
    pub labels: FieldSpecs,
    pub template_labels: FieldSpecs,
    pub common_annotations: FieldSpecs,
    pub name_reference: Vec<BackReference>,
    pub var_reference: FieldSpecs,
    pub images: FieldSpecs,
    pub replicas: FieldSpecs,
}

const FIELDS: [&str; 11] = [
    "namePrefix",
    "nameSuffix",
    "namespace",
    "commonLabels",
    "labels",
    "templateLabels",
    "commonAnnotations",
    "nameReference",
    "varReference",
    "images",
    "replicas",
];

impl Configuration {
    /// kustomize's own.
    fn default_fields() -> Arc<Self> {
        static DEFAULT: OnceLock<Arc<Configuration>> = OnceLock::new();
        let default = DEFAULT.get_or_init(|| {
            let mut configuration = default_fields::configuration();
            configuration.sort();
            Arc::new(configuration)
        });
        Arc::clone(default)
    }

    /// kustomize's own, with what files add.
    pub fn read(
        context: &mut Context<'_>,
        directory: &str,
        paths: &[Spanned<String>],
    ) -> Arc<Self> {
        let mut shared = Self::default_fields();
        if paths.is_empty() {
            return shared;
        }
        let configuration = Arc::make_mut(&mut shared);
        for path in paths {
            let Some(id) = context.file(directory, path) else {
                continue;
            };
            for root in &context.parse(id).roots {
                configuration.add(&mut context.problems, root);
            }
        }
        configuration.sort();
        shared
    }

    fn add(&mut self, problems: &mut Problems, root: &Node) {
        let what = "a transformer configuration";
        let Some(fields) = Fields::new(problems, root, Strictness::Configuration, what, &FIELDS)
        else {
            return;
        };
        for (name, specs) in self.lists() {
            for item in fields.items(problems, name) {
                if let Some((spec, span)) = field_spec(problems, item, Strictness::Configuration) {
                    merge_one(problems, specs, spec, span);
                }
            }
        }
        for item in fields.items(problems, "nameReference") {
            let known = ["group", "version", "kind", "fieldSpecs"];
            let what = "an item of `nameReference`";
            let Some(fields) = Fields::new(problems, item, Strictness::Configuration, what, &known)
            else {
                continue;
            };
            let gvk = fields.gvk(problems);
            let known = self
                .name_reference
                .iter()
                .position(|known| known.gvk == gvk);
            let position = known.unwrap_or_else(|| {
                let referrers = FieldSpecs::new();
                self.name_reference.push(BackReference { gvk, referrers });
                self.name_reference.len() - 1
            });
            for item in fields.items(problems, "fieldSpecs") {
                if let Some((spec, span)) = field_spec(problems, item, Strictness::Configuration)
                    && let Some(reference) = self.name_reference.get_mut(position)
                {
                    merge_one(problems, &mut reference.referrers, spec, span);
                }
            }
        }
    }

    /// Adds what a kustomization that this one builds on configures; most configure nothing, and have the
    /// same.
    pub fn merge(shared: &mut Arc<Self>, problems: &mut Problems, other: Arc<Self>, span: Span) {
        let default = Self::default_fields();
        // Whatever was configured has the default fields first.
        if Arc::ptr_eq(shared, &default) || shared.is_empty() && Arc::ptr_eq(&other, &default) {
            *shared = other;
            return;
        }
        Arc::make_mut(shared).add_all(problems, Arc::unwrap_or_clone(other), span);
    }

    /// Whether nothing was configured yet: kustomize's own fields are in every other.
    fn is_empty(&self) -> bool {
        self.name_reference.is_empty() && self.common_labels.is_empty()
    }

    fn add_all(&mut self, problems: &mut Problems, mut other: Self, span: Span) {
        for ((_, specs), (_, more)) in self.lists().into_iter().zip(other.lists()) {
            for spec in std::mem::take(more) {
                merge_one(problems, specs, spec, span);
            }
        }
        for reference in other.name_reference {
            match self
                .name_reference
                .iter_mut()
                .find(|known| known.gvk == reference.gvk)
            {
                Some(known) => {
                    for spec in reference.referrers {
                        merge_one(problems, &mut known.referrers, spec, span);
                    }
                }
                None => self.name_reference.push(reference),
            }
        }
        self.sort();
    }

    fn lists(&mut self) -> [(&'static str, &mut FieldSpecs); 10] {
        [
            ("namePrefix", &mut self.name_prefix),
            ("nameSuffix", &mut self.name_suffix),
            ("namespace", &mut self.namespace),
            ("commonLabels", &mut self.common_labels),
            ("labels", &mut self.labels),
            ("templateLabels", &mut self.template_labels),
            ("commonAnnotations", &mut self.common_annotations),
            ("varReference", &mut self.var_reference),
            ("images", &mut self.images),
            ("replicas", &mut self.replicas),
        ]
    }

    fn sort(&mut self) {
        for (_, specs) in self.lists() {
            specs.sort_by_cached_key(|spec| order::of_fields(&spec.gvk));
        }
        self.name_reference
            .sort_by_cached_key(|reference| order::of_fields(&reference.gvk));
    }
}

/// Reads a field specification.
pub fn field_spec(
    problems: &mut Problems,
    node: &Node,
    how: Strictness,
) -> Option<(FieldSpec, Span)> {
    let known = ["group", "version", "kind", "path", "create"];
    let fields = Fields::new(problems, node, how, "a field specification", &known)?;
    let gvk = fields.gvk(problems);
    let path = fields
        .text(problems, "path")
        .map(|path| path.value)
        .unwrap_or_default();
    let create = fields.flag(problems, "create");
    if path.split('/').any(str::is_empty) && !path.starts_with('/') || path.is_empty() {
        problems.invalid(
            node.span,
            "the `path` of a field specification must name a field",
        );
        return None;
    }
    Some((FieldSpec::new(gvk, &path, create), node.span))
}

/// The field specifications of a plugin.
pub fn field_specs(problems: &mut Problems, fields: &Fields<'_>) -> FieldSpecs {
    let mut specs = FieldSpecs::new();
    for item in fields.items(problems, "fieldSpecs") {
        if let Some((spec, _)) = field_spec(problems, item, Strictness::Plugin) {
            specs.push(spec);
        }
    }
    specs
}

/// Adds a field, if it is not there; one that is there must agree on whether it is made.
pub fn merge_one(problems: &mut Problems, specs: &mut FieldSpecs, spec: FieldSpec, span: Span) {
    let known = specs
        .iter()
        .find(|known| known.path == spec.path && known.gvk.is_selected_by(&spec.gvk));
    match known {
        Some(known) if known.create != spec.create => {
            let message = format!(
                "the field `{}` is already configured, with another `create`",
                super::shown(&spec.path)
            );
            problems.invalid(span, message);
        }
        Some(_) => {}
        None => specs.push(spec),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Sources;

    #[test]
    fn the_default_fields_added_to_nothing_or_to_themselves_are_the_default_fields() {
        let mut sources = Sources::new();
        let id = sources.add("kustomization.yaml", "");
        let mut problems = Problems::default();
        let default = Configuration::default_fields();
        let mut merged = Configuration::default();
        for _ in 0..2 {
            merged.add_all(&mut problems, (*default).clone(), sources.whole(id));
            assert_eq!(format!("{merged:?}"), format!("{default:?}"));
        }
        assert!(problems.invalid.is_empty());
    }
}
