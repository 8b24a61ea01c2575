//! What the guard has to say: data, apart from how it is shown.

mod fingerprint;

use crate::rules::RuleId;
use crate::source::Span;

pub use fingerprint::Fingerprint;

/// How serious a finding is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Not reported.
    Allow,
    /// Reported; the check passes.
    Warn,
    /// Reported; the check fails.
    Deny,
}

impl Level {
    /// The level a policy or a command line names.
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "allow" => Some(Self::Allow),
            "warn" => Some(Self::Warn),
            "deny" => Some(Self::Deny),
            _ => None,
        }
    }

    /// The name as the policy writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Warn => "warn",
            Self::Deny => "deny",
        }
    }
}

/// A place, and what is to be seen there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// The place.
    pub span: Span,
    /// What is to be seen there, in a few words.
    pub text: String,
    /// Whether the text at the place may be shown: it is what the finding is about, and no secret.
    pub shown: bool,
}

impl Label {
    /// A place whose text may be shown.
    pub fn new(span: Span, text: impl Into<String>) -> Self {
        Self {
            span,
            text: text.into(),
            shown: true,
        }
    }

    /// A place whose text stays masked: what stands there may be a secret.
    pub fn masked(span: Span, text: impl Into<String>) -> Self {
        Self {
            span,
            text: text.into(),
            shown: false,
        }
    }
}

/// What to do: a sentence, and where there is one, the text to put somewhere.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Help {
    /// What to do, naming the place.
    pub message: String,
    /// The change that does it, where there is a single right one.
    pub edit: Option<Edit>,
}

/// Why nobody but a person can mend a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Unsure {
    /// No help has a change: a person has to write it.
    NoEdit,
    /// There are changes, and beside them something else that may be right.
    Alternatives,
    /// There is a change, and the rule does not say that it is right whatever was meant.
    Suggestion,
}

/// A change of a file.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Edit {
    /// What is replaced; an empty span is a place to insert at.
    pub span: Span,
    /// What it is replaced by.
    pub replacement: String,
}

/// What several findings of one rule have in common: they are told as one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause {
    /// Equal for findings with the same cause.
    pub key: String,
    /// The message where there are several; `{who}` stands for the workloads or services it is about, `{where}` for the deployments,
    /// `{findings}` for how many there are.
    pub message: String,
}

/// One violation of a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The rule.
    pub rule: RuleId,
    /// How serious it is taken, after the policy has been asked.
    pub level: Level,
    /// The rule whose level it has where nothing states one for its own.
    pub as_serious_as: Option<RuleId>,
    /// What is wrong, in one line, without any configuration value.
    pub message: String,
    /// The line to look at first.
    pub primary: Label,
    /// The other lines that matter.
    pub related: Vec<Label>,
    /// What to do.
    pub help: Vec<Help>,
    /// Whether the rule says that the changes of its helps, all together, are the one right mend.
    pub is_mend_certain: bool,
    /// What it has in common with others of its rule.
    pub cause: Option<Cause>,
    /// The deployments it is about, sorted.
    pub deployments: Vec<String>,
    /// Those of the deployments that it is only compared with. It would be the same finding beside another one.
    pub compared_with: Vec<String>,
    /// The services it is about, sorted.
    pub services: Vec<String>,
    /// The workloads it is about, sorted.
    pub workloads: Vec<String>,
    /// The rule whose finding about the same workload is its cause, if it has one.
    pub follows_from: Option<RuleId>,
    /// The identities, keys, variables, fields or files it is about. With the rule, the deployments and the services they are
    /// what a finding is recognised by in another run, so they hold no place, no wording and no configuration value that messages would not show.
    pub subjects: Vec<String>,
    /// What it is recognised by in another run: one for each subject, of all findings that it was made of. Empty until it has been judged.
    pub fingerprints: Vec<Fingerprint>,
}

impl Finding {
    /// A finding at the rule's default level, about nothing in particular yet.
    pub fn new(rule: RuleId, message: impl Into<String>, primary: Label) -> Self {
        Self {
            rule,
            level: rule.rule().default_level,
            as_serious_as: None,
            message: message.into(),
            primary,
            related: Vec::new(),
            help: Vec::new(),
            is_mend_certain: false,
            cause: None,
            deployments: Vec::new(),
            compared_with: Vec::new(),
            services: Vec::new(),
            workloads: Vec::new(),
            follows_from: None,
            subjects: Vec::new(),
            fingerprints: Vec::new(),
        }
    }

    /// Says which identity, key, variable, field or file it is about; several times for several.
    #[must_use]
    pub fn subject(mut self, subject: impl Into<String>) -> Self {
        add_sorted(&mut self.subjects, subject.into());
        self
    }

    /// What it is recognised by in another run, as sixteen hexadecimal digits.
    pub fn fingerprint(&self) -> String {
        fingerprint::digest_of_all(&self.fingerprints)
    }

