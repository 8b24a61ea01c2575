//! Finds and reads the templates that seed services' keys.

use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use super::ResolvedWorkload;
use super::config_maps::{ConfigMaps, Seen, seen};
use crate::access::identity::expand;
use crate::deploy::Failure;
use crate::inputs::{InputError, InputErrorKind, Inputs};
use crate::policy::{DeploymentPolicy, ServicePolicy, TemplateSource};
use crate::registry::{Descriptor, Format};
use crate::source::{Documents, Fragment, Node, SourceId, Span, Syntax, read};

/// What a deployment has as a service's template.
#[derive(Debug, Clone)]
pub enum TemplateState {
    /// No KV-sourced workload runs the service, or the policy names no place for templates.
    NotNeeded,
    /// It could not be looked for; a failure tells why.
    NotChecked,
    /// It is at none of the places.
    Missing {
        /// What was looked for, in words: a file, or a key in a ConfigMap.
        looked_for: Vec<String>,
        /// What says that one of them is it: the mount or the policy.
        span: Option<Span>,
        /// The ConfigMaps that lack it, each with what it lacks.
        config_maps: Vec<(Span, String)>,
        /// Where a patch removed it.
        removed: Option<Span>,
        /// The files that were looked for.
        files: Vec<String>,
        /// What is there under nearly the same name, and may be meant.
        near: Vec<NearName>,
    },
    /// It may be in a document that could not be read, of which a finding tells already.
    Unknown,
    /// It is there.
    Read(Rc<Template>),
}

/// A name that is nearly the one that was looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NearName {
    /// The name.
    pub is: String,
    /// What was looked for.
    pub wanted: String,
    /// Of a ConfigMap's key: where it stands, and where its value does.
    pub key: Option<(Span, Span)>,
}

/// A template.
#[derive(Debug)]
pub struct Template {
    /// Where its text is: the whole file, or a value in one.
    pub span: Span,
    /// Its text, where that is not the whole file. It may be secret.
    pub inline: Option<Arc<str>>,
    /// What it was read as, in the format of its service.
    pub documents: Arc<Documents>,
}

impl Template {
    /// How many bytes its text has.
    pub fn size(&self) -> u64 {
        match &self.inline {
            Some(text) => text.len() as u64,
            None => u64::from(self.span.end.saturating_sub(self.span.start)),
        }
    }
}

/// The service whose template is looked for, and the workload that runs it.
pub(super) struct Seeded<'a> {
    pub(super) deployment: &'a DeploymentPolicy,
    pub(super) descriptor: &'a Descriptor,
    pub(super) policy: Option<&'a ServicePolicy>,
    pub(super) workload: &'a ResolvedWorkload,
}

/// Reads each template once, however many deployments use it.
#[derive(Default)]
pub(super) struct Templates {
    read: HashMap<(SourceId, Format), Rc<Template>>,
}

impl Templates {
    pub(super) fn find(
        &mut self,
        seeded: &Seeded<'_>,
        config_maps: &ConfigMaps<'_>,
        inputs: &mut Inputs,
        failures: &mut Vec<Failure>,
    ) -> TemplateState {
        let (candidates, untold) = candidates(seeded);
        let Seeded {
            deployment,
            descriptor,
            ..
        } = seeded;
        let format = descriptor.format.value;
        // A volume without a known content may be of a ConfigMap that could not be read.
        let mut may_be_lost = untold && config_maps.may_have_lost(None);
        let (mut looked_for, mut removed, mut lacking_it) = (Vec::new(), None, Vec::new());
        let (mut files, mut near) = (Vec::new(), Vec::new());
        // Where nothing is mounted, or a variable is not set, there is no place to look at.
        let mut span = match (candidates.is_empty(), deployment.templates.first()) {
            (true, None) => return TemplateState::NotNeeded,
            (true, Some(first)) => Some(first.pattern().span),
            (false, _) => None,
        };
        for candidate in candidates {
            let (shown, value) = match candidate.place {
                Place::File(file) => match self.file(&file, format, inputs) {
                    Ok(template) => return TemplateState::Read(template),
                    Err(error) if error.kind == InputErrorKind::Missing => {
                        let shown = format!("`{file}`");
                        files.push(file);
                        (shown, None)
                    }
                    Err(error) => {
                        let message = format!(
                            "deployment `{}`: the template of `{}`: {error}",
                            deployment.name.value, descriptor.name.value
                        );
                        failures.push(Failure::new(message, candidate.span));
                        return TemplateState::NotChecked;
                    }
                },
                Place::Key { name, key } => {
                    let value = config_maps.entry(&name, &key);
                    (format!("`{key}` in the ConfigMap `{name}`"), Some(value))
                }
                Place::KeyAt { config_map, key } => {
                    let name = config_maps.all.get(config_map);
                    let name = name.map_or("", |map| map.name.value.as_str());
                    let value = config_maps.at(config_map, &key);
                    (format!("`{key}` in the ConfigMap `{name}`"), Some(value))
                }
            };
            match value {
                Some(Ok(node)) => {
                    if let Some(template) = inline(node, format, inputs) {
                        return TemplateState::Read(template);
                    }
                }
                Some(Err(lacking)) => {
                    may_be_lost |= lacking.may_be_lost;
                    removed = removed.or(lacking.removed);
                    near.extend(lacking.near.map(|near| *near));
                    lacking_it.extend(lacking.span.map(|span| (span, lacking.text)));
                }
                None => {}
            }
            span = span.or(candidate.span);
            if !looked_for.contains(&shown) {
                looked_for.push(shown);
            }
            if candidate.decisive {
                break;
            }
        }
        if may_be_lost {
            return TemplateState::Unknown;
        }
        TemplateState::Missing {
            looked_for,
            span,
            config_maps: lacking_it,
            removed,
            files,
            near,
        }
    }

