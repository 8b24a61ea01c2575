//! Reads the files of a project and merges them into one model.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::rc::Rc;
use std::sync::Arc;

use super::convert::{Converter, Document};
use super::interpolate::{Budget, NODE_COST, substitute};
use super::resets::Cleared;
use super::tree::{Environment, Interpolated, Map};
use super::{Options, Problems, merge, paths};
use crate::deploy::dotenv::{self, Format, Statements};
use crate::deploy::{Known, Variable};
use crate::inputs::{InputErrorKind, Inputs};
use crate::source::{self, Documents, Node, Printing, SourceId, Span, Syntax};

/// The variable that holds the project's name.
const PROJECT_NAME: &str = "COMPOSE_PROJECT_NAME";

/// Everything that is read for one project.
#[derive(Debug)]
pub struct Loader<'a> {
    pub inputs: &'a mut Inputs,
    pub budget: Budget,
    pub problems: Problems,
    /// How many compose files `include` has brought in.
    pub included: usize,
    /// Where values of environment files are put in.
    pub printings: Vec<Printing>,
    /// What `!reset` and `!override` have cleared.
    pub cleared: Cleared,
    /// The files whose problems are told.
    told: HashSet<SourceId>,
    env_files: HashMap<(SourceId, Format), Rc<Statements>>,
    noted: HashSet<(Span, bool)>,
}

/// A project after merging, its paths relative to the root but for those of its services.
#[derive(Debug)]
pub struct Project {
    pub model: Map,
    pub environment: Environment,
    /// The directory that the paths of the services are relative to.
    pub directory: String,
}

/// A compose file and where it is named.
#[derive(Debug, Clone)]
pub struct File {
    pub path: String,
    pub span: Option<Span>,
}

/// What the files of one model have in common.
#[derive(Debug, Clone, Copy)]
pub struct Scope<'a> {
    /// The project directory, relative to the root.
    pub directory: &'a str,
    pub environment: &'a Environment,
    /// The files that include each other up to here.
    pub including: &'a [String],
}

impl<'a> Loader<'a> {
    pub fn new(inputs: &'a mut Inputs) -> Self {
        Self {
            inputs,
            budget: Budget::default(),
            problems: Problems::default(),
            included: 0,
            printings: Vec::new(),
            cleared: Cleared::default(),
            told: HashSet::new(),
            env_files: HashMap::new(),
            noted: HashSet::new(),
        }
    }

    /// Loads a project.
    pub fn project(&mut self, options: &Options<'_>) -> Project {
        let own = |(name, value): (&String, &String)| {
            let value = Known::Text(value.clone());
            (name.clone(), Interpolated { value, place: None })
        };
        let variables: Environment = options.variables.iter().map(own).collect();
        let named = options.interpolation_files.iter();
        let named = named.map(|file| File {
            path: file.value.clone(),
            span: Some(file.span),
        });
        let mut environment = self.environment(&variables, &named.collect::<Vec<_>>());
        let files = options.files.iter();
        let files = files.map(|file| File {
            path: paths::join("", &file.value),
            span: Some(file.span),
        });
        let files: Vec<File> = files.collect();
        if !environment.contains_key(PROJECT_NAME) {
            let name = self.project_name(&files, &environment);
            let name = Interpolated {
                value: name,
                place: None,
            };
            environment.insert(PROJECT_NAME.to_owned(), name);
        }
        let directory = files
            .first()
            .map_or("", |file| paths::parent(&file.path))
            .to_owned();
        let scope = Scope {
            directory: &directory,
            environment: &environment,
            including: &[],
        };
        let mut model = self.model(&files, scope);
        paths::resolve_resources(&mut model, &directory);
        Project {
            model,
            environment,
            directory,
        }
    }

    /// The variables, and those of environment files that are not among them.
    pub fn environment(&mut self, variables: &Environment, files: &[File]) -> Environment {
        let mut from_files: BTreeMap<String, Variable> = BTreeMap::new();
        for file in files {
            let lookup = |name: &str| Some(variables.get(name)?.value.clone());
            self.env_file(file, Format::Dotenv, true, &lookup, &mut from_files);
        }
        let mut environment = variables.clone();
        for (name, variable) in from_files {
            environment.entry(name).or_insert(Interpolated {
                place: Some(variable.shown_span()),
                value: variable.value,
            });
        }
        environment
    }

    /// Evaluates an environment file into `variables`.
    pub fn env_file(
        &mut self,
        file: &File,
        format: Format,
        required: bool,
        lookup: &dyn Fn(&str) -> Option<Known>,
        variables: &mut BTreeMap<String, Variable>,
    ) {
        let id = match self.inputs.read(&file.path) {
            Ok(id) => id,
            Err(error) if error.kind == InputErrorKind::Missing && !required => return,
            Err(error) => return self.problems.fail(&error, file.span),
        };
        let statements = self
            .env_files
            .entry((id, format))
            .or_insert_with(|| Rc::new(dotenv::parse(self.inputs.sources_mut(), id, format)));
        if let Err(problem) = statements.evaluate(lookup, variables, &self.budget) {
            self.problems.malformed.push(problem);
        }
    }

