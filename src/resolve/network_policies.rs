//! Whether NetworkPolicies keep a client from its store, as far as a deployment's files decide it.

use super::{Deployment, ResolvedWorkload, Store};
use crate::deploy::{Certainty, NetworkPolicy, Peer, PodNetwork, PolicyPort, PolicyRule, Service};

/// Policies that keep a client from its store.
#[derive(Debug)]
pub struct Excluded<'d> {
    /// Whether they are the store's or the client's.
    pub direction: Direction,
    /// The policies, those with rules first; there is at least one.
    pub policies: Vec<&'d NetworkPolicy>,
    /// The port of the store's pods, if the files tell it.
    pub port: Option<u16>,
}

/// Which way a policy looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Of the store: who may call it.
    Ingress,
    /// Of the client: whom it may call.
    Egress,
}

/// One end of a connection.
#[derive(Clone, Copy)]
struct End<'d> {
    namespace: &'d str,
    /// The object that makes the pod.
    object: &'d str,
    network: &'d PodNetwork,
}

/// What is called: the pod, the port there, and the one of the Service before it.
struct Target<'d> {
    end: End<'d>,
    port: Option<u16>,
    service_port: Option<u16>,
}

/// Whether policies let a client through to its store.
#[derive(Debug)]
pub enum Passage<'d> {
    /// They do, to one of its pods at least.
    Open,
    /// The files do not decide it.
    Untold,
    /// The policies of the store, of the client or of both certainly do not.
    Closed(Vec<Excluded<'d>>),
}

/// Whether the policies of one end let a connection through.
enum Side<'d> {
    Open,
    Untold,
    Closed(Excluded<'d>),
}

impl Deployment {
    /// Whether policies let a client through to a pod of the store. A Service with an address of its own may stand between them.
    pub fn passage<'d>(
        &'d self,
        store: &Store,
        client: &'d ResolvedWorkload,
        service: Option<&Service>,
        port: u16,
    ) -> Passage<'d> {
        let policies = &self.network_policies;
        let mut lost = self.lost.iter();
        let may_be_lost = lost.any(|lost| lost.may_be(&["NetworkPolicy"], None));
        if policies.all.is_empty() && !policies.has_others && !may_be_lost {
            return Passage::Open;
        }
        // Where policies are in force, what is not understood may make another one, which lets the client through.
        let is_whole = !policies.has_others && !may_be_lost && !self.is_partial;
        let Some(from) = end(client).filter(|_| is_whole) else {
            return Passage::Untold;
        };
        let mut of_first = None;
        for position in &store.workloads {
            let to = self.workloads.get(*position).and_then(end);
            let of_pod = match to.and_then(|to| target(to, service, port)) {
                Some(target) => self.passage_to(&target, from),
                None => Passage::Untold,
            };
            // One pod that is reached is enough.
            match of_pod {
                Passage::Open => return Passage::Open,
                Passage::Untold => of_first = Some(Passage::Untold),
                Passage::Closed(_) => {
                    of_first.get_or_insert(of_pod);
                }
            }
        }
        of_first.unwrap_or(Passage::Untold)
    }

    fn passage_to<'d>(&'d self, target: &Target<'d>, from: End<'d>) -> Passage<'d> {
        let to = target.end;
        if (from.namespace, from.object) == (to.namespace, to.object) {
            return Passage::Open;
        }
        if from.network.subject.is_untold || to.network.subject.is_untold {
            return Passage::Untold;
        }
        let sides = [
            self.side(Direction::Ingress, to, from, target),
            self.side(Direction::Egress, from, to, target),
        ];
        let mut closed = Vec::new();
        let mut is_untold = false;
        for side in sides {
            match side {
                Side::Open => {}
                Side::Untold => is_untold = true,
                Side::Closed(excluded) => closed.push(excluded),
            }
        }
        match (closed.is_empty(), is_untold) {
            (false, _) => Passage::Closed(closed),
            (true, true) => Passage::Untold,
            (true, false) => Passage::Open,
        }
    }

    /// Whether the policies of one end let a connection from or to the other one through.
    fn side<'d>(
        &'d self,
        direction: Direction,
        of: End<'d>,
        other: End<'d>,
        target: &Target<'d>,
    ) -> Side<'d> {
        let mut refusing = Vec::new();
        let mut decisions = Vec::new();
        for policy in &self.network_policies.all {
            let Some(rules) = direction.rules(policy) else {
                continue;
            };
            let selects = if policy.namespace == of.namespace {
                policy.pods.holds(&of.network.subject.labels)
            } else {
                Certainty::No
            };
            let lets_through = rules
                .iter()
                .map(|rule| lets(rule, policy, direction, other, target));
            let lets_through = lets_through.max().unwrap_or(Certainty::No);
            decisions.push((selects, lets_through));
            if (selects, lets_through) == (Certainty::Yes, Certainty::No) {
                refusing.push(policy);
            }
        }
        match together(&decisions) {
            Certainty::Yes => return Side::Open,
            Certainty::Maybe => return Side::Untold,
            Certainty::No => {}
        }
        // What allows something is where more is to be allowed.
        refusing.sort_by_key(|policy| direction.rules(policy).is_none_or(<[_]>::is_empty));
        Side::Closed(Excluded {
            direction,
            policies: refusing,
            port: target.port,
        })
    }
}

