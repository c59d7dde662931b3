//! The wrapper: a struct of the two stores and the engine, and its implementation of the trait.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{GenericParam, Generics, parse_quote};

use super::call::local;
use super::names::Names;
use super::{key, method, paths, repair};
use crate::model::{MethodKind, MethodModel, SecondaryCall, TraitModel};

/// The wrapper of the trait.
pub fn expand(model: &TraitModel) -> TokenStream {
    let item = &model.item;
    let (_, arguments, _) = item.generics.split_for_impl();
    let trait_ident = &item.ident;
    let names = Names {
        mysql: format_ident!("MySqlSide"),
        dynamodb: format_ident!("DynamoDbSide"),
        specs: format_ident!("DAL_SHADOW_SPECS"),
        bound: quote!(#trait_ident #arguments),
    };
    let declaration = declaration(model, &names);
    let construction = construction(model, &names);
    let specs = specs(model, &names);
    let paths = paths::expand(model);
    let implementation = implementation(model, &names);
    quote! {
        #declaration
        const _: () = {
            #paths
            #specs
            #construction
            #implementation
        };
    }
}

fn declaration(model: &TraitModel, names: &Names) -> TokenStream {
    let (mysql, dynamodb) = (&names.mysql, &names.dynamodb);
    let (wrapper, vis, entity) = (&model.wrapper, &model.item.vis, &model.options.entity);
    let doc = format!(
        "Runs [`{}`] on MySQL and DynamoDB: the phase of entity `{entity}` decides who answers, who is written first and what is compared.",
        model.item.ident
    );
    quote! {
        #[doc = #doc]
        #vis struct #wrapper<#mysql: ?Sized, #dynamodb: ?Sized = #mysql> {
            mysql: ::std::sync::Arc<#mysql>,
            dynamodb: ::std::sync::Arc<#dynamodb>,
            engine: ::dal_shadow::__private::Engine,
        }
    }
}

