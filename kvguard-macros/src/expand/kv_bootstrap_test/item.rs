//! The function that the attribute stands on.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Attribute, Error, FnArg, ItemFn, ReturnType};

use super::whole;
use crate::args::KvBootstrapTest;

/// What the attribute has to stand on.
const FORM: &str = "async fn boots(kv: KvHarness) -> Result<Config, Error> { … }";

/// The same of a binary, which is started instead.
const BINARY_FORM: &str = "fn boots() {}";

/// For what is no function.
pub(super) fn no_function(item: &TokenStream) -> TokenStream {
    let message = format!("`#[kv_bootstrap_test]` stands on a function: `{FORM}`");
    let error = Error::new(whole(), message).to_compile_error();
    quote! { #error #item }
}

/// Whether a function is one that can be tested.
pub(super) fn check(function: &ItemFn, arguments: &KvBootstrapTest) -> Result<(), Error> {
    if let Some(attribute) = function.attrs.iter().find(|attribute| is_test(attribute)) {
        let message = format!(
            "`#[kv_bootstrap_test]` makes the tests and runs them itself: take the other test attribute away, so that this stands alone\n#[kv_bootstrap_test(\"{}\")]\n{FORM}",
            arguments.service.value()
        );
        return Err(Error::new_spanned(attribute, message));
    }
    let signature = &function.sig;
    let refused = [
        signature.constness.map(|token| token.span),
        (!matches!(signature.safety, syn::Safety::Default)).then_some(signature.fn_token.span),
        signature.abi.as_ref().map(|abi| abi.extern_token.span),
        signature.generics.lt_token.map(|token| token.span),
    ];
    if let Some(span) = refused.into_iter().flatten().next() {
        return Err(Error::new(
            span,
            format!("a plain function belongs here: `{FORM}`"),
        ));
    }
    if arguments.binary.is_some() {
        let is_empty = function.block.stmts.is_empty()
            && signature.asyncness.is_none()
            && signature.inputs.is_empty()
            && matches!(signature.output, ReturnType::Default);
        if is_empty {
            return Ok(());
        }
        let message = format!(
            "with `bin` the binary is what is tested, so nothing stands here: `{BINARY_FORM}`"
        );
        return Err(Error::new(signature.ident.span(), message));
    }
    if signature.asyncness.is_none() {
        let message = format!("the function has to be `async`: `{FORM}`");
        return Err(Error::new(signature.fn_token.span, message));
    }
    let takes_harness = signature.inputs.len() == 1
        && signature
            .inputs
            .iter()
            .all(|input| matches!(input, FnArg::Typed(_)));
    if !takes_harness {
        let message = format!("the function takes one argument, the harness: `{FORM}`");
        return Err(Error::new(signature.ident.span(), message));
    }
    if matches!(signature.output, ReturnType::Default) {
        let message = format!(
            "the function gives the configuration that it has loaded, so that it can be looked at: `{FORM}`"
        );
        return Err(Error::new(signature.ident.span(), message));
    }
    Ok(())
}

/// Whether an attribute makes a test: `test`, `tokio::test`, `test_log::test`, `rstest`, `should_panic`.
fn is_test(attribute: &Attribute) -> bool {
    let last = attribute.path().segments.last();
    last.is_some_and(|segment| {
        ["test", "rstest", "test_case", "should_panic"]
            .iter()
            .any(|name| segment.ident == name)
    })
}
