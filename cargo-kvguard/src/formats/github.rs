//! Workflow commands, which GitHub Actions shows at the lines of a pull request:
//! <https://docs.github.com/actions/reference/workflow-commands-for-github-actions>.
//!
//! GitHub shows the first ten errors and the first ten warnings of a step, so errors come first, and a notice with the counts comes before
//! all.

use kvguard::emit::summary::summary;
use kvguard::finding::{Finding, Level};

use super::Checked;
use super::places::Range;
use super::text::{errors_first, explained, helps, line, rule};

/// How many annotations of one kind GitHub shows for one step.
const SHOWN: usize = 10;

/// The report as commands, one a line.
pub fn write(checked: &Checked) -> String {
    let report = checked.report;
    let mut text = command("notice", None, "kvguard", &counts(checked));
    for failure in &report.failures {
        let range = failure.span.map(|span| checked.places.range(span));
        let message = line(&failure.message);
        text += &command("error", range, "kvguard could not check", &message);
    }
    for finding in errors_first(checked) {
        let level = match finding.level {
            Level::Deny => "error",
            Level::Warn | Level::Allow => "warning",
        };
        let range = checked.places.range(finding.primary.span);
        text += &command(
            level,
            Some(range),
            &rule(finding),
            &message(finding, checked),
        );
    }
    text
}

/// The last line of the report for people, and where the rest is if GitHub does not show all.
fn counts(checked: &Checked) -> String {
    let report = checked.report;
    let denied = |finding: &&Finding| finding.level == Level::Deny;
    let errors = report.findings.iter().filter(denied).count() + report.failures.len();
    let warnings = report.findings.len() + report.failures.len() - errors;
    let summary = line(&summary(report));
    if errors.max(warnings) > SHOWN {
        format!(
            "{summary}\nGitHub shows the first {SHOWN} errors and the first {SHOWN} warnings of a step; the step's log has all of them"
        )
    } else {
        summary
    }
}

fn message(finding: &Finding, checked: &Checked) -> String {
    let mut message = line(&finding.message);
    for help in helps(finding, checked) {
        message += "\nhelp: ";
        message += &help;
    }
    message + "\n" + &explained(finding)
}

fn command(name: &str, range: Option<Range>, title: &str, message: &str) -> String {
    let mut properties = Vec::new();
    if let Some(range) = range {
        properties.push(format!("file={}", property(&range.file)));
        properties.push(format!("line={}", range.line));
        properties.push(format!("endLine={}", range.end_line));
        // GitHub knows columns only within one line, and has no place between two characters.
        if range.line == range.end_line && !range.is_empty() {
            properties.push(format!("col={}", range.column));
            properties.push(format!("endColumn={}", range.end_column));
        }
    }
    properties.push(format!("title={}", property(title)));
    format!("::{name} {}::{}\n", properties.join(","), data(message))
}

/// A message; the per cent sign comes first, as the other escapes have one.
fn data(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::{Range, command};

    #[test]
    fn no_name_or_message_ends_its_command_or_begins_another() {
        let range = Range {
            file: "a,line=7::b%0A\n::error ::c.yaml".to_owned(),
            line: 2,
            column: 3,
            end_line: 2,
            end_column: 9,
        };
        let text = command("error", Some(range), "x,y: z", "50%\r\n::set-output::\n");
        assert_eq!(
            text,
            "::error file=a%2Cline=7%3A%3Ab%250A%0A%3A%3Aerror %3A%3Ac.yaml,line=2,endLine=2,col=3,endColumn=9,title=x%2Cy%3A z\
             ::50%25%0D%0A::set-output::%0A\n"
        );
    }

    #[test]
    fn columns_are_given_only_within_one_line() {
        let range = |end_line, end_column| Range {
            file: "a".to_owned(),
            line: 2,
            column: 3,
            end_line,
            end_column,
        };
        for range in [range(2, 3), range(4, 1)] {
            assert!(!command("error", Some(range), "t", "m").contains("col="));
        }
        assert!(command("error", Some(range(2, 4)), "t", "m").contains("col=3,endColumn=4"));
    }
}
