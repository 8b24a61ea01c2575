//! Whether NetworkPolicies keep a client from its store, as far as a deployment's files decide it.

use super::{Deployment, ResolvedWorkload, Store};
use crate::deploy::{Holds, NetworkPolicy, Peer, PodNetwork, PolicyPort, PolicyRule, Service};

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
        if self.network_policies.all.is_empty() && !self.network_policies.has_others {
            return Passage::Open;
        }
        let mut lost = self.lost.iter();
        let may_be_lost = self.is_partial || lost.any(|lost| lost.may_be(&["NetworkPolicy"], None));
        let Some(from) = end(client).filter(|_| !self.network_policies.has_others && !may_be_lost)
        else {
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
        let mut policies = Vec::new();
        let mut is_untold = false;
        for policy in &self.network_policies.all {
            let Some(rules) = direction.rules(policy) else {
                continue;
            };
            let selects = if policy.namespace == of.namespace {
                policy.pods.holds(&of.network.subject.labels)
            } else {
                Holds::No
            };
            let lets_through = rules
                .iter()
                .map(|rule| lets(rule, policy, direction, other, target));
            let lets_through = lets_through.max().unwrap_or(Holds::No);
            match (selects, lets_through) {
                (Holds::No, _) => {}
                (Holds::Yes, Holds::Yes) => return Side::Open,
                (Holds::Yes, Holds::No) => policies.push(policy),
                _ => is_untold = true,
            }
        }
        if is_untold {
            return Side::Untold;
        }
        if policies.is_empty() {
            return Side::Open;
        }
        // What allows something is where more is to be allowed.
        policies.sort_by_key(|policy| direction.rules(policy).is_none_or(<[_]>::is_empty));
        Side::Closed(Excluded {
            direction,
            policies,
            port: target.port,
        })
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

/// What is called at a port; `None` where the Service has no such port, which is another rule's to tell.
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
) -> Holds {
    let peers = rule.peers.iter().map(|peer| is_peer(peer, policy, other));
    let peers = if rule.peers.is_empty() {
        Holds::Yes
    } else {
        peers.max().unwrap_or(Holds::No)
    };
    let ports = rule
        .ports
        .iter()
        .map(|port| is_port(port, direction, target));
    let ports = if rule.ports.is_empty() {
        Holds::Yes
    } else {
        ports.max().unwrap_or(Holds::No)
    };
    peers.min(ports)
}

fn is_peer(peer: &Peer, policy: &NetworkPolicy, other: End<'_>) -> Holds {
    let Peer::Pods { namespaces, pods } = peer else {
        return Holds::Maybe;
    };
    let subject = &other.network.subject;
    let is_in = match namespaces {
        Some(selector) => selector.holds(&subject.namespace_labels),
        None => Holds::known(policy.namespace == other.namespace),
    };
    let is_meant = pods
        .as_ref()
        .map_or(Holds::Yes, |selector| selector.holds(&subject.labels));
    is_in.min(is_meant)
}

fn is_port(port: &PolicyPort, direction: Direction, target: &Target<'_>) -> Holds {
    let is_number = |first: u16, last: u16| {
        let is_within = |number: u16| (first..=last).contains(&number);
        // Some networks ask what a pod may call before the Service's address is replaced, some after.
        let is_of_service =
            direction == Direction::Egress && target.service_port.is_some_and(is_within);
        match target.port {
            Some(number) => Holds::known(is_within(number) || is_of_service),
            None => Holds::Maybe,
        }
    };
    match port {
        PolicyPort::Untold => Holds::Maybe,
        PolicyPort::Numbers(first, last) if first > last => Holds::No,
        PolicyPort::Numbers(first, last) => is_number(*first, *last),
        PolicyPort::Name(name) => {
            number_of(target.end, name).map_or(Holds::No, |number| is_number(number, number))
        }
    }
}
