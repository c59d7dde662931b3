//! `derive(Entity)`, `derive(Child)`, `derive(Insert)` and `derive(Path)`: structs as the records,
//! elements of arrays, new records and keys of a `Store`.

mod field;
#[cfg(test)]
mod tests;

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, format_ident, quote};
use syn::parse::{Parse, ParseStream};
use syn::{Attribute, Data, DeriveInput, Fields, LitStr, Token, Type};

use crate::refuse::{Refusals, refuse};
use field::Member;

/// `#[dal("users")]`
struct OfEntity {
    entity: LitStr,
}

/// `#[dal(User)]`
struct OfInsert {
    entity: Type,
}

/// `#[dal(User, "users_email")]`
struct OfPath {
    entity: Type,
    path: LitStr,
}

impl Parse for OfEntity {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let entity = input.parse()?;
        Ok(Self { entity })
    }
}

impl Parse for OfInsert {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let entity = input.parse()?;
        Ok(Self { entity })
    }
}

impl Parse for OfPath {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let entity = input.parse()?;
        input.parse::<Token![,]>()?;
        let path = input.parse()?;
        Ok(Self { entity, path })
    }
}

/// The implementation of `EntityShape`, and a token for each field.
///
/// # Errors
/// Every refusal at once.
pub fn entity(input: &DeriveInput) -> syn::Result<TokenStream> {
    let mut refusals = Refusals::default();
    let example = "write `#[dal(\"users\")]` on the struct, with the name of an entity";
    let of = refusals.take(option::<OfEntity>(input, "entity it is", example));
    refusals.take(owned(input));
    let members = refusals.take(members(input, false));
    refusals.finish()?;
    let (Some(of), Some(members)) = (of, members) else {
        return Ok(TokenStream::new());
    };
    let (ident, visibility, entity) = (&input.ident, &input.vis, &of.entity);
    let name = ident.to_string();
    let described = members.iter().map(|member| {
        let Member { column, ty, .. } = member;
        quote!(::dal_traits::store::ReadField::new::<#ty>(#column))
    });
    let taken = members.iter().enumerate().map(|(place, member)| {
        let field = &member.ident;
        quote!(#field: values.take(#place)?)
    });
    let tokens = members.iter().enumerate().map(|(place, member)| {
        let Member {
            ident: field,
            column,
            ty,
            ..
        } = member;
        let bare = field.to_string();
        let bare = bare.trim_start_matches("r#").to_uppercase();
        let constant = format_ident!("{bare}", span = field.span());
        let doc = format!("The field `{column}`, for conditions and changes.");
        quote! {
            #[doc = #doc]
            #[allow(dead_code)]
            #visibility const #constant: ::dal_traits::store::FieldToken<#ident, #ty> =
                ::dal_traits::store::FieldToken::new(#place);
        }
    });
    let key = key();
    Ok(quote! {
        #[automatically_derived]
        impl ::dal_traits::store::Shape for #ident {
            #key

            fn verify(verification: &mut ::dal_traits::store::Verification<'_>) {
                verification.entity::<Self>();
            }
        }

        #[automatically_derived]
        impl ::dal_traits::store::EntityShape for #ident {
            const TYPE: &'static str = #name;
            const ENTITY: &'static str = #entity;
            const FIELDS: &'static [::dal_traits::store::ReadField] = &[#(#described),*];

            fn from_values(
                values: &mut ::dal_traits::store::FieldValues<'_>,
            ) -> ::dal_traits::Result<Self> {
                ::core::result::Result::Ok(Self { #(#taken),* })
            }
        }

        #[automatically_derived]
        impl #ident {
            #(#tokens)*
        }
    })
}

/// The implementation of `Child`.
///
/// # Errors
/// Every refusal at once.
pub fn child(input: &DeriveInput) -> syn::Result<TokenStream> {
    let mut refusals = Refusals::default();
    if let Some(attr) = input.attrs.iter().find(|attr| is_dal(attr)) {
        refusals.add(refuse(
            attr,
            "an element of an array belongs to the field that holds the array",
            "leave `#[dal(..)]` out, and name the table in the struct of the record",
        ));
    }
    refusals.take(owned(input));
    let members = refusals.take(members(input, false));
    refusals.finish()?;
    let members = members.unwrap_or_default();
    let ident = &input.ident;
    let described = members.iter().map(|member| {
        let Member { column, ty, .. } = member;
        quote!(::dal_traits::value::ChildField::new::<#ty>(#column))
    });
    let taken = members.iter().map(|member| {
        let field = &member.ident;
        quote!(#field: values.take()?)
    });
    let values = members.iter().map(|member| {
        let field = &member.ident;
        let cloned = quote!(::core::clone::Clone::clone(&self.#field));
        quote!(::dal_traits::value::Value::from(#cloned))
    });
    Ok(quote! {
        #[automatically_derived]
        impl ::dal_traits::value::Child for #ident {
            const FIELDS: &'static [::dal_traits::value::ChildField] = &[#(#described),*];

            fn from_values(
                mut values: ::dal_traits::value::ChildValues,
            ) -> ::core::result::Result<Self, ::dal_traits::value::Mismatch> {
                ::core::result::Result::Ok(Self { #(#taken),* })
            }

            fn to_values(&self) -> ::std::vec::Vec<::dal_traits::value::Value> {
                ::std::vec![#(#values),*]
            }
        }
    })
}

/// The implementation of `InsertShape`.
///
/// # Errors
/// Every refusal at once.
pub fn insert(input: &DeriveInput) -> syn::Result<TokenStream> {
    let mut refusals = Refusals::default();
    let example = "write `#[dal(User)]` on the struct, with the type that derives `Entity`";
    let of = refusals.take(option::<OfInsert>(input, "entity it adds to", example));
    let members = refusals.take(members(input, false));
    refusals.take(only_lifetimes(input));
    refusals.finish()?;
    let (Some(of), Some(members)) = (of, members) else {
        return Ok(TokenStream::new());
    };
    let (ident, entity) = (&input.ident, &of.entity);
    let (generics, arguments, _) = input.generics.split_for_impl();
    let name = ident.to_string();
    let described = members.iter().map(written);
    let values = members.iter().map(|member| {
        let field = &member.ident;
        quote!(::dal_traits::value::Value::from(self.#field))
    });
    let key = key();
    Ok(quote! {
        #[automatically_derived]
        impl #generics ::dal_traits::store::Shape for #ident #arguments {
            #key

            fn verify(verification: &mut ::dal_traits::store::Verification<'_>) {
                verification.insert::<Self>();
            }
        }

        #[automatically_derived]
        impl #generics ::dal_traits::store::InsertShape for #ident #arguments {
            type Entity = #entity;
            const TYPE: &'static str = #name;
            const FIELDS: &'static [::dal_traits::store::WriteField] = &[#(#described),*];

            fn into_values(self) -> ::std::vec::Vec<::dal_traits::value::Value> {
                ::std::vec![#(#values),*]
            }
        }
    })
}

/// The implementation of `PathShape`.
///
/// # Errors
/// Every refusal at once.
pub fn path(input: &DeriveInput) -> syn::Result<TokenStream> {
    let mut refusals = Refusals::default();
    let example = "write `#[dal(User, \"users_email\")]` on the struct: the type that derives \
                   `Entity`, and the name of a path";
    let of = refusals.take(option::<OfPath>(input, "path it is a key of", example));
    let members = refusals.take(members(input, true));
    refusals.take(only_lifetimes(input));
    refusals.finish()?;
    let (Some(of), Some(members)) = (of, members) else {
        return Ok(TokenStream::new());
    };
    let (ident, entity, path) = (&input.ident, &of.entity, &of.path);
    let (generics, arguments, _) = input.generics.split_for_impl();
    let name = ident.to_string();
    let described = members.iter().map(written);
    let given = members.iter().map(|member| {
        let field = &member.ident;
        if member.is_range {
            quote!(::dal_traits::store::Given::range(self.#field))
        } else {
            quote!(::dal_traits::store::Given::equal(self.#field))
        }
    });
    let key = key();
    Ok(quote! {
        #[automatically_derived]
        impl #generics ::dal_traits::store::Shape for #ident #arguments {
            #key

            fn verify(verification: &mut ::dal_traits::store::Verification<'_>) {
                verification.path::<Self>();
            }
        }

        #[automatically_derived]
        impl #generics ::dal_traits::store::PathShape for #ident #arguments {
            type Entity = #entity;
            const TYPE: &'static str = #name;
            const PATH: &'static str = #path;
            const FIELDS: &'static [::dal_traits::store::WriteField] = &[#(#described),*];

            fn given(self) -> ::std::vec::Vec<::dal_traits::store::Given> {
                ::std::vec![#(#given),*]
            }
        }
    })
}

/// A type of its own stands for the struct, whose lifetimes a `TypeId` does not allow.
fn key() -> TokenStream {
    quote! {
        fn key() -> ::core::any::TypeId {
            struct Key;
            ::core::any::TypeId::of::<Key>()
        }
    }
}

fn written(member: &Member) -> TokenStream {
    let Member { column, ty, .. } = member;
    if member.is_range {
        quote!(::dal_traits::store::WriteField::range::<#ty>(#column))
    } else {
        quote!(::dal_traits::store::WriteField::new::<#ty>(#column))
    }
}

/// The option on the struct.
fn option<T: Parse>(input: &DeriveInput, what: &str, example: &str) -> syn::Result<T> {
    let mut found = input.attrs.iter().filter(|attr| is_dal(attr));
    let Some(attr) = found.next() else {
        let reason = format!("`{}` does not say which {what}", input.ident);
        return Err(refuse(&input.ident, reason, example));
    };
    if let Some(other) = found.next() {
        return Err(refuse(
            other,
            "a struct is one thing",
            "keep one `#[dal(..)]`",
        ));
    }
    attr.parse_args()
        .map_err(|_| refuse(attr, format!("this does not say which {what}"), example))
}

fn is_dal(attr: &Attribute) -> bool {
    attr.path().is_ident("dal")
}

fn members(input: &DeriveInput, is_path: bool) -> syn::Result<Vec<Member>> {
    let refused = |at: &dyn ToTokens| {
        refuse(
            at.to_token_stream(),
            "the names of the fields are those of the columns",
            "write a struct with named fields",
        )
    };
    let Data::Struct(data) = &input.data else {
        return Err(refused(&input.ident));
    };
    let Fields::Named(fields) = &data.fields else {
        return Err(refused(&input.ident));
    };
    let mut refusals = Refusals::default();
    let members: Vec<Member> = fields
        .named
        .iter()
        .filter_map(|field| refusals.take(Member::read(field, is_path)))
        .collect();
    refusals.finish()?;
    Ok(members)
}

fn owned(input: &DeriveInput) -> syn::Result<()> {
    if input.generics.params.is_empty() {
        return Ok(());
    }
    Err(refuse(
        &input.generics,
        "what is read owns its values",
        "leave the parameters out: `String` in the place of `&str`",
    ))
}

fn only_lifetimes(input: &DeriveInput) -> syn::Result<()> {
    let mut params = input.generics.type_params().map(|param| param.ident.span());
    let mut consts = input
        .generics
        .const_params()
        .map(|param| param.ident.span());
    let found: Option<Span> = params.next().or_else(|| consts.next());
    match found {
        None => Ok(()),
        Some(span) => Err(crate::refuse::refuse_at(
            span,
            "its columns depend on the parameter",
            "write one struct for each type; lifetimes may stay",
        )),
    }
}
