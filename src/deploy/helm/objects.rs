//! The objects that templates get besides plain values: files, capabilities, the chart, versions, times.
#![expect(
    clippy::unnecessary_wraps,
    reason = "every field is looked up in the same way"
)]

use std::collections::BTreeMap;
use std::rc::Rc;

use super::files::Files;
use super::functions::Moment;
use super::functions::semver::Version;
use super::template::value::{Items, Map, MapType, Value};
use super::template::{Arguments, Refusal};

/// An object with fields and methods.
#[derive(Debug)]
pub(crate) enum Object {
    Files(Files),
    Capabilities {
        kube_version: Value,
        api_versions: Value,
        helm_version: Value,
    },
    /// The version of Kubernetes: as a whole, major, minor.
    KubeVersion(String, String, String),
    HelmVersion,
    ApiVersions(Vec<String>),
    /// The chart's metadata: by Go's names, and as it is written out.
    Chart(BTreeMap<&'static str, Value>, Value),
    Version(Version),
    Time(Moment),
    Certificate,
    /// An object of Kubernetes, of which these fields are known.
    Fields(BTreeMap<&'static str, Value>),
}

/// What a name of an object stands for.
pub(crate) enum Field {
    Value(Value),
    Method(Method),
}

/// A method: what it takes, and what it does.
pub(crate) struct Method {
    pub(crate) takes: &'static str,
    pub(crate) run: fn(&Rc<Object>, &mut Arguments) -> Result<Value, Refusal>,
}

/// The version of Helm that charts are told: the one that kvguard is compared with.
const HELM_VERSION: &str = "v3.17";

/// What stands in for certificates and keys, which Helm makes anew each time.
pub(crate) const STAND_IN: &str = "kvguard-stand-in";

fn method(
    takes: &'static str,
    run: fn(&Rc<Object>, &mut Arguments) -> Result<Value, Refusal>,
) -> Option<Field> {
    Some(Field::Method(Method { takes, run }))
}

fn value(value: impl Into<Value>) -> Option<Field> {
    Some(Field::Value(value.into()))
}

impl Object {
    /// What a name stands for; none if there is no such field.
    pub(crate) fn field(&self, name: &str) -> Option<Field> {
        match self {
            Self::Files(files) => match name {
                "Get" => method("s", |object, a| object.files().get(&a.text(0))),
                "GetBytes" => method("s", |object, a| object.files().bytes(&a.text(0))),
                "Glob" => method("s", |object, a| object.files().glob(&a.text(0))),
                "Lines" => method("s", |object, a| object.files().lines(&a.text(0))),
                "AsConfig" => method("", |object, _| object.files().as_config()),
                "AsSecrets" => method("", |object, _| object.files().as_secrets()),
                // Any other name is that of a file.
                _ => files.bytes(name).ok().map(Field::Value),
            },
            Self::Capabilities {
                kube_version,
                api_versions,
                helm_version,
            } => match name {
                "KubeVersion" => value(kube_version.clone()),
                "APIVersions" => value(api_versions.clone()),
                "HelmVersion" => value(helm_version.clone()),
                _ => None,
            },
            Self::KubeVersion(version, major, minor) => match name {
                "Version" => value(version.as_str()),
                "Major" => value(major.as_str()),
                "Minor" => value(minor.as_str()),
                "String" | "GitVersion" => method("", |object, _| match &**object {
                    Self::KubeVersion(version, ..) => Ok(version.as_str().into()),
                    _ => Ok(Value::NIL),
                }),
                _ => None,
            },
            Self::HelmVersion => match name {
                "Version" => value(HELM_VERSION),
                "GitCommit" | "GitTreeState" | "GoVersion" => value(""),
                _ => None,
            },
            Self::ApiVersions(_) => match name {
                "Has" => method("s", |object, a| match &**object {
                    Self::ApiVersions(all) => Ok(Value::bool(
                        all.iter().any(|known| **known == *a.text(0).as_str()),
                    )),
                    _ => Ok(Value::NIL),
                }),
                _ => None,
            },
            Self::Chart(fields, _) | Self::Fields(fields) => {
                fields.get(name).cloned().map(Field::Value)
            }
            Self::Version(_) => Version::method(name).map(Field::Method),
            Self::Time(_) => Moment::method(name).map(Field::Method),
            Self::Certificate => match name {
                "Cert" | "Key" => value(STAND_IN),
                _ => None,
            },
        }
    }

    fn files(&self) -> Files {
        match self {
            Self::Files(files) => files.clone(),
            _ => Files::default(),
        }
    }

    /// What `range` goes through, with the index of each.
    pub(crate) fn items(&self) -> Option<Vec<(Value, Value)>> {
        match self {
            Self::Files(files) => Some(files.items()),
            Self::ApiVersions(all) => Some(
                all.iter()
                    .enumerate()
                    .map(|(index, version)| (Value::size(index), version.as_str().into()))
                    .collect(),
            ),
            _ => None,
        }
    }

    /// What `index` gives.
    pub(crate) fn index(&self, index: &Value) -> Option<Value> {
        match self {
            Self::Files(files) => files.bytes(index.as_text()?).ok(),
            Self::ApiVersions(all) => {
                let super::template::value::Data::Integer(position, _) = index.data else {
                    return None;
                };
                let version = all.get(usize::try_from(position).ok()?)?;
                Some(version.as_str().into())
            }
            _ => None,
        }
    }

    /// Go's name of the type.
    pub(crate) fn type_name(&self) -> &'static str {
        match self {
            Self::Files(_) => "engine.files",
            Self::Capabilities { .. } => "*chartutil.Capabilities",
            Self::KubeVersion(..) => "chartutil.KubeVersion",
            Self::HelmVersion => "version.BuildInfo",
            Self::ApiVersions(_) => "chartutil.VersionSet",
            Self::Chart(..) => "struct { chart.Metadata; IsRoot bool }",
            Self::Version(_) => "*semver.Version",
            Self::Time(_) => "time.Time",
            Self::Certificate => "sprig.certificate",
            Self::Fields(_) => "an object",
        }
    }

    /// Go's name of the kind.
    pub(crate) fn kind_name(&self) -> &'static str {
        match self {
            Self::Files(_) => "map",
            Self::ApiVersions(_) => "slice",
            Self::Capabilities { .. } | Self::Version(_) => "ptr",
            _ => "struct",
        }
    }

