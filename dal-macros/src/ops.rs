//! The operations of a trait for property tests: `#[shadow(ops)]`.

use proc_macro2::TokenStream;

use crate::model::TraitModel;

/// The items that `#[shadow(ops)]` adds. The caller wraps them in `::dal_shadow::__if_ops!`.
pub fn expand(_model: &TraitModel) -> TokenStream {
    TokenStream::new()
}
