//! The options inside `#[shadow(..)]` and `#[handle(..)]`.

use syn::ext::IdentExt;
use syn::meta::ParseNestedMeta;
use syn::punctuated::Punctuated;
use syn::{Attribute, Ident, LitStr, Path, Token};

use super::key_option::{self as key, KeyOption, RepairOption};
use crate::model::{Place, PlacePath, Token as PageToken, TraitOptions};
use crate::refuse::refuse;

/// The options of the attribute on the trait. `entity` is the default name.
///
/// # Errors
/// For an option that a trait does not have, or that cannot be read.
pub fn trait_options(
    attr: proc_macro2::TokenStream,
    entity: String,
) -> syn::Result<(TraitOptions, Option<RepairOption>)> {
    let mut options = TraitOptions {
        ops: false,
        entity,
        generated: Vec::new(),
        ids: Vec::new(),
        classify: None,
    };
    let mut repair = None;
    let parser = syn::meta::parser(|meta| {
        match option(&meta.path).as_deref() {
            Some("ops") => options.ops = true,
            Some("entity") => options.entity = text(&meta)?.value(),
            Some("generated") => options.generated.push(text(&meta)?),
            Some("ids") => options.ids.append(&mut places(&meta)?),
            Some("classify") => options.classify = Some(meta.value()?.parse()?),
            Some("repair") => repair = Some(key::repair_option(&meta)?),
            _ => {
                return Err(refuse(
                    &meta.path,
                    "`#[shadow]` on a trait has no such option",
                    "the options are `ops`, `entity = \"name\"`, `generated = \"Type.field\"`, `ids(class = \"Type.field\")`, `repair(read = get, put = put_exact, delete = remove)` and `classify = path`",
                ));
            }
        }
        Ok(())
    });
    syn::parse::Parser::parse2(parser, attr)?;
    Ok((options, repair))
}

/// The options on a method, as written.
#[derive(Default)]
pub struct MethodOptions {
    /// `read`, `write`, `mirror`, `skip(read)` or `skip(write)`.
    pub kind: Option<(Kind, Path)>,
    /// `replay`.
    pub replay: Option<Path>,
    /// `mirror = method` or `mirror = method(result, ..)` beside `write`.
    pub mirror: Option<MirrorOption>,
    /// `creates(user = id)`.
    pub creates: Vec<Place>,
    /// `token(page = next)`.
    pub token: Option<PageToken>,
    /// `key = id`, `key = user.id`, `key = result.id`, `key = all`.
    pub key: Option<KeyOption>,
    /// `also(product = "result.lines[].product_id")`.
    pub also: Vec<(Ident, KeyOption)>,
    /// `ignore = "path"`.
    pub ignore: Vec<LitStr>,
    /// `unordered = "path"`.
    pub unordered: Vec<LitStr>,
    /// `normalize("path" = path_to_fn)`.
    pub normalize: Vec<(LitStr, Path)>,
}

/// The four kinds of methods.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Read,
    Write,
    Mirror,
    SkipRead,
    SkipWrite,
}

impl Kind {
    /// Whether the method is sent to one store only.
    pub const fn is_skip(self) -> bool {
        matches!(self, Self::SkipRead | Self::SkipWrite)
    }

    /// What a method of this kind is, for a message.
    pub const fn noun(self) -> &'static str {
        match self {
            Self::Read => "a read",
            Self::Write => "a write",
            Self::Mirror => "a mirror method",
            Self::SkipRead | Self::SkipWrite => "a method of one store",
        }
    }
}

/// `mirror = method(result, name)`.
pub struct MirrorOption {
    /// The method.
    pub method: Ident,
    /// What it is called with; `None` when no list is written: the result alone.
    pub args: Option<Punctuated<Ident, Token![,]>>,
}

/// Reads every `#[shadow(..)]` of a method.
pub fn method_options(attrs: &[&Attribute]) -> syn::Result<MethodOptions> {
    let mut options = MethodOptions::default();
    for attr in attrs {
        if matches!(attr.meta, syn::Meta::Path(_)) {
            continue;
        }
        attr.parse_nested_meta(|meta| method_option(&mut options, &meta))?;
    }
    Ok(options)
}

fn method_option(options: &mut MethodOptions, meta: &ParseNestedMeta<'_>) -> syn::Result<()> {
    match option(&meta.path).as_deref() {
        Some("read") => kind(options, Kind::Read, meta)?,
        Some("write") => kind(options, Kind::Write, meta)?,
        Some("skip") => skip(options, meta)?,
        Some("mirror") if meta.input.peek(Token![=]) => {
            options.mirror = Some(mirror(meta)?);
        }
        Some("mirror") => kind(options, Kind::Mirror, meta)?,
        Some("replay") => options.replay = Some(meta.path.clone()),
        Some("creates") => options.creates.append(&mut places(meta)?),
        Some("token") => options.token = Some(token(meta)?),
        Some("key") => options.key = Some(key::key_option(meta)?),
        Some("also") => options.also.append(&mut key::also_option(meta)?),
        Some("ignore") => options.ignore.push(text(meta)?),
        Some("unordered") => options.unordered.push(text(meta)?),
        Some("normalize") => normalize(options, meta)?,
        _ => {
            return Err(refuse(
                &meta.path,
                "`#[shadow]` on a method has no such option",
                "the options are `read`, `write`, `mirror`, `skip(read)`, `skip(write)`, `replay`, `mirror = method`, `creates(class = place)`, `token(class = place)`, `key = path`, `also(entity = \"path\")`, `ignore = \"path\"`, `unordered = \"path\"` and `normalize(\"path\" = function)`",
            ));
        }
    }
    Ok(())
}

