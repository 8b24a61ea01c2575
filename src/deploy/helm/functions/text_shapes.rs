//! Abbreviating and wrapping text, as the library that Sprig uses does it: by bytes.

use super::super::template::Refusal;
use super::{no_text, out_of_range};

fn cut(text: &str, start: i64, end: i64) -> Result<&str, Refusal> {
    let (Ok(start), Ok(end)) = (usize::try_from(start), usize::try_from(end)) else {
        return Err(out_of_range());
    };
    if start > end || end > text.len() {
        return Err(out_of_range());
    }
    text.get(start..end).ok_or_else(no_text)
}

/// `abbrev`: at most so wide, with `...` for what is left out.
pub(super) fn abbreviated(offset: i64, width: i64, text: &str) -> Result<String, Refusal> {
    if width < 4 {
        return Ok(text.to_owned());
    }
    full(offset, width, text)
}

/// `abbrevboth`: also with something left out before.
pub(super) fn abbreviated_both(left: i64, right: i64, text: &str) -> Result<String, Refusal> {
    if right < 4 || left > 0 && right < 7 {
        return Ok(text.to_owned());
    }
    full(left, right, text)
}

fn full(offset: i64, width: i64, text: &str) -> Result<String, Refusal> {
    let length = i64::try_from(text.len()).unwrap_or(i64::MAX);
    if text.is_empty() || width < 4 {
        return Ok(String::new());
    }
    if length <= width {
        return Ok(text.to_owned());
    }
    let mut offset = offset.min(length);
    if length - offset < width - 3 {
        offset = length - (width - 3);
    }
    if offset <= 4 {
        return Ok(format!("{}...", cut(text, 0, width - 3)?));
    }
    if width < 7 {
        return Ok(String::new());
    }
    if offset + width - 3 < length {
        let rest = full(0, width - 3, cut(text, offset, length)?)?;
        return Ok(format!("...{rest}"));
    }
    Ok(format!("...{}", cut(text, length - (width - 3), length)?))
}

/// `wrap` and `wrapWith`.
pub(super) fn wrapped(text: &str, width: i64, line_break: &str, breaks_words: bool) -> String {
    let line_break = if line_break.is_empty() {
        "\n"
    } else {
        line_break
    };
    let width = usize::try_from(width).unwrap_or(1).max(1);
    let bytes = text.as_bytes();
    let mut out: Vec<u8> = Vec::with_capacity(bytes.len());
    let mut offset = 0;
    while bytes.len() - offset > width {
        if bytes.get(offset) == Some(&b' ') {
            offset += 1;
            continue;
        }
        let window = bytes.get(offset..offset + width + 1).unwrap_or_default();
        if let Some(space) = window.iter().rposition(|byte| *byte == b' ') {
            out.extend_from_slice(window.get(..space).unwrap_or_default());
            out.extend_from_slice(line_break.as_bytes());
            offset += space + 1;
        } else if breaks_words {
            out.extend_from_slice(window.get(..width).unwrap_or_default());
            out.extend_from_slice(line_break.as_bytes());
            offset += width;
        } else {
            let rest = bytes.get(offset..).unwrap_or_default();
            let space = rest.iter().skip(width).position(|byte| *byte == b' ');
            match space {
                None => {
                    out.extend_from_slice(rest);
                    offset = bytes.len();
                }
                Some(space) => {
                    out.extend_from_slice(rest.get(..width + space).unwrap_or_default());
                    out.extend_from_slice(line_break.as_bytes());
                    offset += width + space + 1;
                }
            }
        }
    }
    out.extend_from_slice(bytes.get(offset..).unwrap_or_default());
    String::from_utf8(out)
        .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}
