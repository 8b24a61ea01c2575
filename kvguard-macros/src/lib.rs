//! The macros of `kvguard-runtime`, which re-exports them: use them from there.
//!
//! They read the registry that the crate's build script has left, or else the policy and the registry that it names, once per
//! crate; see the documentation of `kvguard-runtime`. Every error stands on the word that is wrong. What cannot be read at
//! all, as a policy with a mistake, is one error at the first macro of the crate.

mod args;
mod cases;
mod current;
mod expand;
mod fallback;
mod model;
mod opened;
mod runtime_path;
mod surroundings;
#[cfg(test)]
mod tests;
mod track;
mod validate;

use proc_macro::TokenStream;

use surroundings::Surroundings;

/// The key of a service, by its name in the registry.
///
#[cfg_attr(not(doctest), doc = include_str!("examples/kv_key.md"))]
///
/// # Checks
///
/// That the service is declared; that the store accepts its key; that values are given for just the variables of
/// its key template.
///
/// # Expands to
///
/// For a key a constant `Key`, which may stand wherever a constant may. For a key template a call of
/// `KeyTemplate::fill`, whose result is `Result<Key, InvalidKey>`: each value, of any type that implements `Display`, has to
/// be one part of a key. Values are borrowed.
///
/// # Errors
///
/// On the name: no such service, with the nearest name and its line in the registry; a key that the store
/// refuses; variables without a value. On a variable: no such variable; given twice.
#[proc_macro]
pub fn kv_key(input: TokenStream) -> TokenStream {
    expand::kv_key(input.into(), &Surroundings::of_process()).into()
}

/// The descriptor of a service, by its name in the registry.
///
#[cfg_attr(not(doctest), doc = include_str!("examples/descriptor.md"))]
///
/// # Checks
///
/// That the service is declared, and that the store accepts its key.
///
/// # Expands to
///
/// A constant `&'static Descriptor`.
///
/// # Errors
///
/// On the name: no such service, with the nearest name and its line in the registry; a key that the store refuses.
#[proc_macro]
pub fn descriptor(input: TokenStream) -> TokenStream {
    expand::descriptor(input.into(), &Surroundings::of_process()).into()
}

/// Makes a struct the configuration of a service.
///
#[cfg_attr(not(doctest), doc = include_str!("examples/kv_service.md"))]
///
/// # Checks
///
/// That the service is declared, and that each of its critical fields is one that serde reads into the struct. A
/// path such as `database.host` is followed into the types of fields: each derives `KvFields`, or its
/// field is declared `#[kv(opaque)]`, which accepts any path below it. Maps, `Option`, `Box`, `Rc` and `Arc`
/// need nothing. Of `#[serde(…)]`, `rename`, `rename_all`, `alias`, `flatten`, `skip`, `skip_deserializing`, `default`,
/// `transparent`, `from` and `try_from` are taken into account; a field that is read by a function (`with`,
/// `deserialize_with`) does not tell what is below it.
///
/// # Expands to
///
/// The struct as it is, and an implementation of `KvService`: descriptor, key and format.
///
/// # Errors
///
/// On the name: as `descriptor!`. On a field: it is probably a misspelled critical field, or serde skips one. On a
/// field's type: a critical field is not in it, or it does not tell its fields. On the struct's name: a critical field is
/// not there.
#[proc_macro_attribute]
pub fn kv_service(arguments: TokenStream, item: TokenStream) -> TokenStream {
    expand::kv_service(arguments.into(), &item.into(), &Surroundings::of_process()).into()
}

/// What `#[kv_service]` adds to a struct; not to be used by hand.
#[doc(hidden)]
#[proc_macro_derive(__KvService, attributes(kv))]
pub fn kv_service_derive(input: TokenStream) -> TokenStream {
    expand::kv_service_derive(input.into(), &Surroundings::of_process()).into()
}

