//! Calls of one method on one of the two stores: the caller's own, and the owned ones.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Index, Type};

use super::names::Names;
use crate::model::{ArgForm, ArgModel, TraitModel};

/// A local variable of the generated code: no name of the user's can meet it.
pub fn local(name: &str) -> Ident {
    Ident::new(name, Span::mixed_site())
}

/// The call on the store that answers, with the caller's own arguments.
pub fn on_primary(
    names: &Names,
    this: impl ToTokens,
    primary_store: &Ident,
    method: &Ident,
    args: &[ArgModel],
) -> TokenStream {
    let Names {
        mysql,
        dynamodb,
        bound,
        ..
    } = names;
    let args = args.iter().map(|arg| &arg.ident).collect::<Vec<_>>();
    quote! {
        match #primary_store {
            ::dal_shadow::Store::MySql =>
                <#mysql as #bound>::#method(&#this.mysql, #(#args),*).await,
            ::dal_shadow::Store::DynamoDb =>
                <#dynamodb as #bound>::#method(&#this.dynamodb, #(#args),*).await,
        }
    }
}

/// A boxed call of `method` on `store`, that owns what it needs. The locals `mysql`, `dynamodb`
/// and `args` (an `Arc` of the tuple that `passed` refers to) are in scope.
pub fn on_either(
    model: &TraitModel,
    names: &Names,
    store: &Ident,
    method: &Ident,
    output: &Type,
    passed: &[Passed],
) -> TokenStream {
    let answer = local("answer");
    let snapshot = snapshot(model, output, &answer);
    let end = quote! {
        let #answer = &#answer;
        #snapshot
    };
    boxed(names, store, method, passed, &end)
}

/// The same call; `end` makes its value from `answer`, what the method returned.
pub fn boxed(
    names: &Names,
    store: &Ident,
    method: &Ident,
    passed: &[Passed],
    end: &TokenStream,
) -> TokenStream {
    let (args, side, answer) = (local("args"), local("side"), local("answer"));
    let (prepare, given): (Vec<_>, Vec<_>) = passed
        .iter()
        .map(|passed| (&passed.prepare, &passed.expression))
        .unzip();
    let bound = &names.bound;
    let arm = |generic: &Ident, field: &Ident| {
        quote! {{
            let #side = ::std::sync::Arc::clone(&#field);
            let #args = ::std::sync::Arc::clone(&#args);
            ::std::boxed::Box::pin(async move {
                #(#prepare)*
                let #answer = <#generic as #bound>::#method(&#side, #(#given),*).await;
                #end
            })
        }}
    };
    let mysql = arm(&names.mysql, &local("mysql"));
    let dynamodb = arm(&names.dynamodb, &local("dynamodb"));
    quote! {
        match #store {
            ::dal_shadow::Store::MySql => #mysql,
            ::dal_shadow::Store::DynamoDb => #dynamodb,
        }
    }
}

/// The snapshot of `answer`, a reference. A bound that is missing is reported where the function is
/// named, so that stands at the method's return type, without any name of the generated code
/// beside.
pub fn snapshot(model: &TraitModel, output: &Type, answer: &Ident) -> TokenStream {
    let snapshot = snapshot_function(model, output);
    let local = local("snapshot");
    quote!({
        let #local: fn(&#output) -> ::dal_shadow::Answer = #snapshot;
        #local(#answer)
    })
}

fn snapshot_function(model: &TraitModel, output: &Type) -> TokenStream {
    let span = output.span();
    match &model.options.classify {
        None => quote_spanned!(span=> ::dal_shadow::__private::answer),
        Some(path) => {
            let (answer, error) = (local("answer"), local("error"));
            quote_spanned!(span=>
                |#answer| ::dal_shadow::__private::answer_with(#answer, |#error| #path(#error))
            )
        }
    }
}

/// An owned copy of an argument. An error here is shown at the argument's type.
pub fn kept(arg: &ArgModel) -> TokenStream {
    let (ident, span) = (&arg.ident, arg.ty.span());
    let item = local("item");
    match &arg.form {
        ArgForm::Value(ty) => {
            quote_spanned!(span=> <#ty as ::core::clone::Clone>::clone(&#ident))
        }
        ArgForm::Ref(ty) => {
            quote_spanned!(span=> <#ty as ::std::borrow::ToOwned>::to_owned(#ident))
        }
        ArgForm::OptionRef(ty) => quote_spanned!(span=>
            ::core::option::Option::map(#ident, |#item| <#ty as ::std::borrow::ToOwned>::to_owned(#item))
        ),
        ArgForm::SliceOfRef(ty) => quote_spanned!(span=>
            ::core::iter::Iterator::collect::<::std::vec::Vec<_>>(::core::iter::Iterator::map(
                #ident.iter(),
                |#item| <#ty as ::std::borrow::ToOwned>::to_owned(*#item),
            ))
        ),
        ArgForm::Forwarded => TokenStream::new(),
    }
}

/// How a kept argument is passed to an owned call.
pub struct Passed {
    /// Statements before the call.
    pub prepare: TokenStream,
    /// The argument of the call.
    pub expression: TokenStream,
}

/// Passes the element `index` of `args` in the given form.
pub fn pass_at(form: &ArgForm, index: usize) -> Passed {
    let place = Index::from(index);
    pass(form, &quote!(#place))
}

/// Passes the element of `args` at `place` (`0`, or `1.0`) in the given form.
pub fn pass(form: &ArgForm, place: &TokenStream) -> Passed {
    let args = local("args");
    let item = local("item");
    let mut prepare = TokenStream::new();
    let expression = match form {
        ArgForm::Value(_) => quote!(::core::clone::Clone::clone(&#args.#place)),
        ArgForm::Ref(ty) => quote!(::std::borrow::Borrow::<#ty>::borrow(&#args.#place)),
        ArgForm::OptionRef(ty) => quote!(
            ::core::option::Option::map(
                ::core::option::Option::as_ref(&#args.#place),
                |#item| ::std::borrow::Borrow::<#ty>::borrow(#item),
            )
        ),
        ArgForm::SliceOfRef(ty) => {
            let name = place.to_string().replace([' ', '.'], "_");
            let borrowed = format_ident!("borrowed_{name}", span = Span::mixed_site());
            prepare = quote! {
                let #borrowed = ::core::iter::Iterator::collect::<::std::vec::Vec<_>>(
                    ::core::iter::Iterator::map(
                        #args.#place.iter(),
                        |#item| ::std::borrow::Borrow::<#ty>::borrow(#item),
                    ),
                );
            };
            quote!(&#borrowed)
        }
        ArgForm::Forwarded => TokenStream::new(),
    };
    Passed {
        prepare,
        expression,
    }
}
