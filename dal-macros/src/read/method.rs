//! One method: its signature and its options, checked.

use syn::{Attribute, FnArg, Ident, Pat, Path, TraitItemFn};

use super::draft::Draft;
use super::options::{self, Kind, MethodOptions};
use super::{form, future, key, mirror};
use crate::model::{ArgForm, ArgModel, MethodKind, MethodModel, SecondaryCall};
use crate::ops::place;
use crate::refuse::{Refusals, refuse, refuse_at};

/// Strips the options from `method`, brings it into its emitted form and checks it by itself.
///
/// The method is stripped even when it is refused.
pub fn draft(method: &mut TraitItemFn, async_trait: bool) -> (Option<Draft>, Option<syn::Error>) {
    let mut refusals = Refusals::default();
    let own = take_attributes(&mut method.attrs, "shadow");
    let parsed = refusals.take(options::method_options(&own.iter().collect::<Vec<_>>()));
    let skipped = parsed
        .as_ref()
        .is_some_and(|options| matches!(options.kind, Some((kind, _)) if kind.is_skip()));

    check_signature(method, skipped, &mut refusals);
    let args = arguments(method, skipped, &mut refusals);
    let output = refusals.take(future::normalize(method, async_trait));
    if let Some(output) = &output
        && !skipped
    {
        refusals.take(future::check_output(method, output));
    }
    let draft = match (parsed, output) {
        (Some(options), Some(output)) => {
            refusals.take(check_options(&options, method));
            Some(Draft {
                ident: method.sig.ident.clone(),
                args,
                output,
                cfgs: method
                    .attrs
                    .iter()
                    .filter(|attr| attr.path().is_ident("cfg"))
                    .cloned()
                    .collect(),
                options,
            })
        }
        _ => None,
    };
    (draft, refusals.finish().err())
}

/// The model of a draft, now that every method of the trait is known.
pub fn finish(
    draft: &Draft,
    all: &[Draft],
    class: Option<&Ident>,
    entities: &mut Vec<String>,
) -> syn::Result<MethodModel> {
    let options = &draft.options;
    check_token(draft, all)?;
    let kind = match draft.kind() {
        Some(Kind::Read) => MethodKind::Read,
        Some(Kind::Mirror) => MethodKind::Mirror,
        Some(Kind::Write) => MethodKind::Write(match &options.mirror {
            Some(option) => SecondaryCall::Mirror(mirror::call(option, draft, all)?),
            None => SecondaryCall::Replay,
        }),
        Some(Kind::SkipWrite) => MethodKind::Skip { writes: true },
        // A method without a kind has been refused; it never leaves this crate.
        Some(Kind::SkipRead) | None => MethodKind::Skip { writes: false },
    };
    let key = match kind {
        MethodKind::Read => key::of_read(draft, class)?,
        _ => None,
    };
    let (keys, bulk) = match kind {
        MethodKind::Write(_) | MethodKind::Mirror => key::of_write(draft, class, entities)?,
        _ => (Vec::new(), false),
    };
    Ok(MethodModel {
        ident: draft.ident.clone(),
        cfgs: draft.cfgs.clone(),
        kind,
        key,
        keys,
        bulk,
        args: draft.args.clone(),
        output: draft.output.clone(),
        creates: options.creates.clone(),
        token: options.token.clone(),
        ignore: options.ignore.clone(),
        unordered: options.unordered.clone(),
        normalize: options.normalize.clone(),
    })
}

/// A token that no argument takes back cannot be followed, and a call that carries it would not be
/// known for one.
fn check_token(draft: &Draft, all: &[Draft]) -> syn::Result<()> {
    let Some(option) = &draft.options.token else {
        return Ok(());
    };
    let class = &option.place.class;
    let is_taken = all
        .iter()
        .flat_map(|draft| &draft.args)
        .flat_map(|arg| &arg.handles)
        .any(|handle| handle.class == *class);
    if is_taken {
        return Ok(());
    }
    Err(refuse(
        class,
        format!(
            "no argument takes the token `{class}` back, so the call that carries it is unknown"
        ),
        format!(
            "mark the argument with `#[handle({class})]`, or with `#[handle({class} = \"field\")]` when it is inside a struct"
        ),
    ))
}

fn check_signature(method: &TraitItemFn, skipped: bool, refusals: &mut Refusals) {
    let signature = &method.sig;
    if let Some(parameter) = signature
        .generics
        .params
        .iter()
        .find(|parameter| !matches!(parameter, syn::GenericParam::Lifetime(_)))
    {
        refusals.add(refuse(
            parameter,
            "a generic method cannot be called through `dyn`, nor kept for the secondary store",
            "name the type, or make the trait generic",
        ));
    }
    if let Some(lifetime) = signature.generics.lifetimes().next()
        && !skipped
        && lifetime.lifetime.ident != "async_trait"
        && signature.asyncness.is_some()
    {
        refusals.add(refuse(
            lifetime,
            "arguments are copied for the secondary store, so their lifetimes say nothing",
            "leave the lifetimes out",
        ));
    }
    if let Some(clause) = &signature.generics.where_clause
        && !clause.predicates.is_empty()
        && signature.asyncness.is_some()
    {
        refusals.add(refuse(
            clause,
            "a bound on a method cannot be promised for both stores",
            "put the bound on the trait",
        ));
    }
    if let Some(unsafety) = &signature.unsafety {
        refusals.add(refuse(
            unsafety,
            "the wrapper cannot keep the promise of an unsafe call for two stores",
            "make the method safe",
        ));
    }
    refusals.take(check_receiver(method));
}

