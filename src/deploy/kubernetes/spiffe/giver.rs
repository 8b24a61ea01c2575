//! A `ClusterSPIFFEID`, and what it gives to a pod.

use super::super::objects::Object;
use super::super::pods::{Given, Pod};
use super::super::selectors::Selector;
use super::super::{Options, Problems, shown};
use super::fields::{Effort, Refused, Template};
use super::id;
use super::workloads::{Reach, reach};
use crate::access::placeholder;
use crate::deploy::Issued;
use crate::source::{Node, Span};

/// An object that gives identities.
#[derive(Debug)]
pub(super) struct Giver<'d> {
    pub(super) object: Object<'d>,
    pub(super) template: Template,
    pub(super) template_text: &'d str,
    template_span: Span,
    pub(super) pods: Selector<'d>,
    pub(super) namespaces: Selector<'d>,
    workloads: Vec<(Template, Span)>,
    pub(super) is_fallback: bool,
}

/// What an object gives to a pod that it selects.
#[derive(Debug)]
pub(super) enum Gift {
    /// A SPIFFE ID, and the selector that names the container that it is for, if one does.
    Given(Given, Option<Span>),
    /// Nothing, for its selectors of workloads do not fit.
    Nothing(Span, String),
    /// Nothing, which is told already.
    Invalid,
    /// That cannot be decided: where, and why.
    Undecided(Span, String),
}

impl<'d> Giver<'d> {
    pub(super) fn read(object: &Object<'d>, problems: &mut Problems) -> Option<Self> {
        let spec = object.node.get("spec");
        let template = spec.and_then(|spec| spec.get("spiffeIDTemplate"));
        let Some((template_text, template_span)) = template
            .and_then(|node| Some((node.as_str()?, node.span)))
            .filter(|(text, _)| !text.is_empty())
        else {
            let message = format!(
                "ClusterSPIFFEID `{}` lacks `spec.spiffeIDTemplate`",
                shown(object.name)
            );
            problems.invalid(object.name_span, message);
            return None;
        };
        let spec = spec?;
        let selectors = problems.list(
            spec.get("workloadSelectorTemplates"),
            "`workloadSelectorTemplates`",
        );
        let workloads = selectors
            .iter()
            .filter_map(|selector| Some((Template::parse(selector.as_str()?), selector.span)));
        Some(Self {
            object: *object,
            template: Template::parse(template_text),
            template_text,
            template_span,
            pods: Selector::read(spec.get("podSelector"), problems),
            namespaces: Selector::read(spec.get("namespaceSelector"), problems),
            workloads: workloads.collect(),
            is_fallback: spec.get("fallback").and_then(Node::as_bool) == Some(true),
        })
    }

    /// What it gives to a pod that it selects.
    pub(super) fn give(
        &self,
        pod: &Pod<'_>,
        options: &Options<'_>,
        effort: &mut Effort,
        problems: &mut Problems,
    ) -> Gift {
        let mut selectors = Vec::new();
        for (template, span) in &self.workloads {
            match template.render(Some(pod), options, effort) {
                Ok(text) if placeholder::find(&text).is_none() => selectors.push((text, *span)),
                Ok(_) => {
                    let why = "this selector of workloads depends on what only the cluster knows";
                    return Gift::Undecided(*span, why.to_owned());
                }
                Err(Refused::NoField(field)) => {
                    no_field(*span, &field, problems);
                    return Gift::Invalid;
                }
                Err(Refused::Undecided(why)) => {
                    return Gift::Undecided(*span, format!("this selector of workloads {why}"));
                }
            }
        }
        let container = match reach(&selectors, pod) {
            Reach::All => None,
            Reach::Container(name, span) => Some((name, span)),
            Reach::Nobody(span, why) => return Gift::Nothing(span, why),
            Reach::Undecided(span, why) => return Gift::Undecided(span, why),
        };
        match self.id(Some(pod), options, effort, problems) {
            Ok(Some(issued)) => {
                let named = container.as_ref().map(|(_, span)| *span);
                let containers = container.map(|(name, _)| vec![name]);
                Gift::Given(Given { issued, containers }, named)
            }
            Ok(None) => Gift::Invalid,
            Err(why) => Gift::Undecided(self.template_span, why),
        }
    }

    /// The SPIFFE ID for a pod, or the one for every pod; none if it is told that it is wrong.
    ///
    /// # Errors
    ///
    /// The reason, if the template cannot be evaluated.
    pub(super) fn id(
        &self,
        pod: Option<&Pod<'_>>,
        options: &Options<'_>,
        effort: &mut Effort,
        problems: &mut Problems,
    ) -> Result<Option<Issued>, String> {
        let id = match self.template.render(pod, options, effort) {
            Ok(id) => id,
            Err(Refused::NoField(field)) => {
                no_field(self.template_span, &field, problems);
                return Ok(None);
            }
            Err(Refused::Undecided(why)) => {
                return Err(format!("the template of a SPIFFE ID {why}"));
            }
        };
        if placeholder::find(&id).is_none() {
            if let Err(reason) = id::check(&id) {
                problems.invalid(
                    self.template_span,
                    format!("the template gives no valid SPIFFE ID: {reason}"),
                );
                return Ok(None);
            }
            let trust_domain = id::trust_domain(&id);
            if let Some(expected) = options.trust_domain
                && trust_domain != Some(expected)
            {
                problems.invalid(
                    self.template_span,
                    format!(
                        "the template gives a SPIFFE ID outside the trust domain `{expected}`, which SPIRE refuses"
                    ),
                );
            }
        }
        Ok(Some(Issued {
            id,
            origin: self.template_span,
        }))
    }
}

fn no_field(span: Span, field: &str, problems: &mut Problems) {
    let message = format!(
        "the template of a SPIFFE ID has no field `{}`",
        shown(field)
    );
    problems.invalid(span, message);
}
