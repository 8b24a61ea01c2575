//! Configs and secrets of a service whose file is not in the project.

use super::load::Loader;
use super::paths;
use super::tree::{Map, string_of};
use crate::deploy::{Dangling, ObjectKind, Use};

/// The configs and secrets that a service takes over and whose file is not there: then no container is made. Files outside of
/// the project are not looked for, be they named or behind a link.
pub(super) fn dangling(loader: &mut Loader<'_>, model: &Map, service: &Map) -> Vec<Dangling> {
    let mut found = Vec::new();
    for (field, kind) in [
        ("configs", ObjectKind::ConfigFile),
        ("secrets", ObjectKind::SecretFile),
    ] {
        let items = service
            .get(field)
            .map_or(&[][..], |entry| entry.value.as_list());
        let names = items
            .iter()
            .filter_map(|item| string_of(item.as_map()?, "source"));
        for (name, _) in names {
            let resources = model.get(field).and_then(|entry| entry.value.as_map());
            let resource = resources.and_then(|resources| resources.get(&name.text));
            let file = resource.and_then(|entry| string_of(entry.value.as_map()?, "file"));
            let Some((path, span)) = file.filter(|(path, _)| !path.opaque && !name.opaque) else {
                continue;
            };
            let is_inside = !paths::is_host(&path.text) && !path.text.starts_with("..");
            if is_inside && loader.inputs.is_missing(&path.text) {
                found.push(Dangling {
                    kind,
                    name: name.text.clone(),
                    key: None,
                    namespace: None,
                    span,
                    use_: Use::Files,
                    near: None,
                    hook: None,
                });
            }
        }
    }
    found
}
