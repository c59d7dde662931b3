//! From the model to Rust.

mod call;
mod method;
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
        let items = ops::expand(model);
        quote!(::dal_shadow::__if_ops! { #items })
    } else {
        TokenStream::new()
    };
    quote! {
        #item
        #wrapper
        #operations
    }
}
