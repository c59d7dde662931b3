//! Calls as data and back: the two methods of `impl Operation`.

use proc_macro2::TokenStream;
use quote::quote;

use super::variant::{Variant, bare};
use crate::expand::call::local;
use crate::model::TraitModel;

/// `to_data` and `from_data`. Whether an argument's type has serde is seen by method resolution, in
/// the place where the type is known.
pub fn expand(model: &TraitModel, variants: &[Variant<'_>]) -> TokenStream {
    let data = local("data");
    let (name, inner) = (local("name"), local("inner"));
    let written = variants.iter().map(written);
    let read = variants.iter().map(read);
    let known = variants.iter().map(|variant| bare(&variant.method.ident));
    let repository = model.item.ident.to_string();
    quote! {
        fn to_data(
            &self,
        ) -> ::core::result::Result<
            ::dal_shadow::ops::data::Value,
            ::dal_shadow::ops::NotData,
        > {
            #[allow(unused_imports)]
            use ::dal_shadow::ops::data::{ViaSerde as _, WithoutSerde as _};
            match self { #(#written)* }
        }

        fn from_data(
            #data: &::dal_shadow::ops::data::Value,
        ) -> ::core::result::Result<Self, ::std::string::String> {
            #[allow(unused_imports)]
            use ::dal_shadow::ops::data::{ViaSerde as _, WithoutSerde as _};
            let (#name, #inner) = ::dal_shadow::ops::data::named(#data)?;
            match #name {
                #(#read)*
                _ => ::core::result::Result::Err(
                    ::dal_shadow::ops::data::unknown(#repository, #name, &[#(#known),*]),
                ),
            }
        }
    }
}

fn written(variant: &Variant<'_>) -> TokenStream {
    let (ident, method) = (&variant.ident, bare(&variant.method.ident));
    let fields = variant.fields();
    let idents = fields.iter().map(|field| &field.ident);
    let arguments = fields.iter().map(|field| {
        let (ident, ty, name) = (&field.ident, &field.ty, bare(&field.ident));
        quote!((
            #name,
            (&::dal_shadow::ops::data::Argument::<#ty>::default()).encode(#ident),
        ))
    });
    quote! {
        Self::#ident { #(#idents),* } =>
            ::dal_shadow::ops::data::call(#method, [#(#arguments),*]),
    }
}

fn read(variant: &Variant<'_>) -> TokenStream {
    let (ident, method) = (&variant.ident, bare(&variant.method.ident));
    let (name, inner) = (local("name"), local("inner"));
    let (arguments, value, call) = (local("arguments"), local("value"), local("call"));
    let fields = variant.fields();
    let taken = fields.iter().map(|field| {
        let (ident, ty, name) = (&field.ident, &field.ty, bare(&field.ident));
        quote!(#ident: #arguments.take(#name, |#value| {
            (&::dal_shadow::ops::data::Argument::<#ty>::default()).decode(#value)
        })?)
    });
    quote! {
        #method => {
            #[allow(unused_mut)]
            let mut #arguments = ::dal_shadow::ops::data::Arguments::new(#name, #inner)?;
            let #call = Self::#ident { #(#taken),* };
            #arguments.finish()?;
            ::core::result::Result::Ok(#call)
        }
    }
}
