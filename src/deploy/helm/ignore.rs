//! `.helmignore`: which files of a chart's directory are not part of the chart.

use crate::inputs::matches;

/// The rules of one file.
#[derive(Debug)]
pub(crate) struct Ignore {
    rules: Vec<Rule>,
}

#[derive(Debug)]
struct Rule {
    pattern: String,
    negated: bool,
    only_directories: bool,
    /// Whether it is about the whole path, not about a name anywhere.
    rooted: bool,
}

impl Default for Ignore {
    fn default() -> Self {
        Self::parse("")
    }
}

impl Ignore {
    pub(crate) fn parse(text: &str) -> Self {
        let mut rules: Vec<Rule> = text.lines().filter_map(rule).collect();
        // Helm never takes hidden files of `templates` for templates.
        rules.extend(rule("templates/.?*"));
        Self { rules }
    }

    /// Whether a path, relative to the chart, is left out.
    pub(crate) fn ignores(&self, path: &str, is_directory: bool) -> bool {
        self.rules.iter().any(|rule| {
            let applies = is_directory || !rule.only_directories;
            if rule.negated {
                // In Helm, what a negated rule does not match is left out.
                if rule.only_directories && !is_directory {
                    return true;
                }
                return !rule.matches(path);
            }
            applies && rule.matches(path)
        })
    }
}

fn rule(line: &str) -> Option<Rule> {
    let line = line.trim();
    if line.is_empty() || line.starts_with('#') || line.contains("**") {
        return None;
    }
    let (negated, line) = match line.strip_prefix('!') {
        Some(rest) => (true, rest),
        None => (false, line),
    };
    let (only_directories, line) = match line.strip_suffix('/') {
        Some(rest) => (true, rest),
        None => (false, line),
    };
    let (rooted, line) = match line.strip_prefix('/') {
        Some(rest) => (true, rest),
        None => (line.contains('/'), line),
    };
    Some(Rule {
        pattern: line.to_owned(),
        negated,
        only_directories,
        rooted,
    })
}

impl Rule {
    fn matches(&self, path: &str) -> bool {
        if !self.rooted {
            let name = path.rsplit('/').next().unwrap_or_default();
            return matches(&self.pattern, name);
        }
        let parts: Vec<&str> = path.split('/').collect();
        let patterns: Vec<&str> = self.pattern.split('/').collect();
        parts.len() == patterns.len()
            && patterns
                .iter()
                .zip(parts)
                .all(|(pattern, part)| matches(pattern, part))
    }
}
