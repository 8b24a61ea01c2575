//! The one list of the cases of `#[kv_bootstrap_test]`. Each is a module of that name in the runtime's `testing::harness::cases`.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;

/// The cases, in the order they are run and told.
pub(crate) const CASES: [&str; 13] = [
    "reads_its_key",
    "kv_value_wins",
    "file_values_survive",
    "seeds_missing_key",
    "does_not_overwrite",
    "writes_only_what_it_may",
    "outage_is_not_silent",
    "denied_is_not_silent",
    "rejects_malformed_value",
    "critical_fields_present",
    "template_loads",
    "applies_watch_update",
    "initial_value_is_no_update",
];

/// The cases that look into what was loaded, which a binary does not show; with a probe they look into its log.
pub(crate) const LOOKING_IN: [&str; 2] = ["kv_value_wins", "file_values_survive"];

/// What a service may be tested with.
pub(crate) const BACKENDS: [&str; 3] = ["memory", "datasvc", "nats"];

/// Calls a macro with the list.
pub(crate) fn with_cases(callback: &TokenStream) -> TokenStream {
    let names = CASES.map(|name| Ident::new(name, Span::call_site()));
    quote! { #callback! { #(#names)* } }
}
