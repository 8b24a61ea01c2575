//! The cases: what each proves is told at the top of its file.

use super::bench::Bench;
use super::failed::Failed;
use super::plan::Subject;

macro_rules! cases {
    ($($name:ident)*) => {
        $(pub(super) mod $name;)*

        /// Judges a case by its name.
        pub(super) async fn check(name: &str, bench: &Bench) -> Result<(), Failed> {
            let is_binary = matches!(bench.suite.subject, Subject::Binary(_));
            $(if name == stringify!($name) {
                return if is_binary {
                    $name::binary(bench).await
                } else {
                    $name::check(bench).await
                };
            })*
            Err(Failed::new(format!("there is no case `{name}`")))
        }
    };
}

kvguard_macros::__kv_bootstrap_cases!(cases);
