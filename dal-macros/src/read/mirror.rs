//! `mirror = method(result, name)`: which method, with what.

use quote::format_ident;
use syn::Ident;
use syn::punctuated::Punctuated;

use super::draft::Draft;
use super::form;
use super::options::{Kind, MirrorOption};
use crate::model::{ArgForm, MirrorArg, MirrorCall, MirrorSource};
use crate::refuse::refuse;

/// The call that follows the write `write`.
pub fn call(option: &MirrorOption, write: &Draft, all: &[Draft]) -> syn::Result<MirrorCall> {
    let name = &option.method;
    let Some(target) = all.iter().find(|draft| draft.ident == *name) else {
        return Err(refuse(
            name,
            format!("the trait has no method `{name}`"),
            format!(
                "add `#[shadow(mirror)] async fn {name}(&self, value: &T) -> Result<(), E>`, which stores exactly this value"
            ),
        ));
    };
    if target.kind() != Some(Kind::Mirror) {
        return Err(refuse(
            name,
            format!("`{name}` is not a mirror method"),
            "mark it `#[shadow(mirror)]`; it must store exactly what it is given, as often as it is called",
        ));
    }
    let default = Punctuated::from_iter([format_ident!("result", span = name.span())]);
    let given = option.args.as_ref().unwrap_or(&default);
    if given.len() != target.args.len() {
        return Err(refuse(
            name,
            format!(
                "`{name}` takes {} argument(s), and is called with {}",
                target.args.len(),
                given.len()
            ),
            format!(
                "write `mirror = {name}(..)` with `result` and names of this method's arguments, in the order of `{name}`"
            ),
        ));
    }
    let args = given
        .iter()
        .zip(&target.args)
        .map(|(given, wanted)| {
            Ok(MirrorArg {
                source: source(given, write)?,
                form: wanted.form.clone(),
            })
        })
        .collect::<syn::Result<Vec<_>>>()?;
    Ok(MirrorCall {
        method: name.clone(),
        inside_option: is_inside_option(write, target, &args),
        args,
    })
}

fn source(given: &Ident, write: &Draft) -> syn::Result<MirrorSource> {
    if given == "result" {
        return Ok(MirrorSource::Result);
    }
    write
        .args
        .iter()
        .position(|arg| arg.ident == *given)
        .map(MirrorSource::Arg)
        .ok_or_else(|| {
            refuse(
                given,
                format!("`{}` has no argument `{given}`", write.ident),
                "name `result` (the value that the primary store returned) or one of this method's arguments",
            )
        })
}

/// Whether the write answers `Option<T>` and the mirror takes a `T`.
fn is_inside_option(write: &Draft, target: &Draft, args: &[MirrorArg]) -> bool {
    let answers_option =
        form::value_of_result(&write.output).is_some_and(|value| form::option_of(value).is_some());
    let takes_value = args.iter().zip(&target.args).any(|(arg, wanted)| {
        arg.source == MirrorSource::Result
            && match &wanted.form {
                ArgForm::Value(ty) | ArgForm::Ref(ty) => form::option_of(ty).is_none(),
                ArgForm::OptionRef(_) | ArgForm::SliceOfRef(_) | ArgForm::Forwarded => false,
            }
    });
    answers_option && takes_value
}
