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
                format!(
                    "name {}`result` for the value that the primary store returns",
                    arguments(draft)
                ),
            )
        })
}

/// The arguments, as the beginning of an enumeration.
fn arguments(draft: &Draft) -> String {
    let arguments = draft.args.iter();
    let names: Vec<_> = arguments.map(|arg| format!("`{}`", arg.ident)).collect();
    if names.is_empty() {
        String::new()
    } else {
        format!("an argument ({}), or ", names.join(", "))
    }
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
            None => return Err(unnamed(draft, class)),
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

fn unnamed(draft: &Draft, class: Option<&Ident>) -> syn::Error {
    let name = &draft.ident;
    let keys = "add `key = id` (an argument), `key = user.id` (a field of one), `key = result.id` (of what the primary store returns), or `key = all` for a write of the whole entity";
    refuse(
        name,
        format!(
            "`{name}` does not say which record it changes, so its secondary writes have no order"
        ),
        match class {
            None => keys.to_owned(),
            Some(class) => format!(
                "mark the argument that is the id `#[handle({class})]`, as in the read that `repair` names; or {keys}"
            ),
        },
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
    Ok(RepairModel::Methods {
        read: part(&READ, read, all)?,
        put: part(&PUT, put, all)?,
        delete: part(&DELETE, delete, all)?,
        ids: option
            .ids
            .as_ref()
            .map(|ids| part(&IDS, ids, all))
            .transpose()?,
    })
}

/// A part of `repair` that names a method of the trait.
struct Part {
    name: &'static str,
    /// The method that it needs.
    needs: &'static str,
    kinds: &'static [Kind],
    /// What to do with a method of another kind.
    mark: &'static str,
    /// The attribute and the rest of the declaration of a method that the trait lacks.
    declaration: (&'static str, &'static str),
}

const READ: Part = Part {
    name: "read",
    needs: "a read of one record by its key",
    kinds: &[Kind::Read],
    mark: "name the read that returns one record, or mark this one `#[shadow(read)]`",
    declaration: ("read", "(&self, key: K) -> Result<Option<T>, E>"),
};

const PUT: Part = Part {
    name: "put",
    needs: "a mirror method that puts one record",
    kinds: &[Kind::Mirror],
    mark: "mark it `#[shadow(mirror)]` if it stores exactly the record that it is given, over whatever is there",
    declaration: ("mirror", "(&self, value: &T) -> Result<(), E>"),
};

const DELETE: Part = Part {
    name: "delete",
    needs: "a write that deletes one record by its key",
    kinds: &[Kind::Write, Kind::Mirror],
    mark: "name the method that deletes one record, or mark this one `#[shadow(write, replay)]`",
    declaration: ("write, replay", "(&self, key: K) -> Result<bool, E>"),
};

const IDS: Part = Part {
    name: "ids",
    needs: "a mirror method that moves the ids past a key",
    kinds: &[Kind::Mirror],
    mark: "mark it `#[shadow(mirror)]` if it only moves the id generator past the key",
    declaration: ("mirror", "(&self, key: K) -> Result<(), E>"),
};

/// The method that a part of `repair` names.
fn part(part: &Part, name: &Ident, all: &[Draft]) -> syn::Result<usize> {
    let Part {
        name: of, needs, ..
    } = part;
    let found = all.iter().position(|draft| draft.ident == *name);
    let Some((index, draft)) = found.and_then(|index| Some((index, all.get(index)?))) else {
        return Err(missing(part, name, all));
    };
    let kind = draft.kind();
    if !kind.is_some_and(|kind| part.kinds.contains(&kind)) {
        let is = kind.map_or("not marked", Kind::noun);
        return Err(refuse(
            name,
            format!("`{name}` is {is}, and `repair({of} = ..)` needs {needs}"),
            part.mark,
        ));
    }
    if draft.args.len() != 1 {
        return Err(refuse(
            name,
            format!(
                "`{name}` takes {} arguments, and `repair({of} = ..)` needs {needs}: one argument",
                draft.args.len()
            ),
            "name a method with one argument beside `&self` (a key of several parts can be a tuple or a struct), or write `repair(with = function)`",
        ));
    }
    if !draft.cfgs.is_empty() {
        return Err(refuse(
            name,
            format!("`{name}` is not always compiled, and `repair` always needs it"),
            "remove the `#[cfg]` from the method",
        ));
    }
    Ok(index)
}

/// The trait does not have the method: those that it has and could be meant, or how to declare it.
fn missing(part: &Part, name: &Ident, all: &[Draft]) -> syn::Error {
    let able = all.iter().filter(|draft| {
        draft.args.len() == 1 && draft.kind().is_some_and(|kind| part.kinds.contains(&kind))
    });
    let able: Vec<_> = able.map(|draft| format!("`{}`", draft.ident)).collect();
    let (attribute, rest) = part.declaration;
    let declare = format!("declare `#[shadow({attribute})] async fn {name}{rest}`");
    refuse(
        name,
        format!("the trait has no method `{name}`"),
        if able.is_empty() {
            declare
        } else {
            format!(
                "name {} ({}: {}), or {declare}",
                part.needs,
                if able.len() == 1 {
                    "there is"
                } else {
                    "there are"
                },
                able.join(", ")
            )
        },
    )
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
