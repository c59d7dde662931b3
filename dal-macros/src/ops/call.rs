//! `impl On<S>`: the call on every store that implements the trait.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote, quote_spanned};

use super::variant::{Argument, ArgumentKind, Handle, Inside, Many, Variant};
use super::{Names, mirror, place};
use crate::expand::call::{local, pass_at, snapshot};
use crate::expand::paths;
use crate::model::TraitModel;

/// The implementation.
pub fn expand(model: &TraitModel, names: &Names, variants: &[Variant<'_>]) -> TokenStream {
    let (op, bound_trait) = (&names.op, &model.item.ident);
    let store_type = format_ident!("DalShadowStore");
    let (store, bound) = (local("store"), local("bound"));
    let arms = variants
        .iter()
        .map(|variant| arm(model, &store_type, variant));
    quote! {
        #[allow(deprecated, clippy::all, clippy::pedantic)]
        impl<#store_type: #bound_trait + ?Sized> ::dal_shadow::ops::On<#store_type> for #op {
            fn call<'a>(
                &'a self,
                #store: &'a #store_type,
                #bound: &'a ::dal_shadow::ops::Bound,
            ) -> ::dal_shadow::__private::BoxFuture<
                'a,
                ::core::result::Result<::dal_shadow::Answer, ::dal_shadow::ops::HandleError>,
            > {
                ::std::boxed::Box::pin(async move {
                    let _ = #bound;
                    ::core::result::Result::Ok(match self { #(#arms)* })
                })
            }
        }
    }
}

fn arm(model: &TraitModel, store_type: &Ident, variant: &Variant<'_>) -> TokenStream {
    if let Some(answer) = &variant.answer {
        return again(model, store_type, variant, answer);
    }
    let (store, args, answer) = (local("store"), local("args"), local("answer"));
    let (ident, method) = (&variant.ident, &variant.method.ident);
    let bound_trait = &model.item.ident;
    let snapshot = snapshot(model, &variant.method.output, &answer);
    let unused = variant.binds.iter().chain(&variant.page);
    let fields = variant
        .fields()
        .into_iter()
        .map(|field| field.ident)
        .filter(|field| !unused.clone().any(|unused| unused == field))
        .collect::<Vec<_>>();
    let owned = variant.arguments.iter().map(owned);
    let passed = variant
        .arguments
        .iter()
        .enumerate()
        .map(|(index, argument)| pass_at(&argument.arg.form, index))
        .collect::<Vec<_>>();
    let (prepare, given): (Vec<_>, Vec<_>) = passed
        .iter()
        .map(|passed| (&passed.prepare, &passed.expression))
        .unzip();
    let keep = mirror::keep(model, variant.method);
    let taken = local("taken");
    let is_named = token(variant, &answer, &taken);
    quote! {
        Self::#ident { #(#fields,)* .. } => {
            let #args = (#(#owned,)*);
            let _ = &#args;
            #(#prepare)*
            let #answer = <#store_type as #bound_trait>::#method(#store, #(#given),*).await;
            let #answer = &#answer;
            #keep
            let #taken = #snapshot;
            #is_named
            #taken
        }
    }
}

/// A statement that refuses a token which stands in its Rust field and, as serde names fields,
/// nowhere.
fn token(variant: &Variant<'_>, answer: &Ident, taken: &Ident) -> TokenStream {
    let place = variant.method.token.as_ref().map(|token| &token.place);
    let Some((place, path)) = place.and_then(|place| Some((place, place.path.as_ref()?))) else {
        return TokenStream::new();
    };
    let Some(field) = &path.field else {
        return TokenStream::new();
    };
    let (class, name, value) = (place.class.to_string(), &path.text, local("value"));
    let check = quote_spanned! {field.span()=>
        ::dal_shadow::ops::token_is_named(&#taken, #class, #name, &#value.#field)?;
    };
    let check = if paths::is_optional(&variant.method.output) {
        quote!(if let ::core::option::Option::Some(#value) = #value { #check })
    } else {
        check
    };
    quote! {
        if let ::core::result::Result::Ok(#value) =
            ::dal_shadow::__private::Outcome::as_result(#answer)
        {
            #check
        }
    }
}

/// The call of a mirror method with what it would have got after an earlier write.
fn again(
    model: &TraitModel,
    store_type: &Ident,
    variant: &Variant<'_>,
    field: &Ident,
) -> TokenStream {
    let (store, args, answer) = (local("store"), local("args"), local("answer"));
    let (bound, back) = (local("bound"), local("back"));
    let (ident, method) = (&variant.ident, &variant.method.ident);
    let bound_trait = &model.item.ident;
    let name = mirror::kept_name(model, variant.method);
    let kept = mirror::kept_type(variant.method);
    let snapshot = snapshot(model, &variant.method.output, &answer);
    let forms = variant.method.args.iter().map(|arg| &arg.form).enumerate();
    let passed = forms
        .map(|(index, form)| pass_at(form, index))
        .collect::<Vec<_>>();
    let (prepare, given): (Vec<_>, Vec<_>) = passed
        .iter()
        .map(|passed| (&passed.prepare, &passed.expression))
        .unzip();
    quote! {
        Self::#ident { #field: #back } => {
            let #args = #bound.kept::<#kept>(#name, *#back)?;
            let _ = &#args;
            #(#prepare)*
            let #answer = <#store_type as #bound_trait>::#method(#store, #(#given),*).await;
            let #answer = &#answer;
            #snapshot
        }
    }
}

/// The argument as the call keeps it, with ids in place of slots.
fn owned(argument: &Argument<'_>) -> TokenStream {
    let field = &argument.arg.ident;
    match &argument.kind {
        ArgumentKind::Handle(handle) => resolved(field, handle),
        ArgumentKind::Value(inside) if inside.is_empty() => {
            quote!(::core::clone::Clone::clone(#field))
        }
        ArgumentKind::Value(inside) => {
            let value = local("value");
            let puts = inside.iter().map(|inside| put(&value, inside));
            quote! {{
                let mut #value = ::core::clone::Clone::clone(#field);
                #(#puts)*
                #value
            }}
        }
    }
}

fn resolved(field: &Ident, handle: &Handle) -> TokenStream {
    let bound = local("bound");
    let Handle { class, many, id } = handle;
    match many {
        Many::One => quote!(#bound.one::<#id>(#class, *#field)?),
        Many::Optional => quote!(#bound.optional::<#id>(#class, *#field)?),
        Many::List => quote!(#bound.many::<#id>(#class, #field)?),
    }
}

fn put(value: &Ident, inside: &Inside) -> TokenStream {
    let (bound, slots) = (local("bound"), local("slots"));
    let Inside {
        field,
        class,
        steps,
    } = inside;
    if inside.is_list() {
        let body = place::visit(steps, &quote!((&mut #value)), 0, &|place| {
            quote! {
                if let ::core::option::Option::Some(slot) = #slots.next() {
                    ::dal_shadow::ops::put(#bound, #class, *slot, #place)?;
                }
            }
        });
        quote! {{
            let mut #slots = #field.iter().cycle();
            #body
        }}
    } else {
        let body = place::visit(
            steps,
            &quote!((&mut #value)),
            0,
            &|place| quote!(::dal_shadow::ops::put(#bound, #class, *#field, #place)?;),
        );
        quote!({ #body })
    }
}
