//! What to do about grants that no patch mends, in sentences.

use super::values::{self, Printed};
use super::{Mend, likened};
use crate::access::Written;
use crate::finding::{Finding, Label};
use crate::source::Span;

impl Mend<'_> {
    /// The help for a grant whose identity cannot be replaced in the file as a text.
    pub(super) fn words_for(self, position: usize, identity: &str) -> String {
        let name = self.deployment.name();
        let granted = &self.table.grants[position].identity;
        let template = self.table.writing(position).and_then(Written::template);
        let Some(template) = template else {
            return if self.is_looped(granted.span) {
                format!(
                    "this grant is printed for an entry of a list: correct that entry for `{name}`, so that the grant is what the workload presents"
                )
            } else {
                format!(
                    "correct this grant in the text that `{name}` takes it from, so that it is what the workload presents"
                )
            };
        };
        match values::wrong_value(template, &granted.value, identity) {
            Some(printed) => self.words_for_value(&printed),
            None => format!(
                "the file writes this grant as `{template}`: correct the values that are filled in there for `{name}`, so that it is what the workload presents"
            ),
        }
    }

    /// The help for a grant that prints a wrong value of a chart.
    fn words_for_value(self, printed: &Printed<'_>) -> String {
        let Printed { path, is, wanted } = printed;
        let policy = &self.deployment.policy;
        let file = match policy.last_values_file() {
            Some(file) => format!("`{}`", file.value),
            None => "the chart's `values.yaml`".to_owned(),
        };
        let is = if is.is_empty() {
            "empty".to_owned()
        } else {
            format!("`{is}`")
        };
        format!(
            "the value `{path}`, which this grant prints, is {is} in `{}`: set it to `{wanted}` in {file}",
            self.deployment.name()
        )
    }

    /// The name by which a new identity differs from the first grant that a loop prints: the name for a new entry of the list.
    fn name_of_entry(self, identity: &str) -> Option<String> {
        let grant = self.table.grants.first()?;
        let template = self.table.writing(0)?.template()?;
        let (from, to) = likened::different_names(&grant.identity.value, identity)?;
        (!likened::outside_of_actions(template).contains(from)).then(|| to.to_owned())
    }

    /// Names the list that prints the table, instead of a line that is printed for each of its entries.
    pub(super) fn explain_loop(self, finding: Finding, identity: &str, role: &str) -> Finding {
        let name = self.deployment.name();
        let first = self.table.grants.first();
        let list = first.and_then(|grant| self.list(grant.span));
        let what = format!("grant `{identity}` the role `{role}`");
        let entry = match self.name_of_entry(identity) {
            Some(entry) => format!("an entry for `{entry}`, written like the others,"),
            None => "an entry, written like the others,".to_owned(),
        };
        match list {
            Some(list) => finding
                .label(Label::masked(list, format!("the access table of `{name}` is printed from this list")))
                .help(format!(
                    "{what}: add {entry} to the list from which the templates print the access table of `{name}`, in a values file of `{name}`"
                )),
            None => finding.help(format!(
                "{what} in what the access table of `{name}` is made from; its lines are no text to which a grant can be added"
            )),
        }
    }

    pub(super) fn label_loop(self, finding: Finding, place: Span) -> Finding {
        match self.list(place) {
            Some(list) => finding.label(Label::masked(
                list,
                format!(
                    "the access table of `{}` is printed from this list",
                    self.deployment.name()
                ),
            )),
            None => finding,
        }
    }

    /// The list that a loop goes through to print a place.
    fn list(self, place: Span) -> Option<Span> {
        self.deployment.printed.looped(place)?.list
    }
}
