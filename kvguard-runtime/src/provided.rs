//! What `#[kv_bootstrap_test]` needs of the features of this crate, with an error that names the feature where it is off.

/// The tests, if there is what they run on.
#[cfg(feature = "testing")]
#[doc(hidden)]
#[macro_export]
macro_rules! __with_testing {
    ($($tests:tt)*) => { $($tests)* };
}

/// The tests, if there is what they run on.
#[cfg(not(feature = "testing"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __with_testing {
    ($($tests:tt)*) => {
        ::core::compile_error!(
            "`#[kv_bootstrap_test]` needs the feature `testing` of `kvguard-runtime`, in `[dev-dependencies]`"
        );
    };
}

/// What holds values in memory.
#[doc(hidden)]
#[macro_export]
macro_rules! __backend_memory {
    () => {
        __harness::Backend::Memory
    };
}

macro_rules! backend {
    ($dollar:tt $macro_name:ident $variant:ident $feature:literal) => {
        /// A backend, if its feature is there.
        #[cfg(feature = $feature)]
        #[doc(hidden)]
        #[macro_export]
        macro_rules! $macro_name {
            () => {
                __harness::Backend::$variant
            };
        }

        /// A backend, if its feature is there.
        #[cfg(not(feature = $feature))]
        #[doc(hidden)]
        #[macro_export]
        macro_rules! $macro_name {
            () => {
                ::core::compile_error!(concat!(
                    "this backend needs the feature `",
                    $feature,
                    "` of `kvguard-runtime`, in `[dev-dependencies]`"
                ))
            };
        }
    };
}

backend!($ __backend_datasvc Datasvc "datasvc");
backend!($ __backend_nats Nats "nats");

pub use {
    __backend_datasvc as backend_datasvc, __backend_memory as backend_memory,
    __backend_nats as backend_nats, __with_testing as with_testing,
};
