//! The three ways in which a trait method can be asynchronous, brought to one: a function that
//! returns a `Send` future.

use quote::{ToTokens, quote};
use syn::{
    AssocType, GenericArgument, Generics, PathArguments, ReturnType, TraitItemFn, Type,
    TypeParamBound, parse_quote,
};

use crate::refuse::refuse;

/// What the method's future resolves to. A native `async fn` is rewritten in place, so that its
/// future is `Send` for every implementation; under `#[async_trait]` it is left to that attribute.
pub fn normalize(method: &mut TraitItemFn, async_trait: bool) -> syn::Result<Type> {
    if method.sig.asyncness.is_none() {
        return promised(&method.sig.output).ok_or_else(|| not_async(method));
    }
    let output = match &method.sig.output {
        ReturnType::Type(_, ty) => (**ty).clone(),
        ReturnType::Default => {
            return Err(refuse(
                &method.sig.ident,
                "the method returns nothing, so a failure could not be told",
                "return `Result<(), YourError>`",
            ));
        }
    };
    if !async_trait {
        method.sig.asyncness = None;
        method.sig.output =
            parse_quote!(-> impl ::core::future::Future<Output = #output> + ::core::marker::Send);
        if let Some(body) = &mut method.default {
            let statements = std::mem::take(&mut body.stmts);
            let moved = method.sig.inputs.iter().filter_map(|input| match input {
                syn::FnArg::Receiver(_) => None,
                syn::FnArg::Typed(typed) => match &*typed.pat {
                    syn::Pat::Ident(pattern) => Some(&pattern.ident),
                    _ => None,
                },
            });
            let parsed: syn::Block = parse_quote!({
                async move {
                    #(let _ = &#moved;)*
                    #(#statements)*
                }
            });
            body.stmts = parsed.stmts;
            method
                .attrs
                .push(parse_quote!(#[allow(clippy::manual_async_fn)]));
        }
    }
    Ok(output)
}

/// The output of `-> impl Future<Output = T> + Send`.
fn promised(output: &ReturnType) -> Option<Type> {
    let ReturnType::Type(_, ty) = output else {
        return None;
    };
    let Type::ImplTrait(ty) = &**ty else {
        return None;
    };
    let mut send = false;
    let mut resolved = None;
    for bound in &ty.bounds {
        let TypeParamBound::Trait(bound) = bound else {
            continue;
        };
        let last = bound.path.segments.last()?;
        send |= last.ident == "Send";
        if last.ident == "Future"
            && let PathArguments::AngleBracketed(arguments) = &last.arguments
        {
            resolved = arguments.args.iter().find_map(|argument| match argument {
                GenericArgument::AssocType(AssocType { ident, ty, .. }) if ident == "Output" => {
                    Some(ty.clone())
                }
                _ => None,
            });
        }
    }
    if send { resolved } else { None }
}

fn not_async(method: &TraitItemFn) -> syn::Error {
    if looks_desugared(method) {
        return refuse(
            &method.sig.output,
            "`#[async_trait]` has already rewritten this method",
            "put `#[dal_shadow::shadow]` above `#[async_trait]`",
        );
    }
    if matches!(&method.sig.output, ReturnType::Type(_, ty) if matches!(**ty, Type::ImplTrait(_))) {
        return refuse(
            &method.sig.output,
            "a shadowed call runs on tasks, so its future must be `Send`",
            "write `async fn`, or `-> impl Future<Output = Result<..>> + Send`",
        );
    }
    refuse(
        method.sig.fn_token,
        "a method of a shadowed trait is asynchronous, because it may have to wait for a change of phase",
        "make it `async fn`, or move it to a trait of its own",
    )
}

/// Whether the return type is the pinned box that `async_trait` writes.
fn looks_desugared(method: &TraitItemFn) -> bool {
    let is_pin = match &method.sig.output {
        ReturnType::Type(_, ty) => match &**ty {
            Type::Path(path) => path
                .path
                .segments
                .last()
                .is_some_and(|last| last.ident == "Pin"),
            _ => false,
        },
        ReturnType::Default => false,
    };
    is_pin && mentions_async_trait(&method.sig.generics)
}

fn mentions_async_trait(generics: &Generics) -> bool {
    generics
        .lifetimes()
        .any(|parameter| parameter.lifetime.ident == "async_trait")
}

/// The future's output as the user's own `Result`, checked as far as a name can tell.
pub fn check_output(method: &TraitItemFn, output: &Type) -> syn::Result<()> {
    if let Some((at, stream)) = super::form::opaque_in(output) {
        return Err(if stream {
            refuse(
                at,
                "a stream of answers cannot be compared",
                "return a page with a cursor (`token`), or mark the method `skip(read)` or `skip(write)`",
            )
        } else {
            refuse(
                at,
                "an answer that hides its type cannot be compared",
                "name the type, or mark the method `skip(read)` or `skip(write)`",
            )
        });
    }
    if let Some(at) = super::form::borrowed_in(output) {
        return Err(refuse(
            at,
            "an answer that borrows from its store cannot outlive the call",
            "return an owned value, or mark the method `skip(read)` or `skip(write)`",
        ));
    }
    if !matches!(output, Type::Path(_) | Type::Macro(_)) {
        let output = output.to_token_stream();
        return Err(refuse(
            quote!(#output),
            format!("`{}` returns no `Result`", method.sig.ident),
            "return `Result<T, E>`, so that a failure can be told from an answer",
        ));
    }
    Ok(())
}