    /// Whether `if` takes it for true.
    pub(crate) fn is_true(&self) -> bool {
        match self {
            Self::Files(files) => !files.is_empty(),
            Self::ApiVersions(all) => !all.is_empty(),
            _ => true,
        }
    }

    /// Whether Sprig takes it for empty.
    pub(crate) fn is_empty(&self) -> bool {
        !self.is_true()
    }

    /// Whether two are the same; none if Go does not compare them.
    pub(crate) fn equal(&self, other: &Self) -> Option<bool> {
        match (self, other) {
            (Self::Time(first), Self::Time(second)) => Some(first == second),
            (Self::KubeVersion(first, ..), Self::KubeVersion(second, ..)) => Some(first == second),
            (Self::Version(_), Self::Version(_)) => Some(std::ptr::eq(self, other)),
            (Self::HelmVersion, Self::HelmVersion) => Some(true),
            _ => None,
        }
    }

    /// As `%v` prints it; none if that is of no use to a template.
    pub(crate) fn printed(&self) -> Option<String> {
        match self {
            Self::KubeVersion(version, ..) => Some(version.clone()),
            Self::ApiVersions(all) => Some(format!("[{}]", all.join(" "))),
            Self::Version(version) => Some(version.to_string()),
            Self::Time(moment) => Some(moment.printed()),
            Self::Certificate => Some(format!("{{{STAND_IN} {STAND_IN}}}")),
            _ => None,
        }
    }

    /// The plain value that it is written out as.
    pub(crate) fn plain(&self) -> Option<Value> {
        match self {
            Self::Chart(_, plain) => Some(plain.clone()),
            Self::Version(version) => Some(version.to_string().into()),
            Self::Time(moment) => Some(moment.json().into()),
            Self::ApiVersions(all) => Some(Value::list_of(
                all.iter().map(|version| version.as_str().into()).collect(),
                Items::Text,
            )),
            Self::KubeVersion(version, major, minor) => {
                let map = Map::new(MapType::Any);
                map.insert("Version", version.as_str().into());
                map.insert("Major", major.as_str().into());
                map.insert("Minor", minor.as_str().into());
                Some(map.into())
            }
            _ => None,
        }
    }
}
