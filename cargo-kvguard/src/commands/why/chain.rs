//! Follows the steps of one service in one deployment, and writes down what holds, what is broken and what is not judged.
//!
//! It judges nothing itself: the report's findings say what is broken, and the rules about links what holds.

use kvguard::check::Report;
use kvguard::finding::{Finding, Label, Level};
use kvguard::resolve::{
    Deployment, Mode, Model, ResolvedWorkload, ServiceInDeployment, TemplateState,
};
use kvguard::rules::RuleId;
use kvguard::rules::links::{LINK_RULES, LinkRule, Unjudged, Verdict};
use kvguard::source::Span;

use super::super::common;
use super::steps::Step;

/// What is written of a service in a deployment.
pub struct Chain<'a> {
    report: &'a Report,
    model: &'a Model,
    deployment: &'a Deployment,
    service: &'a str,
    /// The lines so far.
    pub text: String,
    /// Whether a link is broken.
    pub broken: bool,
}

/// What of a workload does not simply hold, although nothing is denied.
#[derive(Clone, Copy, Default)]
struct Doubts {
    not_judged: usize,
    others: usize,
}

impl<'a> Chain<'a> {
    /// Follows a service, by its position in the model.
    pub fn follow(
        report: &'a Report,
        model: &'a Model,
        deployment: &'a Deployment,
        position: usize,
    ) -> Self {
        let mut chain = Self {
            report,
            model,
            deployment,
            service: model.service_name(position),
            text: String::new(),
            broken: false,
        };
        let descriptor = &model.services[position];
        let key = &descriptor.key.text().value;
        let format = descriptor.format.value.name();
        chain.link(
            Step::Declared.name(),
            &format!("key `{key}`, {format}"),
            descriptor.name.span,
        );
        let mut doubts = Doubts::default();
        if chain.stops_at(Step::Declared, None, &mut doubts) {
            return chain;
        }
        let service = &deployment.services[position];
        if service.workloads.is_empty() {
            chain.not_deployed(position, service, &mut doubts);
        }
        for index in &service.workloads {
            chain.workload(&deployment.workloads[*index], service, doubts);
        }
        chain
    }

    fn not_deployed(
        &mut self,
        position: usize,
        service: &ServiceInDeployment,
        doubts: &mut Doubts,
    ) {
        let policy = self.model.service_policy(position);
        let carrier = policy.and_then(|policy| policy.carried_by.as_ref());
        if let Some(span) = service.not_in {
            self.link("excused", "the deployment does without it", span);
        } else if let Some(carrier) = carrier {
            self.link("carried", &format!("by `{}`", carrier.value), carrier.span);
        } else {
            self.plain("not deployed", "no workload runs it");
        }
        let mut steps = [Step::Deployed, Step::Granted, Step::Seeded].into_iter();
        if !steps.any(|step| self.stops_at(step, None, doubts)) {
            self.stops_at_denied(None);
        }
    }

    fn workload(
        &mut self,
        workload: &ResolvedWorkload,
        service: &ServiceInDeployment,
        mut doubts: Doubts,
    ) {
        let name = &workload.workload.name;
        let source = common::source(workload);
        self.link(
            Step::Deployed.name(),
            &format!("workload `{name}`, configuration from {source}"),
            workload.workload.name_span,
        );
        if !workload.is_kv_sourced() {
            if !self.stops_at(Step::Deployed, Some(name), &mut doubts) {
                self.stops_at_denied(Some(name));
            }
            return;
        }
        // What is not judged is told behind a broken link, too.
        let mut links = LINK_RULES.iter();
        if self.may_load(workload, service, &mut doubts)
            && links.all(|link| self.holds(link, workload, &mut doubts))
            && !self.stops_at_denied(Some(name))
        {
            self.plain("ok", &doubts.verdict());
        }
        for link in links {
            for why in self.not_judged(link, workload) {
                self.unjudged(link, &why);
            }
        }
    }

    /// Writes what lies before the links to the store; whether nothing of it is broken.
    fn may_load(
        &mut self,
        workload: &ResolvedWorkload,
        service: &ServiceInDeployment,
        doubts: &mut Doubts,
    ) -> bool {
        let name = &workload.workload.name;
        if self.stops_at(Step::Deployed, Some(name), doubts) {
            return false;
        }
        for identity in workload.identities() {
            self.link(Step::Presents.name(), &identity.text, identity.origin);
        }
        if self.stops_at(Step::Presents, Some(name), doubts)
            || !self.is_granted(workload, doubts)
            || !self.is_seeded(name, service, doubts)
        {
            return false;
        }
        if let Mode::Known { name: mode, span } = &workload.mode {
            self.link(Step::Environment.name(), mode, *span);
        }
        !self.stops_at(Step::Environment, Some(name), doubts)
    }

