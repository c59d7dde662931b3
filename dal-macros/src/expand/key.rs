//! The records that a write names: their keys, taken from its arguments or from its answer.

use std::collections::BTreeSet;

use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::Type;

use super::call::{self, local};
use crate::model::{ArgForm, KeyModel, KeyRoot, MethodModel, TraitModel};
use crate::read::{form, key};

/// `vec![..]` of the keys that the arguments name.
pub fn of_arguments(model: &TraitModel, method: &MethodModel) -> TokenStream {
    let keys = local("keys");
    let pushed = method
        .keys
        .iter()
        .filter(|key| key.root != KeyRoot::Result)
        .map(|key| pushed(model, method, key));
    quote! {{
        #[allow(unused_mut)]
        let mut #keys = ::std::vec::Vec::new();
        #(#pushed)*
        #keys
    }}
}

/// A function of the answer that returns the keys that it names.
pub fn of_answer(model: &TraitModel, method: &MethodModel) -> TokenStream {
    let (keys, answer, value) = (local("keys"), local("answer"), local("value"));
    let output = &method.output;
    let named: Vec<_> = method
        .keys
        .iter()
        .filter(|key| key.root == KeyRoot::Result)
        .map(|key| pushed(model, method, key))
        .collect();
    if named.is_empty() {
        return quote!(|_: &#output| ::std::vec::Vec::new());
    }
    let named = quote!(#(#named)*);
    let is_optional =
        form::value_of_result(output).is_some_and(|value| form::option_of(value).is_some());
    let named = if is_optional {
        quote!(if let ::core::option::Option::Some(#value) = #value { #named })
    } else {
        named
    };
    quote! {
        |#answer: &#output| -> ::std::vec::Vec<::dal_shadow::__private::Key> {
            let mut #keys = ::std::vec::Vec::new();
            if let ::core::result::Result::Ok(#value) =
                ::dal_shadow::__private::Outcome::as_result(#answer)
            {
                #named
            }
            #keys
        }
    }
}

/// The entities of which the answer names records.
pub fn names_more(method: &MethodModel) -> BTreeSet<usize> {
    let keys = method.keys.iter();
    keys.filter(|key| key.root == KeyRoot::Result)
        .map(|key| key.entity)
        .collect()
}

/// Pushes one key, or the keys of every element of a list.
fn pushed(model: &TraitModel, method: &MethodModel, key: &KeyModel) -> TokenStream {
    let keys = local("keys");
    let position = key.entity;
    let (start, whole) = match key.root {
        KeyRoot::Result => (local("value"), None),
        KeyRoot::Arg(index) => {
            let Some(arg) = method.args.get(index) else {
                return TokenStream::new();
            };
            let whole = key.steps.is_empty().then(|| call::kept(arg));
            (arg.ident.clone(), whole)
        }
    };
    let span = key
        .steps
        .iter()
        .filter_map(|step| step.field.as_ref())
        .next_back()
        .map_or_else(|| start.span(), proc_macro2::Ident::span);
    let new = own_type(model, key).map_or_else(
        || quote_spanned!(span=> new),
        |ty| quote_spanned!(span=> own::<#ty>),
    );
    let push = |value: TokenStream| {
        quote_spanned! {span=>
            #keys.push(::dal_shadow::__private::Key::#new(#position, #value));
        }
    };
    if let Some(whole) = whole {
        return push(whole);
    }
    // From the innermost loop outward.
    let mut loops = Vec::new();
    let mut place = quote!(#start);
    for (number, step) in key.steps.iter().enumerate() {
        if let Some(field) = &step.field {
            place = quote!(#place.#field);
        }
        if step.each {
            let item = format_ident!("item_{number}", span = proc_macro2::Span::mixed_site());
            loops.push((item.clone(), place));
            place = quote!(#item);
        }
    }
    // The answer as a whole, and an element of a list, are references already.
    let is_field = key.steps.last().is_some_and(|step| !step.each);
    let inner = if is_field {
        push(quote_spanned!(span=> ::std::borrow::ToOwned::to_owned(&#place)))
    } else {
        push(quote_spanned!(span=> ::std::borrow::ToOwned::to_owned(#place)))
    };
    loops.into_iter().rev().fold(
        inner,
        |inner, (item, list)| quote!(for #item in #list.iter() { #inner }),
    )
}

/// The type that a key of the trait's own entity must have, where `repair` names methods.
fn own_type(model: &TraitModel, key: &KeyModel) -> Option<Type> {
    match (&model.repair, key.entity) {
        (Some(repair), 0) => key::key_type(repair, &model.methods),
        _ => None,
    }
}

/// How a key is passed to a method of `repair`: the only element of `args`.
pub fn passed(form: &ArgForm) -> call::Passed {
    call::pass_at(form, 0)
}
