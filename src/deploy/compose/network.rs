//! The networks that a service is in, and the names that it has there.

use super::tree::{Map, Scalar, Tree, Value, string_of};
use crate::deploy::{JoinedNetwork, NetworkMode, ProjectNetwork};
use crate::source::Span;

/// The network of whoever names none.
const DEFAULT: &str = "default";

/// How a service of a merged model is in the project's networks.
pub fn read(model: &Map, service: &Map, name: &str, key: Span) -> ProjectNetwork {
    let mut network = ProjectNetwork {
        mode: NetworkMode::Other,
        names: vec![name.to_owned()],
        other_hosts: Vec::new(),
        undecided: false,
    };
    network.names.extend(container_name(model, service, name));
    for field in ["container_name", "hostname"] {
        if let Some((text, _)) = string_of(service, field) {
            network.undecided |= text.opaque;
            if !text.opaque && !text.text.is_empty() {
                network.names.push(text.text.clone());
            }
        }
    }
    for field in ["extra_hosts", "links", "external_links"] {
        if let Some(entry) = service.get(field) {
            other_hosts(&entry.value, field, &mut network);
        }
    }
    network.mode = match string_of(service, "network_mode") {
        None => NetworkMode::Joined(joined(model, service, key, &mut network.undecided)),
        Some((text, _)) if text.opaque => NetworkMode::Other,
        Some((text, span)) => match text.text.as_str() {
            "none" => NetworkMode::None(span),
            "host" => NetworkMode::Host,
            "bridge" | "default" => NetworkMode::Other,
            other => match other.strip_prefix("service:") {
                Some(service) => NetworkMode::Service(service.to_owned()),
                None => NetworkMode::Other,
            },
        },
    };
    network
}

/// The name that compose gives the service's first container, where the project says its own name. The engine knows it as a host.
fn container_name(model: &Map, service: &Map, name: &str) -> Option<String> {
    let (project, _) = string_of(model, "name")?;
    let is_given = !project.opaque && service.get("container_name").is_none();
    is_given.then(|| format!("{}-{name}-1", project.text))
}

fn joined(model: &Map, service: &Map, key: Span, undecided: &mut bool) -> Vec<JoinedNetwork> {
    let of_service = service
        .get("networks")
        .and_then(|entry| entry.value.as_map());
    let named = of_service.into_iter().flat_map(Map::iter);
    let mut joined: Vec<JoinedNetwork> = named
        .map(|(name, entry)| {
            let fields = entry.value.as_map();
            let aliases = fields.and_then(|fields| fields.get("aliases"));
            let aliases = aliases.map_or(&[][..], |aliases| aliases.value.as_list());
            let aliases = aliases.iter().filter_map(Tree::as_string);
            let aliases: Vec<_> = aliases.collect();
            *undecided |= aliases.iter().any(|alias| alias.opaque);
            JoinedNetwork {
                name: name.clone(),
                engine_name: engine_name(model, name, undecided),
                span: entry.key,
                aliases: aliases.iter().map(|alias| alias.text.clone()).collect(),
                is_external: is_external(model, name),
            }
        })
        .collect();
    if joined.is_empty() {
        joined.push(JoinedNetwork {
            name: DEFAULT.to_owned(),
            engine_name: engine_name(model, DEFAULT, undecided),
            span: key,
            aliases: Vec::new(),
            is_external: is_external(model, DEFAULT),
        });
    }
    joined
}

/// The name that the project gives a network in the engine.
fn engine_name(model: &Map, name: &str, undecided: &mut bool) -> Option<String> {
    let (text, _) = string_of(definition(model, name)?, "name")?;
    *undecided |= text.opaque;
    Some(text.text.clone())
}

fn definition<'m>(model: &'m Map, name: &str) -> Option<&'m Map> {
    let networks = model.get("networks")?.value.as_map()?;
    networks.get(name)?.value.as_map()
}

/// Whether a network is made by somebody else, who may put whatever into it.
fn is_external(model: &Map, name: &str) -> bool {
    let external = definition(model, name)
        .and_then(|network| network.get("external"))
        .map(|entry| &entry.value.value);
    match external {
        None | Some(Value::Null) => false,
        Some(Value::Scalar(Scalar { text, .. })) => text.opaque || text.text != "false",
        Some(_) => true,
    }
}

/// Names that are given to addresses, or to other services, for this one only.
fn other_hosts(tree: &Tree, field: &str, network: &mut ProjectNetwork) {
    if let Some(map) = tree.as_map() {
        let names = map.iter().map(|(name, _)| name.clone());
        network.other_hosts.extend(names);
    }
    for item in tree.as_list() {
        let Some(text) = item.as_string() else {
            continue;
        };
        network.undecided |= text.opaque;
        // `host=address` and `host:address`; of links, `service:alias`.
        let mut parts = text.text.splitn(2, ['=', ':']);
        let (first, second) = (parts.next(), parts.next());
        let name = if field == "extra_hosts" {
            first
        } else {
            second.or(first)
        };
        // The name of a service is one of its own anyway.
        if field == "extra_hosts" || field == "external_links" || second.is_some() {
            network.other_hosts.extend(name.map(str::to_owned));
        }
    }
}
