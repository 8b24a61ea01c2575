//! `cargo kvguard why`

use kvguard::check::Report;
use kvguard::finding::{Finding, Level};
use kvguard::resolve::{
    Deployment, Mode, Model, ResolvedWorkload, ServiceInDeployment, TemplateState,
};
use kvguard::rules::RuleId;
use kvguard::source::Span;

use super::{Outcome, common};
use crate::cli::{Scope, Why};
use crate::exit_code::{CLEAN, FINDINGS};
use crate::fleet;
use crate::output::print_text;

/// Follows a service from its declaration to its grant, in each deployment asked for. Exits with 1 if a link
/// is broken.
pub fn run(arguments: &Why) -> Outcome {
    let scope = Scope {
        deployment: arguments.deployment.clone(),
        service: vec![arguments.service.clone()],
    };
    let report = fleet::report(&arguments.fleet, &scope)?;
    let mut broken = false;
    for (model, deployment) in report.deployments() {
        let Some(position) = model.service_position(&arguments.service) else {
            continue;
        };
        let mut chain = Chain {
            report: &report,
            deployment,
            text: String::new(),
            broken: false,
        };
        chain.follow(model, position);
        print_text(&format!(
            "{} in {}\n{}\n",
            arguments.service,
            deployment.name(),
            chain.text
        ));
        broken |= chain.broken;
    }
    Ok(match common::exit_code(&report) {
        CLEAN if broken => FINDINGS,
        code => code,
    })
}

struct Chain<'a> {
    report: &'a Report,
    deployment: &'a Deployment,
    text: String,
    broken: bool,
}

