//! One method of the wrapper.

use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Index, TraitItem, TraitItemFn, Type};

use super::call::{self, Passed, local};
use super::key;
use super::names::Names;
use super::token;
use crate::model::{
    ArgModel, MethodKind, MethodModel, MirrorCall, MirrorSource, SecondaryCall, TraitModel,
};

/// The method at `index`, as an `async fn` of the implementation.
pub fn expand(model: &TraitModel, index: usize, names: &Names) -> TokenStream {
    let (Some(method), Some(function)) = (model.methods.get(index), function(model, index)) else {
        return TokenStream::new();
    };
    let (cfgs, ident, output) = (&method.cfgs, &method.ident, &method.output);
    let generics = &function.sig.generics;
    let receiver = function.sig.receiver();
    let args = method.args.iter().map(|arg| {
        let (ident, ty) = (&arg.ident, &arg.ty);
        quote!(#ident: #ty)
    });
    let body = Body {
        model,
        method,
        names,
        this: receiver.map_or_else(
            || quote!(self),
            |receiver| {
                let this = &receiver.self_token;
                quote!(#this)
            },
        ),
    }
    .expand(index);
    quote! {
        #(#cfgs)*
        async fn #ident #generics (#receiver, #(#args),*) -> #output {
            #body
        }
    }
}

fn function(model: &TraitModel, index: usize) -> Option<&TraitItemFn> {
    model
        .item
        .items
        .iter()
        .filter_map(|item| match item {
            TraitItem::Fn(function) => Some(function),
            _ => None,
        })
        .nth(index)
}

struct Body<'a> {
    model: &'a TraitModel,
    method: &'a MethodModel,
    names: &'a Names,
    this: TokenStream,
}