fn check_receiver(method: &TraitItemFn) -> syn::Result<()> {
    const FIX: &str = "take `&self`";
    let Some(receiver) = method.sig.receiver() else {
        return Err(refuse_at(
            method.sig.paren_token.span.join(),
            "a function without `self` belongs to no store",
            "take `&self`, or move it out of the trait",
        ));
    };
    if receiver.reference.is_none() {
        return Err(refuse(
            receiver,
            "`self` by value would use up one store and leave nothing for the other",
            FIX,
        ));
    }
    if receiver.mutability.is_some() {
        return Err(refuse(
            receiver,
            "the stores are shared, so a method cannot have one of them for itself",
            "take `&self`, and lock inside the store where it must be",
        ));
    }
    Ok(())
}

fn arguments(method: &mut TraitItemFn, skipped: bool, refusals: &mut Refusals) -> Vec<ArgModel> {
    let mut args = Vec::new();
    for input in &mut method.sig.inputs {
        let FnArg::Typed(typed) = input else { continue };
        let own = take_attributes(&mut typed.attrs, "handle");
        let handles = refusals.take(options::handles(&own.iter().collect::<Vec<_>>()));
        for handle in handles.iter().flatten() {
            refusals.take(place::steps(handle));
        }
        let Pat::Ident(pattern) = &*typed.pat else {
            refusals.add(refuse(
                &typed.pat,
                "the argument has no name, and the call for the secondary store needs one",
                "give it a name",
            ));
            continue;
        };
        let form = if skipped {
            Some(ArgForm::Forwarded)
        } else {
            refusals.take(form::of(&typed.ty))
        };
        args.push(ArgModel {
            ident: pattern.ident.clone(),
            ty: (*typed.ty).clone(),
            form: form.unwrap_or(ArgForm::Forwarded),
            handles: handles.unwrap_or_default(),
        });
    }
    args
}

/// Checks that the options fit together.
fn check_options(options: &MethodOptions, method: &TraitItemFn) -> syn::Result<()> {
    let name = &method.sig.ident;
    let Some((kind, at)) = &options.kind else {
        return Err(refuse(
            name,
            format!("`{name}` does not say what it does, and a wrong guess could double a write"),
            "write `#[shadow(read)]`, `#[shadow(write, replay)]`, `#[shadow(write, mirror = method)]`, `#[shadow(mirror)]`, `#[shadow(skip(read))]` or `#[shadow(skip(write))]` on it",
        ));
    };
    match (kind, &options.replay, &options.mirror) {
        (Kind::Write, None, None) => {
            return Err(refuse(
                at,
                "the write does not say how the secondary store is written",
                "add `replay` (same arguments), or `mirror = method` when the store makes an id, a default or a time by itself",
            ));
        }
        (Kind::Write, Some(replay), Some(_)) => {
            return Err(refuse(
                replay,
                "the secondary store is written either with the same arguments or with the primary one's answer",
                "keep `replay` or `mirror`",
            ));
        }
        (Kind::Write, ..) => {}
        (_, Some(replay), _) => return Err(only(replay, "replay", "write")),
        (_, _, Some(option)) => return Err(only(&option.method, "mirror = method", "write")),
        _ => {}
    }
    check_places(options, *kind, at)
}

fn check_places(options: &MethodOptions, kind: Kind, at: &Path) -> syn::Result<()> {
    if let Some(place) = options.creates.first()
        && kind != Kind::Write
    {
        return Err(only(&place.class, "creates", "write"));
    }
    if let Some(token) = &options.token
        && kind != Kind::Read
    {
        return Err(only(&token.place.class, "token", "read"));
    }
    let compares = !options.ignore.is_empty()
        || !options.unordered.is_empty()
        || !options.normalize.is_empty()
        || options.key.is_some();
    if let Some((entity, _)) = options.also.first()
        && !matches!(kind, Kind::Write | Kind::Mirror)
    {
        return Err(only(entity, "also", "write"));
    }
    if kind.is_skip() && compares {
        return Err(refuse(
            at,
            "a skipped method is neither sampled nor compared",
            "leave `key`, `ignore`, `unordered` and `normalize` out",
        ));
    }
    Ok(())
}

fn only(at: impl quote::ToTokens, option: &str, kind: &str) -> syn::Error {
    refuse(
        at,
        format!("`{option}` belongs to a {kind}"),
        format!("mark the method `{kind}`, or leave `{option}` out"),
    )
}

/// Removes and returns the attributes of this name.
fn take_attributes(attrs: &mut Vec<Attribute>, name: &str) -> Vec<Attribute> {
    attrs
        .extract_if(.., |attr| {
            attr.path()
                .segments
                .last()
                .is_some_and(|last| last.ident == name)
        })
        .collect()
}