impl Chain<'_> {
    fn follow(&mut self, model: &Model, position: usize) {
        let descriptor = &model.services[position];
        let service = &self.deployment.services[position];
        self.link(
            "declared",
            &format!(
                "key `{}`, {}",
                descriptor.key.text().value,
                descriptor.format.value.name()
            ),
            descriptor.name.span,
        );
        if self.stops_at(&[RuleId::InvalidKey, RuleId::DuplicateKey], None) {
            return;
        }
        if service.workloads.is_empty() {
            self.not_deployed(model, position, service);
            return;
        }
        for index in &service.workloads {
            let workload = &self.deployment.workloads[*index];
            self.workload(workload, service, &descriptor.name.value);
        }
    }

    fn not_deployed(&mut self, model: &Model, position: usize, service: &ServiceInDeployment) {
        let policy = model.service_policy(position);
        if let Some(span) = service.not_in {
            self.link("excused", "the deployment does without it", span);
        } else if let Some(carrier) = policy.and_then(|policy| policy.carried_by.as_ref()) {
            self.link("carried", &format!("by `{}`", carrier.value), carrier.span);
        } else if !self.stops_at(
            &[
                RuleId::DescriptorWithoutGrant,
                RuleId::PlaceholderIdentity,
                RuleId::NearMissIdentity,
            ],
            None,
        ) {
            self.plain("not deployed", "no workload runs it");
        }
    }

    fn workload(
        &mut self,
        workload: &ResolvedWorkload,
        service: &ServiceInDeployment,
        service_name: &str,
    ) {
        let name = &workload.workload.name;
        self.link(
            "deployed",
            &format!(
                "workload `{name}`, configuration from {}",
                common::source(workload)
            ),
            workload.workload.name_span,
        );
        if self.stops_at(&[RuleId::SourceDrift], Some(name)) || !workload.is_kv_sourced() {
            return;
        }
        for identity in workload.identities() {
            self.link("presents", &identity.text, identity.origin);
        }
        let grant = workload
            .access
            .grant()
            .and_then(|grant| self.deployment.table.table()?.grants.get(grant));
        let rules = [
            RuleId::MissingGrant,
            RuleId::InsufficientRole,
            RuleId::UnknownRole,
            RuleId::PlaceholderIdentity,
            RuleId::NearMissIdentity,
            RuleId::NoIdentity,
            RuleId::AccessTableMissing,
        ];
        if self.stops_at(&rules, Some(name)) {
            return;
        }
        match grant {
            Some(grant) if workload.access.rule().is_none() => {
                self.link("granted", &grant.role.value, grant.identity.span);
            }
            _ => {
                self.plain(
                    "not granted",
                    workload.access.rule().map_or("", |rule| rule.rule().name),
                );
                self.broken = true;
                return;
            }
        }
        if let TemplateState::Read(template) = &service.template {
            let start = Span {
                end: template.span.start,
                ..template.span
            };
            self.link("seeded from", "the template", start);
        }
        if matches!(service.template, TemplateState::Unknown) {
            self.plain(
                "seeded from",
                "what could not be read, of which `check` tells",
            );
            self.broken = true;
            return;
        }
        let rules = [
            RuleId::MissingTemplate,
            RuleId::UnparsableTemplate,
            RuleId::MissingCriticalField,
            RuleId::SecretInTemplate,
            RuleId::ExpiringBucket,
        ];
        if self.stops_at(&rules, None) {
            return;
        }
        if let Mode::Known { name: mode, span } = &workload.mode {
            self.link("client mode", mode, *span);
        }
        let rules = [
            RuleId::IncompleteKvEnvironment,
            RuleId::UnsupportedSecurityMode,
        ];
        // Whatever else is denied of the workload breaks the chain, too.
        if !self.stops_at(&rules, Some(name)) && !self.stops_at_denied(name, service_name) {
            self.plain("ok", "every link holds");
        }
    }

    fn link(&mut self, what: &str, detail: &str, span: Span) {
        let place = self.report.sources().location(span);
        self.text.push_str(&format!(
            "  {what:<12} {detail}\n  {:<12}   {}:{}:{}\n",
            "", place.file, place.line, place.column
        ));
    }

    fn plain(&mut self, what: &str, detail: &str) {
        self.text.push_str(&format!("  {what:<12} {detail}\n"));
    }

    /// Tells the first finding of these rules, about the workload if one is named, with its mend.
    fn stops_at(&mut self, rules: &[RuleId], workload: Option<&String>) -> bool {
        let concerns = |finding: &&Finding| {
            rules.contains(&finding.rule)
                && (finding.deployments.is_empty()
                    || finding
                        .deployments
                        .iter()
                        .any(|name| name == self.deployment.name()))
                && workload.is_none_or(|name| {
                    finding.workloads.is_empty() || finding.workloads.contains(name)
                })
        };
        let Some(finding) = self.report.findings.iter().find(concerns) else {
            return false;
        };
        self.stop(finding);
        true
    }

    /// Tells the first finding that is denied of a workload, or of its service there, whatever its rule.
    fn stops_at_denied(&mut self, workload: &String, service: &str) -> bool {
        let of = self.deployment.name();
        let concerns = |finding: &&Finding| {
            finding.level == Level::Deny
                && finding.deployments.iter().any(|name| name == of)
                && if finding.workloads.is_empty() {
                    finding.services.iter().any(|name| name == service)
                } else {
                    finding.workloads.contains(workload)
                }
        };
        let Some(finding) = self.report.findings.iter().find(concerns) else {
            return false;
        };
        self.stop(finding);
        true
    }

    /// Tells a finding with its mend, as the link that is broken.
    fn stop(&mut self, finding: &Finding) {
        let place = self.report.sources().location(finding.primary.span);
        let rule = finding.rule.rule();
        self.text.push_str(&format!(
            "  {:<12} {} {}: {}\n  {:<12}   {}:{}:{}\n",
            "BROKEN",
            rule.code,
            rule.name,
            finding.message,
            "",
            place.file,
            place.line,
            place.column
        ));
        for help in &finding.help {
            let paste = help.edit.as_ref().map(|edit| {
                let place = self.report.sources().location(edit.span);
                format!(
                    ", at {}:{}: {}",
                    place.file,
                    place.line,
                    edit.replacement.trim_start_matches([',', '\n', ' '])
                )
            });
            self.text.push_str(&format!(
                "  {:<12} help: {}{}\n",
                "",
                help.message,
                paste.unwrap_or_default()
            ));
        }
        self.broken = true;
    }
}
