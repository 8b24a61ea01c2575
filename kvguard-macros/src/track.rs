//! Makes the compiler watch what a macro has read.
//!
//! `include_bytes!` of a file and `option_env!` of a variable put them among what the crate is compiled of. The
//! bytes may be secret, so they stand in a function that nothing calls, where nothing runs: those of a constant are kept in
//! the crate's metadata.

use std::path::PathBuf;

use kvguard::build_script::REGISTRY_FILE;
use proc_macro2::TokenStream;
use quote::quote;

use crate::opened::absolute;

/// What was read.
#[derive(Debug, Default)]
pub(crate) struct Tracked {
    pub(crate) files: Vec<PathBuf>,
    /// Whether the file is the one that the build script left: its directory comes from the environment.
    pub(crate) is_out_dir: bool,
    pub(crate) variables: Vec<&'static str>,
}

/// An item that has it watched. A path that is no text cannot be, and is an error that says so.
pub(crate) fn tokens(tracked: &Tracked) -> TokenStream {
    let files = tracked.files.iter().map(|path| {
        if tracked.is_out_dir {
            let name = format!("/{REGISTRY_FILE}");
            return quote! { ::core::concat!(::core::env!("OUT_DIR"), #name) };
        }
        if let Some(path) = absolute(path).to_str() {
            return quote! { #path };
        }
        let message = format!(
            "the path {} is not UTF-8, so that the file cannot be watched",
            path.display()
        );
        quote! { ::core::compile_error!(#message) }
    });
    let variables = &tracked.variables;
    quote! {
        const _: () = {
            #[allow(dead_code)]
            fn tracked() {
                #(let _ = ::core::option_env!(#variables);)*
                if false {
                    #(let _ = ::core::include_bytes!(#files);)*
                }
            }
        };
    }
}
