//! Ordering keys and repair: which records a write changes, and how one is made equal.

use syn::ext::IdentExt;
use syn::{Ident, Type};

use super::draft::Draft;
use super::form;
use super::key_option::{KeyOption, RepairOption};
use super::options::Kind;
use crate::model::{KeyModel, KeyRoot, KeyStep, RepairModel};
use crate::refuse::refuse;

/// The record that an option names.
fn model(option: &KeyOption, entity: usize, draft: &Draft) -> syn::Result<KeyModel> {
    let each = option.each.then_some(KeyStep {
        field: None,
        each: true,
    });
    Ok(KeyModel {
        entity,
        root: root(option, draft)?,
        steps: each
            .into_iter()
            .chain(option.steps.iter().cloned())
            .collect(),
    })
}

fn root(option: &KeyOption, draft: &Draft) -> syn::Result<KeyRoot> {
    if option.root == "result" {
        return Ok(KeyRoot::Result);
    }
    draft
        .args
        .iter()
        .position(|arg| arg.ident == option.root)
        .map(KeyRoot::Arg)
        .ok_or_else(|| {
            refuse(
                &option.root,
                format!("`{}` has no argument `{}`", draft.ident, option.root),
                "name an argument, or `result` for the value that the primary store returns",
            )
        })
}

/// The key of a read: the argument that `key` names, else the plain handle of the class that
/// `repair` reads by. Nothing else: a fence on one record must never be taken for another.
pub fn of_read(draft: &Draft, class: Option<&Ident>) -> syn::Result<Option<usize>> {
    if let Some(option) = &draft.options.key {
        return match root(option, draft)? {
            KeyRoot::Arg(index) if option.steps.is_empty() && !option.each => Ok(Some(index)),
            _ => Err(refuse(
                &option.root,
                "the key of a read is an argument as a whole",
                "name the argument that identifies the record",
            )),
        };
    }
    Ok(handle(draft, class))
}

/// The plain argument that is a handle of this class, or of any without one.
fn handle(draft: &Draft, class: Option<&Ident>) -> Option<usize> {
    draft.args.iter().position(|arg| {
        form::is_plain_key(&arg.ty)
            && arg.handles.iter().any(|handle| {
                handle.path.is_none() && class.is_none_or(|class| handle.class == *class)
            })
    })
}

/// The records that a write changes, and whether it changes the whole entity.
pub fn of_write(
    draft: &Draft,
    class: Option<&Ident>,
    entities: &mut Vec<String>,
) -> syn::Result<(Vec<KeyModel>, bool)> {
    let mut keys = Vec::new();
    for (entity, option) in &draft.options.also {
        let name = entity.unraw().to_string();
        let position = entities.iter().position(|known| *known == name);
        let position = position.unwrap_or_else(|| {
            entities.push(name);
            entities.len() - 1
        });
        keys.push(model(option, position, draft)?);
    }
    match &draft.options.key {
        Some(option) if option.is_all() => return Ok((keys, true)),
        Some(option) => keys.push(model(option, 0, draft)?),
        None => match own(draft, class) {
            Some(own) => keys.push(own),
            // A mirror method that the application calls by itself.
            None if draft.kind() == Some(Kind::Mirror) => return Ok((keys, true)),
            None => return Err(unnamed(draft)),
        },
    }
    Ok((keys, false))
}

/// The trait's own record, where a declaration says which it is: a handle, or what is created.
fn own(draft: &Draft, class: Option<&Ident>) -> Option<KeyModel> {
    if let Some(index) = handle(draft, class) {
        return Some(KeyModel {
            entity: 0,
            root: KeyRoot::Arg(index),
            steps: Vec::new(),
        });
    }
    let created = draft
        .options
        .creates
        .iter()
        .find(|place| class.is_none_or(|class| place.class == *class))?;
    let steps = match &created.path {
        None => Vec::new(),
        Some(path) => path
            .text
            .value()
            .split('.')
            .map(|name| {
                let field = syn::parse_str::<Ident>(name).ok()?;
                Some(KeyStep {
                    field: Some(Ident::new(&field.to_string(), path.text.span())),
                    each: false,
                })
            })
            .collect::<Option<_>>()?,
    };
    Some(KeyModel {
        entity: 0,
        root: KeyRoot::Result,
        steps,
    })
}

fn unnamed(draft: &Draft) -> syn::Error {
    let name = &draft.ident;
    refuse(
        name,
        format!(
            "`{name}` does not say which record it changes, so its secondary writes have no order"
        ),
        "add `key = id` (an argument), `key = user.id` (a field of one), `key = result.id` (of what the primary store returns), or `key = all` for a write of the whole entity",
    )
}

/// The model of `repair`, and the class that its read takes a handle of.
pub fn repair(option: &RepairOption, all: &[Draft]) -> syn::Result<RepairModel> {
    let parts = (&option.read, &option.put, &option.delete);
    if let Some(with) = &option.with {
        return match parts {
            (None, None, None) if option.ids.is_none() => Ok(RepairModel::With(with.clone())),
            _ => Err(refuse(
                &option.at,
                "`with` repairs a record by itself",
                "keep `with`, or the methods",
            )),
        };
    }
    let (Some(read), Some(put), Some(delete)) = parts else {
        return Err(refuse(
            &option.at,
            "`repair` needs to read, to put and to delete a record",
            "write `repair(read = get, put = put_exact, delete = remove)`, with `ids = method` where the store makes ids, or `repair(with = function)`",
        ));
    };
    let read = one_argument(read, all, &[Kind::Read], "a read of one record by its key")?;
    Ok(RepairModel::Methods {
        read,
        put: one_argument(
            put,
            all,
            &[Kind::Mirror],
            "a mirror method that puts one record",
        )?,
        delete: one_argument(
            delete,
            all,
            &[Kind::Write, Kind::Mirror],
            "a write that deletes one record by its key",
        )?,
        ids: option
            .ids
            .as_ref()
            .map(|ids| {
                let what = "a mirror method that moves the ids past a key";
                one_argument(ids, all, &[Kind::Mirror], what)
            })
            .transpose()?,
    })
}

fn one_argument(name: &Ident, all: &[Draft], kinds: &[Kind], what: &str) -> syn::Result<usize> {
    let found = all.iter().position(|draft| draft.ident == *name);
    match found.and_then(|index| Some((index, all.get(index)?))) {
        Some((index, draft))
            if draft.args.len() == 1
                && draft.kind().is_some_and(|kind| kinds.contains(&kind))
                && draft.cfgs.is_empty() =>
        {
            Ok(index)
        }
        _ => Err(refuse(
            name,
            format!("`repair` needs {what}, and `{name}` is not one"),
            "name a method of the trait that takes one argument beside `&self` and is always compiled",
        )),
    }
}

/// The class of handles that the read of `repair` takes.
pub fn class(model: Option<&RepairModel>, all: &[Draft]) -> Option<Ident> {
    let RepairModel::Methods { read, .. } = model? else {
        return None;
    };
    let handles = &all.get(*read)?.args.first()?.handles;
    handles
        .iter()
        .find(|handle| handle.path.is_none())
        .map(|handle| handle.class.clone())
}

/// The type of the keys: that of the argument of the read.
pub fn key_type(model: &RepairModel, all: &[crate::model::MethodModel]) -> Option<Type> {
    let RepairModel::Methods { read, .. } = model else {
        return None;
    };
    let arg = all.get(*read)?.args.first()?;
    syn::parse2(arg.form.owned()).ok()
}
