//! Places inside an argument: `member`, `lines[].book_id`, `delivery?.user`, `0`.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};
use syn::{Index, Member};

use crate::model::Place;
use crate::refuse::refuse;

/// One step into a value.
pub enum Step {
    /// Into a field.
    Field(Member),
    /// Into each element of a list.
    Each,
    /// Into an `Option`.
    Inside,
}

/// The steps of the path of `place`; none when it is the value itself.
///
/// # Errors
/// When the path is not one.
pub fn steps(place: &Place) -> syn::Result<Vec<Step>> {
    let Some(path) = &place.path else {
        return Ok(Vec::new());
    };
    let text = path.text.value();
    let unreadable = || {
        refuse(
            &path.text,
            format!("`{text}` is not a place inside an argument"),
            "write fields, `[]` for each element of a list and `?` for what is inside an `Option`, such as `lines[].book_id`",
        )
    };
    let mut steps = Vec::new();
    for (index, part) in text.split('.').enumerate() {
        let end = part.find(['[', '?']).unwrap_or(part.len());
        let (name, mut rest) = part.split_at(end);
        if !name.is_empty() {
            steps.push(Step::Field(member(name).ok_or_else(unreadable)?));
        } else if index > 0 || rest.is_empty() {
            return Err(unreadable());
        }
        while !rest.is_empty() {
            if let Some(after) = rest.strip_prefix("[]") {
                steps.push(Step::Each);
                rest = after;
            } else if let Some(after) = rest.strip_prefix('?') {
                steps.push(Step::Inside);
                rest = after;
            } else {
                return Err(unreadable());
            }
        }
    }
    Ok(steps)
}

fn member(name: &str) -> Option<Member> {
    if let Ok(index) = name.parse::<u32>() {
        return Some(Member::Unnamed(Index::from(usize::try_from(index).ok()?)));
    }
    syn::parse_str::<Ident>(name).ok().map(Member::Named)
}

/// Whether the path leads to several places.
pub fn is_list(steps: &[Step]) -> bool {
    steps.iter().any(|step| matches!(step, Step::Each))
}

/// Code that runs `act` on a `&mut` to each of the places in `value`, itself an expression for a
/// `&mut`. `act` is given the name that the place has.
pub fn visit(
    steps: &[Step],
    value: &TokenStream,
    depth: usize,
    act: &dyn Fn(&TokenStream) -> TokenStream,
) -> TokenStream {
    let Some((step, rest)) = steps.split_first() else {
        return act(value);
    };
    let inner = format_ident!("inner_{depth}", span = proc_macro2::Span::mixed_site());
    let body = visit(rest, &quote!(#inner), depth + 1, act);
    match step {
        Step::Field(member) => quote! { let #inner = &mut (*#value).#member; #body },
        Step::Each => quote! { for #inner in (*#value).iter_mut() { #body } },
        Step::Inside => quote! {
            if let ::core::option::Option::Some(#inner) = ::core::option::Option::as_mut(#value) { #body }
        },
    }
}
