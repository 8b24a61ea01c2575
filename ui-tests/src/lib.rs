//! Only tests: of the macros' documentation here, as a package that has a fleet's policy, and of the rest in `tests`.

#[cfg(doctest)]
mod documentation {
    #[doc = include_str!("../../kvguard-macros/src/examples/descriptor.md")]
    struct Descriptor;
    #[doc = include_str!("../../kvguard-macros/src/examples/guard.md")]
    struct Guard;
    #[doc = include_str!("../../kvguard-macros/src/examples/kv_access_test.md")]
    struct KvAccessTest;
    #[doc = include_str!("../../kvguard-macros/src/examples/kv_bootstrap_coverage.md")]
    struct KvBootstrapCoverage;
    #[doc = include_str!("../../kvguard-macros/src/examples/kv_bootstrap_test.md")]
    struct KvBootstrapTest;
    #[doc = include_str!("../../kvguard-macros/src/examples/kv_key.md")]
    struct KvKey;
    #[doc = include_str!("../../kvguard-macros/src/examples/kv_service.md")]
    struct KvService;
    #[doc = include_str!("../../kvguard-runtime/src/examples/service.md")]
    struct Service;
}