/// Whether policies together let a connection through, of each of which it is known whether it selects the pod and whether it lets the
/// connection through. A pod that none selects is open; one that some select lets through what any of these does.
fn together(policies: &[(Certainty, Certainty)]) -> Certainty {
    let any = |is_meant: fn(Certainty, Certainty) -> bool| {
        let mut policies = policies.iter();
        policies.any(|(selects, lets_through)| is_meant(*selects, *lets_through))
    };
    let lets_through = any(|selects, lets| selects.min(lets) == Certainty::Yes);
    let may_let_through = any(|selects, lets| selects.min(lets) != Certainty::No);
    let refuses = any(|selects, lets| (selects, lets) == (Certainty::Yes, Certainty::No));
    let may_refuse = any(|selects, lets| selects != Certainty::No && lets != Certainty::Yes);
    if lets_through || !may_refuse {
        Certainty::Yes
    } else if refuses && !may_let_through {
        Certainty::No
    } else {
        Certainty::Maybe
    }
}

impl Direction {
    fn rules(self, policy: &NetworkPolicy) -> Option<&[PolicyRule]> {
        match self {
            Self::Ingress => policy.ingress.as_deref(),
            Self::Egress => policy.egress.as_deref(),
        }
    }
}

fn end(workload: &ResolvedWorkload) -> Option<End<'_>> {
    let pod = workload.workload.pod.as_ref()?;
    Some(End {
        namespace: &pod.namespace,
        object: &pod.object,
        network: workload.workload.network.pod()?,
    })
}

/// What is called at a port; `None` where the Service has no such port, which another rule reports.
fn target<'d>(end: End<'d>, service: Option<&Service>, port: u16) -> Option<Target<'d>> {
    let Some(service) = service else {
        return Some(Target {
            end,
            port: Some(port),
            service_port: None,
        });
    };
    if !service.targets.iter().any(|target| target.port == port) {
        return None;
    }
    let target = service.target(port, end.network);
    Some(Target {
        end,
        port: target.map(|target| target.value),
        service_port: Some(port),
    })
}

/// The number that a pod gives to a name of a port.
fn number_of(end: End<'_>, name: &str) -> Option<u16> {
    let mut ports = end.network.subject.named_ports.iter();
    ports
        .find(|(own, _)| own == name)
        .map(|(_, number)| *number)
}

/// Whether a rule lets a connection through.
fn lets(
    rule: &PolicyRule,
    policy: &NetworkPolicy,
    direction: Direction,
    other: End<'_>,
    target: &Target<'_>,
) -> Certainty {
    let peers = rule.peers.iter().map(|peer| is_peer(peer, policy, other));
    let peers = if rule.peers.is_empty() {
        Certainty::Yes
    } else {
        peers.max().unwrap_or(Certainty::No)
    };
    let ports = rule
        .ports
        .iter()
        .map(|port| is_port(port, direction, target));
    let ports = if rule.ports.is_empty() {
        Certainty::Yes
    } else {
        ports.max().unwrap_or(Certainty::No)
    };
    peers.min(ports)
}

