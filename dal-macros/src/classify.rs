//! `derive(Classify)`: one kind for each variant of an error enum.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{Attribute, Data, DataEnum, DeriveInput, Fields, Ident, Path, Variant};

use crate::refuse::{Refusals, refuse};

/// The names of the kinds. The first name of a kind is its own in snake case, the others are
/// shorter.
const NAMES: [(&str, &str); 29] = [
    ("already_exists", "AlreadyExists"),
    ("exists", "AlreadyExists"),
    ("unique_violation", "UniqueViolation"),
    ("unique", "UniqueViolation"),
    ("reference_violation", "ReferenceViolation"),
    ("reference", "ReferenceViolation"),
    ("not_found", "NotFound"),
    ("condition_failed", "ConditionFailed"),
    ("condition", "ConditionFailed"),
    ("constraint_violation", "ConstraintViolation"),
    ("constraint", "ConstraintViolation"),
    ("conflict", "Conflict"),
    ("throttled", "Throttled"),
    ("unavailable", "Unavailable"),
    ("timeout", "Timeout"),
    ("too_large", "TooLarge"),
    ("invalid_value", "InvalidValue"),
    ("invalid", "InvalidValue"),
    ("limit", "Limit"),
    ("no_path", "NoPath"),
    ("unsupported", "Unsupported"),
    ("invalid_cursor", "InvalidCursor"),
    ("budget_exceeded", "BudgetExceeded"),
    ("no_such_table", "NoSuchTable"),
    ("access_denied", "AccessDenied"),
    ("credentials", "Credentials"),
    ("decode", "Decode"),
    ("config", "Config"),
    ("unexpected", "Unexpected"),
];

/// The implementation.
///
/// # Errors
/// Every refusal at once.
pub fn expand(input: &DeriveInput) -> syn::Result<TokenStream> {
    let Data::Enum(data) = &input.data else {
        return Err(refuse(
            &input.ident,
            "`derive(Classify)` reads one kind for each variant, so it needs an enum",
            "implement `dal_shadow::Classify` by hand: it is one method",
        ));
    };
    let body = body(data)?;
    let ident = &input.ident;
    let (generics, arguments, predicates) = input.generics.split_for_impl();
    Ok(quote! {
        #[automatically_derived]
        impl #generics ::dal_shadow::Classify for #ident #arguments #predicates {
            fn classify(&self) -> ::dal_shadow::Class {
                #body
            }
        }
    })
}

fn body(data: &DataEnum) -> syn::Result<TokenStream> {
    if data.variants.is_empty() {
        return Ok(quote!(match *self {}));
    }
    let mut refusals = Refusals::default();
    let arms = data
        .variants
        .iter()
        .filter_map(|variant| refusals.take(arm(variant)))
        .collect::<Vec<_>>();
    refusals.finish()?;
    Ok(quote!(match self { #(#arms)* }))
}

fn arm(variant: &Variant) -> syn::Result<TokenStream> {
    let ident = &variant.ident;
    let cfgs = variant
        .attrs
        .iter()
        .filter(|attr| attr.path().is_ident("cfg"));
    let reading = match meaning_of(variant)? {
        Meaning::Kind(kind) => {
            let code = ident.to_string();
            quote! {
                Self::#ident { .. } =>
                    ::dal_shadow::Class::new(::dal_shadow::ErrorKind::#kind).code(#code),
            }
        }
        Meaning::With(path) => {
            let inner = Ident::new("inner", proc_macro2::Span::mixed_site());
            let pattern = single_field(variant, &path, &inner)?;
            quote!(Self::#ident #pattern => #path(#inner),)
        }
    };
    Ok(quote!(#(#cfgs)* #reading))
}

enum Meaning {
    /// The name of a variant of `ErrorKind`.
    Kind(Ident),
    /// `with = path`.
    With(Path),
}

fn meaning_of(variant: &Variant) -> syn::Result<Meaning> {
    let mut found = None;
    for attr in variant.attrs.iter().filter(|attr| is_classify(attr)) {
        attr.parse_nested_meta(|meta| {
            let meaning = if meta.path.is_ident("with") {
                Meaning::With(meta.value()?.parse()?)
            } else {
                Meaning::Kind(kind_of(&meta.path)?)
            };
            if found.is_some() {
                return Err(refuse(
                    &meta.path,
                    "a variant means one thing",
                    "keep one kind, or split the variant",
                ));
            }
            found = Some(meaning);
            Ok(())
        })?;
    }
    found.ok_or_else(|| {
        refuse(
            &variant.ident,
            format!("`{}` does not say what it means", variant.ident),
            "put a kind on it, such as `#[classify(not_found)]` or `#[classify(unique)]`; for a wrapped error `#[classify(with = path_to_fn)]`; for a bug `#[classify(unexpected)]`",
        )
    })
}

fn kind_of(path: &Path) -> syn::Result<Ident> {
    let name = path.get_ident().map(Ident::to_string).unwrap_or_default();
    NAMES
        .iter()
        .find(|(known, _)| *known == name)
        .map(|(_, kind)| format_ident!("{kind}"))
        .ok_or_else(|| {
            let names = NAMES
                .iter()
                .map(|(name, _)| format!("`{name}`"))
                .collect::<Vec<_>>();
            refuse(
                path,
                "no kind of error has this name",
                format!("the kinds are {} and `with = path_to_fn`", names.join(", ")),
            )
        })
}

/// The pattern that binds the only field of a variant to `inner`.
fn single_field(variant: &Variant, at: &Path, inner: &Ident) -> syn::Result<TokenStream> {
    let mut fields = variant.fields.iter();
    match (&variant.fields, fields.next(), fields.next()) {
        (Fields::Unnamed(_), Some(_), None) => Ok(quote!((#inner))),
        (Fields::Named(_), Some(field), None) => {
            let name = &field.ident;
            Ok(quote!({ #name: #inner }))
        }
        _ => Err(refuse(
            at,
            format!(
                "`with` hands over the wrapped error, and `{}` does not wrap exactly one",
                variant.ident
            ),
            "give the variant one field, or a kind of its own",
        )),
    }
}

fn is_classify(attr: &Attribute) -> bool {
    attr.path().is_ident("classify")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expansion(input: &str) -> Result<String, String> {
        let input = syn::parse_str(input).map_err(|error| error.to_string())?;
        expand(&input)
            .map(|tokens| tokens.to_string().replace(' ', ""))
            .map_err(|error| {
                error
                    .into_iter()
                    .map(|error| error.to_string())
                    .collect::<Vec<_>>()
                    .join("\n")
            })
    }

    #[test]
    fn a_kind_sets_kind_and_code_and_with_hands_the_error_over() {
        let text = expansion(
            "enum E { #[classify(unique)] Taken(String), #[classify(with = read)] Db { source: S } }",
        )
        .unwrap();
        assert!(
            text.contains("ErrorKind::UniqueViolation).code(\"Taken\")"),
            "{text}"
        );
        assert!(
            text.contains("Self::Db{source:inner}=>read(inner)"),
            "{text}"
        );
    }

    #[test]
    fn every_unmarked_or_unknown_variant_is_refused_at_once() {
        let text =
            expansion("enum E { A, #[classify(nonsense)] B, #[classify(timeout)] C }").unwrap_err();
        assert!(text.contains("`A` does not say what it means"), "{text}");
        assert!(text.contains("no kind of error has this name"), "{text}");
        assert_eq!(text.matches("fix: ").count(), 2, "{text}");
    }
}
