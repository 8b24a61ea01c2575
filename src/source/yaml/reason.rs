//! What the parser's errors are called, and where they are.

use std::ops::Range;

use granit_parser::{ErrorKind, ScanError};

use crate::source::{Fragment, MAX_DEPTH, Problem};

/// What an unrendered template is called.
pub(super) const TEMPLATE: &str = "not YAML as it stands, `{{` begins a template expression: render \
                                   the file first, or put quotes around the value";

/// The problem that a syntax error is.
pub(super) fn problem(fragment: &Fragment, error: &ScanError) -> Problem {
    let text = fragment.text();
    let reported = error.marker().byte_offset().unwrap_or(text.len());
    let range = place(text, error.kind(), reported);
    let mut message = reason(error.kind());
    let line = text
        .get(line_before(text, range.start)..)
        .and_then(|rest| rest.lines().next())
        .unwrap_or_default();
    if line.contains("{{") {
        TEMPLATE.clone_into(&mut message);
    } else if line.starts_with("apiVersion:") {
        message.push_str(": a `---` may be missing before this line");
    } else if matches!(
        error.kind(),
        ErrorKind::ExpectedBlockMappingKey | ErrorKind::ExpectedBlockSequenceEntry
    ) {
        message.push_str(&indentation(text, range.start));
    }
    Problem::new(fragment.span(range), message)
}

/// The indentation of a line and of the last non-empty line above it, for a message, and how to indent it instead; empty if both are
/// indented alike.
fn indentation(text: &str, offset: usize) -> String {
    let start = line_before(text, offset);
    let (before, from) = text.split_at_checked(start).unwrap_or((text, ""));
    let spaces = |line: &str| line.len() - line.trim_start_matches(' ').len();
    let is_content = |line: &&str| !line.trim().is_empty() && !line.trim_start().starts_with('#');
    let mut above = before.lines().rev().filter(is_content).map(spaces);
    match (above.next(), from.lines().next().map(spaces)) {
        (Some(above_it), Some(own)) if above_it != own => {
            let instead = enclosing(above_it, above, own);
            format!("; this line is indented by {own}, the one above by {above_it}{instead}")
        }
        _ => String::new(),
    }
}

/// The indentations of the lines above between which that of a line lies, for a message; empty if it lies between none.
fn enclosing(first: usize, others: impl Iterator<Item = usize>, own: usize) -> String {
    if first < own {
        return String::new();
    }
    let mut deeper = first;
    for level in others {
        if level < own {
            return format!(
                ": indent it by {deeper} if it belongs beside that one, or by {level} if that block ends before it"
            );
        }
        if level == own {
            break;
        }
        deeper = deeper.min(level);
    }
    format!(": indent it by {deeper}")
}

fn line_before(text: &str, offset: usize) -> usize {
    text.get(..offset)
        .and_then(|before| before.rfind('\n'))
        .map_or(0, |at| at + 1)
}

/// Where the error is: the parser sometimes tells where the token began that it sits in, or ended.
fn place(text: &str, kind: &ErrorKind, reported: usize) -> Range<usize> {
    let start = match kind {
        ErrorKind::TabInPlainScalar
        | ErrorKind::TabNotAllowed
        | ErrorKind::TabInBlockIndentation
        | ErrorKind::TabInIndentation
        | ErrorKind::TabAtBlockScalarStart => {
            let line = line_before(text, reported);
            let rest = text.get(line..).unwrap_or_default();
            let rest = rest
                .split_once("\n---")
                .map_or(rest, |(document, _)| document);
            first_tab_in_indentation(rest).map_or(reported, |offset| line + offset)
        }
        ErrorKind::ExpectedBlockMappingKey => {
            let line = line_before(text, reported);
            let before = text.get(line..reported).unwrap_or_default();
            let indent = before.len() - before.trim_start_matches(' ').len();
            line + if before.trim() == "-" {
                indent
            } else {
                before.len()
            }
        }
        _ => reported,
    };
    let start = start.min(text.len());
    let length = text
        .get(start..)
        .and_then(|rest| rest.chars().next())
        .filter(|first| !matches!(first, '\n' | '\r'))
        .map_or(0, char::len_utf8);
    start..start + length
}

/// The first tab, and better one that indents a line.
fn first_tab_in_indentation(rest: &str) -> Option<usize> {
    let mut offset = 0;
    for line in rest.split_inclusive('\n') {
        let content = line.trim_start_matches(' ');
        if content.starts_with('\t') {
            return Some(offset + line.len() - content.len());
        }
        offset += line.len();
    }
    rest.find('\t')
}

