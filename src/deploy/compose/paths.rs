//! Paths of a model. Until the model is part of the project they are relative to the model's directory.

use super::interpolate::UNKNOWN;
use super::tree::{Map, Tree, Value, string_of};

/// A path relative to a directory, without `.` and inner `..` parts; a path of the host stays as it is.
pub fn join(directory: &str, path: &str) -> String {
    if is_host(path) {
        return path.to_owned();
    }
    let mut parts: Vec<&str> = Vec::new();
    for part in directory.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            _ => parts.push(part),
        }
    }
    parts.join("/")
}

/// The directory a path lies in.
pub fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(directory, _)| directory)
}

/// Whether a path is one of the host, not of the project.
pub fn is_host(path: &str) -> bool {
    path.starts_with(['/', '~'])
}

/// Makes the paths of a model relative to where `directory` is.
pub fn resolve(model: &mut Map, directory: &str) {
    if let Some(services) = mapping(model, "services") {
        for service in services.values_mut() {
            if let Value::Map(service) = &mut service.value.value {
                resolve_service(service, directory);
            }
        }
    }
    resolve_resources(model, directory);
}

/// Does so in one service.
pub fn resolve_service(service: &mut Map, directory: &str) {
    if let Some(extends) = mapping(service, "extends") {
        rewrite(extends, "file", directory);
    }
    for file in items(service, "env_file") {
        if let Value::Map(file) = &mut file.value {
            rewrite(file, "path", directory);
        }
    }
    for volume in items(service, "volumes") {
        if let Value::Map(volume) = &mut volume.value
            && string_of(volume, "type").is_some_and(|(kind, _)| kind.text == "bind")
        {
            rewrite(volume, "source", directory);
        }
    }
}

/// Does so in what services share.
pub fn resolve_resources(model: &mut Map, directory: &str) {
    for kind in ["configs", "secrets"] {
        for object in mapping(model, kind).into_iter().flat_map(Map::values_mut) {
            if let Value::Map(object) = &mut object.value.value {
                rewrite(object, "file", directory);
            }
        }
    }
}

fn mapping<'a>(map: &'a mut Map, name: &str) -> Option<&'a mut Map> {
    match &mut map.get_mut(name)?.value.value {
        Value::Map(inner) => Some(inner),
        _ => None,
    }
}

fn items<'a>(service: &'a mut Map, name: &str) -> &'a mut [Tree] {
    match service.get_mut(name).map(|entry| &mut entry.value.value) {
        Some(Value::List(items)) => items,
        _ => &mut [],
    }
}

fn rewrite(map: &mut Map, name: &str, directory: &str) {
    if let Some(Value::Scalar(scalar)) = map.get_mut(name).map(|entry| &mut entry.value.value)
        && !scalar.text.text.starts_with(UNKNOWN)
        && !scalar.text.text.is_empty()
    {
        scalar.text.text = join(directory, &scalar.text.text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_joined_without_dots_even_when_they_leave_the_root() {
        assert_eq!(join("a/b", "./c/../d"), "a/b/d");
        assert_eq!(join("a", "../../x"), "../x");
        assert_eq!(join("../x", "../y"), "../y");
        assert_eq!(join("a", "/etc"), "/etc");
        assert_eq!(join("a", "~/x"), "~/x");
    }
}
