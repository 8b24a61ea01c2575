//! The SPIFFE IDs that objects give to pods, as SPIRE's controller manager reads them.

mod controller;
mod fields;
mod giver;
mod id;
mod nearest;
mod static_entries;
pub(super) mod template;
#[cfg(test)]
mod tests;
mod workloads;

use std::collections::{BTreeSet, HashMap, HashSet};

use super::objects::Object;
use super::pods::{Given, Pod, labels};
use super::selectors::{Fit, Labels};
use super::{NAMESPACE_NAME, Options, Problems, shown, string_at};
use crate::deploy::{Issued, LabelOwner};
use crate::source::{Problem, Span};
use controller::{Controllers, Watched};
use fields::{Effort, TOO_MUCH};
use giver::{Gift, Giver};
use static_entries::Entry;
use workloads::{Reach, reach};

/// How many pairs of a pod and an object that gives identities are looked at for one deployment.
const MAX_PAIRS: usize = 4_000_000;

/// What objects of a deployment give.
#[derive(Debug, Default)]
pub(super) struct Issuing {
    /// Whether they give SPIFFE IDs to pods.
    pub(super) is_for_pods: bool,
    /// What they give to nobody in the deployment.
    pub(super) spare: Vec<Issued>,
    /// What is not known of how they are read, with what to do about it.
    pub(super) untold: Vec<(Problem, String)>,
}

/// Gives pods their SPIFFE IDs.
pub(super) fn issue<'d>(
    objects: &[Object<'d>],
    pods: &mut [Pod<'d>],
    options: &Options<'_>,
    problems: &mut Problems,
) -> Issuing {
    let controllers = Controllers::read(objects, options, problems);
    let mut issuing = Issuing::default();
    let (mut givers, mut unwatched, mut of_untold_class) = (Vec::new(), Vec::new(), Vec::new());
    for object in objects.iter().filter(|object| object.is("ClusterSPIFFEID")) {
        issuing.is_for_pods = true;
        let watched = controllers.watches(string_at(object.node, "/spec/className"));
        if watched == Watched::Untold {
            of_untold_class.push(object);
        }
        let list = match watched {
            Watched::No => &mut unwatched,
            Watched::Yes | Watched::Untold => &mut givers,
        };
        list.extend(Giver::read(object, problems));
    }
    issuing.untold.extend(controller::untold(&of_untold_class));
    let entries = static_entries::entries(objects, &controllers, problems);
    issuing.is_for_pods |= entries.iter().any(Entry::is_for_pods);
    let mut namespaces = namespace_labels(objects, problems);
    let of_files = namespaces.keys().copied().collect();
    for pod in pods.iter() {
        let namespace = pod.object.namespace;
        let labels = namespaces.entry(namespace).or_default();
        labels.insert(NAMESPACE_NAME, namespace);
    }
    let mut work = Work {
        by_label: HashMap::new(),
        of_all: Vec::new(),
        selected: vec![false; givers.len()],
        told: vec![false; givers.len()],
        ignored: HashMap::new(),
        pairs: 0,
        pairs_for_hints: 0,
        effort: Effort::default(),
        effort_for_namespaces: Effort::default(),
        givers,
        unwatched,
        controllers,
        namespaces,
        of_files,
    };
    work.sort();
    for pod in pods.iter_mut() {
        if !work.give(pod, options, problems) {
            break;
        }
    }
    issuing.spare = work.spare(options, problems);
    issuing
        .spare
        .extend(work.give_entries(entries, pods, problems));
    // One place is told once, however many pods depend on it.
    let undecided: BTreeSet<_> = pods
        .iter()
        .filter_map(|pod| pod.undecided.as_ref())
        .collect();
    for (span, why) in undecided {
        problems.unsupported(*span, why.clone());
    }
    issuing
}

struct Work<'d> {
    givers: Vec<Giver<'d>>,
    /// Those that no controller manager looks at.
    unwatched: Vec<Giver<'d>>,
    controllers: Controllers,
    namespaces: HashMap<&'d str, Labels<'d>>,
    /// The namespaces whose labels a file tells.
    of_files: HashSet<&'d str>,
    /// The givers by the label that they need, and those that need none.
    by_label: HashMap<(&'d str, &'d str), Vec<usize>>,
    of_all: Vec<usize>,
    /// Whether each giver has selected a pod.
    selected: Vec<bool>,
    /// Whether it is told what is wrong with it.
    told: Vec<bool>,
    /// Whether pods of a namespace are given nothing.
    ignored: HashMap<&'d str, bool>,
    /// The pairs looked at so far.
    pairs: usize,
    /// Those looked at only to say what keeps a pod from an identity.
    pairs_for_hints: usize,
    /// What templates and identities may still cost.
    effort: Effort,
    /// What the expressions of ignored namespaces may still cost.
    effort_for_namespaces: Effort,
}