    fn is_granted(&mut self, workload: &ResolvedWorkload, doubts: &mut Doubts) -> bool {
        let name = &workload.workload.name;
        if self.stops_at(Step::Granted, Some(name), doubts) {
            return false;
        }
        let grant = workload
            .access
            .grant()
            .and_then(|grant| self.deployment.table.table()?.grants.get(grant));
        let missing = workload.access.rule();
        match grant {
            Some(grant) if missing.is_none() => {
                let place = grant.identity.span;
                self.link(Step::Granted.name(), &grant.role.value, place);
                true
            }
            // Where all could be read, the policy accepts it.
            _ if self.report.failures.is_empty() => {
                let rule = missing.map_or("it", |rule| rule.rule().name);
                let text = format!("{rule}, which the policy does not deny");
                self.plain("not granted", &text);
                doubts.others += 1;
                true
            }
            _ => {
                self.plain("not granted", missing.map_or("", |rule| rule.rule().name));
                self.broken = true;
                self.stops_at_denied(Some(name));
                false
            }
        }
    }

    fn is_seeded(
        &mut self,
        workload: &str,
        service: &ServiceInDeployment,
        doubts: &mut Doubts,
    ) -> bool {
        match &service.template {
            TemplateState::Read(template) => {
                let start = Span {
                    end: template.span.start,
                    ..template.span
                };
                self.link(Step::Seeded.name(), "the template", start);
            }
            TemplateState::Unknown => {
                let why = "what could not be read, of which `check` tells";
                self.plain(Step::Seeded.name(), why);
                self.broken = true;
                self.stops_at_denied(Some(workload));
                return false;
            }
            _ => {}
        }
        !self.stops_at(Step::Seeded, Some(workload), doubts)
    }

    /// Writes what a rule says of a link; whether it is not broken.
    fn holds(&mut self, link: &LinkRule, workload: &ResolvedWorkload, doubts: &mut Doubts) -> bool {
        let name = &workload.workload.name;
        let mut reported = self.concerned(Some(name)).into_iter();
        let is_reported = reported.any(|finding| finding.rule == link.rule);
        for verdict in link.judge(self.model, self.deployment, workload) {
            match verdict {
                Verdict::Holds(holds) => {
                    self.plain(link.word, &holds.what);
                    for place in &holds.places {
                        self.label(place);
                    }
                }
                Verdict::Broken(finding) if !is_reported => {
                    doubts.others += 1;
                    let message = format!("accepted by the policy: {}", finding.message);
                    self.plain(link.word, &message);
                    self.place(finding.primary.span);
                }
                // Told below, as the report has them.
                Verdict::NotJudged(_) | Verdict::Broken(_) => {}
            }
        }
        for why in self.not_judged(link, workload) {
            doubts.not_judged += usize::from(!why.reason.is_consequence());
            self.unjudged(link, &why);
        }
        !self.stops(link.word, &[link.rule], Some(name), doubts)
    }

    /// Why a link is not judged, if the report says so or it only follows from what the report says.
    fn not_judged(&self, link: &LinkRule, workload: &ResolvedWorkload) -> Vec<Unjudged> {
        let is_reported = |why: &Unjudged| {
            why.reason.is_consequence()
                || self.report.not_judged.iter().any(|told| {
                    told.rule == link.rule
                        && told.deployment == self.deployment.name()
                        && told.workloads.contains(&workload.workload.name)
                        && told.why.message == why.message
                })
        };
        let verdicts = link.judge(self.model, self.deployment, workload);
        let unjudged = verdicts.into_iter().filter_map(|verdict| match verdict {
            Verdict::NotJudged(why) => Some(why),
            Verdict::Holds(_) | Verdict::Broken(_) => None,
        });
        unjudged.filter(is_reported).collect()
    }

