//! Paths of the attribute, checked while the user's crate is compiled: what cannot be read does not
//! compile, and a field that is written without quotes must exist.
//!
//! The grammar of paths is `dal-shadow`'s own, called in constants.

use proc_macro2::TokenStream;
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::{Ident, LitStr, Type};

use super::call::local;
use crate::model::{MethodModel, PlacePath, TraitModel};
use crate::read::form;

/// The checks of every path.
pub fn expand(model: &TraitModel) -> TokenStream {
    let options = &model.options;
    let generated = options.generated.iter().map(|text| readable(text, "field"));
    let ids = options
        .ids
        .iter()
        .filter_map(|place| place.path.as_ref())
        .filter(|path| path.text.value().contains('.'))
        .map(|path| readable(&path.text, "field"));
    let methods = model.methods.iter().map(|method| of_method(model, method));
    quote!(#(#generated)* #(#ids)* #(#methods)*)
}

fn of_method(model: &TraitModel, method: &MethodModel) -> TokenStream {
    let patterns = method
        .ignore
        .iter()
        .chain(&method.unordered)
        .chain(method.normalize.iter().map(|(path, _)| path))
        .map(|text| readable(text, "pattern"));
    let created = method
        .creates
        .iter()
        .filter_map(|place| place.path.as_ref());
    let token = method.token.iter();
    let paged = token.flat_map(|token| token.place.path.iter().chain(&token.drain));
    let places = created.chain(paged).map(|path| match &path.field {
        None => readable(&path.text, "place"),
        Some(field) => exists(model, method, path, field),
    });
    let cfgs = &method.cfgs;
    let checks = patterns.chain(places).map(|check| quote!(#(#cfgs)* #check));
    quote!(#(#checks)*)
}

/// A constant that does not compile when the text is not what it should be.
fn readable(text: &LitStr, what: &str) -> TokenStream {
    let problem = format_ident!("{what}_problem", span = text.span());
    quote_spanned! {text.span()=>
        const _: () = ::dal_shadow::__private::readable(::dal_shadow::__private::#problem(#text));
    }
}

/// A function, never called, that reads the field of the answer.
fn exists(
    model: &TraitModel,
    method: &MethodModel,
    path: &PlacePath,
    field: &Ident,
) -> TokenStream {
    if !model.item.generics.params.is_empty() || mentions_self(&method.output) {
        return readable(&path.text, "place");
    }
    let (output, answer) = (&method.output, local("answer"));
    let read = quote_spanned!(field.span()=> let _ = &#answer.#field;);
    let read = if is_optional(output) {
        quote!(if let ::core::option::Option::Some(#answer) = #answer { #read })
    } else {
        read
    };
    quote! {
        #[allow(deprecated)]
        const _: fn(&<#output as ::dal_shadow::__private::Outcome>::Value) = |#answer| { #read };
    }
}

/// Whether a call that succeeds may return nothing: `Result<Option<Page>, _>`.
pub fn is_optional(output: &Type) -> bool {
    form::value_of_result(output).is_some_and(|value| form::option_of(value).is_some())
}

fn mentions_self(ty: &Type) -> bool {
    fn search(tokens: TokenStream) -> bool {
        tokens.into_iter().any(|token| match token {
            proc_macro2::TokenTree::Ident(ident) => ident == "Self",
            proc_macro2::TokenTree::Group(group) => search(group.stream()),
            _ => false,
        })
    }
    search(ty.to_token_stream())
}
