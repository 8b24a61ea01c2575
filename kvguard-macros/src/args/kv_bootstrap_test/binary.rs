//! The arguments of a program that is tested as it is.

use syn::parse::ParseStream;
use syn::punctuated::Punctuated;
use syn::{Error, Ident, LitInt, LitStr, Path, Result, Token, bracketed};

use super::super::string;
use super::{Probe, equals, values};

/// The program that is started instead of a function.
pub(crate) struct Binary {
    pub(crate) program: Program,
    pub(crate) arguments: Vec<LitStr>,
    pub(crate) environment: Vec<(LitStr, LitStr)>,
    pub(crate) ready: Option<LitStr>,
    pub(crate) ports: Vec<LitInt>,
    pub(crate) needs: Vec<LitStr>,
    pub(crate) before: Option<Path>,
    pub(crate) set: Vec<Probe>,
    pub(crate) words: Vec<LitStr>,
}

/// Where the program is.
pub(crate) enum Program {
    /// A binary of this package.
    Own(LitStr),
    /// A file, relative to the package's directory.
    File(LitStr),
    /// A command in `PATH`.
    Found(LitStr),
}

impl Program {
    pub(crate) fn span(&self) -> proc_macro2::Span {
        let (Self::Own(name) | Self::File(name) | Self::Found(name)) = self;
        name.span()
    }
}

/// The arguments that belong to a program.
pub(super) const ARGUMENTS: [&str; 11] = [
    "bin", "program", "command", "args", "env", "ready", "ports", "needs", "before", "set", "words",
];

/// The servers that a case can start besides the store.
const SERVERS: [&str; 1] = ["nats"];

/// What is read before it is known whether it fits together.
#[derive(Default)]
pub(super) struct Draft {
    program: Option<Program>,
    command: Vec<LitStr>,
    /// The arguments that are there, except for those that name the program.
    given: Vec<Ident>,
    arguments: Vec<LitStr>,
    environment: Vec<(LitStr, LitStr)>,
    ready: Option<LitStr>,
    ports: Vec<LitInt>,
    needs: Vec<LitStr>,
    before: Option<Path>,
    set: Vec<Probe>,
    words: Vec<LitStr>,
}

impl Draft {
    /// Reads an argument, if it is one of a program.
    pub(super) fn argument(&mut self, name: &Ident, input: ParseStream<'_>) -> Result<bool> {
        let text = name.to_string();
        match text.as_str() {
            "bin" => self.name(name, Program::Own(equals(name, input, string)?))?,
            "program" => {
                let path = equals(name, input, values::not_empty)?;
                self.name(name, Program::File(path))?;
            }
            "command" => {
                let mut words = equals(name, input, texts)?.into_iter();
                let Some(program) = words.next() else {
                    let message = "name a program: `command = [\"go\", \"run\", \".\"]`";
                    return Err(Error::new(name.span(), message));
                };
                self.name(name, Program::Found(program))?;
                self.command = words.collect();
            }
            "args" => self.arguments = equals(name, input, texts)?,
            "env" => self.environment.extend(values::variables(name, input)?),
            "ready" => self.ready = Some(equals(name, input, values::not_empty)?),
            "ports" => self.ports = equals(name, input, ports)?,
            "needs" => self.needs = equals(name, input, needs)?,
            "before" => self.before = Some(equals(name, input, Path::parse_mod_style)?),
            "set" => self.set.extend(values::fields(
                name,
                input,
                "set(\"/listen_addr\" = \"127.0.0.1:{port}\")",
            )?),
            "words" => self.words = equals(name, input, texts)?,
            _ => return Ok(false),
        }
        if !["bin", "program", "command"].contains(&text.as_str()) {
            self.given.push(name.clone());
        }
        Ok(true)
    }

    fn name(&mut self, name: &Ident, program: Program) -> Result<()> {
        if self.program.is_some() {
            let message = "one program is tested: write one of `bin`, `program` and `command`";
            return Err(Error::new(name.span(), message));
        }
        self.program = Some(program);
        Ok(())
    }

