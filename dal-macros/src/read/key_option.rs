//! `key`, `also` and `repair` as they are written.

use syn::ext::IdentExt;
use syn::meta::ParseNestedMeta;
use syn::{Ident, LitStr, Path, Token};

use crate::model::KeyStep;
use crate::refuse::refuse;

/// A path to a key as written: `id`, `user.id`, `result.id` or `"result.lines[].product_id"`.
pub struct KeyOption {
    /// The argument, `result` or `all`.
    pub root: Ident,
    /// Whether the root itself is a list of keys.
    pub each: bool,
    /// The fields after it.
    pub steps: Vec<KeyStep>,
}

/// `repair(..)` as written.
pub struct RepairOption {
    /// The word itself.
    pub at: Path,
    /// `read = get`.
    pub read: Option<Ident>,
    /// `put = put_exact`.
    pub put: Option<Ident>,
    /// `delete = remove`.
    pub delete: Option<Ident>,
    /// `ids = pass_id`.
    pub ids: Option<Ident>,
    /// `with = function`.
    pub with: Option<Path>,
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
}
