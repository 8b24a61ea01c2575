//! Parses pipelines: commands, their operands, and the variables that they declare.

use std::ops::Range;
use std::sync::Arc;

use super::super::lex::{Kind, SyntaxError};
use super::super::literal;
use super::super::tree::{Command, Constant, Expression, ExpressionKind, Pipe};
use super::Parser;

impl Parser<'_> {
    pub(super) fn pipeline(&mut self, context: &str, end: Kind) -> Result<Pipe, SyntaxError> {
        let start = self.peek_non_space().1.start;
        self.deeper(&(start..start))?;
        let (assigns, variables) = self.declarations(context)?;
        let first = self.gathered.commands.len();
        let stop = loop {
            let token = self.next_non_space();
            if token.0 == end {
                break token.1;
            }
            match token.0 {
                Kind::Close | Kind::RightParenthesis | Kind::Pipe => {
                    return self.unexpected(&token, context);
                }
                _ => {
                    self.at -= 1;
                    let command = self.command()?;
                    self.gathered.commands.push(command);
                }
            }
        };
        let commands: Vec<Command> = self.gathered.commands.drain(first..).collect();
        if commands.is_empty() {
            return Self::fail(&stop, format!("missing value for {context}"));
        }
        for command in commands.iter().skip(1) {
            if let Some(first) = command.arguments.first()
                && matches!(
                    first.kind,
                    ExpressionKind::Constant(_)
                        | ExpressionKind::Number(_)
                        | ExpressionKind::Dot
                        | ExpressionKind::Nil
                )
            {
                return Self::fail(&first.range, "non executable command in pipeline");
            }
        }
        self.depth -= 1;
        Ok(Pipe {
            range: start..stop.start,
            assigns,
            variables,
            commands,
        })
    }

    /// `$x :=`, `$x =`, and in `range` also `$i, $x :=`.
    pub(super) fn declarations(
        &mut self,
        context: &str,
    ) -> Result<(bool, Vec<Arc<str>>), SyntaxError> {
        let start = self.at;
        let mut names: Vec<Arc<str>> = Vec::new();
        let mut ranges = Vec::new();
        let mut assigns = false;
        loop {
            let (kind, range) = self.peek_non_space();
            if kind != Kind::Variable {
                break;
            }
            self.next();
            names.push(Arc::from(self.text(&range)));
            ranges.push(range);
            let (kind, range) = self.peek_non_space();
            match kind {
                Kind::Declare | Kind::Assign => {
                    self.next();
                    assigns = kind == Kind::Assign;
                    if context == "range" && self.peek_non_space().0 == Kind::Close {
                        return Self::fail(&range, "missing value for range");
                    }
                    if assigns {
                        for (name, range) in names.iter().zip(&ranges) {
                            self.check_variable(name, range)?;
                        }
                    } else {
                        self.variables.extend(names.iter().cloned());
                    }
                    return Ok((assigns, names));
                }
                Kind::Comma if context == "range" && names.len() < 2 => {
                    self.next();
                    let (kind, range) = self.peek_non_space();
                    if !matches!(kind, Kind::Variable) {
                        return Self::fail(&range, "range can only initialize variables");
                    }
                }
                Kind::Comma => {
                    return Self::fail(&range, format!("too many declarations in {context}"));
                }
                _ => break,
            }
        }
        self.at = start;
        Ok((assigns, Vec::new()))
    }

    pub(super) fn check_variable(
        &self,
        name: &str,
        range: &Range<usize>,
    ) -> Result<(), SyntaxError> {
        if self.variables.iter().any(|known| &**known == name) {
            return Ok(());
        }
        Self::fail(range, format!("undefined variable \"{name}\""))
    }

    pub(super) fn command(&mut self) -> Result<Command, SyntaxError> {
        let first = self.gathered.arguments.len();
        loop {
            self.peek_non_space();
            if let Some(operand) = self.operand()? {
                self.gathered.arguments.push(operand);
            }
            let token = self.next();
            match token.0 {
                Kind::Space => continue,
                Kind::Close | Kind::RightParenthesis => self.at -= 1,
                Kind::Pipe => {}
                _ => return self.unexpected(&token, "operand"),
            }
            break;
        }
        let arguments: Vec<Expression> = self.gathered.arguments.drain(first..).collect();
        if arguments.is_empty() {
            return Self::fail(&self.peek().1, "empty command");
        }
        Ok(Command { arguments })
    }

    /// A term, and the fields that follow it without a space.
    pub(super) fn operand(&mut self) -> Result<Option<Expression>, SyntaxError> {
        let Some(mut term) = self.term()? else {
            return Ok(None);
        };
        if self.peek().0 != Kind::Field {
            return Ok(Some(term));
        }
        match &mut term.kind {
            ExpressionKind::Variable(_, fields) => {
                term.range.end = self.fields(fields);
                Ok(Some(term))
            }
            ExpressionKind::Constant(_) | ExpressionKind::Number(_) | ExpressionKind::Nil => self
                .unexpected(&(Kind::Dot, term.range), "operand")
                .map_err(|mut error: SyntaxError| {
                    "unexpected . after term".clone_into(&mut error.message);
                    error
                }),
            _ => {
                let mut names = Vec::new();
                let range = term.range.start..self.fields(&mut names);
                let kind = ExpressionKind::Chain(Box::new(term), names);
                Ok(Some(Expression { range, kind }))
            }
        }
    }

    /// Adds the fields that follow; gives where the last one ends.
    fn fields(&mut self, names: &mut Vec<Arc<str>>) -> usize {
        let following = self.tokens.get(self.at..).unwrap_or_default();
        let count = following
            .iter()
            .take_while(|token| token.kind == Kind::Field)
            .count();
        names.reserve_exact(count);
        let mut end = 0;
        for _ in 0..count {
            let (_, range) = self.next();
            names.push(Arc::from(self.text(&(range.start + 1..range.end))));
            end = range.end;
        }
        end
    }

    pub(super) fn term(&mut self) -> Result<Option<Expression>, SyntaxError> {
        let (kind, mut range) = self.next_non_space();
        let kind = match kind {
            Kind::Identifier => self.identifier(&range)?,
            Kind::Dot => ExpressionKind::Dot,
            Kind::Variable => {
                let name: Arc<str> = Arc::from(self.text(&range));
                self.check_variable(&name, &range)?;
                ExpressionKind::Variable(name, Vec::new())
            }
            Kind::Field => {
                self.at -= 1;
                let mut names = Vec::new();
                range.end = self.fields(&mut names);
                ExpressionKind::Field(names)
            }
            Kind::Number | Kind::Character => literal::number(self.text(&range))
                .map(ExpressionKind::Number)
                .map_err(|message| SyntaxError::new(range.start, message))?,
            Kind::String | Kind::RawString => {
                let Some(text) = literal::string(self.text(&range)) else {
                    return Self::fail(&range, "invalid syntax");
                };
                let inner = range.start + 1..range.end.saturating_sub(1);
                let text = literal::placed(&self.origin.text, inner, &text);
                ExpressionKind::Constant(Constant::Text(text))
            }
            Kind::LeftParenthesis => {
                let pipe = self.pipeline("parenthesized pipeline", Kind::RightParenthesis)?;
                range.end = pipe.range.end + 1;
                ExpressionKind::Pipe(Box::new(pipe))
            }
            _ => {
                self.at -= 1;
                return Ok(None);
            }
        };
        Ok(Some(Expression { range, kind }))
    }

    pub(super) fn identifier(&self, range: &Range<usize>) -> Result<ExpressionKind, SyntaxError> {
        let name = self.text(range);
        match name {
            "true" => Ok(ExpressionKind::Constant(Constant::Bool(true))),
            "false" => Ok(ExpressionKind::Constant(Constant::Bool(false))),
            "nil" => Ok(ExpressionKind::Nil),
            _ if (self.is_function)(name) => Ok(ExpressionKind::Function(Arc::from(name))),
            _ => Self::fail(range, format!("function \"{name}\" not defined")),
        }
    }
}