/// Tells the names of a struct's fields as serde reads them, for the critical fields of the configuration that
/// it is part of.
///
/// # Checks
///
/// Nothing of the fleet. An enum's fields depend on its variant, and a tuple has none, so they cannot derive it; the field that
/// holds one is declared `#[kv(opaque)]`. Types that hold each other in a circle cannot be followed: declare one of the
/// fields opaque.
///
/// # Expands to
///
/// An implementation of `KvFields`. See `kv_service` for what of `#[serde(…)]` is taken into account.
///
/// # Errors
///
/// On the `enum`, on the tuple's fields, or on what `#[kv(…)]` does not know.
#[proc_macro_derive(KvFields, attributes(kv))]
pub fn kv_fields(input: TokenStream) -> TokenStream {
    expand::kv_fields(input.into(), &Surroundings::of_process()).into()
}

/// Runs the guard while the crate compiles, for crates that want no build script.
///
#[cfg_attr(not(doctest), doc = include_str!("examples/guard.md"))]
///
/// `service` (or `services`, a list) names the service that the crate belongs to, where the policy does not tell;
/// `deployments` (or `deployment`) those whose findings count; `policy` the policy, relative to the package's
/// directory; `optional` lets the crate build where files are missing, as `Guard::optional` does.
///
/// # Checks
///
/// All that `kvguard::build_script::Guard` does, with the same levels; `KVGUARD` works as there.
///
/// # Expands to
///
/// Nothing but errors and warnings, and items that make the compiler watch every file and variable that was read.
///
/// # Errors
///
/// At the call, each finding at `deny` and all that could not be checked, each as a diagnostic of its own, so that editors show
/// it: of what a build script tells, cargo prints nothing with `--message-format=json`. On a name: no
/// such service or deployment. On the policy: it is not there. What a pattern in the policy, a registry that is a directory, or a
/// unit's drop-in directory would read once it is added cannot be watched without a build script, so the macro refuses them.
#[proc_macro]
pub fn guard(input: TokenStream) -> TokenStream {
    expand::guard(input.into(), &Surroundings::of_process()).into()
}

/// Tests that a service boots from the store, in each deployment in which it is to.
///
#[cfg_attr(not(doctest), doc = include_str!("examples/kv_bootstrap_test.md"))]
///
/// What each case proves, and what the function may give, is told in the documentation of `kvguard_runtime::testing::harness`,
/// which is there with the feature `testing`.
///
/// # Arguments
///
/// | | |
/// |---|---|
/// | `deployments = ["compose"]` | only these |
/// | `backend = memory` | what the service is tested with: `memory`, `datasvc`, `nats`, or several: `memory \| nats` |
/// | `skip(case, reason = "…", until = "2026-12-31")` | leaves a case out; it is listed as ignored, with the reason. `until` is the last day that it holds |
/// | `probe("/log_level" = "debug")` | a field, and what it may be changed to, where none can be chosen safely |
/// | `values(agent_id = "a1")` | values for the variables of the key's template |
/// | `timeout = "20s"` | how long one load may take |
/// | `flavor = "multi_thread", worker_threads = 2` | the runtime that the function runs on |
/// | `on_outage = fail` | what an outage has to come to: `fail`, an error, or `use_file`, a result marked degraded. Default: either |
/// | `watch = true` | the service has to watch its key, or must not. Default: where it does, its updates are tested |
/// | `from_env` | the service connects by itself, from the environment, which is that of its workload |
/// | `config = "mapper.json"` | the name of the configuration file, for services that derive their key from it. Default: `config` with the format's extension |
/// | `server_name = "datasvc.example"` | a name that the service expects the store's certificate to be for, besides the address and what the deployment says |
/// | `crate = path` | another path of the runtime crate |
///
/// A program is tested as it is, in place of a function:
///
/// | | |
/// |---|---|
/// | `bin = "trapd"` | a binary of this package |
/// | `program = "../bin/poller"` | a program of another package or language, relative to this package's directory |
/// | `command = ["go", "run", "./cmd/poller"]` | a command in `PATH`, with its first arguments |
/// | `args = ["--config", "{config}"]` | its arguments; `{config}` is its configuration file |
/// | `env("LISTEN" = "127.0.0.1:{port}")` | environment variables besides those of the deployment |
/// | `ready = "listening"` | what it logs once it has loaded its configuration. Default: that it listens on a TCP socket after it has read its key (Linux) |
/// | `set("/listen" = "127.0.0.1:{port}")` | a field of the template that has another value in the test |
/// | `ports = [7000]` | ports that it always uses; tests that name the same port wait for each other |
/// | `needs = ["nats"]` | a `nats-server` besides the store; `{nats}` is its address |
/// | `before = start_database` | a function, `fn(&mut Setup) -> Result<(), E>`, that gives it what else it needs |
/// | `words = ["config store"]` | words by which a warning in its log tells of the store, besides its address and the key |
///
/// In `args`, `env` and `set` `{port}` and `{port:metrics}` are free ports, each the same in both runs of a case.
///
/// A case is left out of all suites of a package by its manifest:
///
/// ```toml
/// [[package.metadata.kvguard.skip]]
/// case = "applies_watch_update"
/// reason = "no service watches yet"
/// until = "2026-12-31"
/// ```
///
/// # Checks
///
/// That the service is declared, that it loads its configuration from the store in the deployments that are named, or in any,
/// and all that the guard checks of the service there.
///
/// # Expands to
///
/// The function, and a module of its name with the tests `<deployment>::<case>`; between the two the workload or the backend, where there
/// are several. All of it only where tests are compiled. With a build script that runs the guard, whatever is added to the fleet
/// is noticed; without one only what changes.
///
/// # Errors
///
/// On the name: no such service, findings about it, or that it loads nothing from the store. On a deployment, a backend, a case, a date, a
/// variable: there is none, or it does not fit. On the function: it is not `async`, takes no harness, gives no configuration, or has
/// another test attribute.
#[proc_macro_attribute]
pub fn kv_bootstrap_test(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let around = Surroundings::of_process();
    expand::kv_bootstrap_test(arguments.into(), &item.into(), &around).into()
}

