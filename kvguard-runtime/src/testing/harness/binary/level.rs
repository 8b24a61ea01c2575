//! The level of a line, as loggers write it.

/// How serious a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Level {
    Information,
    Warning,
}

/// The fields that name a level: of slog, logrus, zap and zerolog, of the Elastic schema, of Google's and Python's loggers.
const FIELDS: [&str; 7] = [
    "log.level",
    "severity_text",
    "severity",
    "levelname",
    "loglevel",
    "level",
    "lvl",
];

/// Whether a message, by its first line, has the level `warn` or a more severe one.
pub(super) fn is_warning(message: &str) -> bool {
    level(message.lines().next().unwrap_or_default()) == Some(Level::Warning)
}

/// Whether a line says its level.
pub(super) fn has_level(line: &str) -> bool {
    level(line).is_some()
}

fn level(line: &str) -> Option<Level> {
    let line = without_colours(line);
    of_field(&line)
        .or_else(|| of_prefix(&line))
        .or_else(|| of_word(&line))
}

/// The level that a field names: `level=warn`, `"severity":"ERROR"`, or a number as pino writes it.
fn of_field(line: &str) -> Option<Level> {
    let line = line.to_ascii_lowercase();
    let values = FIELDS.iter().flat_map(|name| {
        line.match_indices(name).filter_map(|(at, _)| {
            let is_part = |one: char| one.is_alphanumeric() || "_.".contains(one);
            if line[..at].ends_with(is_part) {
                return None;
            }
            let rest = line[at + name.len()..].trim_start_matches('"').trim_start();
            let rest = rest.strip_prefix([':', '='])?.trim_start();
            let rest = rest.trim_start_matches('"');
            let end = rest.find(|one: char| !one.is_ascii_alphanumeric());
            Some(&rest[..end.unwrap_or(rest.len())])
        })
    });
    let mut levels = values.filter_map(|value| match value.parse::<u32>() {
        Ok(0) => None,
        Ok(number) if number % 10 == 0 => Some(by(number >= 40)),
        Ok(_) => None,
        Err(_) => of_name(value),
    });
    levels.next()
}

/// The level that begins a line: klog's `W1129 `, syslog's `<4>`.
fn of_prefix(line: &str) -> Option<Level> {
    if let Some((number, _)) = line.strip_prefix('<').and_then(|rest| rest.split_once('>')) {
        return Some(by(number.parse::<u32>().ok()? % 8 <= 4));
    }
    let (first, _) = line.split_once(' ')?;
    let day = first.strip_prefix(['I', 'W', 'E', 'F'])?;
    let is_day = day.len() == 4 && day.bytes().all(|digit| digit.is_ascii_digit());
    is_day.then(|| by(!first.starts_with('I')))
}

/// The level that a word names. One in capitals counts before others; of those, the first word that is no time, and one in brackets or
/// before a colon: a field called `error` of an informational line is no level.
fn of_word(line: &str) -> Option<Level> {
    let is_part = |one: char| one.is_ascii_alphanumeric() || "-_.".contains(one);
    let words = || {
        line.split(move |one: char| !is_part(one))
            .filter(|word| !word.is_empty())
    };
    let mut capitals = words().filter(|word| word.bytes().all(|byte| byte.is_ascii_uppercase()));
    if let Some(level) = capitals.find_map(of_name) {
        return Some(level);
    }
    let first = words().find(|word| !word.contains(|one: char| one.is_ascii_digit()));
    let marked = line
        .match_indices([':', ']', ')', '|'])
        .filter_map(|(at, _)| line[..at].rsplit(move |one: char| !is_part(one)).next());
    first
        .into_iter()
        .chain(marked)
        .find_map(of_name)
        .or_else(|| words().find_map(|word| (word == "panicked").then_some(Level::Warning)))
}

fn by(is_warning: bool) -> Level {
    if is_warning {
        Level::Warning
    } else {
        Level::Information
    }
}

fn of_name(word: &str) -> Option<Level> {
    match word.to_ascii_lowercase().as_str() {
        "warn" | "warning" | "wrn" | "error" | "err" | "erro" | "fail" | "severe" | "fatal"
        | "ftl" | "fata" | "crit" | "critical" | "panic" | "panicked" | "pnc" | "alert"
        | "emerg" | "emergency" => Some(Level::Warning),
        "trace" | "trc" | "debug" | "dbg" | "debu" | "verbose" | "fine" | "info" | "inf"
        | "notice" => Some(Level::Information),
        _ => None,
    }
}

/// A line without the escape sequences by which terminals colour it.
pub(super) fn without_colours(line: &str) -> String {
    let mut plain = String::new();
    let mut rest = line;
    while let Some((before, escaped)) = rest.split_once("\u{1b}[") {
        plain.push_str(before);
        rest = escaped.trim_start_matches(|character: char| !character.is_ascii_alphabetic());
        rest = rest.get(1..).unwrap_or_default();
    }
    plain + rest
}

#[cfg(test)]
mod tests {
    use super::is_warning;

    #[test]
    fn a_warning_is_known_as_each_logger_writes_it() {
        for line in [
            "WARN kv unreachable",
            "2026-01-02T03:04:05Z  WARN gauge: file in use",
            "2026-01-02T03:04:05Z warn gauge file in use",
            "{\"level\":\"error\",\"msg\":\"no store\"}",
            "{\"error\":\"x\",\"severity\":\"WARNING\"}",
            "{\"level\":40,\"msg\":\"no store\"}",
            "time=1 trace_id=0 level=warning msg=x",
            "\u{1b}[33mWARN\u{1b}[0m gauge",
            "3:04PM ERR cannot reach the store",
            "debug-1 WARN cannot reach the store",
            "W1129 12:00:00.0 1 main.go:1] no store",
            "<4>no store",
            "SEVERE: no store",
            "[error] no store",
            "Error: transport",
            "error: no store",
            "thread 'main' (7) panicked at src/main.rs",
        ] {
            assert!(is_warning(line), "{line}");
        }
    }

    #[test]
    fn what_is_informational_is_no_warning_whatever_it_mentions() {
        for line in [
            "INFO loaded, errors=0",
            "INF going on error=\"connection refused\"",
            "{\"level\":\"info\",\"error\":\"x\"}",
            "{\"error\":\"dial tcp: refused\",\"level\":\"info\",\"msg\":\"loaded\"}",
            "{\"level\":20,\"msg\":\"kv error\"}",
            "[kv-error-handler-1] INFO file in use",
            "configuration loaded: source=file error=<nil>",
            "I1129 12:00:00.0 1 main.go:1] error budget",
            "<6>no error",
            "forewarned is forearmed",
            "listening on :7000",
            "",
        ] {
            assert!(!is_warning(line), "{line}");
        }
    }
}