    /// The program, if one is tested.
    pub(super) fn finish(self) -> Result<Option<Binary>> {
        let Some(program) = self.program else {
            return match self.given.first() {
                Some(name) => {
                    let message = format!(
                        "`{name}` belongs to a program: `bin = \"…\"`, `program = \"…\"` or `command = […]`"
                    );
                    Err(Error::new(name.span(), message))
                }
                None => Ok(None),
            };
        };
        let binary = Binary {
            program,
            arguments: self.command.into_iter().chain(self.arguments).collect(),
            environment: self.environment,
            ready: self.ready,
            ports: self.ports,
            needs: self.needs,
            before: self.before,
            set: self.set,
            words: self.words,
        };
        binary.check_placeholders()?;
        Ok(Some(binary))
    }
}

impl Binary {
    /// Whether each placeholder is one that there is. A `before` function may add any.
    fn check_placeholders(&self) -> Result<()> {
        if self.before.is_some() {
            return Ok(());
        }
        let in_environment = self.environment.iter().map(|(_, value)| (value, false));
        let in_fields = self.set.iter().filter_map(|field| match &field.value {
            syn::Lit::Str(text) => Some((text, false)),
            _ => None,
        });
        let in_arguments = self.arguments.iter().map(|argument| (argument, true));
        for (text, takes_config) in in_arguments.chain(in_environment).chain(in_fields) {
            for name in placeholders(&text.value()) {
                let is_known = name == "port"
                    || name.starts_with("port:")
                    || takes_config && name == "config"
                    || self.needs.iter().any(|need| need.value() == name);
                if is_known {
                    continue;
                }
                let hint = match name.as_str() {
                    "nats" => "; write `needs = [\"nats\"]`, too",
                    _ => {
                        "; there are `{config}` in `args`, `{port}`, `{port:NAME}`, and `{nats}` with `needs = [\"nats\"]`; others are given by `before`"
                    }
                };
                let message = format!("nothing gives `{{{name}}}` a value{hint}");
                return Err(Error::new(text.span(), message));
            }
        }
        Ok(())
    }
}

/// The names in braces. Other text in braces, as JSON has it, is no placeholder.
fn placeholders(text: &str) -> Vec<String> {
    let parts = text.split('{').skip(1);
    let names = parts.filter_map(|part| part.split_once('}').map(|(name, _)| name));
    let is_name = |name: &&str| {
        name.starts_with(|first: char| first.is_ascii_alphabetic())
            && name
                .chars()
                .all(|one| one.is_ascii_alphanumeric() || "_:-".contains(one))
    };
    names.filter(is_name).map(str::to_owned).collect()
}

fn ports(input: ParseStream<'_>) -> Result<Vec<LitInt>> {
    let list;
    bracketed!(list in input);
    let all: Punctuated<LitInt, Token![,]> = list.parse_terminated(
        |input| {
            let number: LitInt = input.parse()?;
            match number.base10_parse::<u16>() {
                Ok(1..) => Ok(number),
                _ => Err(Error::new(
                    number.span(),
                    "a port is a number from 1 to 65535",
                )),
            }
        },
        Token![,],
    )?;
    Ok(all.into_iter().collect())
}

fn needs(input: ParseStream<'_>) -> Result<Vec<LitStr>> {
    let all = texts(input)?;
    match all
        .iter()
        .find(|need| !SERVERS.contains(&need.value().as_str()))
    {
        Some(unknown) => {
            let message = format!(
                "a case cannot start `{}`; it can start `nats`; start others in a function: `before = start_it`",
                unknown.value()
            );
            Err(Error::new(unknown.span(), message))
        }
        None => Ok(all),
    }
}

fn texts(input: ParseStream<'_>) -> Result<Vec<LitStr>> {
    let list;
    bracketed!(list in input);
    let all: Punctuated<LitStr, Token![,]> = list.parse_terminated(string, Token![,])?;
    Ok(all.into_iter().collect())
}
