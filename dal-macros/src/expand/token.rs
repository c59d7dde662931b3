//! Page tokens inside of arguments.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use crate::model::{ArgForm, ArgModel, Place};
use crate::ops::place::{Step, steps};

/// An expression: whether `arg` holds a token at `place`.
pub fn is_carried(arg: &ArgModel, place: &Place) -> TokenStream {
    let ident = &arg.ident;
    let whole = if matches!(arg.form, ArgForm::Ref(_)) {
        quote!(#ident)
    } else {
        quote!(&#ident)
    };
    // A place that cannot be read was refused.
    within(&steps(place).unwrap_or_default(), &whole, 0)
}

/// The same for what `value`, an expression for a reference, leads to.
fn within(steps: &[Step], value: &TokenStream, depth: usize) -> TokenStream {
    let Some((step, rest)) = steps.split_first() else {
        return quote!({
            #[allow(unused_imports)]
            use ::dal_shadow::__private::AlwaysCarried as _;
            ::dal_shadow::__private::Token(#value).is_carried()
        });
    };
    let inner = format_ident!("inner_{depth}", span = proc_macro2::Span::mixed_site());
    let body = within(rest, &quote!(#inner), depth + 1);
    match step {
        Step::Field(member) => quote!({ let #inner = &(#value).#member; #body }),
        Step::Each => quote!((#value).iter().any(|#inner| #body)),
        Step::Inside => quote! {
            ::core::option::Option::is_some_and(
                ::core::option::Option::as_ref(#value),
                |#inner| #body,
            )
        },
    }
}
