//! `$(VAR)` in the value of a variable, as the kubelet expands it.

use std::collections::BTreeMap;

use crate::deploy::command::UNTOLD;
use crate::deploy::{Known, Variable};

/// The most bytes that one value may expand to: each variable may name the ones before it several times,
/// and Linux starts no process with a longer one.
const MAX_VALUE_BYTES: usize = 128 << 10;

/// Expands a value by the variables that are set before it. `$$` stands for `$`, so that `$$(VAR)` becomes
/// `$(VAR)`; a name that is not set stays as it is written, unless `all_told` is false: then something that
/// no file tells may set it. So may the kubelet itself, where `has_links` says that it tells the pod of Services.
pub(super) fn expand(
    text: &str,
    set: &BTreeMap<String, Variable>,
    all_told: bool,
    has_links: bool,
) -> Known {
    let is_told = |name: &str| all_told && !is_of_service(name, has_links);
    match expanded(text, set, is_told) {
        Some(expanded) if !expanded.contains(UNTOLD) => Known::Text(expanded),
        _ => Known::Opaque,
    }
}

/// The same, with [`UNTOLD`] for each reference that no file tells; `None` if it becomes too long.
pub(super) fn expand_told(
    text: &str,
    set: &BTreeMap<String, Variable>,
    all_told: bool,
) -> Option<String> {
    expanded(text, set, |name| all_told && !is_of_service(name, true))
}

/// Whether the kubelet may set a variable of this name, with the address of a Service in the pod's namespace: the files need not
/// have them all, and each pod is told of the API server's.
fn is_of_service(name: &str, has_links: bool) -> bool {
    let Some((service, rest)) = name.split_once("_SERVICE_") else {
        return false;
    };
    let is_meant = matches!(rest, "HOST" | "PORT") || rest.starts_with("PORT_");
    is_meant && !service.is_empty() && (has_links || service == "KUBERNETES")
}

fn expanded(
    text: &str,
    set: &BTreeMap<String, Variable>,
    is_told: impl Fn(&str) -> bool,
) -> Option<String> {
    let mut expanded = String::new();
    let mut rest = text;
    while let Some(dollar) = rest.find('$') {
        expanded.push_str(&rest[..dollar]);
        rest = &rest[dollar + 1..];
        if let Some(after) = rest.strip_prefix('$') {
            expanded.push('$');
            rest = after;
        } else if let Some((name, after)) = rest
            .strip_prefix('(')
            .and_then(|after| after.split_once(')'))
        {
            rest = after;
            match set.get(name).map(|variable| &variable.value) {
                Some(Known::Text(value)) => expanded.push_str(value),
                // A name with a blank in it is that of no variable.
                None if is_told(name) || name.contains(char::is_whitespace) => {
                    expanded.push_str("$(");
                    expanded.push_str(name);
                    expanded.push(')');
                }
                Some(Known::Opaque | Known::Computed) | None => expanded.push(UNTOLD),
            }
        } else {
            // Neither an escape nor a reference: what stands there.
            expanded.push('$');
        }
        if expanded.len() > MAX_VALUE_BYTES {
            return None;
        }
    }
    expanded.push_str(rest);
    Some(expanded)
}

#[cfg(test)]
mod tests {
    use super::expand;
    use crate::deploy::{Known, Variable};
    use crate::source::Sources;

    /// The cases of the kubelet's own specification of the expansion.
    #[test]
    fn references_are_expanded_as_the_kubelet_expands_them() {
        let mut sources = Sources::new();
        let id = sources.add("pod.yaml", "");
        let span = sources.whole(id);
        let variable = |value| Variable {
            value,
            name_span: span,
            value_span: span,
        };
        let set = std::collections::BTreeMap::from([
            ("VAR_A", Known::Text("A".to_owned())),
            ("VAR_B", Known::Text("B".to_owned())),
            ("VAR_REF", Known::Text("$(VAR_A)".to_owned())),
            ("VAR_EMPTY", Known::Text(String::new())),
            ("SECRET", Known::Opaque),
        ]);
        let set = set
            .into_iter()
            .map(|(name, value)| (name.to_owned(), variable(value)))
            .collect();
        for (text, expanded) in [
            ("$(VAR_A)", "A"),
            ("___$(VAR_B)___", "___B___"),
            ("___$(VAR_B)", "___B"),
            ("$(VAR_A)$(VAR_B)", "AB"),
            // What a reference expands to is not expanded again.
            ("$(VAR_REF)", "$(VAR_A)"),
            ("%$(VAR_REF)", "%$(VAR_A)"),
            ("$$(VAR_B)_$(VAR_A)", "$(VAR_B)_A"),
            ("f000-$$VAR_A", "f000-$VAR_A"),
            ("$$$(VAR_A)", "$A"),
            ("$$$$(VAR_A)", "$$(VAR_A)"),
            ("$VAR_A$", "$VAR_A$"),
            ("foo\\$(VAR_A)", "foo\\A"),
            ("foo$$(foo)bar", "foo$(foo)bar"),
            ("$(DOOMED)", "$(DOOMED)"),
            ("$(", "$("),
            ("$(VAR_A", "$(VAR_A"),
            ("$()", "$()"),
            ("VAR_A)", "VAR_A)"),
            ("$", "$"),
            ("$$", "$"),
            ("a$", "a$"),
            ("$(VAR_EMPTY)x", "x"),
            ("$(VAR_A())", "$(VAR_A())"),
            ("\n$(VAR_A)\n", "\nA\n"),
        ] {
            let expected = Known::Text(expanded.to_owned());
            assert_eq!(expand(text, &set, true, true), expected, "{text}");
        }
        assert_eq!(expand("x$(SECRET)", &set, true, true), Known::Opaque);
        assert_eq!(expand("$(DOOMED)", &set, false, true), Known::Opaque);
        // The kubelet tells a pod of Services, unless the pod asks it not to.
        for name in [
            "STORE_SERVICE_HOST",
            "STORE_SERVICE_PORT",
            "STORE_SERVICE_PORT_GRPC",
        ] {
            let text = format!("$({name})");
            assert_eq!(expand(&text, &set, true, true), Known::Opaque, "{name}");
            let left = Known::Text(text.clone());
            assert_eq!(expand(&text, &set, true, false), left, "{name}");
        }
        let own = "$(KUBERNETES_SERVICE_HOST)";
        assert_eq!(expand(own, &set, true, false), Known::Opaque);
        let other = Known::Text("$(STORE_SERVICE)".to_owned());
        assert_eq!(expand("$(STORE_SERVICE)", &set, true, true), other);
    }
}
