//! The arguments of `#[kv_bootstrap_test]`.

mod binary;
mod values;

use std::time::Duration;

use kvguard::suggest::did_you_mean;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::{Error, Ident, Lit, LitBool, LitInt, LitStr, Path, Result, Token};

use super::{next_argument, parse_runtime, service_name, string, strings};

pub(crate) use binary::{Binary, Program};
pub(crate) use values::known_case;

use binary::Draft as BinaryDraft;

/// Of `#[kv_bootstrap_test]`.
pub(crate) struct KvBootstrapTest {
    pub(crate) service: LitStr,
    pub(crate) deployments: Vec<LitStr>,
    pub(crate) backends: Vec<Ident>,
    pub(crate) skips: Vec<Skip>,
    pub(crate) probes: Vec<Probe>,
    pub(crate) values: Vec<(Ident, LitStr)>,
    pub(crate) timeout: Duration,
    pub(crate) worker_threads: Option<usize>,
    pub(crate) on_outage: Option<Ident>,
    pub(crate) watch: Option<bool>,
    pub(crate) from_env: Option<Ident>,
    pub(crate) config: Option<LitStr>,
    pub(crate) server_name: Option<LitStr>,
    pub(crate) binary: Option<Binary>,
    pub(crate) runtime: Option<Path>,
}

/// A case that is left out.
pub(crate) struct Skip {
    pub(crate) case: Ident,
    pub(crate) reason: LitStr,
    pub(crate) until: Option<LitStr>,
}

/// A field whose change shows whether a value is used.
pub(crate) struct Probe {
    pub(crate) pointer: LitStr,
    pub(crate) value: Lit,
}

/// How long a service may take to load its configuration unless it is said.
const TIMEOUT: Duration = Duration::from_secs(20);

const EXAMPLE: &str = "#[kv_bootstrap_test(\"trapd\")]";

/// The arguments of any test; those of a program are in [`binary`].
const ARGUMENTS: [&str; 15] = [
    "deployments",
    "deployment",
    "backend",
    "backends",
    "skip",
    "probe",
    "values",
    "timeout",
    "flavor",
    "worker_threads",
    "on_outage",
    "watch",
    "from_env",
    "config",
    "server_name",
];

/// What is read before it is known whether it fits together.
#[derive(Default)]
struct Draft {
    binary: BinaryDraft,
    flavor: Option<LitStr>,
    worker_threads: Option<LitInt>,
}

impl Parse for KvBootstrapTest {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let mut arguments = Self {
            service: service_name(input, EXAMPLE)?,
            deployments: Vec::new(),
            backends: Vec::new(),
            skips: Vec::new(),
            probes: Vec::new(),
            values: Vec::new(),
            timeout: TIMEOUT,
            worker_threads: None,
            on_outage: None,
            watch: None,
            from_env: None,
            config: None,
            server_name: None,
            binary: None,
            runtime: None,
        };
        let mut draft = Draft::default();
        let mut seen: Vec<Ident> = Vec::new();
        while next_argument(input)? {
            if parse_runtime(input, &mut arguments.runtime)? {
                continue;
            }
            let name = input.call(Ident::parse_any)?;
            let may_repeat = ["skip", "probe", "env", "set"]
                .iter()
                .any(|known| name == known);
            if !may_repeat && seen.contains(&name) {
                return Err(Error::new(name.span(), format!("`{name}` is given twice")));
            }
            arguments.argument(&name, input, &mut draft)?;
            seen.push(name);
        }
        arguments.finish(draft)?;
        Ok(arguments)
    }
}

