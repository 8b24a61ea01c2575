//! How a file writes grants, and where in it one more can be written.

#[cfg(test)]
mod tests;

use super::Grant;
use super::quotes::{Quotes, bare_or_quoted, is_unseen, quoted};
use crate::policy::GrantFields;
use crate::source::{Sources, Span, Syntax, is_template_of, is_written};

/// How a file writes a grant.
#[derive(Debug, Clone)]
pub struct Written {
    /// Where another grant can be written before it.
    pub(super) opening: Option<Opening>,
    identity: WrittenText,
    role: WrittenText,
}

/// How a file writes a text.
#[derive(Debug, Clone, PartialEq, Eq)]
enum WrittenText {
    /// As a text of its own, so that it can be replaced by another one.
    AsItIs(Quotes),
    /// With template actions or variables in it, and nothing else, so that it may be shown.
    Template(Box<str>),
    /// Within a longer text, which may hold a secret, or in a form that cannot simply be replaced.
    Otherwise,
}

impl WrittenText {
    fn of(span: Span, value: &str, syntax: Syntax, sources: &Sources) -> Self {
        let written = sources.text(span);
        if !is_written(written, value) {
            return if is_template_of(written, value) {
                Self::Template(written.into())
            } else {
                Self::Otherwise
            };
        }
        let text = sources.get(span.source).text();
        let before = text.get(..span.start as usize).unwrap_or_default();
        let is_quoted = written.starts_with(['"', '\'']);
        // A value without quotes may stand within a quoted text or a block scalar, or may have an anchor, so that aliases share it.
        let is_bare = || {
            let on_line = last_line(before).unwrap_or_default();
            let word = on_line.split_whitespace().next_back();
            syntax == Syntax::Yaml
                && !on_line.ends_with(['"', '\''])
                && word.is_some_and(|word| !word.starts_with('&'))
        };
        if is_quoted || is_bare() {
            Self::AsItIs(Quotes::of(written))
        } else {
            Self::Otherwise
        }
    }
}

impl WrittenText {
    fn like(&self, text: &str) -> String {
        match self {
            Self::AsItIs(quotes) => quotes.write(text),
            Self::Template(_) | Self::Otherwise => quoted(text),
        }
    }
}

impl Written {
    pub(super) fn new(grant: &Grant, syntax: Syntax, sources: &Sources) -> Self {
        let is_whole_file = |span: Span| {
            let path = sources.get(span.source).path();
            Syntax::of_path(path) == Some(syntax)
        };
        let (identity, role) = (&grant.identity, &grant.role);
        Self {
            opening: Opening::before(grant, syntax, is_whole_file(grant.span), sources),
            identity: WrittenText::of(identity.span, &identity.value, syntax, sources),
            role: WrittenText::of(role.span, &role.value, syntax, sources),
        }
    }

    /// Whether the file has the identity as it is, so that another one can be written in its place.
    pub fn has_identity(&self) -> bool {
        matches!(self.identity, WrittenText::AsItIs(_))
    }

    /// Whether the file has the role as it is, so that another one can be written in its place.
    pub fn has_role(&self) -> bool {
        matches!(self.role, WrittenText::AsItIs(_))
    }

    /// Another identity as the file writes this one.
    pub(super) fn identity_like(&self, text: &str) -> String {
        self.identity.like(text)
    }

    /// Another role as the file writes this one.
    pub(super) fn role_like(&self, text: &str) -> String {
        self.role.like(text)
    }

    /// The identity's text in the file, if it holds template actions or variables.
    pub fn template(&self) -> Option<&str> {
        match &self.identity {
            WrittenText::Template(text) => Some(text),
            WrittenText::AsItIs(_) | WrittenText::Otherwise => None,
        }
    }
}

