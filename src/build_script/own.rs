//! Which services a crate belongs to.

use std::path::Path;

use crate::inputs::normalize;
use crate::policy::Policy;

/// The services of a crate: those whose sources the policy puts nearest around the crate's directory, else the
/// one that is called like the package or the directory. None: the crate is a gate.
///
/// `directory` is relative to the root, `None` if the crate is elsewhere.
pub(super) fn services(
    policy: &Policy,
    declared: &[&str],
    directory: Option<&Path>,
    package: Option<&str>,
) -> Vec<String> {
    let by_source = directory.map(|directory| by_source(policy, directory));
    if let Some(services) = by_source.filter(|services| !services.is_empty()) {
        return services;
    }
    let directory_name = directory
        .and_then(Path::file_name)
        .and_then(|name| name.to_str());
    package
        .into_iter()
        .chain(directory_name)
        .find_map(|name| by_name(policy, declared, name))
        .into_iter()
        .collect()
}

fn by_source(policy: &Policy, directory: &Path) -> Vec<String> {
    let mut nearest = 0;
    let mut services: Vec<String> = Vec::new();
    for (name, service) in &policy.services {
        let depths = service.sources.iter().filter_map(|source| {
            let source = normalize(&source.value)?;
            // The whole project is nobody's in particular.
            (!source.is_empty() && directory.starts_with(&source))
                .then(|| source.split('/').count())
        });
        let Some(depth) = depths.max() else { continue };
        if depth > nearest {
            nearest = depth;
            services.clear();
        }
        if depth == nearest {
            services.push(name.clone());
        }
    }
    services
}

fn by_name(policy: &Policy, declared: &[&str], name: &str) -> Option<String> {
    let stripped = policy
        .prefixes
        .iter()
        .filter_map(|prefix| name.strip_prefix(prefix.as_str()));
    std::iter::once(name).chain(stripped).find_map(|name| {
        if declared.contains(&name) {
            return Some(name.to_owned());
        }
        let (service, _) = policy.services.iter().find(|(_, service)| {
            let mut aliases = service.aliases.iter();
            aliases.any(|alias| alias.value == name)
        })?;
        Some(service.clone())
    })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::services;
    use crate::policy::{self, Policy};
    use crate::source::{Fragment, Sources, Syntax, read};

    fn policy() -> Policy {
        let text = r#"
            [registry]
            file = "registry.json"
            [workloads]
            prefixes = ["acme-"]
            [service.trapd]
            sources = ["cmd/trapd"]
            [service.zen-consumer]
            aliases = ["zen"]
            sources = ["cmd/consumers", "cmd/consumers/zen"]
            [service.netflow]
            sources = ["cmd/consumers"]
            [service.core]
            sources = ["."]
            [[deployment]]
            name = "compose"
            kind = "compose"
            files = ["compose.yaml"]
            access_table = { file = "rbac.json", pointer = "/roles" }
        "#;
        let mut sources = Sources::new();
        let id = sources.add("kvguard.toml", text);
        let fragment = Fragment::of_source(&sources, id);
        let documents = read(&mut sources, &fragment, Syntax::Toml);
        policy::read(documents.single().unwrap()).unwrap()
    }

    fn of(directory: Option<&str>, package: &str) -> Vec<String> {
        let declared = ["trapd", "zen-consumer", "netflow", "core"];
        services(
            &policy(),
            &declared,
            directory.map(Path::new),
            Some(package),
        )
    }

    #[test]
    fn the_sources_around_the_crate_decide() {
        assert_eq!(of(Some("cmd/trapd"), "anything"), ["trapd"]);
        assert_eq!(of(Some("cmd/trapd/deeper"), "netflow"), ["trapd"]);
        assert_eq!(of(Some("cmd/trapd2"), "anything"), [""; 0]);
    }

    #[test]
    fn the_nearest_sources_win_and_may_belong_to_several_services() {
        assert_eq!(of(Some("cmd/consumers/zen"), "x"), ["zen-consumer"]);
        assert_eq!(
            of(Some("cmd/consumers/shared"), "x"),
            ["netflow", "zen-consumer"]
        );
    }

    #[test]
    fn else_the_package_or_its_directory_names_the_service() {
        assert_eq!(of(Some("other"), "netflow"), ["netflow"]);
        assert_eq!(of(Some("other"), "zen"), ["zen-consumer"]);
        assert_eq!(of(Some("other"), "acme-trapd"), ["trapd"]);
        assert_eq!(of(Some("other/acme-zen"), "x"), ["zen-consumer"]);
        assert_eq!(of(None, "trapd"), ["trapd"]);
    }

    #[test]
    fn a_crate_that_nothing_names_is_a_gate() {
        assert_eq!(of(Some("tools/gate"), "gate"), [""; 0]);
        assert_eq!(of(None, "gate"), [""; 0]);
    }
}
