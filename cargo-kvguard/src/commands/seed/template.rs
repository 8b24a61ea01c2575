//! What a key is seeded with.

use kvguard::finding::Level;
use kvguard::live::Expected;
use kvguard::registry::{self, Descriptor};
use kvguard::resolve::{Model, TemplateState};
use kvguard::rules::RuleId;
use kvguard_runtime::bootstrap::SecretFields;
use kvguard_runtime::{Format, Value};

use crate::live::target::Target;

/// The rules by which a template is refused.
const CHECKS: [RuleId; 6] = [
    RuleId::InvalidKey,
    RuleId::MissingTemplate,
    RuleId::UnparsableTemplate,
    RuleId::MissingCriticalField,
    RuleId::SecretInTemplate,
    RuleId::OversizedTemplate,
];

/// Whether a rule finds what keeps a key from being seeded, or from being expected.
pub fn is_checked_by(rule: RuleId) -> bool {
    CHECKS.contains(&rule) || rule.is_about_a_file()
}

/// What a key is seeded with.
pub struct Seed {
    /// The template without secret fields.
    pub value: Value,
    /// The format of both.
    pub format: Format,
    /// What is secret in it.
    pub secrets: SecretFields,
}

/// Why a key cannot be seeded.
pub enum NoSeed {
    /// Findings of the report say it: those of these codes.
    Refused(String),
    /// There is no template, and no finding says so.
    NoTemplate,
    /// The secret fields cannot be taken out of it, and no finding says so.
    NotSanitised(String),
}

/// What a key is seeded with: the template as it is, without secret fields.
///
/// # Errors
///
/// See [`NoSeed`].
pub fn seed(target: &Target, expected: &Expected) -> Result<Seed, NoSeed> {
    let codes = denied(target, expected);
    if !codes.is_empty() {
        return Err(NoSeed::Refused(codes.join(", ")));
    }
    let (format, secrets) = of_service(target.model(), expected);
    let text = text(target, expected).ok_or(NoSeed::NoTemplate)?;
    match secrets.removed_from(format, text.as_bytes()) {
        Ok(value) => Ok(Seed {
            value,
            format,
            secrets,
        }),
        Err(fault) => Err(NoSeed::NotSanitised(format!(
            "the template of `{}` cannot be read as {}: {fault}",
            target.model().service_name(expected.service),
            format.name()
        ))),
    }
}

/// The text of a service's template. It may be secret.
pub fn text<'t>(target: &'t Target, expected: &Expected) -> Option<&'t str> {
    let service = target.deployment().services.get(expected.service)?;
    match &service.template {
        TemplateState::Read(template) => Some(match &template.inline {
            Some(text) => text,
            None => target.report.sources().text(template.span),
        }),
        _ => None,
    }
}

/// The format of a service's value, and what is secret in it: by the descriptor of each service that has the key, whether it was asked
/// for or not, and by the policy.
pub fn of_service(model: &Model, expected: &Expected) -> (Format, SecretFields) {
    let descriptor = &model.services[expected.service];
    let has_the_key = |other: &&Descriptor| {
        let text = &other.key.text().value;
        *text == expected.key
            || *text == descriptor.key.text().value
            || model.policy.shared_keys.iter().any(|shared| {
                let shares = |own: &Descriptor| shared.services.contains(&own.name.value);
                shares(descriptor) && shares(other)
            })
    };
    let own = model.services.iter().filter(has_the_key);
    let own = own.flat_map(|own| &own.secret_fields);
    let of_policy = model.secrets.iter().map(|pattern| &pattern.text);
    let ignored = &model.policy.secrets.ignored;
    let secrets = SecretFields::new(
        own.map(|field| &field.value).chain(of_policy),
        ignored.iter().map(|field| &field.value),
    );
    (format(descriptor), secrets)
}

fn format(descriptor: &Descriptor) -> Format {
    match descriptor.format.value {
        registry::Format::Json => Format::Json,
        registry::Format::Toml => Format::Toml,
        registry::Format::Yaml => Format::Yaml,
    }
}

/// The codes of the findings by which a service's template is refused.
fn denied(target: &Target, expected: &Expected) -> Vec<&'static str> {
    let name = target.model().service_name(expected.service);
    let deployment = target.deployment().name();
    let is_about_it = |own: &[String], name: &str| own.iter().any(|own| own == name);
    let findings = target.report.findings.iter().filter(|finding| {
        finding.level == Level::Deny
            && CHECKS.contains(&finding.rule)
            && is_about_it(&finding.services, name)
            && (finding.deployments.is_empty() || is_about_it(&finding.deployments, deployment))
    });
    let mut codes: Vec<&str> = findings.map(|finding| finding.rule.rule().code).collect();
    codes.sort_unstable();
    codes.dedup();
    codes
}