    /// Marks it as a consequence of a finding of another rule about the same workload. It is not reported beside that one, unless its level is higher.
    #[must_use]
    pub fn follows_from(mut self, rule: RuleId) -> Self {
        self.follows_from = Some(rule);
        self
    }

    /// Says that it is as serious as a finding of another rule, unless its own rule's level is stated.
    #[must_use]
    pub fn as_serious_as(mut self, rule: RuleId) -> Self {
        self.as_serious_as = Some(rule);
        self
    }

    /// Takes it at another level than the rule's default; a level that the policy states still holds before it.
    #[must_use]
    pub fn at_level(mut self, level: Level) -> Self {
        self.level = level;
        self
    }

    /// Adds a line that matters.
    #[must_use]
    pub fn label(mut self, label: Label) -> Self {
        self.related.push(label);
        self
    }

    /// Adds what to do.
    #[must_use]
    pub fn help(mut self, message: impl Into<String>) -> Self {
        self.help.push(Help {
            message: message.into(),
            edit: None,
        });
        self
    }

    /// Adds what to do, with the change that does it.
    #[must_use]
    pub fn help_edit(mut self, message: impl Into<String>, edit: Edit) -> Self {
        self.help.push(Help {
            message: message.into(),
            edit: Some(edit),
        });
        self
    }

    /// Says that the changes of its helps are the one right mend. It does not hold where another help, before or behind it, has none.
    #[must_use]
    pub fn certain_mend(mut self) -> Self {
        self.is_mend_certain = true;
        self
    }

    /// The changes that mend it together, if no person needs to choose or to write anything.
    ///
    /// # Errors
    ///
    /// Why a person has to.
    pub fn mend(&self) -> Result<Vec<&Edit>, Unsure> {
        let edits: Vec<&Edit> = self
            .help
            .iter()
            .filter_map(|help| help.edit.as_ref())
            .collect();
        if edits.is_empty() {
            Err(Unsure::NoEdit)
        } else if edits.len() < self.help.len() {
            Err(Unsure::Alternatives)
        } else if self.is_mend_certain && self.follows_from.is_none() {
            // What follows from another finding is gone once that one is mended.
            Ok(edits)
        } else {
            Err(Unsure::Suggestion)
        }
    }

    /// Says what it has in common with others, and how they are told together.
    #[must_use]
    pub fn cause(mut self, key: impl Into<String>, message: impl Into<String>) -> Self {
        self.cause = Some(Cause {
            key: key.into(),
            message: message.into(),
        });
        self
    }

    /// Says that it is about a deployment.
    #[must_use]
    pub fn deployment(mut self, name: impl Into<String>) -> Self {
        add_sorted(&mut self.deployments, name.into());
        self
    }

    /// Says that it is about a deployment that only shows how another one should be.
    #[must_use]
    pub fn compared_with(mut self, name: impl Into<String>) -> Self {
        let name = name.into();
        add_sorted(&mut self.compared_with, name.clone());
        self.deployment(name)
    }

    /// Says that it is about a service.
    #[must_use]
    pub fn service(mut self, name: impl Into<String>) -> Self {
        add_sorted(&mut self.services, name.into());
        self
    }

    /// Says that it is about a workload.
    #[must_use]
    pub fn workload(mut self, name: impl Into<String>) -> Self {
        add_sorted(&mut self.workloads, name.into());
        self
    }
}

pub(crate) fn add_sorted(names: &mut Vec<String>, name: String) {
    if let Err(position) = names.binary_search(&name) {
        names.insert(position, name);
    }
}

#[cfg(test)]
mod tests {
    use super::{Edit, Finding, Label, Unsure};
    use crate::rules::RuleId;
    use crate::source::Sources;

    #[test]
    fn a_mend_needs_no_person_only_if_its_rule_says_so_and_nothing_else_is_offered() {
        let mut sources = Sources::new();
        let source = sources.add("store.json", "text");
        let span = sources.whole(source);
        let finding = Finding::new(RuleId::MissingGrant, "", Label::new(span, ""));
        let edit = |replacement: &str| Edit {
            span,
            replacement: replacement.to_owned(),
        };
        assert_eq!(finding.mend(), Err(Unsure::NoEdit));
        let told = finding.clone().help("write it").certain_mend();
        assert_eq!(told.mend(), Err(Unsure::NoEdit));
        let shown = finding.help_edit("write it", edit("it"));
        assert_eq!(shown.mend(), Err(Unsure::Suggestion));
        let certain = shown.certain_mend();
        assert_eq!(certain.mend(), Ok(vec![&edit("it")]));
        let several = certain.clone().help_edit("write it", edit("more"));
        assert_eq!(several.mend(), Ok(vec![&edit("it"), &edit("more")]));
        let other = certain.clone().help("or take it away");
        assert_eq!(other.mend(), Err(Unsure::Alternatives));
        let consequence = certain.follows_from(RuleId::MalformedFile);
        assert_eq!(consequence.mend(), Err(Unsure::Suggestion));
    }
}
