//! Parses a template as Go's `text/template/parse` does.

mod pipeline;

use std::ops::Range;
use std::sync::Arc;

use super::super::provenance::Text;
use super::lex::{Kind, SyntaxError, Token, tokens};
use super::literal;
use super::tree::{Bodies, Body, Branch, Command, Expression, Node, Origin};

/// How deeply actions and parentheses may be nested.
const MAX_NESTING: usize = 300;

/// Whether a name is one of the functions.
pub(crate) type IsFunction = fn(&str) -> bool;

struct Parser<'a> {
    origin: &'a Arc<Origin>,
    tokens: Vec<Token>,
    at: usize,
    variables: Vec<Arc<str>>,
    loops: usize,
    depth: usize,
    is_function: IsFunction,
    defined: Vec<(Arc<str>, Vec<Node>)>,
    gathered: Gathered,
    /// The blocks around the place at hand: the word that begins each, and where.
    unclosed: Vec<(&'static str, usize)>,
}

/// What was parsed of the lists that are not at their end, those of an inner one behind those of an outer one:
/// each list takes just the room that it needs.
#[derive(Default)]
struct Gathered {
    nodes: Vec<Node>,
    commands: Vec<Command>,
    arguments: Vec<Expression>,
}

/// How a list of nodes ended.
enum Ending {
    End,
    Else,
    File,
}

/// A parsed template, and what it defines.
#[derive(Debug, Clone)]
pub(crate) struct Parsed {
    origin: Arc<Origin>,
    nodes: Arc<[Node]>,
    defined: Vec<(Arc<str>, Arc<[Node]>)>,
}

impl Parsed {
    /// Adds it under its name to the bodies, and what it defines.
    pub(crate) fn add_to(self, bodies: &mut Bodies, name: Arc<str>) {
        for (name, nodes) in self.defined {
            add(bodies, &self.origin, name, nodes);
        }
        add(bodies, &self.origin, name, self.nodes);
    }
}

/// Parses a template.
pub(crate) fn parse(text: &Text, is_function: IsFunction) -> Result<Parsed, SyntaxError> {
    let origin = Arc::new(Origin { text: text.clone() });
    let mut parser = Parser {
        origin: &origin,
        tokens: tokens(text)?,
        at: 0,
        variables: vec![Arc::from("$")],
        loops: 0,
        depth: 0,
        is_function,
        defined: Vec::new(),
        gathered: Gathered::default(),
        unclosed: Vec::new(),
    };
    let nodes = match parser.list(true)? {
        (nodes, Ending::File) => nodes,
        (_, Ending::End) => return Err(parser.unexpected_at("{{end}}")),
        (_, Ending::Else) => return Err(parser.unexpected_at("{{else}}")),
    };
    let defined = parser.defined.into_iter();
    Ok(Parsed {
        nodes: nodes.into(),
        defined: defined.map(|(name, nodes)| (name, nodes.into())).collect(),
        origin,
    })
}

/// A template that is blank does not replace one that is not.
fn add(bodies: &mut Bodies, origin: &Arc<Origin>, name: Arc<str>, nodes: Arc<[Node]>) {
    let blank = nodes.iter().all(|node| match node {
        Node::Text(range) => origin
            .text
            .get(range.clone())
            .is_some_and(|text| text.trim().is_empty()),
        _ => false,
    });
    if blank && bodies.contains_key(&name) {
        return;
    }
    let body = Body {
        origin: origin.clone(),
        nodes,
    };
    bodies.insert(name, body);
}

/// The keyword that a word is, or nothing.
fn keyword(word: &str) -> &'static str {
    const KEYWORDS: [&str; 10] = [
        "if", "end", "else", "with", "range", "define", "template", "block", "break", "continue",
    ];
    KEYWORDS
        .into_iter()
        .find(|known| *known == word)
        .unwrap_or("")
}

