//! What a service says of its configuration.

use super::ConfigFormat;
use crate::environment::{Process, Variables};

/// What a service says of its configuration.
#[derive(Debug, Clone)]
pub struct BootstrapOptions {
    /// The service's name.
    pub service_name: String,
    /// The file of defaults. It must be there.
    pub config_path: String,
    /// The format of the file and of the key's value.
    pub format: ConfigFormat,
    /// The key; without one there is no store.
    pub kv_key: Option<String>,
    /// Whether to seed the key if it holds nothing. If not, the file alone is loaded then.
    pub seed_kv: bool,
    /// Whether [`Bootstrap::watch`](super::Bootstrap::watch) watches.
    pub watch_kv: bool,
}

/// The same for shared crates whose options name a pinned file.
///
/// A service of such a crate names all fields, so that `BootstrapOptions` of one crate are not those of the other.
///
/// ```
/// use kvguard_runtime::adapter::pinned::{Bootstrap, BootstrapOptions, ConfigFormat};
///
/// let options = BootstrapOptions {
///     service_name: "trapd".to_owned(),
///     config_path: "/etc/trapd/trapd.json".to_owned(),
///     format: ConfigFormat::Json,
///     kv_key: Some("config/trapd.json".to_owned()),
///     pinned_path: kvguard_runtime::adapter::pinned_path_from_env(),
///     seed_kv: true,
///     watch_kv: true,
/// };
/// let bootstrap = Bootstrap::new(options);
/// ```
pub mod pinned {
    pub use super::super::{
        Bootstrap, BootstrapError, ConfigFormat, ConfigWatcher, RestartHandle, Result,
        TryRecvError, pinned_path_from_env,
    };
    #[cfg(feature = "toml")]
    pub use super::super::{
        SanitizationRules, TomlPath, load_sanitization_rules, load_sanitization_rules_from,
        sanitize_toml,
    };

    /// What a service says of its configuration, a pinned file included.
    #[derive(Debug, Clone)]
    pub struct BootstrapOptions {
        /// The service's name.
        pub service_name: String,
        /// The file of defaults. It must be there.
        pub config_path: String,
        /// The format of the file and of the key's value.
        pub format: ConfigFormat,
        /// The key; without one there is no store.
        pub kv_key: Option<String>,
        /// The file whose values go over all others; a blank path is none.
        pub pinned_path: Option<String>,
        /// Whether to seed the key if it holds nothing. If not, the file alone is loaded then.
        pub seed_kv: bool,
        /// Whether [`Bootstrap::watch`] watches.
        pub watch_kv: bool,
    }
}

impl From<BootstrapOptions> for pinned::BootstrapOptions {
    fn from(options: BootstrapOptions) -> Self {
        Self {
            service_name: options.service_name,
            config_path: options.config_path,
            format: options.format,
            kv_key: options.kv_key,
            pinned_path: None,
            seed_kv: options.seed_kv,
            watch_kv: options.watch_kv,
        }
    }
}

impl pinned::BootstrapOptions {
    /// The pinned file, if one is named.
    pub(super) fn pinned_file(&self) -> Option<&str> {
        self.pinned_path
            .as_deref()
            .map(str::trim)
            .filter(|path| !path.is_empty())
    }
}

/// The path of the pinned file that the variable `PINNED_CONFIG_PATH` names, if it names one.
pub fn pinned_path_from_env() -> Option<String> {
    pinned_path_of(&Process)
}

fn pinned_path_of(variables: &(impl Variables + ?Sized)) -> Option<String> {
    let path = variables.variable("PINNED_CONFIG_PATH")?;
    let path = path.to_string_lossy().trim().to_owned();
    (!path.is_empty()).then_some(path)
}

#[cfg(test)]
mod tests {
    use super::pinned_path_of;

    #[test]
    fn a_pinned_path_is_what_the_variable_names_without_blanks() {
        let path = |value| pinned_path_of(&[("PINNED_CONFIG_PATH", value)]);
        assert_eq!(
            path(" /etc/pinned.json ").as_deref(),
            Some("/etc/pinned.json")
        );
        assert_eq!(path("  "), None);
        assert_eq!(pinned_path_of(&[("OTHER", "x")]), None);
    }
}
