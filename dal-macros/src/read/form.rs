//! How an argument can be kept for a second call: its form, or why there is none.

use syn::visit::{self, Visit};
use syn::{GenericArgument, Ident, PathArguments, Type};

use crate::model::ArgForm;
use crate::refuse::refuse;

/// The form of an argument of type `ty`.
pub fn of(ty: &Type) -> syn::Result<ArgForm> {
    refuse_foreign(ty)?;
    if let Type::Reference(reference) = ty
        && !is_static(reference)
    {
        if reference.mutability.is_some() {
            return Err(refuse(
                ty,
                "`&mut` cannot be given to two stores",
                "return the changed value, or mark the method `skip(read)` or `skip(write)`",
            ));
        }
        if let Type::Slice(slice) = &*reference.elem
            && let Type::Reference(element) = &*slice.elem
            && !is_static(element)
        {
            refuse_borrowed(&element.elem)?;
            return Ok(ArgForm::SliceOfRef(element.elem.clone()));
        }
        refuse_borrowed(&reference.elem)?;
        return Ok(ArgForm::Ref(reference.elem.clone()));
    }
    if let Some(Type::Reference(reference)) = option_of(ty)
        && !is_static(reference)
    {
        refuse_borrowed(&reference.elem)?;
        return Ok(ArgForm::OptionRef(reference.elem.clone()));
    }
    refuse_borrowed(ty)?;
    Ok(ArgForm::Value(Box::new(ty.clone())))
}

/// The `T` of a type that is written `Option<T>`.
pub fn option_of(ty: &Type) -> Option<&Type> {
    first_argument(ty, "Option")
}

/// The `T` of a type that is written `Result<T>` or `Result<T, E>`.
pub fn value_of_result(ty: &Type) -> Option<&Type> {
    first_argument(ty, "Result")
}

fn first_argument<'a>(ty: &'a Type, name: &str) -> Option<&'a Type> {
    let Type::Path(path) = ty else { return None };
    let last = path.path.segments.last()?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else {
        return None;
    };
    match arguments.args.first() {
        Some(GenericArgument::Type(inner)) if last.ident == name => Some(inner),
        _ => None,
    }
}

/// Whether the type can be hashed as the key of a record by its looks alone: integers, booleans
/// and texts, by value or reference, optional or not.
pub fn is_plain_key(ty: &Type) -> bool {
    match ty {
        Type::Reference(reference) => is_plain_key(&reference.elem),
        Type::Path(path) => {
            const PLAIN: [&str; 15] = [
                "u8", "u16", "u32", "u64", "u128", "usize", "i8", "i16", "i32", "i64", "i128",
                "isize", "bool", "str", "String",
            ];
            PLAIN.iter().any(|name| path.path.is_ident(name))
                || option_of(ty).is_some_and(is_plain_key)
        }
        _ => false,
    }
}

/// Refuses what has no owned copy wherever it stands in the type.
fn refuse_foreign(ty: &Type) -> syn::Result<()> {
    let mut search = Foreign::default();
    search.visit_type(ty);
    match search.found {
        None => Ok(()),
        Some(Found::Impl(at)) => Err(refuse(
            at,
            "an `impl Trait` argument makes the method generic, and a generic method cannot be called through `dyn`",
            "name the type",
        )),
        Some(Found::Dyn(at)) => Err(refuse(
            at,
            "a closure or trait object cannot be copied for the secondary store",
            "pass data; the store decides what to do with it",
        )),
        Some(Found::Transaction(at)) => Err(refuse(
            at,
            "a transaction or connection belongs to one store",
            "make the whole unit of work one method of the trait; each store opens its own transaction in it",
        )),
        Some(Found::Stream(at)) => Err(refuse(
            at,
            "a stream can be read only once, by one store",
            "pass a list, or mark the method `skip(read)` or `skip(write)`",
        )),
    }
}

/// Refuses references and lifetimes inside a type whose outer form was already peeled off.
fn refuse_borrowed(ty: &Type) -> syn::Result<()> {
    match borrowed_in(ty) {
        None => Ok(()),
        Some(at) => Err(refuse(
            at,
            "borrowed data this deep cannot be copied for the secondary store",
            "take an owned value here; `&T`, `Option<&T>` and `&[&T]` are understood as whole arguments",
        )),
    }
}

/// The first borrowed part of a type, as it was written.
pub fn borrowed_in(ty: &Type) -> Option<proc_macro2::TokenStream> {
    let mut search = Borrowed::default();
    search.visit_type(ty);
    search.0
}

/// The first part of a result that is a stream, a trait object or an `impl Trait`.
pub fn opaque_in(ty: &Type) -> Option<(proc_macro2::TokenStream, bool)> {
    let mut search = Foreign::default();
    search.visit_type(ty);
    match search.found? {
        Found::Stream(at) => Some((at, true)),
        Found::Impl(at) | Found::Dyn(at) | Found::Transaction(at) => Some((at, false)),
    }
}

#[derive(Default)]
struct Borrowed(Option<proc_macro2::TokenStream>);

impl<'ast> Visit<'ast> for Borrowed {
    fn visit_type_reference(&mut self, reference: &'ast syn::TypeReference) {
        if is_static(reference) {
            visit::visit_type(self, &reference.elem);
        } else {
            self.found(reference);
        }
    }

    fn visit_lifetime(&mut self, lifetime: &'ast syn::Lifetime) {
        if lifetime.ident != "static" {
            self.found(lifetime);
        }
    }
}

impl Borrowed {
    fn found(&mut self, at: &impl quote::ToTokens) {
        if self.0.is_none() {
            self.0 = Some(at.to_token_stream());
        }
    }
}

