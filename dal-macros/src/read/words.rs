//! The words inside `#[shadow(..)]` and `#[handle(..)]`.

use syn::meta::ParseNestedMeta;
use syn::punctuated::Punctuated;
use syn::{Attribute, Ident, LitStr, Path, Token};

use crate::model::{Place, Token as PageToken, TraitOptions};
use crate::refuse::refuse;

/// The words of the attribute on the trait. `entity` is the default name.
pub fn trait_options(attr: proc_macro2::TokenStream, entity: String) -> syn::Result<TraitOptions> {
    let mut options = TraitOptions {
        ops: false,
        entity,
        generated: Vec::new(),
        ids: Vec::new(),
        classify: None,
    };
    let parser = syn::meta::parser(|meta| {
        match word(&meta.path).as_deref() {
            Some("ops") => options.ops = true,
            Some("entity") => options.entity = text(&meta)?,
            Some("generated") => options.generated.push(text(&meta)?),
            Some("ids") => options.ids.append(&mut places(&meta)?),
            Some("classify") => options.classify = Some(meta.value()?.parse()?),
            _ => {
                return Err(refuse(
                    &meta.path,
                    "`#[shadow]` on a trait has no such word",
                    "the words are `ops`, `entity = \"name\"`, `generated = \"Type.field\"`, `ids(class = \"Type.field\")` and `classify = path`",
                ));
            }
        }
        Ok(())
    });
    syn::parse::Parser::parse2(parser, attr)?;
    Ok(options)
}

/// The words on a method, as written.
#[derive(Default)]
pub struct MethodWords {
    /// `read`, `write`, `mirror` or `skip`.
    pub kind: Option<(Kind, Path)>,
    /// `replay`.
    pub replay: Option<Path>,
    /// `mirror = method` or `mirror = method(result, ..)` beside `write`.
    pub mirror: Option<MirrorWord>,
    /// `creates(user = id)`.
    pub creates: Vec<Place>,
    /// `token(page = next)`.
    pub token: Option<PageToken>,
    /// `key = argument`.
    pub key: Option<Ident>,
    /// `ignore = "path"`.
    pub ignore: Vec<String>,
    /// `unordered = "path"`.
    pub unordered: Vec<String>,
    /// `normalize("path" = path_to_fn)`.
    pub normalize: Vec<(String, Path)>,
}

/// The four kinds of methods.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Read,
    Write,
    Mirror,
    Skip,
}

/// `mirror = method(result, name)`.
pub struct MirrorWord {
    /// The method.
    pub method: Ident,
    /// What it is called with; `None` when no list is written: the result alone.
    pub args: Option<Punctuated<Ident, Token![,]>>,
}

/// Reads every `#[shadow(..)]` of a method.
pub fn method_words(attrs: &[&Attribute]) -> syn::Result<MethodWords> {
    let mut words = MethodWords::default();
    for attr in attrs {
        if matches!(attr.meta, syn::Meta::Path(_)) {
            continue;
        }
        attr.parse_nested_meta(|meta| method_word(&mut words, &meta))?;
    }
    Ok(words)
}

fn method_word(words: &mut MethodWords, meta: &ParseNestedMeta<'_>) -> syn::Result<()> {
    match word(&meta.path).as_deref() {
        Some("read") => kind(words, Kind::Read, meta)?,
        Some("write") => kind(words, Kind::Write, meta)?,
        Some("skip") => kind(words, Kind::Skip, meta)?,
        Some("mirror") if meta.input.peek(Token![=]) => {
            words.mirror = Some(mirror(meta)?);
        }
        Some("mirror") => kind(words, Kind::Mirror, meta)?,
        Some("replay") => words.replay = Some(meta.path.clone()),
        Some("creates") => words.creates.append(&mut places(meta)?),
        Some("token") => words.token = Some(token(meta)?),
        Some("key") => words.key = Some(meta.value()?.parse()?),
        Some("ignore") => words.ignore.push(text(meta)?),
        Some("unordered") => words.unordered.push(text(meta)?),
        Some("normalize") => normalize(words, meta)?,
        _ => {
            return Err(refuse(
                &meta.path,
                "`#[shadow]` on a method has no such word",
                "the words are `read`, `write`, `mirror`, `skip`, `replay`, `mirror = method`, `creates(class = place)`, `token(class = place)`, `key = argument`, `ignore = \"path\"`, `unordered = \"path\"` and `normalize(\"path\" = function)`",
            ));
        }
    }
    Ok(())
}

fn kind(words: &mut MethodWords, kind: Kind, meta: &ParseNestedMeta<'_>) -> syn::Result<()> {
    if words.kind.is_some() {
        return Err(refuse(
            &meta.path,
            "a method is one of `read`, `write`, `mirror` and `skip`",
            "keep the one that is meant; the second half of a write is `replay` or `mirror = method`",
        ));
    }
    words.kind = Some((kind, meta.path.clone()));
    Ok(())
}

fn mirror(meta: &ParseNestedMeta<'_>) -> syn::Result<MirrorWord> {
    let value = meta.value()?;
    let method = value.parse()?;
    let args = if value.peek(syn::token::Paren) {
        let content;
        syn::parenthesized!(content in value);
        Some(Punctuated::parse_terminated(&content)?)
    } else {
        None
    };
    Ok(MirrorWord { method, args })
}

fn token(meta: &ParseNestedMeta<'_>) -> syn::Result<PageToken> {
    let mut place = None;
    let mut portable = false;
    let mut drain = None;
    meta.parse_nested_meta(|inner| {
        match word(&inner.path).as_deref() {
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

fn normalize(words: &mut MethodWords, meta: &ParseNestedMeta<'_>) -> syn::Result<()> {
    let content;
    syn::parenthesized!(content in meta.input);
    let pairs = content.parse_terminated(
        |input| {
            let path: LitStr = input.parse()?;
            input.parse::<Token![=]>()?;
            Ok((path.value(), input.parse::<Path>()?))
        },
        Token![,],
    )?;
    words.normalize.extend(pairs);
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
fn path_of(meta: &ParseNestedMeta<'_>) -> syn::Result<String> {
    let value = meta.value()?;
    if value.peek(LitStr) {
        Ok(value.parse::<LitStr>()?.value())
    } else {
        Ok(value.parse::<Ident>()?.to_string())
    }
}

fn text(meta: &ParseNestedMeta<'_>) -> syn::Result<String> {
    Ok(meta.value()?.parse::<LitStr>()?.value())
}

fn word(path: &Path) -> Option<String> {
    path.get_ident().map(Ident::to_string)
}