    /// A file's template, read once.
    fn file(
        &mut self,
        file: &str,
        format: Format,
        inputs: &mut Inputs,
    ) -> Result<Rc<Template>, InputError> {
        let source = inputs.read(file)?;
        if let Some(template) = self.read.get(&(source, format)) {
            return Ok(template.clone());
        }
        let documents = inputs.documents(source, syntax_of(format));
        let span = inputs.sources().whole(source);
        let template = Rc::new(Template {
            span,
            inline: None,
            documents,
        });
        self.read.insert((source, format), template.clone());
        Ok(template)
    }
}

/// A template that the deployment itself holds.
fn inline(node: &Node, format: Format, inputs: &mut Inputs) -> Option<Rc<Template>> {
    let fragment = Fragment::of_scalar(inputs.sources_mut(), node)?;
    let documents = read(inputs.sources_mut(), &fragment, syntax_of(format));
    Some(Rc::new(Template {
        span: node.span,
        inline: Some(fragment.text().clone()),
        documents: Arc::new(documents),
    }))
}

fn syntax_of(format: Format) -> Syntax {
    match format {
        Format::Json => Syntax::Json,
        Format::Toml => Syntax::Toml,
        Format::Yaml => Syntax::Yaml,
    }
}

enum Place {
    File(String),
    Key { name: String, key: String },
    KeyAt { config_map: usize, key: String },
}

struct Candidate {
    place: Place,
    span: Option<Span>,
    /// Whether nothing else can be it: it is mounted just where the workload looks.
    decisive: bool,
}

/// Where the template may be, in the order to look, and whether the workload looks at what no file tells.
fn candidates(seeded: &Seeded<'_>) -> (Vec<Candidate>, bool) {
    let Seeded {
        deployment,
        descriptor,
        policy,
        workload,
    } = *seeded;
    let name = &deployment.name.value;
    let stated = policy
        .into_iter()
        .flat_map(|policy| &policy.templates)
        .filter(|(_, of)| of.as_deref().is_none_or(|of| of == name))
        .max_by_key(|(_, of)| of.is_some());
    if let Some((source, _)) = stated {
        let place = match source {
            TemplateSource::File(file) | TemplateSource::MountedAt(file) => {
                Place::File(file.value.clone())
            }
            TemplateSource::ConfigMap { name, key } => Place::Key {
                name: name.value.clone(),
                key: key.value.clone(),
            },
        };
        let stated = Candidate {
            place,
            span: Some(source.pattern().span),
            decisive: true,
        };
        return (vec![stated], false);
    }
    let value_of = |placeholder: &str| match placeholder {
        "service" => Some(descriptor.name.value.clone()),
        "workload" => Some(workload.workload.base_name().to_owned()),
        "format" => Some(descriptor.format.value.name().to_owned()),
        "deployment" => Some(name.clone()),
        _ => {
            let variable = workload.variable(placeholder.strip_prefix("env.")?)?;
            variable.text().map(str::to_owned)
        }
    };
    let mut untold = false;
    let candidates = deployment
        .templates
        .iter()
        .filter_map(|source| match source {
            TemplateSource::File(pattern) => {
                let file = expand(&pattern.value, value_of).ok()?;
                Some(Candidate {
                    place: Place::File(file),
                    span: Some(pattern.span),
                    decisive: false,
                })
            }
            TemplateSource::MountedAt(pattern) => {
                let path = expand(&pattern.value, value_of).ok()?;
                let (found, span) = seen(&workload.workload, &path)?;
                let place = match found {
                    Seen::File(file) => Place::File(file),
                    Seen::Key { config_map, key } => Place::KeyAt { config_map, key },
                    Seen::Other => {
                        untold = true;
                        return None;
                    }
                };
                Some(Candidate {
                    place,
                    span: Some(span),
                    decisive: true,
                })
            }
            TemplateSource::ConfigMap { name, key } => Some(Candidate {
                place: Place::Key {
                    name: expand(&name.value, value_of).ok()?,
                    key: expand(&key.value, value_of).ok()?,
                },
                span: Some(key.span),
                decisive: false,
            }),
        })
        .collect();
    (candidates, untold)
}