/// A place in a file where one more grant can be written: directly before a grant that is there. So it needs nothing of what stands
/// around it, and two that are written at one place are both right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opening {
    /// The place, of no length.
    pub at: Span,
    form: Form,
    /// What stands before it on its line, if that is blank.
    indent: Option<Box<str>>,
    line_break: &'static str,
    /// How the grant behind it writes its role.
    role: Quotes,
    /// What stands between its braces and what is in them.
    padding: &'static str,
    /// What stands behind its names.
    colon: &'static str,
    /// Whether the file is the document that the table is in, and not a text around it.
    is_whole_file: bool,
}

/// How grants are written at a place.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Form {
    /// `{"identity": "…", "role": "…"}`
    Json,
    /// `{identity: "…", role: "…"}`
    YamlFlow,
    /// `- identity: "…"`, and the role below.
    YamlBlock,
    /// `{ identity = "…", role = "…" }`
    TomlInline,
    /// The header `[[…]]` and its lines.
    TomlTable(Box<str>),
}

impl Opening {
    /// The place before a grant.
    fn before(
        grant: &Grant,
        syntax: Syntax,
        is_whole_file: bool,
        sources: &Sources,
    ) -> Option<Self> {
        let role = sources.text(grant.role.span);
        let grant = grant.span;
        let text = sources.get(grant.source).text();
        let start = grant.start as usize;
        let (before, behind) = (text.get(..start)?, text.get(start..)?);
        let on_line = last_line(before);
        let is_next = || follows_entry(before, syntax);
        let is_braced = behind.starts_with('{') && !behind.starts_with("{{");
        let (form, at) = match (syntax, on_line) {
            (Syntax::Json, _) if is_braced && is_next() => (Form::Json, start),
            (Syntax::Yaml, Some(on_line)) if on_line.trim() == "-" => {
                let is_entry = is_braced || begins_with_key(behind);
                let behind_dash = on_line.len() - on_line.find('-')?;
                (is_entry.then_some(Form::YamlBlock)?, start - behind_dash)
            }
            (Syntax::Yaml, Some(_)) if is_braced && is_next() => (Form::YamlFlow, start),
            (Syntax::Toml, Some(on_line))
                if is_braced && (is_next() || on_line.trim().is_empty()) =>
            {
                (Form::TomlInline, start)
            }
            (Syntax::Toml, Some(on_line)) => toml_header(text, start - on_line.len())?,
            _ => return None,
        };
        let indent = last_line(&text[..at]).filter(|indent| indent.trim().is_empty());
        let on_lines = matches!(form, Form::YamlBlock | Form::TomlTable(_));
        if on_lines && indent.is_none() {
            return None;
        }
        // A grant on lines of its own is inserted before the line of the next grant.
        let at = at - indent.map_or(0, str::len);
        let place = u32::try_from(at).ok()?;
        let line_break = if text[..at].ends_with("\r\n") {
            "\r\n"
        } else {
            "\n"
        };
        // Where the table is a text within YAML, `: ` could end a plain scalar, unless it is there already.
        let is_spaced = behind
            .split_once(':')
            .is_some_and(|(_, text)| text.starts_with(' '));
        Some(Self {
            role: match form {
                Form::YamlBlock | Form::YamlFlow => Quotes::of(role),
                Form::Json | Form::TomlInline | Form::TomlTable(_) => Quotes::Double,
            },
            padding: if behind.starts_with("{ ") { " " } else { "" },
            colon: if is_whole_file || is_spaced {
                ": "
            } else {
                ":"
            },
            at: Span {
                start: place,
                end: place,
                ..grant
            },
            form,
            indent: indent.map(Into::into),
            line_break,
            is_whole_file,
        })
    }

    /// Whether a text can be written there in double quotes: in a text around the document, as a quoted scalar of YAML or a template,
    /// some signs would mean something else.
    pub fn can_hold(&self, text: &str) -> bool {
        let is_special = |sign: char| matches!(sign, '\'' | '"' | '\\' | '$') || is_unseen(sign);
        self.is_whole_file || !text.contains(is_special) && !text.contains("{{")
    }