impl<'d> Work<'d> {
    fn sort(&mut self) {
        for (position, giver) in self.givers.iter().enumerate() {
            match giver.pods.needed_label() {
                Some(label) if !LabelOwner::Pod.may_gain(label.0) => {
                    self.by_label.entry(label).or_default().push(position);
                }
                Some(_) | None => self.of_all.push(position),
            }
        }
    }

    /// Gives a pod its identities; `false` if there is too much to look at.
    fn give(&mut self, pod: &mut Pod<'d>, options: &Options<'_>, problems: &mut Problems) -> bool {
        let namespace = pod.object.namespace;
        let Some(is_ignored) = self.ignores(namespace) else {
            let why = format!("this namespace {TOO_MUCH}");
            pod.undecided = Some((pod.object.name_span, why));
            return true;
        };
        let nothing = Labels::default();
        let of_namespace = self.namespaces.get(namespace).unwrap_or(&nothing);
        let mut candidates = self.of_all.clone();
        for label in &pod.labels {
            candidates.extend(
                self.by_label
                    .get(&(*label.0, *label.1))
                    .into_iter()
                    .flatten(),
            );
        }
        candidates.sort_unstable();
        self.pairs = self.pairs.saturating_add(candidates.len());
        if self.pairs > MAX_PAIRS {
            problems.unsupported(
                pod.object.name_span,
                "too many pods and ClusterSPIFFEIDs; from here on no pod is given an identity",
            );
            return false;
        }
        let mut untold = Vec::new();
        candidates.retain(
            |position| match self.selects(*position, pod, of_namespace) {
                Ok(selects) => selects,
                Err(why) => {
                    untold.push((*position, why));
                    false
                }
            },
        );
        if is_ignored {
            pod.nearest = candidates
                .first()
                .map(|position| nearest::ignored(&self.givers[*position], pod));
            return true;
        }
        let is_fallback = |position: usize| self.givers[position].is_fallback;
        let mut others = candidates
            .iter()
            .chain(untold.iter().map(|(position, _)| position));
        if others.any(|position| !is_fallback(*position)) {
            candidates.retain(|position| !is_fallback(*position));
        }
        for position in &candidates {
            self.selected[*position] = true;
            // What is wrong with a template is told once, not for each pod.
            let mut own = Problems::default();
            let gift = self.givers[*position].give(pod, options, &mut self.effort, &mut own);
            if !own.invalid.is_empty() && !std::mem::replace(&mut self.told[*position], true) {
                problems.invalid.append(&mut own.invalid);
            }
            match gift {
                Gift::Given(given, named) => pod.take(given, named),
                Gift::Nothing(span, why) => pod.nearest = Some((span, why)),
                Gift::Undecided(span, why) => pod.undecided = Some((span, why)),
                Gift::Invalid => {}
            }
        }
        if pod.issued.is_empty()
            && let Some((_, why)) = untold.into_iter().next()
        {
            pod.undecided.get_or_insert(why);
        } else if candidates.is_empty() {
            let pairs = self.givers.len() + self.unwatched.len();
            self.pairs_for_hints = self.pairs_for_hints.saturating_add(pairs);
            // Without the hint the finding is the same.
            if self.pairs_for_hints <= MAX_PAIRS {
                let lost = nearest::lost_by_patch(&self.givers, pod, of_namespace);
                if let Some((nearest, removed)) = lost {
                    (pod.nearest, pod.removed) = (Some(nearest), Some(removed));
                } else {
                    pod.nearest =
                        nearest::unwatched(&self.unwatched, pod, of_namespace, &self.controllers)
                            .or_else(|| nearest::nearest(&self.givers, pod, of_namespace));
                }
            }
        }
        true
    }

