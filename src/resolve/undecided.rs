//! Why a deployment's files do not decide whether a link between a client and its store holds.

use kvguard_contract::syntax::MAX_SERVERS;

/// A reason for which a rule about such a link does not speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Undecided {
    /// Each store of the deployment names its services, and this one is not among them.
    NoStoreForService,
    /// No file tells which workload is the store.
    StoreUnknown,
    /// The policy's contract has no variable for what is to be judged.
    VariableUnnamed,
    /// The variable's value is in no file.
    ValueUntold,
    /// The value holds something else than addresses of a host and a port, or more of them than are judged.
    OtherScheme,
    /// The host is nothing that the deployment's files name.
    HostOutside,
    /// The files give the host a meaning of its own.
    HostRedefined,
    /// The host is a Service whose pods no file tells.
    ServiceUntold,
    /// Something beside the client may listen on the loopback address.
    LoopbackShared,
    /// Client and store run on hosts, and no file tells on which.
    HostsUntold,
    /// No file tells which networks the client or the store is in, or who else is in them.
    NetworkUntold,
    /// The pod does not ask the cluster for names in the usual way.
    NameServerUntold,
    /// A document that could not be read may decide it.
    DocumentLost,
    /// No file tells the port of the store.
    PortUntold,
    /// Something beside the store may listen on the port.
    PortShared,
    /// It depends on the address, which is not judged itself.
    AddressNotJudged,
    /// `NetworkPolicy` objects may keep the two apart, and the files do not decide whether they do.
    NetworkPolicies,
    /// The unit of the client or the store filters addresses, or systemd opens the store's socket, and the files do not decide what
    /// comes through.
    UnitNetwork,
    /// The policy does not tell where the store keeps its security mode.
    StoreModeUntold,
    /// The policy does not tell what a mode of its own means.
    ModeMeaningUntold,
    /// No file tells which SPIFFE IDs the store presents.
    StoreIdentityUntold,
    /// Neither the policy nor the expected server tells the deployment's trust domain.
    TrustDomainUntold,
}

impl Undecided {
    /// Every reason.
    pub const ALL: [Self; 22] = [
        Self::NoStoreForService,
        Self::StoreUnknown,
        Self::VariableUnnamed,
        Self::ValueUntold,
        Self::OtherScheme,
        Self::HostOutside,
        Self::HostRedefined,
        Self::ServiceUntold,
        Self::LoopbackShared,
        Self::HostsUntold,
        Self::NetworkUntold,
        Self::NameServerUntold,
        Self::DocumentLost,
        Self::PortUntold,
        Self::PortShared,
        Self::AddressNotJudged,
        Self::NetworkPolicies,
        Self::UnitNetwork,
        Self::StoreModeUntold,
        Self::ModeMeaningUntold,
        Self::StoreIdentityUntold,
        Self::TrustDomainUntold,
    ];