impl KvBootstrapTest {
    fn argument(&mut self, name: &Ident, input: ParseStream<'_>, draft: &mut Draft) -> Result<()> {
        let text = name.to_string();
        match text.as_str() {
            "skip" => self.skips.push(values::skip(name, input)?),
            "probe" => self.probes.extend(values::probes(name, input)?),
            "values" => self.values = values::of_variables(name, input)?,
            "from_env" => self.from_env = Some(name.clone()),
            "deployment" => self.deployments.push(equals(name, input, string)?),
            "deployments" => {
                let list = equals(name, input, |input| strings(input, name))?;
                self.deployments.extend(list);
            }
            "backend" | "backends" => self.backends = equals(name, input, values::backends)?,
            "timeout" => self.timeout = equals(name, input, values::duration)?,
            "flavor" => draft.flavor = Some(equals(name, input, string)?),
            "worker_threads" => {
                draft.worker_threads = Some(equals(name, input, LitInt::parse)?);
            }
            "on_outage" => self.on_outage = Some(equals(name, input, values::on_outage)?),
            "watch" => {
                let value: LitBool = equals(name, input, |input| {
                    input.parse().map_err(|error| {
                        let message =
                            "`true` if the service has to watch its key, `false` if it must not";
                        Error::new(error.span(), message)
                    })
                })?;
                self.watch = Some(value.value);
            }
            "config" => self.config = Some(equals(name, input, values::file_name)?),
            "server_name" => self.server_name = Some(equals(name, input, values::not_empty)?),
            _ if draft.binary.argument(name, input)? => {}
            _ => return Err(unknown_argument(name)),
        }
        Ok(())
    }

    fn finish(&mut self, draft: Draft) -> Result<()> {
        self.worker_threads = worker_threads(draft.flavor.as_ref(), draft.worker_threads.as_ref())?;
        self.binary = draft.binary.finish()?;
        if let (Some(_), Some(from_env)) = (&self.binary, &self.from_env) {
            let message = "a program connects by itself anyway; take `from_env` away";
            return Err(Error::new(from_env.span(), message));
        }
        self.fit_backends()
    }

    /// Who connects by itself needs something to connect to.
    fn fit_backends(&mut self) -> Result<()> {
        let connects = self.binary.is_some() || self.from_env.is_some();
        let memory = self.backends.iter().find(|name| *name == "memory");
        if let (true, Some(memory)) = (connects, memory) {
            let message = "a service that connects by itself cannot reach a store in memory; write `backend = datasvc`, or leave it out";
            return Err(Error::new(memory.span(), message));
        }
        let nats = self.backends.iter().find(|name| *name == "nats");
        if let (true, Some(nats)) = (connects, nats) {
            let message = "what a service that connects by itself asks of NATS is not seen; write `backend = datasvc`, or let the test give it the store";
            return Err(Error::new(nats.span(), message));
        }
        if self.backends.is_empty() {
            let name = if connects { "datasvc" } else { "memory" };
            self.backends = vec![Ident::new(name, self.service.span())];
        }
        Ok(())
    }
}

fn worker_threads(flavor: Option<&LitStr>, threads: Option<&LitInt>) -> Result<Option<usize>> {
    let Some(flavor) = flavor else {
        return match threads {
            Some(threads) => {
                let message = "worker threads are of `flavor = \"multi_thread\"`";
                Err(Error::new(threads.span(), message))
            }
            None => Ok(None),
        };
    };
    match flavor.value().as_str() {
        "current_thread" => Ok(None),
        "multi_thread" => {
            let threads = threads.map(LitInt::base10_parse::<usize>).transpose()?;
            Ok(Some(threads.unwrap_or(2).max(1)))
        }
        other => {
            let hint = did_you_mean(other, ["current_thread", "multi_thread"]);
            let message =
                format!("no flavor `{other}`{hint}; there are `current_thread` and `multi_thread`");
            Err(Error::new(flavor.span(), message))
        }
    }
}

fn unknown_argument(name: &Ident) -> Error {
    let all = || ARGUMENTS.iter().chain(&binary::ARGUMENTS).copied();
    let mut hint = did_you_mean(&name.to_string(), all());
    if hint.is_empty() {
        let known: Vec<String> = all().map(|known| format!("`{known}`")).collect();
        hint = format!("; there are {}", known.join(", "));
    }
    Error::new(name.span(), format!("no argument `{name}`{hint}"))
}

/// Reads the value behind `name =`.
fn equals<T>(
    name: &Ident,
    input: ParseStream<'_>,
    value: impl FnOnce(ParseStream<'_>) -> Result<T>,
) -> Result<T> {
    if input.parse::<Token![=]>().is_err() || input.is_empty() {
        let message = format!("give it a value: `{name} = …`");
        return Err(Error::new(name.span(), message));
    }
    value(input)
}