#[derive(Default)]
struct Foreign {
    found: Option<Found>,
}

enum Found {
    Impl(proc_macro2::TokenStream),
    Dyn(proc_macro2::TokenStream),
    Transaction(proc_macro2::TokenStream),
    Stream(proc_macro2::TokenStream),
}

impl Foreign {
    fn note(&mut self, found: Found) {
        self.found.get_or_insert(found);
    }
}

impl<'ast> Visit<'ast> for Foreign {
    fn visit_type_impl_trait(&mut self, ty: &'ast syn::TypeImplTrait) {
        let at = quote::quote!(#ty);
        self.note(if mentions_stream(&ty.bounds) {
            Found::Stream(at)
        } else {
            Found::Impl(at)
        });
    }

    fn visit_type_trait_object(&mut self, ty: &'ast syn::TypeTraitObject) {
        let at = quote::quote!(#ty);
        self.note(if mentions_stream(&ty.bounds) {
            Found::Stream(at)
        } else {
            Found::Dyn(at)
        });
    }

    fn visit_path_segment(&mut self, segment: &'ast syn::PathSegment) {
        let ident = &segment.ident;
        if is_stream(ident) {
            self.note(Found::Stream(quote::quote!(#segment)));
        } else if is_transaction(ident) {
            self.note(Found::Transaction(quote::quote!(#segment)));
        }
        visit::visit_path_segment(self, segment);
    }
}

fn mentions_stream(
    bounds: &syn::punctuated::Punctuated<syn::TypeParamBound, syn::Token![+]>,
) -> bool {
    bounds.iter().any(|bound| match bound {
        syn::TypeParamBound::Trait(bound) => bound
            .path
            .segments
            .last()
            .is_some_and(|segment| is_stream(&segment.ident)),
        _ => false,
    })
}

fn is_stream(ident: &Ident) -> bool {
    ["Stream", "BoxStream", "LocalBoxStream", "TryStream"]
        .iter()
        .any(|name| ident == name)
}

/// Names of what sqlx and its like lend to one unit of work.
fn is_transaction(ident: &Ident) -> bool {
    [
        "Transaction",
        "PoolConnection",
        "MySqlConnection",
        "Executor",
    ]
    .iter()
    .any(|name| ident == name)
}

fn is_static(reference: &syn::TypeReference) -> bool {
    reference.mutability.is_none()
        && reference
            .lifetime
            .as_ref()
            .is_some_and(|lifetime| lifetime.ident == "static")
}

#[cfg(test)]
mod tests {
    use syn::parse_quote;

    use super::*;

    fn refusal(ty: &Type) -> String {
        of(ty)
            .err()
            .map(|error| error.to_string())
            .unwrap_or_default()
    }

    #[test]
    fn supported_arguments_have_an_owned_form() {
        assert!(matches!(of(&parse_quote!(u64)), Ok(ArgForm::Value(_))));
        assert!(matches!(
            of(&parse_quote!(Vec<Line>)),
            Ok(ArgForm::Value(_))
        ));
        assert!(matches!(
            of(&parse_quote!(&'static str)),
            Ok(ArgForm::Value(_))
        ));
        assert!(matches!(of(&parse_quote!(&str)), Ok(ArgForm::Ref(_))));
        assert!(matches!(of(&parse_quote!(&NewUser)), Ok(ArgForm::Ref(_))));
        assert!(matches!(of(&parse_quote!(&[u64])), Ok(ArgForm::Ref(_))));
        assert!(matches!(
            of(&parse_quote!(Option<&str>)),
            Ok(ArgForm::OptionRef(_))
        ));
        assert!(matches!(
            of(&parse_quote!(Option<&User>)),
            Ok(ArgForm::OptionRef(_))
        ));
        assert!(matches!(
            of(&parse_quote!(Option<u64>)),
            Ok(ArgForm::Value(_))
        ));
        assert!(matches!(
            of(&parse_quote!(&[&str])),
            Ok(ArgForm::SliceOfRef(_))
        ));
    }

    #[test]
    fn arguments_without_an_owned_form_are_refused() {
        for ty in [
            parse_quote!(&&str),
            parse_quote!(Vec<&str>),
            parse_quote!(Cow<'_, str>),
            parse_quote!(Option<&[&str]>),
            parse_quote!((u64, &str)),
            parse_quote!(&View<'_>),
        ] {
            assert!(
                refusal(&ty).contains("borrowed data this deep"),
                "{}",
                refusal(&ty)
            );
        }
        assert!(refusal(&parse_quote!(&mut User)).contains("`&mut`"));
        assert!(refusal(&parse_quote!(impl Into<String>)).contains("impl Trait"));
        assert!(refusal(&parse_quote!(Box<dyn Fn()>)).contains("closure"));
        assert!(refusal(&parse_quote!(&mut Transaction<'_, MySql>)).contains("unit of work"));
        assert!(refusal(&parse_quote!(BoxStream<'_, User>)).contains("stream"));
    }

    #[test]
    fn only_integers_booleans_and_texts_are_keys_by_their_looks() {
        for ty in [
            parse_quote!(u64),
            parse_quote!(&str),
            parse_quote!(&u32),
            parse_quote!(Option<&str>),
            parse_quote!(bool),
        ] {
            assert!(is_plain_key(&ty));
        }
        for ty in [
            parse_quote!(&NewUser),
            parse_quote!(f64),
            parse_quote!(&[u64]),
        ] {
            assert!(!is_plain_key(&ty));
        }
    }
}