impl Body<'_> {
    fn expand(&self, index: usize) -> TokenStream {
        let begin = self.begin(index);
        let primary_store = local("primary_store");
        let answering = call::on_primary(
            self.names,
            &self.this,
            &primary_store,
            &self.method.ident,
            &self.method.args,
        );
        if matches!(self.method.kind, MethodKind::Skip { .. }) {
            return quote!(#begin #answering);
        }
        let ticket = local("ticket");
        let both = self.both(&answering);
        quote! {
            #begin
            if #ticket.is_single() {
                return #answering;
            }
            #both
        }
    }

    /// Takes the ticket, which counts the call as in flight until it is dropped.
    fn begin(&self, index: usize) -> TokenStream {
        let (ticket, primary_store) = (local("ticket"), local("primary_store"));
        let (position_const, spec) = (local("POSITION"), local("SPEC"));
        let (this, specs) = (&self.this, &self.names.specs);
        let position = position(self.model.methods.get(..index).unwrap_or_default());
        let key = self.key();
        quote! {
            const #position_const: usize = #position;
            static #spec: &::dal_shadow::__private::MethodSpec = &#specs[#position_const];
            let #ticket = ::dal_shadow::__private::Engine::begin(
                &#this.engine, #position_const, #spec, #key,
            ).await;
            let #primary_store = #ticket.primary();
        }
    }

    /// Whether the call can be made on the other store: one that carries a page token of the
    /// primary cannot, wherever in its arguments the token is, unless the token is declared
    /// portable.
    fn portable(&self) -> TokenStream {
        let bound = self
            .model
            .methods
            .iter()
            .filter_map(|method| method.token.as_ref())
            .filter(|token| !token.portable)
            .map(|token| &token.place.class)
            .collect::<Vec<_>>();
        let args = self.method.args.iter();
        let carried = args.flat_map(|arg| {
            let tokens = arg
                .handles
                .iter()
                .filter(|place| bound.contains(&&place.class));
            tokens.map(move |place| token::is_carried(arg, place))
        });
        quote!(true #(&& !#carried)*)
    }

    fn key(&self) -> TokenStream {
        let none = quote!(::core::option::Option::None);
        let key = self
            .method
            .key
            .and_then(|index| self.method.args.get(index));
        let Some(ArgModel { ident, ty, .. }) = key else {
            return none;
        };
        let span = ty.span();
        if is_option(ty) {
            let item = local("item");
            quote_spanned!(span=> ::core::option::Option::map(
                ::core::option::Option::as_ref(&#ident),
                |#item| ::dal_shadow::__private::key_hash(#item),
            ))
        } else {
            quote_spanned!(span=>
                ::core::option::Option::Some(::dal_shadow::__private::key_hash(&#ident))
            )
        }
    }

    /// The call on both stores.
    fn both(&self, answering: &TokenStream) -> TokenStream {
        match &self.method.kind {
            MethodKind::Write(SecondaryCall::Mirror(mirror)) => self.write(&self.mirror(mirror)),
            MethodKind::Write(SecondaryCall::Replay) | MethodKind::Mirror => {
                self.write(&self.replay())
            }
            MethodKind::Read | MethodKind::Skip { .. } => self.read(answering),
        }
    }

    /// The stores, so that a call can outlive the caller.
    fn sides(&self) -> TokenStream {
        let (mysql, dynamodb) = (local("mysql"), local("dynamodb"));
        let this = &self.this;
        quote! {
            let #mysql = ::std::sync::Arc::clone(&#this.mysql);
            let #dynamodb = ::std::sync::Arc::clone(&#this.dynamodb);
        }
    }

    /// A read: on the caller's task, and perhaps once more on the other store.
    fn read(&self, answering: &TokenStream) -> TokenStream {
        let (ticket, answer, args) = (local("ticket"), local("answer"), local("args"));
        let (sampled, portable) = (local("sampled"), self.portable());
        let snapshot = call::snapshot(self.model, &self.method.output, &answer);
        let (keep, sides, again) = (self.keep(), self.sides(), self.again());
        quote! {
            let ::core::option::Option::Some((#sampled, #args)) =
                #ticket.sampled(|| #portable, || { #keep #args })
            else {
                let #answer = #answering;
                #ticket.uncompared().await;
                return #answer;
            };
            #sides
            #ticket.read(#sampled, async { #answering }, |#answer| #snapshot, #again).await
        }
    }

    /// A write: on a task of its own, which the caller may leave.
    fn write(&self, secondary: &TokenStream) -> TokenStream {
        let (ticket, primary_store, answer) =
            (local("ticket"), local("primary_store"), local("answer"));
        let output = &self.method.output;
        let snapshot = call::snapshot(self.model, output, &answer);
        let passed = self.passed();
        let end = quote!(#answer);
        let primary = call::boxed(
            self.names,
            &primary_store,
            &self.method.ident,
            &passed,
            &end,
        );
        let keys = key::of_arguments(self.model, self.method);
        let named = key::of_answer(self.model, self.method);
        let (args, keep, sides) = (local("args"), self.keep(), self.sides());
        quote! {
            let #args = ::std::sync::Arc::new({ #keep #args });
            #sides
            #ticket.write(::dal_shadow::__private::Write {
                keys: #keys,
                primary: #primary,
                snapshot: |#answer: &#output| #snapshot,
                named: #named,
                secondary: #secondary,
            }).await
        }
    }

    /// `let args = (owned copies,);`
    fn keep(&self) -> TokenStream {
        let args = local("args");
        let kept = self.method.args.iter().map(call::kept);
        quote!(let #args = (#(#kept,)*);)
    }

    /// A read, repeatable on either store.
    fn again(&self) -> TokenStream {
        let store = local("store");
        let call = self.repeat(&store);
        quote! {
            move |#store| -> ::dal_shadow::__private::BoxFuture<'static, ::dal_shadow::Answer> { #call }
        }
    }

    /// A write with the same arguments.
    fn replay(&self) -> TokenStream {
        let secondary_store = local("secondary_store");
        let call = self.repeat(&secondary_store);
        let repeatable = repeatable(&call);
        let value = local("value");
        self.after_success(&value, &quote!(let _ = #value; #repeatable))
    }

    /// A call with the same arguments on `store`.
    fn repeat(&self, store: &Ident) -> TokenStream {
        self.on_either(
            store,
            &self.method.ident,
            &self.method.output,
            &self.passed(),
        )
    }

    /// The arguments, from their owned copies.
    fn passed(&self) -> Vec<Passed> {
        self.method
            .args
            .iter()
            .enumerate()
            .map(|(index, arg)| call::pass_at(&arg.form, index))
            .collect()
    }

    /// The mirror method with what the primary store returned.
    fn mirror(&self, mirror: &MirrorCall) -> TokenStream {
        let (value, args, secondary_store) =
            (local("value"), local("args"), local("secondary_store"));
        // The value, then the caller's own arguments.
        let passed = mirror
            .args
            .iter()
            .map(|arg| match arg.source {
                MirrorSource::Result => call::pass(&arg.form, &quote!(0)),
                MirrorSource::Arg(index) => {
                    let place = Index::from(index);
                    call::pass(&arg.form, &quote!(1.#place))
                }
            })
            .collect::<Vec<_>>();
        let output = self
            .model
            .methods
            .iter()
            .find(|method| method.ident == mirror.method)
            .map_or(&self.method.output, |method| &method.output);
        let call = self.on_either(&secondary_store, &mirror.method, output, &passed);
        let repeatable = repeatable(&call);
        let inside = mirror.inside_option.then(|| {
            quote! {
                let ::core::option::Option::Some(#value) = #value else {
                    return ::core::option::Option::None;
                };
            }
        });
        self.after_success(
            &value,
            &quote! {
                #inside
                let #args = ::std::sync::Arc::new((::core::clone::Clone::clone(#value), #args));
                #repeatable
            },
        )
    }

    /// A closure that makes the secondary write from the answer of the primary one, or nothing when
    /// that one was refused.
    fn after_success(&self, value: &Ident, then: &TokenStream) -> TokenStream {
        let (answer, primary_store, secondary_store) = (
            local("answer"),
            local("primary_store"),
            local("secondary_store"),
        );
        let output = &self.method.output;
        quote! {
            move |#answer: &#output| -> ::core::option::Option<::dal_shadow::__private::Repeatable> {
                let ::core::result::Result::Ok(#value) =
                    ::dal_shadow::__private::Outcome::as_result(#answer)
                else {
                    return ::core::option::Option::None;
                };
                let #secondary_store = ::dal_shadow::Store::other(#primary_store);
                #then
            }
        }
    }

    fn on_either(
        &self,
        store: &Ident,
        method: &Ident,
        output: &Type,
        passed: &[Passed],
    ) -> TokenStream {
        call::on_either(self.model, self.names, store, method, output, passed)
    }
}

fn repeatable(call: &TokenStream) -> TokenStream {
    quote! {
        ::core::option::Option::Some(::std::boxed::Box::new(
            move || -> ::dal_shadow::__private::BoxFuture<'static, ::dal_shadow::Answer> { #call },
        ))
    }
}

fn is_option(ty: &Type) -> bool {
    matches!(ty, Type::Path(path)
        if path.path.segments.last().is_some_and(|last| last.ident == "Option"))
}

/// How many specifications stand before this one; those of `#[cfg]` methods may be left out.
fn position(before: &[MethodModel]) -> TokenStream {
    let always = before
        .iter()
        .filter(|method| method.cfgs.is_empty())
        .count();
    let sometimes = before
        .iter()
        .filter(|method| !method.cfgs.is_empty())
        .map(|method| {
            let conditions = method
                .cfgs
                .iter()
                .filter_map(|cfg| cfg.meta.require_list().ok().map(|list| &list.tokens));
            quote!(+ if ::core::cfg!(all(#(#conditions),*)) { 1 } else { 0 })
        });
    quote!(#always #(#sometimes)*)
}