/// What is wrong, in words that say what to do about it.
#[expect(clippy::too_many_lines, reason = "one list of all errors")]
fn reason(kind: &ErrorKind) -> String {
    use ErrorKind as Kind;
    let fixed = match kind {
        Kind::TabInPlainScalar
        | Kind::TabNotAllowed
        | Kind::TabInBlockIndentation
        | Kind::TabInIndentation
        | Kind::TabAtBlockScalarStart => "a tab as indentation: YAML allows only spaces",
        Kind::UnclosedQuotedScalar => "a quote that is never closed",
        Kind::DocumentIndicatorInQuotedScalar => {
            "a quote that is not closed before a `---` or `...`"
        }
        Kind::InvalidQuotedScalarIndent => {
            "a line of a quoted string that is indented less than what it belongs to: is a quote not closed"
        }
        Kind::InvalidTrailingSingleQuotedScalar | Kind::InvalidTrailingDoubleQuotedScalar => {
            "text after a closing quote: quote all of the value"
        }
        Kind::SimpleKeyExpected => "neither `key: value` nor a list item: a `:` may be missing",
        Kind::InvalidSimpleKey => "a key must be on one line with its `:`",
        Kind::ExpectedBlockMappingKey => {
            "`key: value` is expected here, or the line is indented wrongly: the keys of one mapping are indented alike"
        }
        Kind::ExpectedBlockSequenceEntry => {
            "`- item` is expected here, or the line is indented wrongly: the items of one list are indented alike"
        }
        Kind::MappingValueNotAllowed => {
            "a `:` that cannot stand here: the line may be indented wrongly, or the value need quotes"
        }
        Kind::MappingKeyNotAllowed => "a key cannot stand here: the line may be indented wrongly",
        Kind::InvalidColonPlacement => {
            "a `:` that cannot stand here: a `[` or `{` before it may not be closed"
        }
        Kind::InvalidMappingValueWhitespace => "only spaces may follow this `:`",
        Kind::FlowMappingValueAdjacentCollection => "a space is missing after `:`",
        Kind::BlockSequenceEntryNotAllowed => {
            "a `-` cannot begin an item here: put the list on lines of its own"
        }
        Kind::BlockEntryInFlowCollection => {
            "a `-` item inside `[` or `{`: separate the items with `,`"
        }
        Kind::InvalidBlockEntryWhitespace => "only spaces may follow this `-`",
        Kind::PlainScalarStartsWithDashFlowIndicator => {
            "a value that begins with `-` and a bracket: put quotes around it"
        }
        Kind::UnexpectedCharacter { character } => {
            return format!(
                "a value cannot begin with `{}`: put quotes around it",
                character.escape_debug()
            );
        }
        Kind::MismatchedFlowCollectionEnd { open, close } => {
            return format!("`{open}` is closed by `{close}`");
        }
        Kind::UnclosedFlowCollection { open } => return format!("`{open}` is never closed"),
        Kind::MisplacedFlowCollectionEnd => "a closing bracket that nothing opened",
        Kind::ExpectedFlowMappingSeparator | Kind::UnexpectedEofFlowMapping => {
            "expected `,` or `}` here: the `{` before it is not closed"
        }
        Kind::ExpectedFlowSequenceSeparator
        | Kind::UnexpectedEofFlowSequence
        | Kind::UnexpectedEofImplicitFlowMapping => {
            "expected `,` or `]` here: the `[` before it is not closed"
        }
        Kind::InvalidIndentation
        | Kind::InvalidFlowScalarIndent
        | Kind::InvalidBlockScalarIndent => "a line that is indented wrongly",
        Kind::ZeroBlockScalarIndent => "a block scalar's indentation must be from 1 to 9",
        Kind::InvalidBlockScalarHeader => {
            "text after `|` or `>`: the block scalar begins on the next line"
        }
        Kind::CommentInterceptedScalar => "a comment inside a value of several lines",
        Kind::CommentNotSeparated => "a space is missing before `#`",
        Kind::ExpectedWhitespace => "a space is missing",
        Kind::RecursionLimitExceeded => return format!("nested more than {MAX_DEPTH} levels deep"),
        Kind::ExpectedDocumentStart => {
            "the document ended before this: the line may be indented wrongly, or a `---` be missing"
        }
        Kind::ExpectedNodeContent | Kind::UnexpectedEndOfPlainScalar => "expected a value here",
        Kind::BomInsideDocument => "a byte-order mark inside a document",
        Kind::UndeclaredTagHandle => "a tag whose handle no `%TAG` line declares",
        Kind::MissingAnchorOrAliasName => {
            "a name is missing after `&` or `*`: put quotes around the value if it is none"
        }
        Kind::UnknownQuotedScalarEscape => {
            "an escape that YAML does not have: write `\\\\` for a backslash, or use single quotes"
        }
        Kind::InvalidQuotedScalarHexEscape
        | Kind::InvalidLowSurrogateHexEscape
        | Kind::InvalidLowSurrogate
        | Kind::MissingLowSurrogate
        | Kind::UnpairedLowSurrogate
        | Kind::InvalidUnicodeEscape => "an escape that stands for no character",
        Kind::InvalidDocumentEnd => "text after `...`",
        Kind::DuplicateVersionDirective
        | Kind::UnsupportedYamlMajorVersion
        | Kind::DuplicateTagDirective
        | Kind::MissingDocumentEndBeforeDirective
        | Kind::InvalidDirectiveTerminator
        | Kind::MissingYamlVersionSeparator
        | Kind::MissingDirectiveName
        | Kind::InvalidDirectiveName
        | Kind::DirectiveByteLimitExceeded { .. }
        | Kind::TooManyReservedDirectiveParams { .. }
        | Kind::YamlVersionTooLong
        | Kind::MissingYamlVersion
        | Kind::InvalidTagDirectiveTerminator => {
            "a `%` line that is no directive: put quotes around a value that begins with `%`"
        }
        Kind::InvalidTagTerminator
        | Kind::MissingTagUri
        | Kind::UnclosedVerbatimTag
        | Kind::InvalidTagEscape
        | Kind::InvalidTagUtf8LeadingByte
        | Kind::InvalidTagUtf8TrailingByte
        | Kind::InvalidTagUtf8
        | Kind::ExpectedTagBang
        | Kind::ExpectedTagDirectiveBang
        | Kind::InvalidGlobalTagCharacter => {
            "a tag that is none: put quotes around a value that begins with `!`"
        }
        _ => "not YAML from here on",
    };
    fixed.to_owned()
}