impl Parser<'_> {
    fn peek(&self) -> (Kind, Range<usize>) {
        match self.tokens.get(self.at).or(self.tokens.last()) {
            Some(token) => (token.kind, token.range.clone()),
            None => (Kind::End, 0..0),
        }
    }

    fn next(&mut self) -> (Kind, Range<usize>) {
        let token = self.peek();
        self.at += 1;
        token
    }

    fn peek_non_space(&mut self) -> (Kind, Range<usize>) {
        while self.peek().0 == Kind::Space {
            self.at += 1;
        }
        self.peek()
    }

    fn next_non_space(&mut self) -> (Kind, Range<usize>) {
        self.peek_non_space();
        self.next()
    }

    fn text(&self, range: &Range<usize>) -> &str {
        self.origin.text.get(range.clone()).unwrap_or_default()
    }

    fn fail<T>(range: &Range<usize>, message: impl Into<String>) -> Result<T, SyntaxError> {
        Err(SyntaxError::new(range.start, message))
    }

    fn unexpected_at(&self, what: &str) -> SyntaxError {
        let at = self
            .tokens
            .get(self.at.saturating_sub(1))
            .map_or(0, |token| token.range.start);
        SyntaxError::new(at, format!("unexpected {what}"))
    }

    fn unexpected<T>(&self, token: &(Kind, Range<usize>), context: &str) -> Result<T, SyntaxError> {
        let shown = match token.0 {
            Kind::End => "EOF".to_owned(),
            Kind::Text | Kind::String | Kind::RawString | Kind::Character => {
                "text that does not belong there".to_owned()
            }
            _ => format!("{:?}", self.text(&token.1)),
        };
        Self::fail(&token.1, format!("unexpected {shown} in {context}"))
    }

    fn expect(&mut self, kind: Kind, context: &str) -> Result<Range<usize>, SyntaxError> {
        let token = self.next_non_space();
        if token.0 == kind {
            Ok(token.1)
        } else {
            self.unexpected(&token, context)
        }
    }

    fn deeper(&mut self, range: &Range<usize>) -> Result<(), SyntaxError> {
        self.depth += 1;
        if self.depth > MAX_NESTING {
            return Self::fail(range, format!("nested more than {MAX_NESTING} levels deep"));
        }
        Ok(())
    }

    /// Nodes up to `end`, `else` or the end of the text. Of an `else` the word is taken.
    fn list(&mut self, top: bool) -> Result<(Vec<Node>, Ending), SyntaxError> {
        let start = self.gathered.nodes.len();
        let ending = self.gather_nodes(top)?;
        Ok((self.gathered.nodes.drain(start..).collect(), ending))
    }

    fn gather_nodes(&mut self, top: bool) -> Result<Ending, SyntaxError> {
        loop {
            let (kind, range) = self.next();
            match kind {
                Kind::Text => self.gathered.nodes.push(Node::Text(range)),
                Kind::Open => {
                    let start = self.at;
                    let (kind, word) = self.peek_non_space();
                    let keyword = if kind == Kind::Identifier {
                        keyword(self.text(&word))
                    } else {
                        ""
                    };
                    match keyword {
                        "end" => {
                            self.next();
                            self.expect(Kind::Close, "end")?;
                            return Ok(Ending::End);
                        }
                        "else" => {
                            self.next();
                            return Ok(Ending::Else);
                        }
                        "define" if top => {
                            self.next();
                            self.define()?;
                        }
                        _ => {
                            self.at = start;
                            let action = self.action(keyword)?;
                            self.gathered.nodes.push(action);
                        }
                    }
                }
                _ if top && kind == Kind::End => return Ok(Ending::File),
                _ => {
                    return self
                        .unexpected(&(kind, range), "input")
                        .map_err(|mut error| {
                            if kind == Kind::End {
                                error.message = self.unexpected_end();
                            }
                            error
                        });
                }
            }
        }
    }

    /// The message where the text ends within a block: it names the block and its line.
    fn unexpected_end(&self) -> String {
        let Some((word, start)) = self.unclosed.last() else {
            return "unexpected EOF".to_owned();
        };
        let before = self.origin.text.get(..*start).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        format!(
            "unexpected EOF: the `{{{{ {word} }}}}` in line {line} has no `{{{{ end }}}}`: write it below the last line that belongs to it"
        )
    }

    /// The nodes of a block, up to its `end` or `else`.
    fn block(
        &mut self,
        word: &'static str,
        start: usize,
    ) -> Result<(Vec<Node>, Ending), SyntaxError> {
        self.unclosed.push((word, start));
        let list = self.list(false)?;
        self.unclosed.pop();
        Ok(list)
    }

    fn define(&mut self) -> Result<(), SyntaxError> {
        let start = self.peek_non_space().1.start;
        let name = self.template_name("define clause")?;
        self.expect(Kind::Close, "define clause")?;
        let variables = std::mem::replace(&mut self.variables, vec![Arc::from("$")]);
        let loops = std::mem::replace(&mut self.loops, 0);
        let (nodes, ending) = self.block("define", start)?;
        if let Ending::Else = ending {
            return Err(self.unexpected_at("{{else}} in define clause"));
        }
        self.variables = variables;
        self.loops = loops;
        self.defined.push((name, nodes));
        Ok(())
    }

    fn template_name(&mut self, context: &str) -> Result<Arc<str>, SyntaxError> {
        let token = self.next_non_space();
        if !matches!(token.0, Kind::String | Kind::RawString) {
            return self.unexpected(&token, context);
        }
        literal::string(self.text(&token.1))
            .map(|name| Arc::from(name.as_str()))
            .ok_or_else(|| SyntaxError::new(token.1.start, "invalid syntax"))
    }

    fn action(&mut self, keyword: &str) -> Result<Node, SyntaxError> {
        let (_, at) = self.peek_non_space();
        if !matches!(
            keyword,
            "if" | "with" | "range" | "template" | "block" | "break" | "continue" | "define"
        ) {
            let pipe = self.pipeline("command", Kind::Close)?;
            return Ok(Node::Action(pipe));
        }
        self.next();
        match keyword {
            "if" => Ok(Node::If(self.branch("if")?)),
            "with" => Ok(Node::With(self.branch("with")?)),
            "range" => Ok(Node::Range(self.branch("range")?)),
            "break" | "continue" => {
                let close = self.next_non_space();
                if close.0 != Kind::Close {
                    return self.unexpected(&close, &format!("{{{{{keyword}}}}}"));
                }
                if self.loops == 0 {
                    return Self::fail(&at, format!("{{{{{keyword}}}}} outside {{{{range}}}}"));
                }
                Ok(if keyword == "break" {
                    Node::Break
                } else {
                    Node::Continue
                })
            }
            "define" => self.unexpected(&(Kind::Identifier, at), "command").map_err(
                |mut error: SyntaxError| {
                    "unexpected {{define}}".clone_into(&mut error.message);
                    error
                },
            ),
            _ => self.call(keyword == "block", at),
        }
    }

    /// `template "name" pipeline`, and `block`, which defines what it calls.
    fn call(&mut self, block: bool, at: Range<usize>) -> Result<Node, SyntaxError> {
        let context = if block {
            "block clause"
        } else {
            "template clause"
        };
        let name = self.template_name(context)?;
        let argument = if block || self.peek_non_space().0 != Kind::Close {
            Some(self.pipeline(context, Kind::Close)?)
        } else {
            self.next();
            None
        };
        if block {
            let variables = std::mem::replace(&mut self.variables, vec![Arc::from("$")]);
            let loops = std::mem::replace(&mut self.loops, 0);
            self.deeper(&at)?;
            let (nodes, ending) = self.block("block", at.start)?;
            if let Ending::Else = ending {
                return Err(self.unexpected_at("{{else}} in block clause"));
            }
            self.depth -= 1;
            self.variables = variables;
            self.loops = loops;
            self.defined.push((name.clone(), nodes));
        }
        Ok(Node::Template { at, name, argument })
    }

    fn branch(&mut self, context: &'static str) -> Result<Box<Branch>, SyntaxError> {
        let scope = self.variables.len();
        let range = self.peek_non_space().1;
        self.deeper(&range)?;
        let pipe = self.pipeline(context, Kind::Close)?;
        let is_loop = context == "range";
        self.loops += usize::from(is_loop);
        let (body, ending) = self.block(context, range.start)?;
        self.loops -= usize::from(is_loop);
        let otherwise = match ending {
            Ending::Else => Some(self.otherwise(context, range.start)?),
            Ending::End | Ending::File => None,
        };
        self.variables.truncate(scope);
        self.depth -= 1;
        Ok(Box::new(Branch {
            pipe,
            body,
            otherwise,
        }))
    }

    /// What follows `else`: `if` and `with` go on as one of their kind, without an end of its own.
    fn otherwise(&mut self, context: &'static str, start: usize) -> Result<Vec<Node>, SyntaxError> {
        let (kind, word) = self.peek_non_space();
        let chained = kind == Kind::Identifier && self.text(&word) == context;
        if chained && matches!(context, "if" | "with") {
            self.next();
            let branch = self.branch(context)?;
            return Ok(vec![if context == "if" {
                Node::If(branch)
            } else {
                Node::With(branch)
            }]);
        }
        self.expect(Kind::Close, "else")?;
        match self.block(context, start)? {
            (_, Ending::Else) => Err(SyntaxError::new(
                self.peek().1.start,
                "expected end; found {{else}}",
            )),
            (nodes, Ending::End | Ending::File) => Ok(nodes),
        }
    }
}
