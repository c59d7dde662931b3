//! Ordering keys and repair: which records a write changes, and how one is made equal.

use syn::ext::IdentExt;
use syn::meta::ParseNestedMeta;
use syn::{Ident, LitStr, Path, Token, Type};

use super::draft::Draft;
use super::form;
use super::options::Kind;
use crate::model::{KeyModel, KeyRoot, KeyStep, RepairModel};
use crate::refuse::refuse;

/// A path to a key as written: `id`, `user.id`, `result.id` or `"result.lines[].product_id"`.
pub struct KeyOption {
    /// The argument, `result` or `all`.
    pub root: Ident,
    /// Whether the root itself is a list of keys.
    each: bool,
    steps: Vec<KeyStep>,
}

/// `repair(..)` as written.
pub struct RepairOption {
    at: Path,
    read: Option<Ident>,
    put: Option<Ident>,
    delete: Option<Ident>,
    ids: Option<Ident>,
    with: Option<Path>,
}

/// The value of `key`.
pub fn key_option(meta: &ParseNestedMeta<'_>) -> syn::Result<KeyOption> {
    let value = meta.value()?;
    if value.peek(LitStr) {
        return quoted(&value.parse()?);
    }
    let root = value.call(Ident::parse_any)?;
    let mut steps = Vec::new();
    while value.peek(Token![.]) {
        value.parse::<Token![.]>()?;
        steps.push(KeyStep {
            field: Some(value.parse()?),
            each: false,
        });
    }
    Ok(KeyOption {
        root,
        each: false,
        steps,
    })
}

/// The list of `also`.
pub fn also_option(meta: &ParseNestedMeta<'_>) -> syn::Result<Vec<(Ident, KeyOption)>> {
    let mut also = Vec::new();
    meta.parse_nested_meta(|inner| {
        let entity = inner.path.require_ident()?.clone();
        also.push((entity, key_option(&inner)?));
        Ok(())
    })?;
    Ok(also)
}

/// The list of `repair`.
pub fn repair_option(meta: &ParseNestedMeta<'_>) -> syn::Result<RepairOption> {
    let mut option = RepairOption {
        at: meta.path.clone(),
        read: None,
        put: None,
        delete: None,
        ids: None,
        with: None,
    };
    meta.parse_nested_meta(|inner| {
        let name = inner.path.get_ident().map(Ident::to_string);
        match name.as_deref() {
            Some("read") => option.read = Some(inner.value()?.parse()?),
            Some("put") => option.put = Some(inner.value()?.parse()?),
            Some("delete") => option.delete = Some(inner.value()?.parse()?),
            Some("ids") => option.ids = Some(inner.value()?.parse()?),
            Some("with") => option.with = Some(inner.value()?.parse()?),
            _ => {
                return Err(refuse(
                    &inner.path,
                    "`repair` has no such part",
                    "the parts are `read`, `put`, `delete` and `ids` with a method of the trait each, or `with = function`",
                ));
            }
        }
        Ok(())
    })?;
    Ok(option)
}

fn quoted(text: &LitStr) -> syn::Result<KeyOption> {
    let unreadable = || {
        refuse(
            text,
            "this path to a key cannot be read",
            "write an argument or `result`, then fields, with `[]` after a list: `\"result.lines[].product_id\"`",
        )
    };
    let mut parts = Vec::new();
    for part in text.value().split('.') {
        let (name, each) = part
            .strip_suffix("[]")
            .map_or((part, false), |name| (name, true));
        let ident = syn::parse_str::<Ident>(name).map_err(|_| unreadable())?;
        parts.push((Ident::new(&ident.to_string(), text.span()), each));
    }
    let mut parts = parts.into_iter();
    let (root, each) = parts.next().ok_or_else(unreadable)?;
    Ok(KeyOption {
        root,
        each,
        steps: parts
            .map(|(field, each)| KeyStep {
                field: Some(field),
                each,
            })
            .collect(),
    })
}

impl KeyOption {
    /// `key = all`.
    pub fn is_all(&self) -> bool {
        self.root == "all" && self.steps.is_empty() && !self.each
    }

    fn model(&self, entity: usize, draft: &Draft) -> syn::Result<KeyModel> {
        let each = self.each.then_some(KeyStep {
            field: None,
            each: true,
        });
        Ok(KeyModel {
            entity,
            root: self.root(draft)?,
            steps: each.into_iter().chain(self.steps.iter().cloned()).collect(),
        })
    }

    fn root(&self, draft: &Draft) -> syn::Result<KeyRoot> {
        if self.root == "result" {
            return Ok(KeyRoot::Result);
        }
        draft
            .args
            .iter()
            .position(|arg| arg.ident == self.root)
            .map(KeyRoot::Arg)
            .ok_or_else(|| {
                refuse(
                    &self.root,
                    format!("`{}` has no argument `{}`", draft.ident, self.root),
                    "name an argument, or `result` for the value that the primary store returns",
                )
            })
    }
}

/// The key of a read: the argument that `key` names, else the plain handle of the class that
/// `repair` reads by. Nothing else: a fence on one record must never be taken for another.
pub fn of_read(draft: &Draft, class: Option<&Ident>) -> syn::Result<Option<usize>> {
    if let Some(option) = &draft.options.key {
        return match option.root(draft)? {
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
        keys.push(option.model(position, draft)?);
    }
    match &draft.options.key {
        Some(option) if option.is_all() => return Ok((keys, true)),
        Some(option) => keys.push(option.model(0, draft)?),
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