    /// The text of a grant, which goes there with what parts it from the next one.
    pub(super) fn grant(&self, fields: &GrantFields, identity: &str, role: &str) -> String {
        let bare = [&fields.identity, &fields.role].map(|field| bare_or_quoted(field));
        let [identity_field, role_field] = &bare;
        let role = self.role.write(role);
        let indent = self.indent.as_deref().unwrap_or_default();
        let (end, pad, colon) = (self.line_break, self.padding, self.colon);
        let entry = match &self.form {
            Form::Json => format!(
                "{{{pad}{}{colon}{identity}, {}{colon}{role}{pad}}}",
                quoted(&fields.identity),
                quoted(&fields.role)
            ),
            Form::YamlFlow => {
                format!("{{{pad}{identity_field}: {identity}, {role_field}: {role}{pad}}}")
            }
            Form::TomlInline => {
                format!("{{ {identity_field} = {identity}, {role_field} = {role} }}")
            }
            Form::YamlBlock => {
                return format!(
                    "{indent}- {identity_field}: {identity}{end}{indent}  {role_field}: {role}{end}"
                );
            }
            Form::TomlTable(header) => {
                return format!(
                    "{indent}{header}{end}{indent}{identity_field} = {identity}{end}{indent}{role_field} = {role}{end}{end}"
                );
            }
        };
        match self.indent {
            Some(_) => format!("{indent}{entry},{end}"),
            None => format!("{entry}, "),
        }
    }
}

/// The line that a text ends in, up to its end; `None` if it is longer than people write.
fn last_line(text: &str) -> Option<&str> {
    const LONGEST: usize = 1000;
    let from = text.len().saturating_sub(LONGEST);
    let from = (from..=text.len()).find(|at| text.is_char_boundary(*at))?;
    let near = &text[from..];
    match near.rfind('\n') {
        Some(at) => Some(&near[at + 1..]),
        None => (from == 0).then_some(near),
    }
}

/// Whether the text that follows is an entry of a list in brackets.
fn follows_entry(before: &str, syntax: Syntax) -> bool {
    let before = before.trim_end();
    let before = match syntax {
        Syntax::Json => before,
        Syntax::Yaml | Syntax::Toml => match last_line(before) {
            Some(line) => without_comment(before, line),
            None => return false,
        },
    };
    before.ends_with(['[', ','])
}

/// A text without the comment at the end of its last line, if there is one.
fn without_comment<'t>(text: &'t str, line: &str) -> &'t str {
    match comment(line) {
        Some(at) => text[..text.len() - line.len() + at].trim_end(),
        None => text,
    }
}

/// Where a comment begins on a line of YAML or TOML whose strings are whole.
fn comment(line: &str) -> Option<usize> {
    let mut quote = None;
    let mut previous = ' ';
    for (at, sign) in line.char_indices() {
        match (quote, sign) {
            (None, '#') if previous.is_whitespace() || previous == ',' => return Some(at),
            (None, '"' | '\'') => quote = Some(sign),
            (Some(open), sign) if open == sign && (previous != '\\' || open == '\'') => {
                quote = None;
            }
            _ => {}
        }
        // A backslash that is escaped itself escapes nothing.
        previous = if previous == '\\' { ' ' } else { sign };
    }
    None
}

/// Whether a text begins with a key of YAML.
fn begins_with_key(text: &str) -> bool {
    let line = text.lines().next().unwrap_or_default();
    let Some((key, _)) = line.split_once(':') else {
        return false;
    };
    let key = key.trim_matches(['"', '\'']);
    !key.is_empty() && !key.contains(['{', '}', '"', '\'', '#', '&', '*', '!'])
}

/// The header of a table of an array on the line that begins at `line`, and where it stands.
fn toml_header(text: &str, line: usize) -> Option<(Form, usize)> {
    let own = text[line..].lines().next()?;
    let header = own.trim_start();
    let end = header.find("]]")? + 2;
    let at = line + (own.len() - header.len());
    let is_header = header.starts_with("[[");
    is_header.then(|| (Form::TomlTable(header[..end].into()), at))
}