    fn unjudged(&mut self, link: &LinkRule, why: &Unjudged) {
        self.plain(link.word, &format!("not judged: {}", why.message));
        // Place and help stand at the reason that it follows from.
        if why.reason.is_consequence() {
            return;
        }
        if let Some(place) = why.place {
            self.place(place);
        }
        self.plain("", &format!("help: {}", why.help));
    }

    fn link(&mut self, what: &str, detail: &str, span: Span) {
        self.plain(what, detail);
        self.place(span);
    }

    fn plain(&mut self, what: &str, detail: &str) {
        self.text.push_str(&format!("  {what:<12} {detail}\n"));
    }

    fn place(&mut self, span: Span) {
        let place = self.report.sources().shown_location(span);
        let place = format!("  {}:{}:{}", place.file, place.line, place.column);
        self.plain("", &place);
    }

    fn label(&mut self, label: &Label) {
        let place = self.report.sources().shown_location(label.span);
        let (file, line, column) = (place.file, place.line, place.column);
        self.plain("", &format!("  {file}:{line}:{column} ({})", label.text));
    }

    /// Writes what the rules of a step say of the service, or of one workload; whether the chain ends there.
    fn stops_at(&mut self, step: Step, workload: Option<&str>, doubts: &mut Doubts) -> bool {
        self.stops(step.name(), step.rules(), workload, doubts)
    }

    fn stops(
        &mut self,
        step: &str,
        rules: &[RuleId],
        workload: Option<&str>,
        doubts: &mut Doubts,
    ) -> bool {
        let mut found = self.concerned(workload);
        found.retain(|finding| rules.contains(&finding.rule));
        let mut denied = found.iter().filter(|finding| finding.level == Level::Deny);
        if let Some(denied) = denied.next() {
            self.plain(step, "does not hold");
            self.finding("BROKEN", denied);
            self.broken = true;
            return true;
        }
        for warned in found {
            doubts.others += 1;
            self.finding("WARNING", warned);
        }
        false
    }

    /// Writes the first finding that is denied of a workload, or of its service here, whatever its rule.
    fn stops_at_denied(&mut self, workload: Option<&str>) -> bool {
        let found = self.concerned(workload);
        let mut denied = found.iter().filter(|finding| finding.level == Level::Deny);
        let Some(denied) = denied.next() else {
            return false;
        };
        match Step::of(denied.rule) {
            Some(Step::Besides) | None => self.plain(Step::Besides.name(), "`check` denies this"),
            Some(step) => self.plain(step.name(), "does not hold"),
        }
        self.finding("BROKEN", denied);
        self.broken = true;
        true
    }

    /// The findings that concern the service here, or one workload. What is about nobody in particular concerns all.
    fn concerned(&self, workload: Option<&str>) -> Vec<&'a Finding> {
        let is_about = |names: &[String], name: &str| {
            names.is_empty() || names.iter().any(|other| other == name)
        };
        let concerned = self.report.findings.iter().filter(|finding| {
            is_about(&finding.deployments, self.deployment.name())
                && is_about(&finding.services, self.service)
                && match workload {
                    Some(workload) => is_about(&finding.workloads, workload),
                    // What names a workload and no service is about somebody else.
                    None => finding.workloads.is_empty() || !finding.services.is_empty(),
                }
        });
        concerned.collect()
    }

    /// Writes a finding with its mend.
    fn finding(&mut self, word: &str, finding: &Finding) {
        let rule = finding.rule.rule();
        let (code, name) = (rule.code, rule.name);
        self.plain(word, &format!("{code} {name}: {}", finding.message));
        self.place(finding.primary.span);
        for help in &finding.help {
            let paste = help.edit.as_ref().map(|edit| {
                let place = self.report.sources().shown_location(edit.span);
                let text = edit.replacement.trim_matches([',', '\n', ' ']);
                format!(", at {}:{}: {text}", place.file, place.line)
            });
            let paste = paste.unwrap_or_default();
            self.plain("", &format!("help: {}{paste}", help.message));
        }
    }
}

impl Doubts {
    /// The last line of a chain that nothing breaks.
    fn verdict(self) -> String {
        match self {
            Self {
                not_judged: 0,
                others: 0,
            } => "every link holds".to_owned(),
            Self {
                not_judged,
                others: 0,
            } => format!("every link that is judged holds; {not_judged} not judged"),
            Self { not_judged: 0, .. } => "nothing is denied".to_owned(),
            Self { not_judged, .. } => format!("nothing is denied; {not_judged} not judged"),
        }
    }
}