    /// Its name in the JSON report.
    pub fn name(self) -> &'static str {
        match self {
            Self::NoStoreForService => "no-store-for-service",
            Self::StoreUnknown => "store-unknown",
            Self::VariableUnnamed => "variable-unnamed",
            Self::ValueUntold => "value-untold",
            Self::OtherScheme => "other-scheme",
            Self::HostOutside => "host-outside",
            Self::HostRedefined => "host-redefined",
            Self::ServiceUntold => "service-untold",
            Self::LoopbackShared => "loopback-shared",
            Self::HostsUntold => "hosts-untold",
            Self::NetworkUntold => "network-untold",
            Self::NameServerUntold => "name-server-untold",
            Self::DocumentLost => "document-lost",
            Self::PortUntold => "port-untold",
            Self::PortShared => "port-shared",
            Self::AddressNotJudged => "address-not-judged",
            Self::NetworkPolicies => "network-policies",
            Self::UnitNetwork => "unit-network",
            Self::StoreModeUntold => "store-mode-untold",
            Self::ModeMeaningUntold => "mode-meaning-untold",
            Self::StoreIdentityUntold => "store-identity-untold",
            Self::TrustDomainUntold => "trust-domain-untold",
        }
    }

    /// Whether it only follows from another reason, which is told by itself.
    pub fn is_consequence(self) -> bool {
        self == Self::AddressNotJudged
    }

    /// The reason in a sentence. `subject` is what it is about: an address, a variable, a mode or a service.
    pub fn message(self, subject: &str) -> String {
        match self {
            Self::NoStoreForService => {
                format!("no store of the deployment is for service `{subject}`")
            }
            Self::StoreUnknown => "the files do not tell which workload is the store".to_owned(),
            Self::VariableUnnamed => {
                format!("the policy's contract names no variable by `{subject}`")
            }
            Self::ValueUntold => format!("the value of `{subject}` is in no file"),
            Self::OtherScheme => format!(
                "`{subject}` holds something else than addresses of a host and a port, or more than {MAX_SERVERS} of them"
            ),
            Self::HostOutside => {
                format!("nothing in the deployment's files tells what is at `{subject}`")
            }
            Self::HostRedefined => format!(
                "the files give the host of `{subject}` a meaning of its own (`extra_hosts`, `links`, `hostAliases`, a mesh)"
            ),
            Self::ServiceUntold => {
                format!("the Service at `{subject}` has no selector, or is an ExternalName")
            }
            Self::LoopbackShared => format!(
                "`{subject}` is the workload's own host, on which something else than the workload may listen"
            ),
            Self::HostsUntold => {
                format!("the files do not tell whether the store runs on the host of `{subject}`")
            }
            Self::NetworkUntold => format!(
                "the files do not tell all that is in the networks in which `{subject}` is looked for"
            ),
            Self::NameServerUntold => format!(
                "the pod's `dnsPolicy` or `dnsConfig` decides what `{subject}` is, not the cluster"
            ),
            Self::DocumentLost => {
                format!("a document that could not be read may decide what `{subject}` is")
            }
            Self::PortUntold => {
                format!(
                    "the files do not tell whether the store listens on the port of `{subject}`"
                )
            }
            Self::PortShared => format!(
                "something beside the store may listen on the port of `{subject}`: they share a network"
            ),
            Self::AddressNotJudged => format!("it depends on `{subject}`, which is not judged"),
            Self::NetworkPolicies => format!(
                "the files do not decide whether network policies let the workload through to `{subject}`"
            ),
            Self::UnitNetwork => format!(
                "the files do not decide whether the units of the workload and the store let packets through to `{subject}` (`IPAddressDeny=`, `PrivateNetwork=` of a store whose socket systemd opens)"
            ),
            Self::StoreModeUntold => {
                "the policy does not tell where the store keeps its security mode".to_owned()
            }
            Self::ModeMeaningUntold => {
                format!("the policy does not tell what the security mode `{subject}` means")
            }
            Self::StoreIdentityUntold => {
                "the files do not tell which SPIFFE IDs the store presents".to_owned()
            }
            Self::TrustDomainUntold => {
                "neither the policy nor the expected server tells the deployment's trust domain"
                    .to_owned()
            }
        }
    }

    /// What to write so that it is judged. `addresses` says how to state in the policy that the subject is an address of the store,
    /// and where.
    pub fn help(self, subject: &str, deployment: &str, addresses: &str) -> String {
        let store = format!("under [[deployment.store]] of `{deployment}`");
        let address = |when: &str| format!("{when}, say so, {addresses}");
        match self {
            Self::NoStoreForService => {
                format!("add `{subject}` to the `services` of its store, {store}")
            }
            Self::StoreUnknown => format!(
                "name the workload: workload = \"…\" {store}; if the store runs elsewhere, state where: addresses = [\"HOST:PORT\"]"
            ),
            Self::VariableUnnamed => {
                format!("name the variable: {subject} = \"…\" under [contract]")
            }
            Self::ValueUntold => format!(
                "write `{subject}` in the deployment's files; of a compose file, the variables that it is made of may be under [environment]"
            ),
            Self::OtherScheme => {
                format!(
                    "kvguard judges `HOST:PORT` and NATS addresses only, and at most {MAX_SERVERS} of them; nothing makes the rest of `{subject}` judged"
                )
            }
            Self::HostOutside
            | Self::HostRedefined
            | Self::ServiceUntold
            | Self::NameServerUntold
            | Self::LoopbackShared
            | Self::PortShared => address("if it leads to the store"),
            Self::NetworkPolicies | Self::UnitNetwork => {
                address("if they let the workload through to the store")
            }
            Self::HostsUntold => {
                format!("if the store runs on the same host, state it: one_host = true {store}")
            }
            Self::NetworkUntold => address(
                "write the networks and names out in the compose file; or, if it leads to the store",
            ),
            Self::DocumentLost => "mend the document, of which `check` tells".to_owned(),
            Self::PortUntold => format!(
                "state where the store's configuration has its address: listen = \"/POINTER\" {store}; or, if `{subject}` leads to the store, say so, {addresses}"
            ),
            Self::AddressNotJudged => format!("see what is said of `{subject}`"),
            Self::StoreModeUntold => format!(
                "state it: mode = \"/POINTER\" under [deployment.access_table] of `{deployment}`; if the store's file has none, turn the rule off for it: security-mode-mismatch = \"allow\" in its `levels`"
            ),
            Self::ModeMeaningUntold => {
                format!("state it: means = \"…\" under [contract.mode.{subject}]")
            }
            Self::StoreIdentityUntold => {
                format!("state them: identities = [\"spiffe://…\"] {store}")
            }
            Self::TrustDomainUntold => {
                format!("state it: trust_domain = \"…\" in [[deployment]] `{deployment}`")
            }
        }
    }
}
