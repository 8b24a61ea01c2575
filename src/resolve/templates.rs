//! Finds and reads the templates that seed services' keys.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::ResolvedWorkload;
use super::tables::mounted_file;
use crate::access::identity::expand;
use crate::deploy::Failure;
use crate::inputs::{InputErrorKind, Inputs};
use crate::policy::{DeploymentPolicy, ServicePolicy, TemplateSource};
use crate::registry::{Descriptor, Format};
use crate::source::{Documents, Fragment, SourceId, Span, Syntax, read};

/// What a deployment has as a service's template.
#[derive(Debug, Clone)]
pub enum TemplateState {
    /// No KV-sourced workload runs the service, or the policy names no place for templates.
    NotNeeded,
    /// It could not be looked for; a failure tells why.
    NotChecked,
    /// It is at none of the places.
    Missing {
        /// The files that were looked for.
        looked_for: Vec<String>,
        /// What says that one of them is it: the mount or the policy.
        span: Option<Span>,
    },
    /// It is there.
    Read(Rc<Template>),
}

/// A template.
#[derive(Debug)]
pub struct Template {
    /// Its text.
    pub source: SourceId,
    /// What it was read as, in the format of its service.
    pub documents: Documents,
}

/// Reads each template once, however many deployments use it.
#[derive(Default)]
pub(super) struct Templates {
    read: BTreeMap<(String, Format), Rc<Template>>,
}

impl Templates {
    pub(super) fn find(
        &mut self,
        deployment: &DeploymentPolicy,
        descriptor: &Descriptor,
        policy: Option<&ServicePolicy>,
        workload: &ResolvedWorkload,
        inputs: &mut Inputs,
        failures: &mut Vec<Failure>,
    ) -> TemplateState {
        let candidates = candidates(deployment, descriptor, policy, workload);
        let mut looked_for = Vec::new();
        // Where nothing is mounted, or a variable is not set, there is no place to look at.
        let mut span = match (candidates.is_empty(), deployment.templates.first()) {
            (true, None) => return TemplateState::NotNeeded,
            (true, Some(first)) => Some(first.pattern().span),
            (false, _) => None,
        };
        for candidate in candidates {
            if let Some(template) = self
                .read
                .get(&(candidate.file.clone(), descriptor.format.value))
            {
                return TemplateState::Read(template.clone());
            }
            match inputs.read(&candidate.file) {
                Ok(source) => {
                    return TemplateState::Read(self.read(
                        candidate.file,
                        source,
                        descriptor.format.value,
                        inputs,
                    ));
                }
                Err(error) if error.kind == InputErrorKind::Missing => {
                    span = span.or(candidate.span);
                    if !looked_for.contains(&candidate.file) {
                        looked_for.push(candidate.file);
                    }
                    if candidate.decisive {
                        break;
                    }
                }
                Err(error) => {
                    let message = format!(
                        "deployment `{}`: the template of `{}`: {error}",
                        deployment.name.value, descriptor.name.value
                    );
                    failures.push(Failure {
                        message,
                        span: candidate.span,
                    });
                    return TemplateState::NotChecked;
                }
            }
        }
        TemplateState::Missing { looked_for, span }
    }

    fn read(
        &mut self,
        file: String,
        source: SourceId,
        format: Format,
        inputs: &mut Inputs,
    ) -> Rc<Template> {
        let syntax = match format {
            Format::Json => Syntax::Json,
            Format::Toml => Syntax::Toml,
            Format::Yaml => Syntax::Yaml,
        };
        let fragment = Fragment::of_source(inputs.sources(), source);
        let documents = read(inputs.sources_mut(), &fragment, syntax);
        let template = Rc::new(Template { source, documents });
        self.read.insert((file, format), template.clone());
        template
    }
}

struct Candidate {
    file: String,
    span: Option<Span>,
    /// Whether nothing else can be it: it is mounted just where the workload looks.
    decisive: bool,
}

/// Where the template may be, in the order to look.
fn candidates(
    deployment: &DeploymentPolicy,
    descriptor: &Descriptor,
    policy: Option<&ServicePolicy>,
    workload: &ResolvedWorkload,
) -> Vec<Candidate> {
    let name = &deployment.name.value;
    let stated = policy
        .into_iter()
        .flat_map(|policy| &policy.templates)
        .filter(|(_, of)| of.as_deref().is_none_or(|of| of == name))
        .max_by_key(|(_, of)| of.is_some());
    if let Some((file, _)) = stated {
        return vec![Candidate {
            file: file.value.clone(),
            span: Some(file.span),
            decisive: true,
        }];
    }
    let value_of = |placeholder: &str| match placeholder {
        "service" => Some(descriptor.name.value.clone()),
        "workload" => Some(workload.workload.name.clone()),
        "format" => Some(descriptor.format.value.name().to_owned()),
        "deployment" => Some(name.clone()),
        _ => {
            let variable = workload.variable(placeholder.strip_prefix("env.")?)?;
            variable.text().map(str::to_owned)
        }
    };
    deployment
        .templates
        .iter()
        .filter_map(|source| match source {
            TemplateSource::File(pattern) => {
                let file = expand(&pattern.value, value_of).ok()?;
                Some(Candidate {
                    file,
                    span: Some(pattern.span),
                    decisive: false,
                })
            }
            TemplateSource::MountedAt(pattern) => {
                let path = expand(&pattern.value, value_of).ok()?;
                let (file, span) = mounted_file(&workload.workload, &path)?;
                Some(Candidate {
                    file: file?,
                    span: Some(span),
                    decisive: true,
                })
            }
        })
        .collect()
}
