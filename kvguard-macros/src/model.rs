//! What the services declare, as the macros know it.

mod contract;

use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::Arc;

use kvguard::contract::Contract;
use kvguard::inputs::Content;
use serde_json::Value;

/// The version of the registry's form that is understood.
const VERSION: u64 = 3;

/// All services that are declared.
#[derive(Debug, Default)]
pub(crate) struct Model {
    pub(crate) services: Vec<Service>,
}

/// The build that a registry was written in.
#[derive(Debug)]
pub(crate) struct Build {
    /// The package that it was written for.
    pub(crate) package: Option<String>,
    /// What it was made from, if that is to be compared.
    pub(crate) made_from: Option<MadeFrom>,
}

/// What a registry was made from.
#[derive(Debug)]
pub(crate) struct MadeFrom {
    /// The directory of the package.
    pub(crate) directory: PathBuf,
    /// The files that were read.
    pub(crate) inputs: Vec<Content>,
}

/// What a service declares.
#[derive(Debug)]
pub(crate) struct Service {
    pub(crate) name: String,
    pub(crate) scope: Option<String>,
    pub(crate) key: String,
    pub(crate) is_template: bool,
    pub(crate) variables: Vec<String>,
    pub(crate) format: Format,
    pub(crate) critical_fields: Vec<CriticalField>,
    pub(crate) secret_fields: Vec<String>,
    /// What holds for every service.
    pub(crate) fleet: Arc<Fleet>,
    /// `file:line:column` of its declaration.
    pub(crate) location: String,
    /// The same of its key.
    pub(crate) key_location: String,
}

/// What holds for every service of the fleet.
#[derive(Debug)]
pub(crate) struct Fleet {
    /// The names and words of its environments, where they are not the standard ones.
    pub(crate) contract: Option<Contract>,
    /// Patterns of the fields that must never reach the store.
    pub(crate) secret_fields: Vec<String>,
    /// Patterns of those that are no secrets although one of the former names them.
    pub(crate) not_secret_fields: Vec<String>,
}

/// A field that must be there.
#[derive(Debug)]
pub(crate) struct CriticalField {
    pub(crate) path: String,
    pub(crate) location: String,
}

/// The format of a service's configuration.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Format {
    Json,
    Toml,
    Yaml,
}

impl Model {
    /// Reads a registry that a build script has left, or that the engine gives in the same form.
    pub(crate) fn read(text: &str) -> Result<(Self, Build), String> {
        let json: Value =
            serde_json::from_str(text).map_err(|error| format!("it is no JSON: {error}"))?;
        if json["version"].as_u64() != Some(VERSION) {
            return Err("it is of another version of kvguard; depend on one version of `kvguard` and `kvguard-runtime`".to_owned());
        }
        let contract = match &json["contract"] {
            Value::Null => None,
            json => Some(contract::read(json).ok_or("its contract lacks what every contract has")?),
        };
        let fleet = Arc::new(Fleet {
            contract,
            secret_fields: texts(&json["secret_fields"]),
            not_secret_fields: texts(&json["not_secret_fields"]),
        });
        let services = json["services"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|json| service(json, &fleet));
        let services = services
            .collect::<Option<Vec<_>>>()
            .ok_or("a service in it lacks what every service has")?;
        let build = Build {
            package: json["package"].as_str().map(str::to_owned),
            made_from: made_from(&json["made_from"])?,
        };
        Ok((Self { services }, build))
    }

    /// A service by its name.
    pub(crate) fn service(&self, name: &str) -> Option<&Service> {
        self.services.iter().find(|service| service.name == name)
    }
}

fn service(json: &Value, fleet: &Arc<Fleet>) -> Option<Service> {
    let text = |name: &str| json[name].as_str().map(str::to_owned);
    let critical_fields = texts(&json["critical_fields"]);
    let places = json["critical_field_locations"].as_array();
    let places = places.into_iter().flatten().map(location);
    let template = text("key_template");
    Some(Service {
        name: text("name")?,
        scope: text("scope"),
        is_template: template.is_some(),
        key: template.or_else(|| text("key"))?,
        variables: texts(&json["variables"]),
        format: match json["format"].as_str()? {
            "json" => Format::Json,
            "toml" => Format::Toml,
            "yaml" => Format::Yaml,
            _ => return None,
        },
        critical_fields: critical_fields
            .into_iter()
            .zip(places)
            .map(|(path, location)| CriticalField { path, location })
            .collect(),
        secret_fields: texts(&json["secret_fields"]),
        fleet: Arc::clone(fleet),
        location: location(&json["location"]),
        key_location: location(&json["key_location"]),
    })
}

fn made_from(json: &Value) -> Result<Option<MadeFrom>, String> {
    if json.is_null() {
        return Ok(None);
    }
    let inputs = json["inputs"].as_array().into_iter().flatten();
    let content = |json: &Value| {
        let digest = match &json["digest"] {
            Value::Null => None,
            digest => Some(u64::from_str_radix(digest.as_str()?, 16).ok()?),
        };
        let path = PathBuf::from(json["path"].as_str()?);
        Some(Content { path, digest })
    };
    let read = || {
        Some(MadeFrom {
            directory: PathBuf::from(json["directory"].as_str()?),
            inputs: inputs.map(content).collect::<Option<_>>()?,
        })
    };
    read()
        .map(Some)
        .ok_or_else(|| "what it was made from lacks a path or a digest".to_owned())
}

fn texts(json: &Value) -> Vec<String> {
    let items = json.as_array().into_iter().flatten();
    items.filter_map(Value::as_str).map(str::to_owned).collect()
}

fn location(json: &Value) -> String {
    let mut place = json["file"].as_str().unwrap_or_default().to_owned();
    for part in ["line", "column"] {
        if let Some(number) = json[part].as_u64() {
            let _ = write!(place, ":{number}");
        }
    }
    place
}
