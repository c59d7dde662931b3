//! `repair(..)`: how a record is made equal on the secondary store.

use proc_macro2::TokenStream;
use quote::quote;
use syn::spanned::Spanned;

use super::call::{self, local};
use super::key::passed;
use super::names::Names;
use crate::model::{MethodModel, RepairModel, TraitModel};
use crate::read::{form, key};

/// The repairer of a wrapper; the locals `mysql` and `dynamodb` are its stores.
pub fn expand(model: &TraitModel, names: &Names) -> TokenStream {
    match &model.repair {
        None => quote!(::core::option::Option::None),
        Some(RepairModel::With(function)) => with(model, function),
        Some(repair) => methods(model, repair, names).unwrap_or_default(),
    }
}

fn methods(model: &TraitModel, repair: &RepairModel, names: &Names) -> Option<TokenStream> {
    let RepairModel::Methods {
        read,
        put,
        delete,
        ids,
    } = repair
    else {
        return None;
    };
    let of = |index: usize| model.methods.get(index);
    let (read, put, delete) = (of(*read)?, of(*put)?, of(*delete)?);
    let ids = ids.and_then(of);
    let ty = key::key_type(repair, &model.methods)?;
    let entity = &model.options.entity;
    let (mysql, dynamodb) = (local("mysql"), local("dynamodb"));
    let (key, from, to, args, value) = (
        local("key"),
        local("from"),
        local("to"),
        local("args"),
        local("value"),
    );
    let answer = local("answer");
    let classify = classify(model);
    let returned = form::value_of_result(&read.output);
    let found = if returned.and_then(form::option_of).is_some() {
        quote!(::dal_shadow::__private::found_option(#answer, #classify))
    } else {
        quote!(::dal_shadow::__private::found_value(#answer, #classify))
    };
    let by_key = quote! {
        let #args = ::std::sync::Arc::new((::core::clone::Clone::clone(&*#key),));
    };
    let read = call::boxed(names, &from, &read.ident, &[first(read)?], &found);
    let put = on(model, names, &to, put)?;
    let delete = on(model, names, &to, delete)?;
    let ids = match ids {
        None => quote!(::core::option::Option::None),
        Some(ids) => {
            let ids = on(model, names, &to, ids)?;
            quote!(::core::option::Option::Some(&|| { #by_key #ids }))
        }
    };
    Some(quote! {
        ::core::option::Option::Some(::dal_shadow::__private::repairer::<#ty>(#entity, {
            let #mysql = ::std::sync::Arc::clone(&#mysql);
            let #dynamodb = ::std::sync::Arc::clone(&#dynamodb);
            move |#key, #from| {
                let #mysql = ::std::sync::Arc::clone(&#mysql);
                let #dynamodb = ::std::sync::Arc::clone(&#dynamodb);
                let #to = ::dal_shadow::Store::other(#from);
                ::std::boxed::Box::pin(async move {
                    ::dal_shadow::__private::repair(::dal_shadow::__private::Repair {
                        read: &|| { #by_key #read },
                        put: &|#value| {
                            let #args = ::std::sync::Arc::new((#value,));
                            #put
                        },
                        delete: &|| { #by_key #delete },
                        ids: #ids,
                    }).await
                })
            }
        }))
    })
}

/// A call of a method with one argument on `store`.
fn on(
    model: &TraitModel,
    names: &Names,
    store: &syn::Ident,
    method: &MethodModel,
) -> Option<TokenStream> {
    let passed = [first(method)?];
    let call = call::on_either(model, names, store, &method.ident, &method.output, &passed);
    Some(call)
}

fn first(method: &MethodModel) -> Option<call::Passed> {
    method.args.first().map(|arg| passed(&arg.form))
}

fn classify(model: &TraitModel) -> TokenStream {
    let error = local("error");
    match &model.options.classify {
        None => quote!(|#error| ::dal_shadow::Classify::classify(#error)),
        Some(path) => quote!(|#error| #path(#error)),
    }
}

/// `repair(with = function)`.
fn with(model: &TraitModel, function: &syn::Path) -> TokenStream {
    let entity = &model.options.entity;
    let (mysql, dynamodb) = (local("mysql"), local("dynamodb"));
    let (key, from, answer) = (local("key"), local("from"), local("answer"));
    let span = function.span();
    let snapshot = if model.options.classify.is_none() {
        quote::quote_spanned!(span=> ::dal_shadow::__private::answer(&#answer))
    } else {
        let classify = classify(model);
        quote!(::dal_shadow::__private::answer_with(&#answer, #classify))
    };
    quote! {
        ::core::option::Option::Some(::dal_shadow::__private::repairer_with(#entity, {
            let #mysql = ::std::sync::Arc::clone(&#mysql);
            let #dynamodb = ::std::sync::Arc::clone(&#dynamodb);
            move |#key, #from| {
                let #mysql = ::std::sync::Arc::clone(&#mysql);
                let #dynamodb = ::std::sync::Arc::clone(&#dynamodb);
                ::std::boxed::Box::pin(async move {
                    let #answer = match #from {
                        ::dal_shadow::Store::MySql => {
                            #function(&*#mysql, &*#dynamodb, #key).await
                        }
                        ::dal_shadow::Store::DynamoDb => {
                            #function(&*#dynamodb, &*#mysql, #key).await
                        }
                    };
                    ::dal_shadow::__private::ended_with(&#snapshot)
                })
            }
        }))
    }
}
