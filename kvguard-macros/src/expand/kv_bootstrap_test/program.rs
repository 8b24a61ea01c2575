//! A program that is tested as it is.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};

use super::suite::{option, probe};
use crate::args::{Binary, Program};

/// The program, as the harness takes it.
pub(super) fn subject(binary: &Binary) -> TokenStream {
    let Binary {
        program,
        arguments,
        environment,
        ready,
        ports,
        needs,
        before,
        set,
        words,
    } = binary;
    let program = place(program);
    let environment = environment
        .iter()
        .map(|(name, value)| quote! { (#name, #value) });
    let ready = option(ready.as_ref());
    let before = option(before.as_ref().map(|before| {
        quote! {
            |setup: &mut __harness::Setup| -> ::core::result::Result<(), ::std::string::String> {
                #before(setup).map_err(|error| ::std::string::ToString::to_string(&error))
            }
        }
    }).as_ref());
    let set = set.iter().map(probe);
    quote! {
        __harness::Subject::Binary(__harness::Binary {
            program: #program,
            arguments: &[#(#arguments),*],
            environment: &[#(#environment),*],
            ready: #ready,
            ports: &[#(#ports),*],
            needs: &[#(#needs),*],
            before: #before,
            set: &[#(#set),*],
            words: &[#(#words),*],
        })
    }
}

fn place(program: &Program) -> TokenStream {
    let in_file = |path: &dyn quote::ToTokens| {
        let directory = quote! { ::core::env!("CARGO_MANIFEST_DIR") };
        quote! { __harness::Program::File { directory: #directory, path: #path } }
    };
    match program {
        Program::Own(name) => {
            let variable = format!("CARGO_BIN_EXE_{}", name.value());
            let message = format!(
                "there is no binary `{}` of this package here: cargo tells where binaries are to tests in `tests/`, not to those in `src/`; a program of another package is named by `program = \"path\"`",
                name.value()
            );
            in_file(&quote_spanned! {name.span()=> ::core::env!(#variable, #message) })
        }
        Program::File(path) => in_file(path),
        Program::Found(name) => quote! { __harness::Program::Found(#name) },
    }
}

/// Where the system does not tell which sockets a program listens on, only its log shows that it is ready.
pub(super) fn needs_ready(binary: &Binary) -> TokenStream {
    if binary.ready.is_some() {
        return TokenStream::new();
    }
    let message = "only on Linux a listening socket shows that a program is ready; say what it logs once it has loaded its configuration: `ready = \"listening\"`";
    quote_spanned! {binary.program.span()=>
        #[cfg(all(test, not(target_os = "linux")))]
        ::core::compile_error!(#message);
    }
}
