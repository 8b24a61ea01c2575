//! The environment contract.

#[cfg(test)]
mod tests;

use std::borrow::Cow;

use kvguard_contract::{Contract, Mode, ModeWord, Role, Text, Values};

use super::Reader;
use super::nodes::{entries, string, text, texts};
use crate::source::Node;

impl Reader<'_> {
    pub(super) fn contract(&mut self, node: Option<&Node>) -> Contract {
        let get = |name| node.and_then(|node: &Node| node.get(name));
        let mut contract = Contract::STANDARD;
        if let Some(value) = string(get("source_value")) {
            contract.kv = value.into();
        }
        if get("other_source_values").is_some() {
            contract.others = owned(texts(get("other_source_values")));
        }
        if string(get("values")).as_deref() == Some("trimmed") {
            contract.values = Values::Trimmed;
        }
        if get("mode").is_some() {
            let mut modes: Vec<ModeWord> = entries(get("mode"))
                .map(|(word, _, mode)| self::mode(word, mode))
                .collect();
            modes.sort_by(|one, other| one.word.cmp(&other.word));
            contract.modes = modes.into();
        }
        contract.required = owned(texts(get("required")));
        contract.names = names(node, &contract).into();
        self.names_differ(node, &contract);
        self.words_differ(get("source_value"), &contract);
        without_known_needs(&mut contract);
        contract
    }

    /// A variable holds one thing.
    fn names_differ(&mut self, node: Option<&Node>, contract: &Contract) {
        for role in Role::ALL {
            let Some(name) = text(node.and_then(|node| node.get(role.policy_key()))) else {
                continue;
            };
            let key = role.policy_key();
            if name.value.contains(|character: char| {
                character == '=' || character.is_whitespace() || character.is_control()
            }) {
                let message = format!("`{key}` is not a name that a variable can have");
                self.refuse(name.span, message);
            }
            let mut others = Role::ALL.into_iter().filter(|other| *other != role);
            let shared = others.find(|other| contract.name(*other) == Some(name.value.as_str()));
            // Of two that the policy names, the later one is told.
            let is_stated =
                |role: &Role| node.is_some_and(|node| node.get(role.policy_key()).is_some());
            if let Some(other) = shared.filter(|other| *other < role || !is_stated(other)) {
                let message = format!(
                    "`{key}` and `{}` are both `{}`; name another variable for one of them",
                    other.policy_key(),
                    name.value
                );
                self.refuse(name.span, message);
            }
        }
    }

    /// A value of the source means one thing.
    fn words_differ(&mut self, source_value: Option<&Node>, contract: &Contract) {
        let mut others = contract.others.iter();
        if let Some(node) = source_value
            && others.any(|other| other.eq_ignore_ascii_case(&contract.kv))
        {
            let message = format!(
                "`source_value` is `{}`, which is among `other_source_values`, too: it cannot mean the store and a file",
                contract.kv
            );
            self.refuse(node.span, message);
        }
    }
}

fn mode(word: &str, node: &Node) -> ModeWord {
    let means = string(node.get("means"));
    ModeWord {
        word: word.to_owned().into(),
        means: Mode::of_standard_word(means.as_deref().unwrap_or(word)),
        required: owned(texts(node.get("required"))),
    }
}

/// The roles whose variable is not the standard one. A list that the policy gives takes the place of the standard needs: what it
/// leaves out and the policy names nowhere else has no variable.
fn names(node: Option<&Node>, contract: &Contract) -> Vec<(Role, Option<Text>)> {
    let get = |name| node.and_then(|node: &Node| node.get(name));
    let is_left_out = |role: Role| {
        let standard = role.standard_name();
        let lacks = |list: Option<&Node>| {
            list.is_some_and(|list| !texts(Some(list)).iter().any(|name| name == standard))
        };
        let needing = contract.modes.iter().filter(|mode| {
            mode.means
                .is_some_and(|means| means.required().contains(&role))
        });
        let mut lists = needing.map(|mode| get("mode")?.get(&mode.word)?.get("required"));
        (role == Role::Address && lacks(get("required"))) || lists.any(lacks)
    };
    Role::ALL
        .into_iter()
        .filter_map(|role| match string(get(role.policy_key())) {
            Some(name) if name == role.standard_name() => None,
            Some(name) => Some((role, Some(name.into()))),
            None => is_left_out(role).then_some((role, None)),
        })
        .collect()
}

/// Takes out of the policy's lists what the store and the modes need anyway.
fn without_known_needs(contract: &mut Contract) {
    let known = |roles: &[Role], contract: &Contract| -> Vec<String> {
        let names = roles.iter().filter_map(|role| contract.name(*role));
        names.map(str::to_owned).collect()
    };
    let of_store = known(&[Role::Address], contract);
    let of_modes: Vec<Vec<String>> = contract
        .modes
        .iter()
        .map(|mode| known(mode.means.map(Mode::required).unwrap_or_default(), contract))
        .collect();
    let without = |names: &[Text], known: &[String]| -> Vec<Text> {
        let unknown = names
            .iter()
            .filter(|name| !known.iter().any(|known| known == *name));
        unknown.cloned().collect()
    };
    contract.required = without(&contract.required, &of_store).into();
    for (mode, known) in contract.modes.to_mut().iter_mut().zip(&of_modes) {
        mode.required = without(&mode.required, known).into();
    }
}

fn owned(texts: Vec<String>) -> Cow<'static, [Text]> {
    texts.into_iter().map(Text::from).collect()
}
