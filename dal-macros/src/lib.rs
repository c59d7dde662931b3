//! The attribute `#[shadow]` and `derive(Classify)` of `dal-shadow`, which re-exports them: name
//! them there. What they generate names nothing but `::dal_shadow`.

mod classify;
mod expand;
mod model;
mod ops;
mod read;
mod refuse;

use proc_macro::TokenStream;
use quote::quote;
use syn::{DeriveInput, ItemTrait, parse_macro_input};

/// Adds `ShadowX` to a trait `X`: an implementation that runs two others, one on MySQL and one on
/// DynamoDB, as the phase says.
#[proc_macro_attribute]
pub fn shadow(attr: TokenStream, item: TokenStream) -> TokenStream {
    let mut item = parse_macro_input!(item as ItemTrait);
    match read::model(attr.into(), &mut item) {
        Ok(model) => expand::expand(&model).into(),
        Err(errors) => {
            let errors = errors.to_compile_error();
            quote!(#item #errors).into()
        }
    }
}

/// Implements `Classify` for an error enum: one word per variant.
#[proc_macro_derive(Classify, attributes(classify))]
pub fn classify(item: TokenStream) -> TokenStream {
    let input = parse_macro_input!(item as DeriveInput);
    classify::expand(&input)
        .unwrap_or_else(|errors| errors.to_compile_error())
        .into()
}
