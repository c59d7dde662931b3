//! `impl Operation`: what is known of a call before it is made.

use proc_macro2::{Ident, TokenStream};
use quote::quote;

use super::variant::{Argument, ArgumentKind, Many, Variant};
use super::{Names, data, mirror};
use crate::expand::call::local;
use crate::model::{MethodModel, Place, TraitModel};

/// The descriptions of the methods, and the implementation.
pub fn expand(model: &TraitModel, names: &Names, variants: &[Variant<'_>]) -> TokenStream {
    let Names { op, methods, .. } = names;
    let count = variants.len();
    let described = variants.iter().map(|variant| described(model, variant));
    let methods_of = variants.iter().enumerate().map(|(index, variant)| {
        let ident = &variant.ident;
        quote!(Self::#ident { .. } => &#methods[#index],)
    });
    let creates = variants.iter().map(|variant| {
        let (ident, binds) = (&variant.ident, &variant.binds);
        quote!(Self::#ident { #(#binds,)* .. } => ::std::vec![#(*#binds),*],)
    });
    let pages = variants.iter().map(|variant| {
        let ident = &variant.ident;
        variant.page.as_ref().map_or_else(
            || quote!(Self::#ident { .. } => ::core::option::Option::None,),
            |page| quote!(Self::#ident { #page, .. } => ::core::option::Option::Some(*#page),),
        )
    });
    let uses = variants.iter().map(uses);
    let slots = variants.iter().map(slots);
    let reads = local("reads");
    let tail = variants.iter().filter_map(|variant| read(model, variant));
    let callable = variants
        .iter()
        .filter_map(|variant| callable(model, variant));
    let bound = local("bound");
    let data = data::expand(model, variants);
    quote! {
        static #methods: [::dal_shadow::ops::OpMethod; #count] = [#(#described),*];

        #[allow(unreachable_patterns, clippy::all, clippy::pedantic, clippy::indexing_slicing)]
        impl ::dal_shadow::ops::Operation for #op {
            fn methods() -> ::std::vec::Vec<&'static ::dal_shadow::ops::OpMethod> {
                #methods.iter().collect()
            }

            fn method(&self) -> &'static ::dal_shadow::ops::OpMethod {
                match self { #(#methods_of)* }
            }

            fn creates(&self) -> ::std::vec::Vec<::dal_shadow::ops::Slot> {
                match self { #(#creates)* }
            }

            fn page(&self) -> ::core::option::Option<::dal_shadow::ops::Slot> {
                match self { #(#pages)* }
            }

            fn uses(&self) -> ::std::vec::Vec<(&'static str, ::dal_shadow::ops::Slot)> {
                match self { #(#uses)* }
            }

            fn slots_mut(
                &mut self,
            ) -> ::std::vec::Vec<(&'static str, &mut ::dal_shadow::ops::Slot)> {
                match self { #(#slots)* }
            }

            fn is_callable(&self, #bound: &::dal_shadow::ops::Bound) -> bool {
                let _ = #bound;
                match self {
                    #(#callable)*
                    _ => true,
                }
            }

            fn reads_of_handles() -> ::std::vec::Vec<Self> {
                #[allow(unused_mut)]
                let mut #reads = ::std::vec::Vec::new();
                #(#tail)*
                #reads
            }

            #data
        }
    }
}

fn described(model: &TraitModel, variant: &Variant<'_>) -> TokenStream {
    let method = variant.method;
    let MethodModel {
        ident,
        ignore,
        unordered,
        ..
    } = method;
    let (repository, name) = (model.item.ident.to_string(), ident.to_string());
    let entity = &model.options.entity;
    let (write, mirror) = (variant.is_write(), variant.is_mirror());
    let creates = method.creates.iter().map(place);
    let token = match &method.token {
        None => quote!(::core::option::Option::None),
        Some(token) => {
            let (place, portable) = (place(&token.place), token.portable);
            let drain = match &token.drain {
                None => quote!(::core::option::Option::None),
                Some(path) => {
                    let path = &path.text;
                    quote!(::core::option::Option::Some(#path))
                }
            };
            quote!(::core::option::Option::Some(::dal_shadow::ops::PageToken {
                place: #place, portable: #portable, drain: #drain,
            }))
        }
    };
    let mut handles = variant
        .arguments
        .iter()
        .flat_map(classes)
        .collect::<Vec<_>>();
    handles.sort();
    handles.dedup();
    let ids = model.options.ids.iter().map(|place| {
        let (class, path) = (place.class.to_string(), place.text());
        quote!((#class, #path))
    });
    let generated = &model.options.generated;
    let normalize = method
        .normalize
        .iter()
        .map(|(path, function)| quote!((#path, #function)));
    quote! {
        ::dal_shadow::ops::OpMethod {
            repository: #repository,
            entity: #entity,
            method: #name,
            write: #write,
            mirror: #mirror,
            creates: &[#(#creates),*],
            token: #token,
            handles: &[#(#handles),*],
            ids: &[#(#ids),*],
            generated: &[#(#generated),*],
            ignore: &[#(#ignore),*],
            unordered: &[#(#unordered),*],
            normalize: &[#(#normalize),*],
        }
    }
}

fn place(place: &Place) -> TokenStream {
    let (class, path) = (place.class.to_string(), place.text());
    quote!(::dal_shadow::ops::Place { class: #class, path: #path })
}

fn classes(argument: &Argument<'_>) -> Vec<String> {
    match &argument.kind {
        ArgumentKind::Handle(handle) => vec![handle.class.clone()],
        ArgumentKind::Value(inside) => inside.iter().map(|inside| inside.class.clone()).collect(),
    }
}

/// A field that holds slots of a class.
struct SlotField<'a> {
    ident: Ident,
    class: &'a str,
    many: Many,
}

/// The fields with the ids that a call uses.
fn used<'a>(variant: &'a Variant<'_>) -> Vec<SlotField<'a>> {
    let of = |argument: &'a Argument<'_>| match &argument.kind {
        ArgumentKind::Handle(handle) => vec![SlotField {
            ident: argument.arg.ident.clone(),
            class: &handle.class,
            many: handle.many,
        }],
        ArgumentKind::Value(inside) => inside
            .iter()
            .map(|inside| SlotField {
                ident: inside.field.clone(),
                class: &inside.class,
                many: if inside.is_list() {
                    Many::List
                } else {
                    Many::One
                },
            })
            .collect(),
    };
    variant.arguments.iter().flat_map(of).collect()
}

fn uses(variant: &Variant<'_>) -> TokenStream {
    let ident = &variant.ident;
    let uses = local("uses");
    let fields = used(variant);
    if fields.is_empty() {
        return quote!(Self::#ident { .. } => ::std::vec::Vec::new(),);
    }
    let pushed = fields
        .iter()
        .map(|SlotField { ident, class, many }| match many {
            Many::One => quote!(#uses.push((#class, *#ident));),
            Many::Optional | Many::List => {
                quote!(#uses.extend(#ident.iter().map(|slot| (#class, *slot)));)
            }
        });
    let names = fields.iter().map(|field| &field.ident);
    quote! {
        Self::#ident { #(#names,)* .. } => {
            let mut #uses = ::std::vec::Vec::new();
            #(#pushed)*
            #uses
        }
    }
}

/// Every slot of a call, those that a success binds included.
fn slots(variant: &Variant<'_>) -> TokenStream {
    let ident = &variant.ident;
    let slots = local("slots");
    let mut fields = used(variant);
    let made = variant.method.creates.iter().map(|made| &made.class);
    let classes = made.map(ToString::to_string).collect::<Vec<_>>();
    let page = variant.method.token.as_ref();
    let page = page.map(|token| token.place.class.to_string());
    let bound = variant.binds.iter().zip(&classes);
    let bound = bound.chain(variant.page.iter().zip(&page));
    fields.extend(bound.map(|(ident, class)| SlotField {
        ident: ident.clone(),
        class,
        many: Many::One,
    }));
    if fields.is_empty() {
        return quote!(Self::#ident { .. } => ::std::vec::Vec::new(),);
    }
    let pushed = fields
        .iter()
        .map(|SlotField { ident, class, many }| match many {
            Many::One => quote!(#slots.push((#class, #ident));),
            Many::Optional | Many::List => {
                quote!(#slots.extend(#ident.iter_mut().map(|slot| (#class, slot)));)
            }
        });
    let names = fields.iter().map(|field| &field.ident);
    quote! {
        Self::#ident { #(#names,)* .. } => {
            let mut #slots = ::std::vec::Vec::new();
            #(#pushed)*
            #slots
        }
    }
}

/// Whether the answer is there that a mirror method puts again.
fn callable(model: &TraitModel, variant: &Variant<'_>) -> Option<TokenStream> {
    variant.answer.as_ref()?;
    let (ident, name) = (&variant.ident, mirror::kept_name(model, variant.method));
    let bound = local("bound");
    Some(quote!(Self::#ident { .. } => #bound.has_kept(#name),))
}

/// The calls of a read whose arguments are all handles: on every slot, on every pair of slots; on
/// more than two handles the same slot for all of them. A page is read from its start.
fn read(model: &TraitModel, variant: &Variant<'_>) -> Option<TokenStream> {
    if variant.is_write() {
        return None;
    }
    let tokens = model
        .methods
        .iter()
        .filter_map(|method| method.token.as_ref())
        .map(|token| token.place.class.to_string())
        .collect::<Vec<_>>();
    let reads = local("reads");
    let mut loops = Vec::new();
    let mut fields = Vec::new();
    let count = variant.arguments.len();
    for (index, argument) in variant.arguments.iter().enumerate() {
        let ArgumentKind::Handle(handle) = &argument.kind else {
            return None;
        };
        let field = &argument.arg.ident;
        if tokens.contains(&handle.class) && handle.many == Many::Optional {
            fields.push(quote!(#field: ::core::option::Option::None));
            continue;
        }
        let slot = if count > 2 {
            local("slot")
        } else {
            local(&format!("slot_{index}"))
        };
        fields.push(match handle.many {
            Many::One => quote!(#field: #slot),
            Many::Optional => quote!(#field: ::core::option::Option::Some(#slot)),
            Many::List => quote!(#field: ::std::vec![#slot]),
        });
        if !loops.contains(&slot) {
            loops.push(slot);
        }
    }
    fields.extend(
        variant
            .page
            .iter()
            .map(|page| quote!(#page: ::dal_shadow::ops::h(0))),
    );
    let ident = &variant.ident;
    let push = quote!(#reads.push(Self::#ident { #(#fields),* }););
    Some(loops.iter().rev().fold(
        push,
        |body, slot| quote!(for #slot in ::dal_shadow::ops::Slot::all() { #body }),
    ))
}
