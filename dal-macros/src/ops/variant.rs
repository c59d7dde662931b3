//! One method as a variant: what each of its arguments becomes.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, format_ident, quote};
use syn::visit::{self, Visit};
use syn::{GenericArgument, PathArguments, Type};

use super::place::{self, Step};
use crate::model::{ArgForm, ArgModel, MethodKind, MethodModel};
use crate::refuse::{Refusals, refuse};

/// A method as a variant.
pub struct Variant<'a> {
    pub method: &'a MethodModel,
    pub ident: Ident,
    pub arguments: Vec<Argument<'a>>,
    /// The slots that a successful call binds, in the order of `creates`.
    pub binds: Vec<Ident>,
    /// The slot that the page's token is bound to.
    pub page: Option<Ident>,
    /// How far back the answer is that a mirror method puts again.
    pub answer: Option<Ident>,
}

/// What an argument becomes.
pub struct Argument<'a> {
    pub arg: &'a ArgModel,
    pub kind: ArgumentKind,
}

/// What an argument becomes.
pub enum ArgumentKind {
    /// A value from a strategy, with ids put into it.
    Value(Vec<Inside>),
    /// Slots, and nothing else.
    Handle(Handle),
}

/// An argument that is a handle.
pub struct Handle {
    pub class: String,
    pub many: Many,
    /// The type of one id, owned.
    pub id: TokenStream,
}

/// How many ids an argument is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Many {
    One,
    Optional,
    List,
}

/// An id inside an argument.
pub struct Inside {
    pub field: Ident,
    pub class: String,
    pub steps: Vec<Step>,
}

impl Inside {
    /// Whether it is one slot for each element of a list.
    pub fn is_list(&self) -> bool {
        place::is_list(&self.steps)
    }
}

/// The variant of a method.
///
/// # Errors
/// Every refusal of its arguments.
pub fn of(method: &MethodModel) -> syn::Result<Variant<'_>> {
    let mut refusals = Refusals::default();
    let arguments = method
        .args
        .iter()
        .filter_map(|arg| refusals.take(argument(arg)))
        .collect::<Vec<_>>();
    refusals.finish()?;
    let mut binds = Vec::new();
    for made in &method.creates {
        let earlier = method
            .creates
            .iter()
            .take(binds.len())
            .filter(|other| other.class == made.class)
            .count();
        binds.push(match earlier {
            0 => format_ident!("binds_{}", made.class),
            _ => format_ident!("binds_{}_{}", made.class, earlier + 1),
        });
    }
    let page = method
        .token
        .as_ref()
        .map(|token| format_ident!("binds_{}", token.place.class));
    Ok(Variant {
        ident: camel_case(&method.ident),
        method,
        arguments,
        binds,
        page,
        answer: None,
    })
}

/// The variant of a mirror method that gets the answer of a write: it puts an earlier one again.
pub fn of_mirrored(method: &MethodModel) -> Variant<'_> {
    Variant {
        ident: camel_case(&method.ident),
        method,
        arguments: Vec::new(),
        binds: Vec::new(),
        page: None,
        answer: Some(format_ident!("answer")),
    }
}

