//! What a program under test needs besides the store: ports, servers, variables, and what a `before` hook adds.

use std::any::Any;
use std::collections::BTreeMap;
use std::fmt;

use super::failed::Failed;
use super::plan::Binary;
use super::ports::Port;

/// What a program under test needs besides the store.
///
/// A case makes one before the control run and keeps it until the run with the fault is over, so that both runs have the same ports,
/// servers and variables. The function that `before = …` names fills it:
///
/// ```
/// use kvguard_runtime::testing::harness::Setup;
///
/// fn start_database(setup: &mut Setup) -> std::io::Result<()> {
///     let database = std::net::TcpListener::bind("127.0.0.1:0")?;
///     setup.variable("DATABASE_ADDRESS", database.local_addr()?.to_string());
///     setup.keep(database);
///     Ok(())
/// }
/// ```
#[derive(Default)]
pub struct Setup {
    variables: Vec<(String, String)>,
    placeholders: BTreeMap<String, String>,
    ports: Vec<Port>,
    kept: Vec<Box<dyn Any>>,
}

impl Setup {
    /// Makes one for a program.
    pub(super) fn of(binary: &'static Binary) -> Result<Self, Failed> {
        let mut setup = Self::default();
        for number in binary.ports {
            let port = Port::fixed(*number).map_err(|error| no_port(&error))?;
            setup.ports.push(port);
        }
        for need in binary.needs {
            start(need, &mut setup)?;
        }
        if let Some(before) = binary.before {
            before(&mut setup)
                .map_err(|error| Failed::not_judged(format!("`before` failed: {error}")))?;
        }
        for (name, value) in binary.environment {
            let value = setup.filled(value)?;
            setup.variables.push(((*name).to_owned(), value));
        }
        Ok(setup)
    }

    /// Sets an environment variable of the program.
    pub fn variable(&mut self, name: impl Into<String>, value: impl Into<String>) -> &mut Self {
        self.variables.push((name.into(), value.into()));
        self
    }

    /// Gives `{name}` a value in the attribute's `args`, `env` and `set`.
    pub fn placeholder(&mut self, name: impl Into<String>, value: impl Into<String>) -> &mut Self {
        self.placeholders.insert(name.into(), value.into());
        self
    }

    /// Keeps a value until the case is over: a server's handle, a temporary directory.
    pub fn keep(&mut self, value: impl Any) -> &mut Self {
        self.kept.push(Box::new(value));
        self
    }

    /// A port on which nothing listens, and which no other test is given until the case is over.
    ///
    /// # Errors
    ///
    /// If none is free, or the lock file in the directory for temporary files cannot be written.
    pub fn port(&mut self) -> std::io::Result<u16> {
        let port = Port::free()?;
        let number = port.number;
        self.ports.push(port);
        Ok(number)
    }

    /// Whether a port was chosen or named for the program.
    pub(super) fn has_port(&self, number: u16) -> bool {
        self.ports.iter().any(|port| port.number == number)
    }

    pub(super) fn variables(&self) -> &[(String, String)] {
        &self.variables
    }

    /// A text with each placeholder's value in its place. A port that is named for the first time is chosen.
    pub(super) fn filled(&mut self, text: &str) -> Result<String, Failed> {
        let mut filled = String::new();
        let mut rest = text;
        while let Some(start) = rest.find('{') {
            filled.push_str(&rest[..start]);
            rest = &rest[start..];
            let named = rest[1..].split_once('}').map(|(name, _)| name.to_owned());
            let value = match &named {
                Some(name) => self.value_of(name)?,
                None => None,
            };
            if let (Some(name), Some(value)) = (named, value) {
                filled.push_str(&value);
                rest = &rest[name.len() + 2..];
            } else {
                filled.push('{');
                rest = &rest[1..];
            }
        }
        filled.push_str(rest);
        Ok(filled)
    }

    fn value_of(&mut self, name: &str) -> Result<Option<String>, Failed> {
        if let Some(value) = self.placeholders.get(name) {
            return Ok(Some(value.clone()));
        }
        if name != "port" && !name.starts_with("port:") {
            return Ok(None);
        }
        let value = self.port().map_err(|error| no_port(&error))?.to_string();
        self.placeholders.insert(name.to_owned(), value.clone());
        Ok(Some(value))
    }
}

/// Starts a server that the program needs.
fn start(need: &str, setup: &mut Setup) -> Result<(), Failed> {
    match need {
        #[cfg(feature = "nats")]
        "nats" => {
            let server = crate::testing::NatsServer::start()
                .map_err(|error| Failed::not_judged(error.to_string()))?;
            setup.placeholder("nats", server.url()).keep(server);
            Ok(())
        }
        #[cfg(not(feature = "nats"))]
        "nats" => {
            let _ = setup;
            Err(Failed::not_judged(
                "`needs = [\"nats\"]` needs the feature `nats` of `kvguard-runtime`",
            ))
        }
        other => Err(Failed::not_judged(format!(
            "`needs` names `{other}`, which the harness cannot start"
        ))),
    }
}

impl fmt::Debug for Setup {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Values may be secrets.
        let variables: Vec<&str> = self.variables.iter().map(|(name, _)| &**name).collect();
        formatter
            .debug_struct("Setup")
            .field("variables", &variables)
            .field("placeholders", &self.placeholders.keys())
            .field("ports", &self.ports)
            .finish_non_exhaustive()
    }
}

fn no_port(error: &std::io::Error) -> Failed {
    Failed::not_judged(format!("the program cannot be given its port: {error}"))
}

#[cfg(test)]
mod tests {
    use super::Setup;

    #[test]
    fn a_placeholder_stands_for_its_value_wherever_it_is() {
        let mut setup = Setup::default();
        setup.placeholder("database", "127.0.0.1:5432");
        let filled = setup.filled("db={database},again={database}").unwrap();
        assert_eq!(filled, "db=127.0.0.1:5432,again=127.0.0.1:5432");
    }

    #[test]
    fn a_port_keeps_its_number_and_another_name_is_another_port() {
        let mut setup = Setup::default();
        let first = setup.filled("{port}").unwrap();
        assert_eq!(setup.filled("{port}").unwrap(), first);
        assert_ne!(setup.filled("{port:metrics}").unwrap(), first);
    }

    #[test]
    fn braces_that_name_nothing_stay() {
        let mut setup = Setup::default();
        for text in ["{\"level\": 1}", "{", "}{", "{{é}}", "a{b"] {
            assert_eq!(setup.filled(text).unwrap(), text);
        }
    }
}