/// `skip(read)` or `skip(write)`.
fn skip(options: &mut MethodOptions, meta: &ParseNestedMeta<'_>) -> syn::Result<()> {
    let mut said = None;
    if meta.input.peek(syn::token::Paren) {
        meta.parse_nested_meta(|inner| {
            said = match option(&inner.path).as_deref() {
                Some("read") => Some(Kind::SkipRead),
                Some("write") => Some(Kind::SkipWrite),
                _ => None,
            };
            Ok(())
        })?;
    }
    match said {
        Some(said) => kind(options, said, meta),
        None => Err(refuse(
            &meta.path,
            "a skipped method does not say whether it reads or writes",
            "write `skip(read)` for the primary store for reads, or `skip(write)` for the one for writes; a write waits while a step hands over",
        )),
    }
}

fn kind(options: &mut MethodOptions, kind: Kind, meta: &ParseNestedMeta<'_>) -> syn::Result<()> {
    if options.kind.is_some() {
        return Err(refuse(
            &meta.path,
            "a method is one of `read`, `write`, `mirror` and `skip`",
            "keep the one that is meant; the secondary half of a write is `replay` or `mirror = method`",
        ));
    }
    options.kind = Some((kind, meta.path.clone()));
    Ok(())
}

fn mirror(meta: &ParseNestedMeta<'_>) -> syn::Result<MirrorOption> {
    let value = meta.value()?;
    let method = value.parse()?;
    let args = if value.peek(syn::token::Paren) {
        let content;
        syn::parenthesized!(content in value);
        Some(Punctuated::parse_terminated(&content)?)
    } else {
        None
    };
    Ok(MirrorOption { method, args })
}

fn token(meta: &ParseNestedMeta<'_>) -> syn::Result<PageToken> {
    let mut place = None;
    let mut portable = false;
    let mut drain = None;
    meta.parse_nested_meta(|inner| {
        match option(&inner.path).as_deref() {
            Some("portable") => portable = true,
            Some("drain") => drain = Some(path_of(&inner)?),
            _ => place = Some(one_place(&inner)?),
        }
        Ok(())
    })?;
    match place {
        Some(place) => Ok(PageToken {
            place,
            portable,
            drain,
        }),
        None => Err(refuse(
            &meta.path,
            "a token has a class and a place in the answer",
            "write `token(page = next)` for a page whose field `next` is given back as `#[handle(page)]`",
        )),
    }
}

fn normalize(options: &mut MethodOptions, meta: &ParseNestedMeta<'_>) -> syn::Result<()> {
    let content;
    syn::parenthesized!(content in meta.input);
    let pairs = content.parse_terminated(
        |input| {
            let path: LitStr = input.parse()?;
            input.parse::<Token![=]>()?;
            Ok((path, input.parse::<Path>()?))
        },
        Token![,],
    )?;
    options.normalize.extend(pairs);
    Ok(())
}

/// The handles of an argument, from its `#[handle(..)]` attributes.
pub fn handles(attrs: &[&Attribute]) -> syn::Result<Vec<Place>> {
    let mut found = Vec::new();
    for attr in attrs {
        attr.parse_nested_meta(|meta| {
            found.push(one_place(&meta)?);
            Ok(())
        })?;
    }
    Ok(found)
}

/// `(user = id, order = "lines[].order_id")`.
fn places(meta: &ParseNestedMeta<'_>) -> syn::Result<Vec<Place>> {
    let mut found = Vec::new();
    meta.parse_nested_meta(|inner| {
        found.push(one_place(&inner)?);
        Ok(())
    })?;
    Ok(found)
}

/// `user`, `user = id` or `user = "a[].id"`.
fn one_place(meta: &ParseNestedMeta<'_>) -> syn::Result<Place> {
    let class = meta.path.require_ident()?.clone();
    let path = if meta.input.peek(Token![=]) {
        Some(path_of(meta)?)
    } else {
        None
    };
    Ok(Place { class, path })
}

/// A path written as a field's name or as a text.
fn path_of(meta: &ParseNestedMeta<'_>) -> syn::Result<PlacePath> {
    let value = meta.value()?;
    if value.peek(LitStr) {
        return Ok(PlacePath {
            text: value.parse()?,
            field: None,
        });
    }
    let field = value.parse::<Ident>()?;
    Ok(PlacePath {
        text: LitStr::new(&field.unraw().to_string(), field.span()),
        field: Some(field),
    })
}

fn text(meta: &ParseNestedMeta<'_>) -> syn::Result<LitStr> {
    meta.value()?.parse()
}

fn option(path: &Path) -> Option<String> {
    path.get_ident().map(Ident::to_string)
}