impl Variant<'_> {
    /// Whether it is a write; a mirror method is one.
    pub fn is_write(&self) -> bool {
        matches!(self.method.kind, MethodKind::Write(_)) || self.is_mirror()
    }

    /// Whether it is a mirror method.
    pub fn is_mirror(&self) -> bool {
        matches!(self.method.kind, MethodKind::Mirror)
    }

    /// The variant of the enum.
    pub fn declaration(&self) -> TokenStream {
        let ident = &self.ident;
        let doc = format!("`{}`.", self.method.ident);
        let fields = self.fields();
        if fields.is_empty() {
            return quote!(#[doc = #doc] #ident);
        }
        let fields = fields.iter().map(|field| {
            let Field { ident, ty, doc, .. } = field;
            quote!(#[doc = #doc] #ident: #ty)
        });
        quote!(#[doc = #doc] #ident { #(#fields),* })
    }

    /// Every field, in the order in which `Debug` writes them.
    pub fn fields(&self) -> Vec<Field> {
        let mut fields = Vec::new();
        for Argument { arg, kind } in &self.arguments {
            let name = &arg.ident;
            match kind {
                ArgumentKind::Value(inside) => {
                    fields.push(Field::value(name, arg.form.owned()));
                    fields.extend(inside.iter().map(|inside| {
                        let many = if inside.is_list() {
                            Many::List
                        } else {
                            Many::One
                        };
                        let doc = format!("Ids of class `{}` inside `{name}`.", inside.class);
                        let strategy = inside.is_list().then(|| quote!(inside_list()));
                        Field::slots(&inside.field, many, doc, strategy)
                    }));
                }
                ArgumentKind::Handle(handle) => {
                    let doc = format!("Argument `{name}`: an id of class `{}`.", handle.class);
                    fields.push(Field::slots(name, handle.many, doc, None));
                }
            }
        }
        for bind in self.binds.iter().chain(&self.page) {
            let doc = "The slot that a success binds.".to_owned();
            fields.push(Field::slots(bind, Many::One, doc, Some(quote!(bind()))));
        }
        if let Some(answer) = &self.answer {
            let doc = "Which of the earlier answers is put again: `h(0)` is the newest.".to_owned();
            fields.push(Field::slots(answer, Many::One, doc, Some(quote!(bind()))));
        }
        fields
    }
}

/// A field of a variant.
pub struct Field {
    pub ident: Ident,
    pub ty: TokenStream,
    doc: String,
    /// The strategy of slots; a value comes from the struct's own field of this name.
    pub slots: Option<TokenStream>,
}

impl Field {
    fn value(ident: &Ident, ty: TokenStream) -> Self {
        Self {
            ident: ident.clone(),
            ty,
            doc: format!("Argument `{ident}`."),
            slots: None,
        }
    }

    fn slots(ident: &Ident, many: Many, doc: String, strategy: Option<TokenStream>) -> Self {
        let (ty, usual) = match many {
            Many::One => (quote!(::dal_shadow::ops::Slot), quote!(one())),
            Many::Optional => (
                quote!(::core::option::Option<::dal_shadow::ops::Slot>),
                quote!(optional()),
            ),
            Many::List => (
                quote!(::std::vec::Vec<::dal_shadow::ops::Slot>),
                quote!(many()),
            ),
        };
        let strategy = strategy.unwrap_or(usual);
        Self {
            ident: ident.clone(),
            ty,
            doc,
            slots: Some(quote!(::dal_shadow::ops::strategy::#strategy)),
        }
    }
}

fn argument(arg: &ArgModel) -> syn::Result<Argument<'_>> {
    refuse_self(&arg.ty)?;
    let mut whole = arg.handles.iter().filter(|handle| handle.path.is_none());
    let kind = match (whole.next(), arg.handles.len()) {
        (Some(handle), 1) => ArgumentKind::Handle(handle_of(&arg.form, handle.class.to_string())),
        (Some(handle), _) => {
            return Err(refuse(
                &handle.class,
                format!(
                    "`{}` is one id as a whole, so nothing else can be inside it",
                    arg.ident
                ),
                "write `#[handle(class)]` for an argument that is an id, or a place for each id inside it: `#[handle(class = field)]`",
            ));
        }
        (None, _) => ArgumentKind::Value(inside(arg)?),
    };
    Ok(Argument { arg, kind })
}

fn inside(arg: &ArgModel) -> syn::Result<Vec<Inside>> {
    let mut found: Vec<Inside> = Vec::new();
    for handle in &arg.handles {
        let steps = place::steps(handle)?;
        let name = format_ident!("{}_{}", bare(&arg.ident), handle.class);
        let field = match found
            .iter()
            .filter(|other| handle.class == other.class)
            .count()
        {
            0 => name,
            earlier => format_ident!("{name}_{}", earlier + 1),
        };
        found.push(Inside {
            field,
            class: handle.class.to_string(),
            steps,
        });
    }
    Ok(found)
}

fn handle_of(form: &ArgForm, class: String) -> Handle {
    let (many, id) = match form {
        ArgForm::Value(ty) | ArgForm::Ref(ty) => {
            match (&**ty, inner(ty, "Option"), inner(ty, "Vec")) {
                (_, Some(id), _) => (Many::Optional, id.to_token_stream()),
                (_, _, Some(id)) => (Many::List, id.to_token_stream()),
                (Type::Slice(slice), ..) => (Many::List, slice.elem.to_token_stream()),
                _ => (Many::One, form.owned()),
            }
        }
        ArgForm::OptionRef(ty) => (Many::Optional, ArgForm::Ref(ty.clone()).owned()),
        ArgForm::SliceOfRef(ty) => (Many::List, ArgForm::Ref(ty.clone()).owned()),
        ArgForm::Forwarded => (Many::One, TokenStream::new()),
    };
    Handle { class, many, id }
}

/// The `T` of a type that is written `name<T>`.
fn inner<'a>(ty: &'a Type, name: &str) -> Option<&'a Type> {
    let Type::Path(path) = ty else { return None };
    let last = path.path.segments.last()?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else {
        return None;
    };
    match arguments.args.first() {
        Some(GenericArgument::Type(inner)) if last.ident == name => Some(inner),
        _ => None,
    }
}

/// Refuses what only the trait itself can name.
fn refuse_self(ty: &Type) -> syn::Result<()> {
    struct Search(bool);
    impl<'ast> Visit<'ast> for Search {
        fn visit_path(&mut self, path: &'ast syn::Path) {
            self.0 |= path
                .segments
                .first()
                .is_some_and(|first| first.ident == "Self");
            visit::visit_path(self, path);
        }
    }
    let mut search = Search(false);
    search.visit_type(ty);
    if search.0 {
        return Err(refuse(
            ty,
            "`ops` keeps arguments outside of the trait, where `Self` says nothing",
            "name the type itself, or leave `ops` out",
        ));
    }
    Ok(())
}

/// `by_email` → `ByEmail`.
pub fn camel_case(ident: &Ident) -> Ident {
    let mut camel = String::new();
    for word in bare(ident).split('_').filter(|word| !word.is_empty()) {
        let mut letters = word.chars();
        camel.extend(letters.next().into_iter().flat_map(char::to_uppercase));
        camel.push_str(letters.as_str());
    }
    if camel.is_empty() || camel.starts_with(|first: char| first.is_ascii_digit()) {
        camel.insert(0, '_');
    }
    format_ident!("{camel}", span = ident.span())
}

/// The name without `r#`.
pub fn bare(ident: &Ident) -> String {
    let text = ident.to_string();
    text.strip_prefix("r#").map(str::to_owned).unwrap_or(text)
}
