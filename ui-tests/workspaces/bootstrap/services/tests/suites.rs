//! A suite for each service.

macro_rules! suites {
    ($($name:ident)*) => {
        $(mod $name {
            use kvguard_runtime::testing::harness::KvHarness;
            use kvguard_runtime::kv_bootstrap_test;
            use services::configuration::{Config, Error};

            #[kv_bootstrap_test("gauge")]
            async fn boots(kv: KvHarness) -> Result<Config, Error> {
                services::defects::$name(&kv.store(), kv.config_path()).await
            }
        })*
    };
}

suites! {
    ignores_the_store
    reads_anothers_key
    reads_two_keys
    lets_the_file_win
    replaces_the_file
    never_seeds
    seeds_its_secrets
    seeds_at_the_edge
    seeds_at_every_start
    seeds_over_another
    writes_elsewhere
    swallows_an_outage
    swallows_a_denial
    swallows_a_malformed_value
    panics_at_a_malformed_value
    names_no_key
    takes_empty_fields
    reads_no_site
    exits
    executes_itself
}

mod outgrew_its_template {
    use kvguard_runtime::kv_bootstrap_test;
    use kvguard_runtime::testing::harness::KvHarness;
    use services::configuration::Error;
    use services::defects::Outgrown;

    #[kv_bootstrap_test("gauge")]
    async fn boots(kv: KvHarness) -> Result<Outgrown, Error> {
        services::defects::outgrew_its_template(&kv.store(), kv.config_path()).await
    }
}

mod good {
    use kvguard_runtime::kv_bootstrap_test;
    use kvguard_runtime::testing::harness::KvHarness;
    use services::configuration::{Config, Error};

    #[kv_bootstrap_test("gauge")]
    async fn boots(kv: KvHarness) -> Result<Config, Error> {
        services::good::load(&kv.store(), kv.config_path()).await
    }

    #[kv_bootstrap_test("gauge", deployment = "compose", flavor = "multi_thread")]
    async fn panics(kv: KvHarness) -> Config {
        let store = kv.store();
        match services::good::load(&store, kv.config_path()).await {
            Ok(config) => config,
            Err(error) => panic!("{error}"),
        }
    }
}

macro_rules! watching {
    ($($name:ident: $manner:expr;)*) => {
        $(mod $name {
            use kvguard_runtime::kv_bootstrap_test;
            use kvguard_runtime::testing::harness::{Boot, KvHarness};
            use services::configuration::Error;
            #[allow(unused_imports)]
            use services::good::{Manner, watch};

            #[kv_bootstrap_test("gauge", watch = true)]
            async fn boots(kv: KvHarness) -> Result<Boot, Error> {
                watch(kv.store(), kv.config_path(), $manner).await
            }
        })*
    };
}

watching! {
    good_watch: Manner::default();
    restarts_for_the_initial_value: Manner { starts_with_an_update: true, ..Manner::default() };
    gives_up_at_an_invalid_update: Manner { ends_with_an_invalid_one: true, ..Manner::default() };
    applies_an_invalid_update: Manner { applies_an_invalid_one: true, ..Manner::default() };
}

mod never_watches {
    use kvguard_runtime::kv_bootstrap_test;
    use kvguard_runtime::testing::harness::KvHarness;
    use services::configuration::{Config, Error};

    #[kv_bootstrap_test("gauge", watch = true)]
    async fn boots(kv: KvHarness) -> Result<Config, Error> {
        services::good::load(&kv.store(), kv.config_path()).await
    }
}
