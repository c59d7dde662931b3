//! Mirror methods as calls of their own: put over whatever is there.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Ident, Index};

use super::variant::{self, Variant};
use crate::expand::call::{local, pass_at};
use crate::model::{
    ArgForm, ArgModel, MethodKind, MethodModel, MirrorCall, MirrorSource, SecondaryCall, TraitModel,
};
use crate::refuse::Refusals;

/// The mirror methods. One that gets the answers of a write needs no strategy: it puts an earlier one
/// again.
pub fn variants<'a>(model: &'a TraitModel, refusals: &mut Refusals) -> Vec<Variant<'a>> {
    model
        .methods
        .iter()
        .filter(|method| matches!(method.kind, MethodKind::Mirror) && method.cfgs.is_empty())
        .filter_map(|method| {
            if gets_answers(model, &method.ident) {
                return Some(variant::of_mirrored(method));
            }
            refusals.take(variant::of(method))
        })
        .collect()
}

/// Whether a write says `mirror = name`.
fn gets_answers(model: &TraitModel, name: &Ident) -> bool {
    model
        .methods
        .iter()
        .filter(|method| method.cfgs.is_empty())
        .filter_map(mirror_of)
        .any(|call| call.method == *name)
}

fn mirror_of(method: &MethodModel) -> Option<&MirrorCall> {
    match &method.kind {
        MethodKind::Write(SecondaryCall::Mirror(call)) => Some(call),
        _ => None,
    }
}

/// The name under which the arguments of a mirror method are kept.
pub fn kept_name(model: &TraitModel, method: &MethodModel) -> String {
    format!("{}::{}", model.item.ident, method.ident)
}

/// The type in which the arguments of a mirror method are kept.
pub fn kept_type(method: &MethodModel) -> TokenStream {
    let types = method.args.iter().map(|arg| arg.form.owned());
    quote!((#(#types,)*))
}

/// Statements after the call of a write that keep what its mirror method would get. The locals
/// `args`, `answer` (a reference) and `bound` are in scope; `args` is used up.
pub fn keep(model: &TraitModel, method: &MethodModel) -> TokenStream {
    let target = mirror_of(method).and_then(|call| {
        let is_target = |other: &&MethodModel| other.ident == call.method && other.cfgs.is_empty();
        Some((call, model.methods.iter().find(is_target)?))
    });
    let Some((call, target)) = target else {
        return TokenStream::new();
    };
    let (args, answer, bound) = (local("args"), local("answer"), local("bound"));
    let value = local("value");
    let own = (0..method.args.len()).map(Index::from);
    let given = call.args.iter().zip(&target.args).map(|(given, wanted)| {
        let index = match given.source {
            MirrorSource::Result => 0,
            MirrorSource::Arg(index) => index + 1,
        };
        owned(wanted, index)
    });
    let (name, ty) = (kept_name(model, target), kept_type(target));
    let keep = quote! {
        let #args = (::core::clone::Clone::clone(#value), #(#args.#own,)*);
        #bound.keep::<#ty>(#name, (#(#given,)*));
    };
    let keep = if call.inside_option {
        quote!(if let ::core::option::Option::Some(#value) = #value { #keep })
    } else {
        keep
    };
    quote! {
        if let ::core::result::Result::Ok(#value) =
            ::dal_shadow::__private::Outcome::as_result(#answer)
        {
            #keep
        }
    }
}

/// The argument `wanted` of a mirror method, owned, from the element `index` of `args`.
fn owned(wanted: &ArgModel, index: usize) -> TokenStream {
    let item = local("item");
    let passed = pass_at(&wanted.form, index);
    let (prepare, expression) = (&passed.prepare, &passed.expression);
    match &wanted.form {
        ArgForm::Value(_) | ArgForm::Forwarded => expression.clone(),
        ArgForm::Ref(ty) => quote!(<#ty as ::std::borrow::ToOwned>::to_owned(#expression)),
        ArgForm::OptionRef(ty) => quote!(::core::option::Option::map(
            #expression,
            |#item| <#ty as ::std::borrow::ToOwned>::to_owned(#item),
        )),
        ArgForm::SliceOfRef(ty) => quote!({
            #prepare
            ::core::iter::Iterator::collect::<::std::vec::Vec<_>>(::core::iter::Iterator::map(
                (#expression).iter(),
                |#item| <#ty as ::std::borrow::ToOwned>::to_owned(*#item),
            ))
        }),
    }
}