/// `new`, and a `Debug` that asks nothing of the stores.
fn construction(model: &TraitModel, names: &Names) -> TokenStream {
    let Names {
        mysql,
        dynamodb,
        specs,
        bound,
    } = names;
    let (wrapper, vis) = (&model.wrapper, &model.item.vis);
    let entities = &model.entities;
    let (mysql_side, dynamodb_side) = (local("mysql"), local("dynamodb"));
    let repairer = repair::expand(model, names);
    let doc = format!(
        "The two stores of [`{}`], run by `harness`.",
        model.item.ident
    );
    // With parameters on the trait, nothing here could say which of its instances is meant.
    let implements = model
        .item
        .generics
        .params
        .is_empty()
        .then(|| quote!(+ #bound + 'static));
    let name = wrapper.to_string();
    quote! {
        impl<#mysql: ?Sized #implements, #dynamodb: ?Sized #implements> #wrapper<#mysql, #dynamodb> {
            #[doc = #doc]
            #vis fn new(
                mysql: ::std::sync::Arc<#mysql>,
                dynamodb: ::std::sync::Arc<#dynamodb>,
                harness: ::dal_shadow::Harness,
            ) -> Self {
                let (#mysql_side, #dynamodb_side) = (mysql, dynamodb);
                let repairer = #repairer;
                let engine = ::dal_shadow::__private::Engine::new(
                    &harness, &[#(#entities),*], #specs, repairer,
                );
                Self { mysql: #mysql_side, dynamodb: #dynamodb_side, engine }
            }
        }

        impl<#mysql: ?Sized, #dynamodb: ?Sized> ::core::fmt::Debug for #wrapper<#mysql, #dynamodb> {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                f.debug_struct(#name).finish_non_exhaustive()
            }
        }
    }
}

fn specs(model: &TraitModel, names: &Names) -> TokenStream {
    let list = &names.specs;
    let specs = model.methods.iter().map(|method| spec(model, method));
    quote! {
        static #list: &[::dal_shadow::__private::MethodSpec] = &[#(#specs),*];
    }
}

fn spec(model: &TraitModel, method: &MethodModel) -> TokenStream {
    let cfgs = &method.cfgs;
    let (entity, name) = (&model.options.entity, method.ident.to_string());
    let (verb, mirror) = match &method.kind {
        MethodKind::Read | MethodKind::Skip { writes: false } => (quote!(Read), false),
        MethodKind::Skip { writes: true } | MethodKind::Write(SecondaryCall::Replay) => {
            (quote!(Write), false)
        }
        MethodKind::Write(SecondaryCall::Mirror(_)) | MethodKind::Mirror => (quote!(Write), true),
    };
    let (bulk, names_more) = (method.bulk, key::names_more(method).into_iter());
    let (ignore, unordered) = (&method.ignore, &method.unordered);
    let normalize = method
        .normalize
        .iter()
        .map(|(path, function)| quote!((#path, #function)));
    // Another store's page token is compared for presence only.
    let presence = method
        .token
        .iter()
        .filter(|token| !token.portable)
        .map(|token| token.place.text());
    let pages = method.token.as_ref().and_then(|token| {
        let items = &token.drain.as_ref()?.text;
        let token = token.place.text();
        Some(quote!(::dal_shadow::__private::Pages { token: #token, items: #items }))
    });
    let pages = pages.map_or_else(
        || quote!(::core::option::Option::None),
        |pages| quote!(::core::option::Option::Some(#pages)),
    );
    quote! {
        #(#cfgs)*
        ::dal_shadow::__private::MethodSpec {
            entity: #entity,
            method: #name,
            verb: ::dal_shadow::__private::Verb::#verb,
            bulk: #bulk,
            names_more: &[#(#names_more),*],
            mirror: #mirror,
            ignore: &[#(#ignore),*],
            unordered: &[#(#unordered),*],
            presence: &[#(#presence),*],
            pages: #pages,
            normalize: &[#(#normalize),*],
        }
    }
}

fn implementation(model: &TraitModel, names: &Names) -> TokenStream {
    let Names {
        mysql,
        dynamodb,
        bound,
        ..
    } = names;
    let generics = impl_generics(model, names);
    let (parameters, _, predicates) = generics.split_for_impl();
    let wrapper = &model.wrapper;
    let async_trait = &model.async_trait;
    let associated = &model.associated;
    let methods = (0..model.methods.len()).map(|index| method::expand(model, index, names));
    quote! {
        #async_trait
        #[allow(deprecated, clippy::all, clippy::pedantic)]
        impl #parameters #bound for #wrapper<#mysql, #dynamodb> #predicates {
            #(type #associated = <#mysql as #bound>::#associated;)*
            #(#methods)*
        }
    }
}

/// The trait's own parameters, then the two sides.
fn impl_generics(model: &TraitModel, names: &Names) -> Generics {
    let Names {
        mysql,
        dynamodb,
        bound,
        ..
    } = names;
    let mut generics = model.item.generics.clone();
    let own_types = generics
        .type_params()
        .map(|parameter| parameter.ident.clone())
        .collect::<Vec<_>>();
    generics.params.push(parse_quote!(#mysql: ?Sized));
    generics.params.push(parse_quote!(#dynamodb: ?Sized));
    let same = same_types(model, names);
    let predicates = generics.make_where_clause();
    for ty in own_types {
        predicates.predicates.push(parse_quote!(#ty: 'static));
    }
    predicates
        .predicates
        .push(parse_quote!(#mysql: #bound + 'static));
    predicates
        .predicates
        .push(parse_quote!(#dynamodb: #same + 'static));
    generics
}

/// The trait with the first side's associated types: both stores give the same types.
fn same_types(model: &TraitModel, names: &Names) -> TokenStream {
    let (mysql, bound, ident) = (&names.mysql, &names.bound, &model.item.ident);
    if model.associated.is_empty() {
        return bound.clone();
    }
    let own = model
        .item
        .generics
        .params
        .iter()
        .map(|parameter| match parameter {
            GenericParam::Type(parameter) => &parameter.ident,
            GenericParam::Const(parameter) => &parameter.ident,
            GenericParam::Lifetime(parameter) => &parameter.lifetime.ident,
        });
    let associated = &model.associated;
    quote!(#ident<#(#own,)* #(#associated = <#mysql as #bound>::#associated),*>)
}
