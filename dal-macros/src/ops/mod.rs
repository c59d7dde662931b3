//! The operations of a trait for property tests: `#[shadow(ops)]`.
//!
//! For a trait `X` it emits `XOp`, an enum with one variant for each read, write and mirror method
//! that is always compiled, and `XArgs`, a struct of one strategy for each argument that is not a
//! handle. A mirror method that a write names puts an earlier answer again; any other one is called as
//! reads and writes are.

mod args;
mod call;
mod data;
mod mirror;
mod operation;
pub(crate) mod place;
mod variant;

#[cfg(test)]
mod tests;

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};

use crate::model::{MethodKind, MethodModel, TraitModel};
use crate::refuse::{Refusals, refuse};
use variant::Variant;

/// The names that the parts share.
struct Names {
    /// The enum of the calls.
    op: Ident,
    /// The struct of the strategies.
    args: Ident,
    /// The static list of the methods' descriptions.
    methods: Ident,
}

/// The items that `#[shadow(ops)]` adds. The caller wraps them in `::dal_shadow::__if_ops!`.
///
/// # Errors
/// Every refusal at once.
pub fn expand(model: &TraitModel) -> syn::Result<TokenStream> {
    let ident = &model.item.ident;
    let names = Names {
        op: format_ident!("{ident}Op"),
        args: format_ident!("{ident}Args"),
        methods: format_ident!("DAL_SHADOW_OP_METHODS"),
    };
    let mut refusals = Refusals::default();
    let mut variants = model
        .methods
        .iter()
        .filter(|method| is_operation(method))
        .filter_map(|method| refusals.take(variant::of(method)))
        .collect::<Vec<_>>();
    let made = variants.len();
    variants.extend(mirror::variants(model, &mut refusals));
    let fields = refusals.take(args::fields(&variants)).unwrap_or_default();
    refusals.finish()?;
    if made == 0 {
        return Err(refuse(
            ident,
            "`ops` makes calls of reads and writes, and the trait has none that is always compiled",
            "leave `ops` out, or mark a method `read` or `write`",
        ));
    }
    let declaration = declaration(model, &names, &variants);
    let strategies = args::expand(model, &names, &variants, &fields);
    let operation = operation::expand(model, &names, &variants);
    let on = call::expand(model, &names, &variants);
    Ok(quote! {
        #declaration
        #strategies
        const _: () = {
            #operation
            #on
        };
    })
}

/// Skipped methods are not operations; a method under `#[cfg]` may not be there.
fn is_operation(method: &MethodModel) -> bool {
    matches!(method.kind, MethodKind::Read | MethodKind::Write(_)) && method.cfgs.is_empty()
}

fn declaration(model: &TraitModel, names: &Names, variants: &[Variant<'_>]) -> TokenStream {
    let (vis, op) = (&model.item.vis, &names.op);
    let doc = format!(
        "A call of [`{}`], with owned arguments and slots in place of ids.",
        model.item.ident
    );
    let variants = variants.iter().map(Variant::declaration);
    quote! {
        #[doc = #doc]
        #[derive(Clone, Debug)]
        #[allow(clippy::all, clippy::pedantic)]
        #vis enum #op { #(#variants),* }
    }
}