    /// Whether pods of a namespace are given nothing; `None` if that takes too much work.
    fn ignores(&mut self, namespace: &'d str) -> Option<bool> {
        if let Some(known) = self.ignored.get(namespace) {
            return Some(*known);
        }
        let cost = self.controllers.cost_of_ignore(namespace);
        self.effort_for_namespaces.spend_length(cost).then(|| {
            let ignores = self.controllers.ignore(namespace);
            self.ignored.insert(namespace, ignores);
            ignores
        })
    }

    /// Whether an object that gives identities selects a pod.
    ///
    /// # Errors
    ///
    /// The place and the label that it depends on, if no file says whether there is one.
    fn selects(
        &self,
        position: usize,
        pod: &Pod<'_>,
        of_namespace: &Labels<'_>,
    ) -> Result<bool, (Span, String)> {
        let giver = &self.givers[position];
        let namespace = pod.object.namespace;
        let has_file = self.of_files.contains(namespace);
        let of_pod = |key: &str| LabelOwner::Pod.may_gain(key);
        let of_its_namespace = |key: &str| !has_file || LabelOwner::Namespace.may_gain(key);
        let fits = [
            (giver.pods.fit(&pod.labels, of_pod), "its pods"),
            (
                giver.namespaces.fit(of_namespace, of_its_namespace),
                "its namespaces",
            ),
        ];
        if fits.iter().any(|(fit, _)| *fit == Fit::No) {
            return Ok(false);
        }
        for (fit, whose) in fits {
            if let Fit::Untold(requirement) = fit {
                let why = format!(
                    "ClusterSPIFFEID `{}` selects {whose} by the label `{}`, which no file gives and something else may; whom it gives an identity is not known",
                    shown(giver.object.name),
                    shown(requirement.key)
                );
                return Err((requirement.span, why));
            }
        }
        Ok(true)
    }

    /// The identities that are given to no pod and do not depend on one.
    fn spare(&mut self, options: &Options<'_>, problems: &mut Problems) -> Vec<Issued> {
        let left = self
            .givers
            .iter()
            .zip(&self.selected)
            .filter(|(giver, selected)| !**selected && !giver.template.depends_on_pod());
        let effort = &mut self.effort;
        left.filter_map(|(giver, _)| giver.id(None, options, effort, problems).ok()?)
            .collect()
    }

    /// Gives pods what static entries give them; what is left is for others.
    fn give_entries(
        &mut self,
        entries: Vec<Entry>,
        pods: &mut [Pod<'_>],
        problems: &mut Problems,
    ) -> Vec<Issued> {
        let mut spare = Vec::new();
        for entry in entries {
            let is_for_pods = entry.is_for_pods();
            if is_for_pods {
                let pairs = pods.len().saturating_mul(entry.selectors.len());
                self.pairs = self.pairs.saturating_add(pairs);
            }
            if self.pairs > MAX_PAIRS && is_for_pods {
                problems.unsupported(
                entry.issued.origin,
                "too many pods and selectors; from here on no ClusterStaticEntry gives a pod an identity",
            );
                break;
            }
            let mut is_given = false;
            for pod in pods.iter_mut().filter(|_| is_for_pods) {
                let (containers, named) = match reach(&entry.selectors, pod) {
                    Reach::All => (None, None),
                    Reach::Container(name, span) => (Some(vec![name]), Some(span)),
                    Reach::Nobody(..) => continue,
                    Reach::Undecided(span, why) => {
                        pod.undecided = Some((span, why));
                        continue;
                    }
                };
                is_given = true;
                if !self.effort.spend_length(entry.issued.id.len()) {
                    let why = format!("this identity {TOO_MUCH}");
                    pod.undecided = Some((entry.issued.origin, why));
                    continue;
                }
                let issued = entry.issued.clone();
                pod.take(Given { issued, containers }, named);
            }
            if !is_given {
                spare.push(entry.issued);
            }
        }
        spare
    }
}

fn namespace_labels<'d>(
    objects: &[Object<'d>],
    problems: &mut Problems,
) -> HashMap<&'d str, Labels<'d>> {
    objects
        .iter()
        .filter(|object| object.is("Namespace"))
        .map(|object| {
            let node = object.node.pointer("/metadata/labels");
            (object.name, labels(node, "label", problems))
        })
        .collect()
}
