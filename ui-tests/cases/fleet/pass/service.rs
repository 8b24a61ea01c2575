#![deny(warnings)]

use kvguard_runtime::{Format, KvFields, KvService, kv_service};
use serde::Deserialize;

#[derive(Deserialize, KvFields)]
#[kv_service("trapd")]
#[serde(rename_all = "camelCase")]
struct Configuration {
    #[serde(alias = "listen")]
    listen_address: String,
    database: Option<Box<Database>>,
}

#[derive(Deserialize, KvFields)]
struct Database {
    #[serde(rename = "host")]
    name: String,
}

mod agent {
    use std::collections::BTreeMap;

    use kvguard_runtime::{KvFields, kv_service};

    #[kv_service("agent")]
    #[derive(serde::Deserialize, KvFields)]
    #[serde(default)]
    #[derive(Default)]
    pub struct Configuration {
        #[serde(flatten)]
        pub common: Common,
        #[cfg(any())]
        pollers: Nothing,
        pub next: Option<Box<Configuration>>,
    }

    #[derive(serde::Deserialize, KvFields, Default)]
    pub struct Common {
        pub pollers: BTreeMap<String, u32>,
    }
}

mod opaque {
    #[kvguard_runtime::kv_service("agent")]
    pub struct Configuration {
        #[kv(opaque)]
        pub pollers: String,
    }
}

mod read_as_another {
    #[kvguard_runtime::kv_service("trapd")]
    #[derive(serde::Deserialize)]
    #[serde(from = "super::Configuration")]
    pub struct Configuration(pub String);

    impl From<super::Configuration> for Configuration {
        fn from(_: super::Configuration) -> Self {
            Self(String::new())
        }
    }
}

mod generic {
    #[kvguard_runtime::kv_service("trapd")]
    pub struct Configuration {
        pub listen: String,
        pub database: Database<super::Database>,
    }

    #[derive(kvguard_runtime::KvFields)]
    pub struct Database<T> {
        pub host: T,
    }
}

fn main() {
    assert_eq!(Configuration::key().unwrap().as_str(), "config/trapd.json");
    assert_eq!(Configuration::format(), Format::Json);
    assert!(agent::Configuration::key().is_err());
    let key = agent::Configuration::key_with(&[("agent_id", &1)]).unwrap();
    assert_eq!(key.as_str(), "agents/1.json");
    let agent = agent::Configuration::default();
    let _ = (agent.common.pollers, agent.next);
    let opaque = opaque::Configuration {
        pollers: String::new(),
    };
    let configuration = Configuration {
        listen_address: opaque.pollers,
        database: Some(Box::new(Database {
            name: read_as_another::Configuration(String::new()).0,
        })),
    };
    let _ = (
        configuration.listen_address,
        configuration.database.unwrap().name,
    );
    let generic = generic::Configuration {
        listen: String::new(),
        database: generic::Database {
            host: Database {
                name: String::new(),
            },
        },
    };
    let _ = (generic.listen, generic.database.host);
}