/// Calls a macro with the names of all cases of `#[kv_bootstrap_test]`; not to be used by hand.
#[doc(hidden)]
#[proc_macro]
pub fn __kv_bootstrap_cases(callback: TokenStream) -> TokenStream {
    cases::with_cases(&callback.into()).into()
}

/// A test for each service and deployment: that the service has the access there that it needs.
///
#[cfg_attr(not(doctest), doc = include_str!("examples/kv_access_test.md"))]
///
/// # Checks
///
/// The rules about access, KV101 to KV110, at the levels of the policy. `policy` names the policy, relative to the package's
/// directory.
///
/// # Expands to
///
/// A module `kv_access` with a module for each deployment and in it a test for each service, called like them:
/// `kv_access::compose::trapd`. A test fails with the findings and their lines. With `KVGUARD=off` there is one test, which is
/// ignored.
///
/// # Errors
///
/// At the call, what could not be checked, and files that do not parse.
#[proc_macro]
pub fn kv_access_test(input: TokenStream) -> TokenStream {
    expand::kv_access_test(input.into(), &Surroundings::of_process()).into()
}

/// A test for each service whose code is in the workspace: that it has a KV bootstrap test.
///
#[cfg_attr(not(doctest), doc = include_str!("examples/kv_bootstrap_coverage.md"))]
///
/// # Checks
///
/// That there is a `#[kv_bootstrap_test("…")]` for each service whose `sources` the policy tells, in the sources of any of
/// them; the rule KV501. A file that is added is noticed as soon as the crate is compiled again for another reason.
///
/// # Expands to
///
/// A module `kv_bootstrap_coverage` with a test for each of these services, which fails if it is missing. With `KVGUARD=off`
/// there is one test, which is ignored.
///
/// # Errors
///
/// At the call, what could not be checked, and a policy that tells no service's `sources`.
#[proc_macro]
pub fn kv_bootstrap_coverage(input: TokenStream) -> TokenStream {
    expand::kv_bootstrap_coverage(input.into(), &Surroundings::of_process()).into()
}
