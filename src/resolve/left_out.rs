//! Deployments that are left out of a check, because files of them do not exist in this tree.

use super::{Deployment, Model, TemplateState, Ways};
use crate::access::Access;
use crate::deploy::Lost;
use crate::inputs::normalize;
use crate::policy::{AccessTableFile, KindPolicy};
use crate::source::Sources;

impl Model {
    /// Leaves deployments out of the check.
    pub(crate) fn leave_out(&mut self, names: &[String], sources: &Sources) {
        let (left_out, mut kept): (Vec<_>, Vec<_>) = self
            .deployments
            .iter_mut()
            .partition(|deployment| names.iter().any(|name| name == deployment.name()));
        for own in &mut kept {
            let file = own.table.table();
            let file = file.map(|table| sources.location(table.start()).file);
            let mut unread = left_out
                .iter()
                .filter(|other| other.table.table().is_none());
            let mut may_share =
                |file: String| unread.any(|other| other.may_read_its_table_from(&file, own));
            if file.is_some_and(&mut may_share) {
                own.presence = Presence::CheckedWithSharedTable;
            }
        }
        for deployment in left_out {
            deployment.leave_out();
        }
    }
}

/// Whether a deployment is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// It is.
    Checked,
    /// It is, and a deployment that is left out may have its access table in the same file.
    CheckedWithSharedTable,
    /// It is left out: of what it runs nothing is known.
    LeftOut,
}

impl Deployment {
    /// Whether it is left out of the check.
    pub fn is_left_out(&self) -> bool {
        self.presence == Presence::LeftOut
    }

    /// Leaves it out. The missing files could change what the others hold, so that only the problems of files that do not parse are kept,
    /// and the access table, which other deployments may share.
    fn leave_out(&mut self) {
        self.presence = Presence::LeftOut;
        self.is_partial = true;
        self.lost = vec![Lost::default()];
        self.workloads.clear();
        self.stores.clear();
        self.invalid.clear();
        self.unsupported.clear();
        self.untold.clear();
        self.unused_secrets.clear();
        for service in &mut self.services {
            service.workloads.clear();
            service.ways = Ways::new();
            service.access = Access::Missing;
            service.template = TemplateState::NotChecked;
        }
        // A chart's template may fail for want of the values that are missing.
        if matches!(self.policy.of_kind, KindPolicy::Helm(..)) {
            self.malformed.clear();
        }
    }

    /// Whether its access table, which could not be looked for, may be in a file in which another deployment has its own.
    fn may_read_its_table_from(&self, file: &str, other: &Self) -> bool {
        if let AccessTableFile::File(own) = &self.policy.access_table.file {
            return normalize(&own.value).as_deref() == Some(file);
        }
        let own = self.policy.files.first().map_or("", |first| &first.value);
        match self.policy.of_kind {
            // Anything may be mounted.
            KindPolicy::Compose(_) | KindPolicy::Systemd => true,
            // Helm reads nothing outside of the chart.
            KindPolicy::Helm(..) => is_below(file, own),
            // Kustomize reads files only below its kustomizations, which are usually beside each other.
            KindPolicy::Kubernetes(_) | KindPolicy::Kustomize(_) => {
                let top = own.trim_start_matches("./").split('/').next();
                let is_manifest = matches!(
                    other.policy.of_kind,
                    KindPolicy::Kubernetes(_) | KindPolicy::Kustomize(_)
                );
                is_manifest || is_below(file, top.unwrap_or_default())
            }
        }
    }
}

fn is_below(file: &str, directory: &str) -> bool {
    let directory = normalize(directory).unwrap_or_default();
    let rest = file.strip_prefix(&directory);
    directory.is_empty() || rest.is_some_and(|rest| rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::is_below;

    #[test]
    fn a_file_is_below_a_directory_by_whole_names() {
        for (file, directory, expected) in [
            ("chart/store.json", "chart", true),
            ("chart/files/store.json", "./chart/", true),
            ("charts/store.json", "chart", false),
            ("store.json", "chart", false),
            ("store.json", "", true),
            ("chart/store.json", ".", true),
        ] {
            assert_eq!(is_below(file, directory), expected, "{file} {directory}");
        }
    }
}
