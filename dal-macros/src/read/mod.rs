//! From the trait as written to its model, or to the refusals.

mod draft;
pub(crate) mod form;
mod future;
pub(crate) mod key;
mod key_option;
mod method;
mod mirror;
mod name;
mod options;

use proc_macro2::TokenStream;
use quote::format_ident;
use syn::{Attribute, Generics, Ident, ItemTrait, TraitItem, TypeParamBound, WherePredicate};

use draft::Draft;

use crate::model::{TraitModel, TraitOptions};
use crate::refuse::{Refusals, refuse};

/// The model of `item`, on which stands `#[shadow(attr)]`.
///
/// # Errors
/// Every refusal of a part by itself at once, else every refusal between parts. `item` is stripped
/// of the attribute's own options in any case, so that it can still be emitted beside the errors.
pub fn model(attr: TokenStream, item: &mut ItemTrait) -> syn::Result<TraitModel> {
    let mut refusals = Refusals::default();
    let options = refusals.take(options::trait_options(attr, name::entity(&item.ident)));
    let (options, repair) =
        options.map_or((None, None), |(options, repair)| (Some(options), repair));
    let async_trait = refusals.take(async_trait_of(item)).flatten();
    check_trait(item, &mut refusals);

    let associated = associated(item, &mut refusals);
    let mut drafts = Vec::new();
    for inner in &mut item.items {
        match inner {
            TraitItem::Fn(function) => {
                let (drafted, errors) = method::draft(function, async_trait.is_some());
                if let Some(errors) = errors {
                    refusals.add(errors);
                }
                drafts.extend(drafted);
            }
            TraitItem::Type(_) => {}
            TraitItem::Const(constant) => refusals.add(refuse(
                constant,
                "a constant could differ between the two stores",
                "make it a constant of a type, or a method of another trait",
            )),
            other => refusals.add(refuse(
                other,
                "only methods and associated types can be shadowed",
                "write the methods out",
            )),
        }
    }
    if let Some(options) = &options
        && options.ops
        && !item.generics.params.is_empty()
    {
        refusals.add(refuse(
            &item.generics,
            "`ops` needs to know every argument's type, so the trait cannot be generic",
            "leave `ops` out, or shadow a trait without parameters that your generic one extends",
        ));
    }
    // A method that was refused must not be reported as missing by one that names it.
    refusals.finish()?;
    let mut refusals = Refusals::default();
    if let Some(options) = &options {
        check_ids(options, &drafts, &mut refusals);
    }
    let repair = repair.and_then(|option| refusals.take(key::repair(&option, &drafts)));
    if repair.is_some() && !item.generics.params.is_empty() {
        refusals.add(refuse(
            &item.generics,
            "`repair` needs to know the type of the keys, so the trait cannot be generic",
            "leave `repair` out, or shadow a trait without parameters that your generic one extends",
        ));
    }
    let class = key::class(repair.as_ref(), &drafts);
    let mut entities: Vec<_> = options
        .iter()
        .map(|options| options.entity.clone())
        .collect();
    let methods = drafts
        .iter()
        .filter_map(|draft| {
            refusals.take(method::finish(
                draft,
                &drafts,
                class.as_ref(),
                &mut entities,
            ))
        })
        .collect();
    refusals.finish()?;
    let options = options.ok_or_else(|| {
        refuse(
            &item.ident,
            "the attribute could not be read",
            "see the other errors",
        )
    })?;
    Ok(TraitModel {
        wrapper: format_ident!("Shadow{}", item.ident),
        item: item.clone(),
        async_trait,
        associated,
        options,
        methods,
        entities,
        repair,
    })
}

/// `ids(class = "method")` names a method whose answer is an id.
fn check_ids(options: &TraitOptions, drafts: &[Draft], refusals: &mut Refusals) {
    for place in &options.ids {
        let text = place.text();
        if !text.contains('.') && !drafts.iter().any(|draft| draft.ident == text) {
            let class = &place.class;
            refusals.add(match &place.path {
                Some(path) => refuse(
                    &path.text,
                    format!("`{text}` is neither `Type.field` nor a method of the trait"),
                    format!("write `ids({class} = \"Type.field\")` for an id in a field, `ids({class} = \"method\")` for a method whose answer is an id"),
                ),
                None => refuse(
                    class,
                    format!("`ids({class})` does not say where such an id stands"),
                    format!("write `ids({class} = \"Type.field\")`"),
                ),
            });
        }
    }
}

/// The `#[async_trait]` below the attribute, if there is one.
fn async_trait_of(item: &ItemTrait) -> syn::Result<Option<Attribute>> {
    let found = item.attrs.iter().find(|attr| {
        attr.path()
            .segments
            .last()
            .is_some_and(|last| last.ident == "async_trait")
    });
    match found {
        Some(attr) if !matches!(attr.meta, syn::Meta::Path(_)) => Err(refuse(
            attr,
            "a shadowed call runs on tasks, so its future must be `Send`",
            "write plain `#[async_trait]`",
        )),
        found => Ok(found.cloned()),
    }
}

fn check_trait(item: &ItemTrait, refusals: &mut Refusals) {
    if let Some(unsafety) = &item.unsafety {
        refusals.add(refuse(
            unsafety,
            "the wrapper cannot promise what an unsafe trait asks for",
            "make the trait safe",
        ));
    }
    if let Some(lifetime) = item.generics.lifetimes().next() {
        refusals.add(refuse(
            lifetime,
            "a store that borrows cannot be called after the caller has gone",
            "let the stores own what they hold, for example in an `Arc`",
        ));
    }
    let missing = ["Send", "Sync"]
        .into_iter()
        .filter(|name| !has_bound(item, name))
        .collect::<Vec<_>>();
    if !missing.is_empty() {
        refusals.add(refuse(
            &item.ident,
            format!(
                "the secondary store is called from another task, so the trait must be {}",
                missing
                    .iter()
                    .map(|name| format!("`{name}`"))
                    .collect::<Vec<_>>()
                    .join(" and ")
            ),
            format!("write `trait {}: Send + Sync`", item.ident),
        ));
    }
}

/// Whether `Self: name` is written on the trait.
fn has_bound(item: &ItemTrait, name: &str) -> bool {
    let is_named = |bound: &TypeParamBound| match bound {
        TypeParamBound::Trait(bound) => bound
            .path
            .segments
            .last()
            .is_some_and(|last| last.ident == name),
        _ => false,
    };
    let in_where = |generics: &Generics| {
        generics.where_clause.as_ref().is_some_and(|clause| {
            clause.predicates.iter().any(|predicate| match predicate {
                WherePredicate::Type(predicate) => {
                    matches!(&predicate.bounded_ty, syn::Type::Path(path) if path.path.is_ident("Self"))
                        && predicate.bounds.iter().any(is_named)
                }
                _ => false,
            })
        })
    };
    item.supertraits.iter().any(is_named) || in_where(&item.generics)
}

fn associated(item: &ItemTrait, refusals: &mut Refusals) -> Vec<Ident> {
    let mut names = Vec::new();
    for inner in &item.items {
        let TraitItem::Type(ty) = inner else { continue };
        if ty.generics.params.is_empty() {
            names.push(ty.ident.clone());
        } else {
            refusals.add(refuse(
                &ty.generics,
                "a generic associated type borrows from its store",
                "give the associated type no parameters",
            ));
        }
    }
    names
}
