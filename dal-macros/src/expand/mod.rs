//! From the model to Rust.

pub(crate) mod call;
mod key;
mod method;
mod names;
pub mod paths;
mod repair;
mod token;
mod wrapper;

use proc_macro2::TokenStream;
use quote::quote;

use crate::model::TraitModel;
use crate::ops;

/// The trait, its wrapper and, with `ops`, its operations.
pub fn expand(model: &TraitModel) -> TokenStream {
    let item = &model.item;
    let wrapper = wrapper::expand(model);
    let operations = if model.options.ops {
        match ops::expand(model) {
            Ok(items) => quote!(::dal_shadow::__if_ops! { #items }),
            // Said whether or not the feature is on: the trait is wrong either way.
            Err(errors) => errors.to_compile_error(),
        }
    } else {
        TokenStream::new()
    };
    quote! {
        #item
        #wrapper
        #operations
    }
}