    /// The last `name` of the files. Without one, it is the directory that the project is checked out
    /// to, which the files do not tell.
    fn project_name(&mut self, files: &[File], environment: &Environment) -> Known {
        let mut name = None;
        for file in files {
            for root in &self.documents(file).roots {
                name = root
                    .get("name")
                    .and_then(Node::as_str)
                    .map(str::to_owned)
                    .or(name);
            }
        }
        let lookup = |name: &str| Some(environment.get(name)?.value.clone());
        let name = name.and_then(|name| substitute(&name, &lookup, &self.budget).ok());
        match name.map(super::interpolate::Text::known) {
            Some(Known::Text(name)) => {
                let name = name.to_lowercase();
                let fits = |byte: &char| byte.is_ascii_alphanumeric() || matches!(byte, '_' | '-');
                let name: String = name.chars().filter(fits).collect();
                match name.trim_start_matches(['_', '-']) {
                    "" => Known::Opaque,
                    name => Known::Text(name.to_owned()),
                }
            }
            _ => Known::Opaque,
        }
    }

    /// The YAML documents of a file, read once.
    pub fn documents(&mut self, file: &File) -> Arc<Documents> {
        let id = match self.inputs.read(&file.path) {
            Ok(id) => id,
            Err(error) => {
                self.problems.fail(&error, file.span);
                return Arc::default();
            }
        };
        let documents = self.inputs.documents(id, Syntax::Yaml);
        if !self.told.insert(id) {
            return documents;
        }
        if documents.roots.is_empty() && documents.problems.is_empty() {
            let whole = self.inputs.sources().whole(id);
            let start = Span {
                end: whole.start,
                ..whole
            };
            self.problems.invalid(start, "this compose file is empty");
        }
        let problems = documents.problems.iter().cloned();
        self.problems.malformed.extend(problems);
        documents
    }

    /// Converts a document of a file.
    pub fn convert(&mut self, root: &Node, environment: &Environment) -> Option<Document> {
        let sources = self.inputs.sources();
        let mut converter = Converter::new(sources, environment, &self.budget, &mut self.problems);
        let document = converter.document(root);
        self.printings.append(&mut converter.printings);
        for (span, kind) in converter.tokens {
            // An empty value and the name before it can begin at the same byte, never a key and a value.
            if self
                .noted
                .insert((span, kind == source::TokenKind::Container))
            {
                self.inputs.sources_mut().note_token(span, kind);
            }
        }
        document
    }

    /// Loads files over each other. The paths of the result are relative to the scope's directory.
    pub fn model(&mut self, files: &[File], scope: Scope<'_>) -> Map {
        let mut model = Map::new();
        let mut bases = HashMap::new();
        for file in files {
            for root in &self.documents(file).roots {
                let Some(mut document) = self.convert(root, scope.environment) else {
                    continue;
                };
                self.include(file, &mut document, scope);
                for reset in &document.resets {
                    self.cleared.reset(&mut model, reset);
                }
                self.extend(file, &mut document, scope, &mut bases);
                merge::model(&mut model, document.root, &mut self.problems);
            }
        }
        model
    }

    /// Takes from the budget what copying values costs; false once it is spent.
    pub fn afford(&mut self, size: usize, span: Span) -> bool {
        let affordable = self.budget.charge(size.saturating_mul(NODE_COST));
        if !affordable {
            self.problems.exhausted(span);
        }
        affordable
    }

    /// A path that a compose file names, as a file to read; `None`, with a problem, if it is not known or
    /// lies outside of the project.
    pub fn file(
        &mut self,
        directory: &str,
        text: &super::interpolate::Text,
        span: Span,
        what: &str,
    ) -> Option<File> {
        if text.opaque {
            self.problems
                .undecided(span, &format!("the path of `{what}`"));
            return None;
        }
        if paths::is_host(&text.text) || text.text.contains("://") {
            let path = super::shown(&text.text);
            if text.text.contains("://") {
                let message =
                    format!("`{path}` is remote, which is not read; copy it into the project");
                self.problems.unsupported(span, message);
                return None;
            }
            let message =
                format!("`{path}` is outside the root; map it with `[[path_map]]` if it is meant");
            let failure = crate::deploy::Failure::new(message, Some(span));
            self.problems.failures.push(failure);
            return None;
        }
        Some(File {
            path: paths::join(directory, &text.text),
            span: Some(span),
        })
    }
}
