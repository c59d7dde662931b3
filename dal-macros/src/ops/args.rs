//! `XArgs`: the strategies of the arguments, and the calls made of them.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, format_ident, quote};

use super::Names;
use super::variant::{ArgumentKind, Variant, camel_case};
use crate::model::{ArgForm, ArgModel, TraitModel};
use crate::refuse::{Refusals, refuse};

/// A field of the struct: an argument that some methods take under one name.
pub struct ArgsField {
    ident: Ident,
    owned: TokenStream,
    comparable: String,
    methods: Vec<String>,
}

/// One field for each distinct argument that is not a handle.
///
/// # Errors
/// When two methods give one name to arguments of two types.
pub fn fields(variants: &[Variant<'_>]) -> syn::Result<Vec<ArgsField>> {
    let mut refusals = Refusals::default();
    let mut fields: Vec<ArgsField> = Vec::new();
    for variant in variants {
        let method = variant.method.ident.to_string();
        for argument in &variant.arguments {
            if matches!(argument.kind, ArgumentKind::Handle(_)) {
                continue;
            }
            let arg = argument.arg;
            let comparable = comparable(&arg.form);
            match fields.iter_mut().find(|field| field.ident == arg.ident) {
                None => fields.push(ArgsField {
                    ident: arg.ident.clone(),
                    owned: arg.form.owned(),
                    comparable,
                    methods: vec![method.clone()],
                }),
                Some(field) if field.comparable == comparable => field.methods.push(method.clone()),
                Some(field) => refusals.add(two_types(arg, field, &comparable)),
            }
        }
    }
    refusals.finish()?;
    Ok(fields)
}

fn two_types(arg: &ArgModel, field: &ArgsField, comparable: &str) -> syn::Error {
    let (ident, other) = (&arg.ident, &field.comparable);
    let method = field.methods.first().map_or("", String::as_str);
    refuse(
        ident,
        format!(
            "`{ident}` is a `{comparable}` here and a `{other}` in `{method}`, and one strategy makes one type"
        ),
        "give one of the two arguments another name, or both the same type",
    )
}

/// The struct and its `ops`.
pub fn expand(
    model: &TraitModel,
    names: &Names,
    variants: &[Variant<'_>],
    fields: &[ArgsField],
) -> TokenStream {
    let (vis, args, op) = (&model.item.vis, &names.args, &names.op);
    let doc = format!("A strategy for each argument of [`{}`].", model.item.ident);
    let parameters = fields
        .iter()
        .map(|field| format_ident!("{}Strategy", camel_case(&field.ident)))
        .collect::<Vec<_>>();
    let declarations = fields.iter().zip(&parameters).map(|(field, parameter)| {
        let ident = &field.ident;
        let methods = field.methods.iter().map(|method| format!("`{method}`"));
        let doc = format!(
            "Argument `{ident}` of {}.",
            methods.collect::<Vec<_>>().join(", ")
        );
        quote!(#[doc = #doc] pub #ident: #parameter)
    });
    let bounds = fields.iter().zip(&parameters).map(|(field, parameter)| {
        let owned = &field.owned;
        quote!(#parameter: ::dal_shadow::ops::proptest::strategy::Strategy<Value = #owned> + 'static)
    });
    let own = fields.iter().map(|field| &field.ident).collect::<Vec<_>>();
    let calls = variants.iter().map(|variant| calls(names, variant));
    quote! {
        #[doc = #doc]
        #vis struct #args<#(#parameters),*> { #(#declarations),* }

        #[allow(clippy::all, clippy::pedantic)]
        impl<#(#parameters),*> #args<#(#parameters),*>
        where #(#bounds),*
        {
            /// A strategy of calls: every method as often as every other.
            #vis fn ops(self) -> ::dal_shadow::ops::proptest::strategy::BoxedStrategy<#op> {
                #(let #own = ::dal_shadow::ops::proptest::strategy::Strategy::boxed(self.#own);)*
                ::dal_shadow::ops::proptest::strategy::Strategy::boxed(
                    ::dal_shadow::ops::proptest::strategy::Union::new([#(#calls),*]),
                )
            }
        }
    }
}

/// The strategy of the calls of one method.
fn calls(names: &Names, variant: &Variant<'_>) -> TokenStream {
    let (op, ident) = (&names.op, &variant.ident);
    let fields = variant.fields();
    let strategies = fields.iter().map(|field| {
        let ident = &field.ident;
        field
            .slots
            .clone()
            .unwrap_or_else(|| quote!(::core::clone::Clone::clone(&#ident)))
    });
    let idents = fields.iter().map(|field| field.ident.to_token_stream());
    // Pairs of pairs: tuples of strategies end at twelve.
    let (Some(strategies), Some(pattern)) = (pairs(strategies), pairs(idents)) else {
        return quote! {
            ::dal_shadow::ops::proptest::strategy::Strategy::boxed(
                ::dal_shadow::ops::proptest::strategy::Just(#op::#ident),
            )
        };
    };
    let idents = fields.iter().map(|field| &field.ident);
    quote! {
        ::dal_shadow::ops::proptest::strategy::Strategy::boxed(
            ::dal_shadow::ops::proptest::strategy::Strategy::prop_map(
                #strategies,
                |#pattern| #op::#ident { #(#idents),* },
            ),
        )
    }
}

fn pairs(parts: impl DoubleEndedIterator<Item = TokenStream>) -> Option<TokenStream> {
    parts.rev().reduce(|right, left| quote!((#left, #right)))
}

/// The owned type as a text that is the same for `&str` and `String`, `&[T]` and `Vec<T>`.
fn comparable(form: &ArgForm) -> String {
    let text = match form {
        ArgForm::Ref(ty) if !matches!(**ty, syn::Type::Slice(_)) => ty.to_token_stream(),
        ArgForm::OptionRef(ty) => quote!(Option<#ty>),
        ArgForm::SliceOfRef(ty) => quote!(Vec<#ty>),
        form => form.owned(),
    }
    .to_string()
    .replace(' ', "");
    let mut text = match text.as_str() {
        "str" => "String".to_owned(),
        _ => text.replace("<str>", "<String>"),
    };
    for (long, short) in [
        ("std::string::String", "String"),
        ("std::vec::Vec", "Vec"),
        ("core::option::Option", "Option"),
        ("std::option::Option", "Option"),
    ] {
        text = text
            .replace(&format!("::{long}"), short)
            .replace(long, short);
    }
    text
}