fn is_peer(peer: &Peer, policy: &NetworkPolicy, other: End<'_>) -> Certainty {
    let Peer::Pods { namespaces, pods } = peer else {
        return Certainty::Maybe;
    };
    let subject = &other.network.subject;
    let is_in = match namespaces {
        Some(selector) => selector.holds(&subject.namespace_labels),
        None => Certainty::known(policy.namespace == other.namespace),
    };
    let is_meant = pods
        .as_ref()
        .map_or(Certainty::Yes, |selector| selector.holds(&subject.labels));
    is_in.min(is_meant)
}

fn is_port(port: &PolicyPort, direction: Direction, target: &Target<'_>) -> Certainty {
    let is_number = |first: u16, last: u16| {
        let is_within = |number: u16| (first..=last).contains(&number);
        // Some networks ask what a pod may call before the Service's address is replaced, some after.
        let is_of_service =
            direction == Direction::Egress && target.service_port.is_some_and(is_within);
        match target.port {
            Some(number) => Certainty::known(is_within(number) || is_of_service),
            None => Certainty::Maybe,
        }
    };
    match port {
        PolicyPort::Untold => Certainty::Maybe,
        PolicyPort::Numbers(first, last) if first > last => Certainty::No,
        PolicyPort::Numbers(first, last) => is_number(*first, *last),
        PolicyPort::Name(name) => {
            number_of(target.end, name).map_or(Certainty::No, |number| is_number(number, number))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Certainty, together};

    const ALL: [Certainty; 3] = [Certainty::No, Certainty::Maybe, Certainty::Yes];

    /// What a thing that is not known may turn out to be.
    fn outcomes(certainty: Certainty) -> &'static [bool] {
        match certainty {
            Certainty::No => &[false],
            Certainty::Maybe => &[false, true],
            Certainty::Yes => &[true],
        }
    }

    /// Every combination of what policies may turn out to be.
    fn worlds(policies: &[(Certainty, Certainty)]) -> Vec<Vec<(bool, bool)>> {
        let mut worlds = vec![Vec::new()];
        for (selects, lets_through) in policies {
            let mut next = Vec::new();
            for world in &worlds {
                for selects in outcomes(*selects) {
                    for lets_through in outcomes(*lets_through) {
                        let mut world = world.clone();
                        world.push((*selects, *lets_through));
                        next.push(world);
                    }
                }
            }
            worlds = next;
        }
        worlds
    }

    fn is_open(world: &[(bool, bool)]) -> bool {
        let mut selecting = world.iter().filter(|(selects, _)| *selects).peekable();
        selecting.peek().is_none() || selecting.any(|(_, lets_through)| *lets_through)
    }

    #[test]
    fn policies_are_open_or_closed_where_they_are_so_however_the_untold_turns_out() {
        let one: Vec<(Certainty, Certainty)> = ALL
            .iter()
            .flat_map(|selects| ALL.iter().map(|lets| (*selects, *lets)))
            .collect();
        let mut lists: Vec<Vec<(Certainty, Certainty)>> = vec![Vec::new()];
        for _ in 0..3 {
            let longer = lists.iter().flat_map(|list| {
                let next = one.iter();
                next.map(|policy| [list.as_slice(), &[*policy]].concat())
            });
            let longer: Vec<_> = longer.collect();
            lists.extend(longer);
        }
        for list in lists {
            let worlds = worlds(&list);
            let open = worlds.iter().filter(|world| is_open(world)).count();
            let expected = match open {
                0 => Certainty::No,
                open if open == worlds.len() => Certainty::Yes,
                _ => Certainty::Maybe,
            };
            assert_eq!(together(&list), expected, "{list:?}");
        }
    }
}
