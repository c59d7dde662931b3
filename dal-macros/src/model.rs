//! What `#[shadow]` knows of a trait once its attributes are read and checked.
//!
//! [`crate::read`] builds it, [`crate::expand`] and [`crate::ops`] only read it. Everything in a
//! model has been accepted: what the attribute refuses never gets here.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{Attribute, Ident, ItemTrait, LitStr, Path, Type};

/// An accepted trait.
pub struct TraitModel {
    /// The trait as it is emitted: `#[shadow]` and `#[handle]` stripped, a native `async fn`
    /// turned into a function that returns a `Send` future. Name, visibility and generics are
    /// read from here.
    pub item: ItemTrait,
    /// The name of the wrapper: `ShadowUserRepository`.
    pub wrapper: Ident,
    /// The user's `#[async_trait]`, as written; `None` for a trait with native futures.
    pub async_trait: Option<Attribute>,
    /// The names of the trait's associated types.
    pub associated: Vec<Ident>,
    /// The options of the attribute on the trait.
    pub options: TraitOptions,
    /// Every method, in order of declaration.
    pub methods: Vec<MethodModel>,
    /// The trait's own entity, then those whose records its writes change as well (`also`).
    pub entities: Vec<String>,
    /// `repair(..)`.
    pub repair: Option<RepairModel>,
}

/// The options of `#[shadow(..)]` on the trait.
pub struct TraitOptions {
    /// `ops`: emit the operations for property tests.
    pub ops: bool,
    /// `entity = "users"`, or the trait's name in snake case without `_repository`.
    pub entity: String,
    /// `generated = "User.created_at"`: values that each store makes by itself.
    pub generated: Vec<LitStr>,
    /// `ids(user = "Order.user_id")`: places in answers that hold an id of a class.
    pub ids: Vec<Place>,
    /// `classify = path`: reads the error type in place of `Classify`.
    pub classify: Option<Path>,
}

/// `repair(..)`: how a record is made equal on the secondary store.
pub enum RepairModel {
    /// `repair(read = get, put = put_exact, delete = remove, ids = pass_id)`: methods by their
    /// position in the trait.
    Methods {
        /// Reads a record by its key.
        read: usize,
        /// Puts what was read.
        put: usize,
        /// Deletes the record with a key.
        delete: usize,
        /// Moves the store's ids past a key.
        ids: Option<usize>,
    },
    /// `repair(with = function)`: a function of the two stores and the key.
    With(Path),
}

/// A record that a write names.
pub struct KeyModel {
    /// Its entity: a position in [`TraitModel::entities`].
    pub entity: usize,
    /// Where its key stands.
    pub root: KeyRoot,
    /// The way from there.
    pub steps: Vec<KeyStep>,
}

/// Where the path to a key begins.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum KeyRoot {
    /// An argument, by its position.
    Arg(usize),
    /// The value that the primary store returned.
    Result,
}

/// One step of the path to a key: into a field, or into every element of a list in it.
#[derive(Clone)]
pub struct KeyStep {
    /// The field; none for the list that the value itself is.
    pub field: Option<Ident>,
    /// Into every element.
    pub each: bool,
}

/// A class of handles and where one of them is found.
#[derive(Clone)]
pub struct Place {
    /// The class: `user`.
    pub class: Ident,
    /// The path to the value, or `None` when it is the value itself.
    pub path: Option<PlacePath>,
}

impl Place {
    /// The path as a text; an empty one for the value itself.
    pub fn text(&self) -> String {
        self.path
            .as_ref()
            .map(|path| path.text.value())
            .unwrap_or_default()
    }
}

/// A path as the attribute has it.
#[derive(Clone)]
pub struct PlacePath {
    /// The path, as serde names fields.
    pub text: LitStr,
    /// The field of Rust, when the path is written without quotes: the compiler looks it up.
    pub field: Option<Ident>,
}

/// One method.
pub struct MethodModel {
    /// Its name.
    pub ident: Ident,
    /// Its `#[cfg]` attributes.
    pub cfgs: Vec<Attribute>,
    /// What it does.
    pub kind: MethodKind,
    /// Its arguments without the receiver.
    pub args: Vec<ArgModel>,
    /// What the future resolves to: `Result<User, RepoError>`.
    pub output: Type,
    /// `creates(user = id)`: what a successful call binds.
    pub creates: Vec<Place>,
    /// `token(page = next, ..)`.
    pub token: Option<Token>,
    /// Of a read: the argument that names the record, an index into `args`.
    pub key: Option<usize>,
    /// Of a write: the records that it changes.
    pub keys: Vec<KeyModel>,
    /// `key = all`: it changes the whole entity.
    pub bulk: bool,
    /// `ignore = "path"`.
    pub ignore: Vec<LitStr>,
    /// `unordered = "path"`.
    pub unordered: Vec<LitStr>,
    /// `normalize("path" = path_to_fn)`.
    pub normalize: Vec<(LitStr, Path)>,
}

/// What a method does.
pub enum MethodKind {
    /// Reads: the other store may be asked as well, and the answers are compared.
    Read,
    /// Writes: the secondary store is written after the primary one succeeded.
    Write(SecondaryCall),
    /// Puts one exact state: sent to both stores with the same arguments; may be repeated.
    Mirror,
    /// Is sent to one store only: the one that is primary for reads, or for writes.
    Skip {
        /// It writes.
        writes: bool,
    },
}

/// The secondary half of a write.
pub enum SecondaryCall {
    /// The same arguments.
    Replay,
    /// Another method of the trait, with the value that the primary store returned.
    Mirror(MirrorCall),
}

/// The call of a mirror method after a write.
pub struct MirrorCall {
    /// The method, as named in the attribute.
    pub method: Ident,
    /// One source for each argument of that method.
    pub args: Vec<MirrorArg>,
    /// The value is an `Option` and the mirror takes what is inside: `None` sends nothing.
    pub inside_option: bool,
}

/// Where an argument of a mirror call comes from, and how it is passed on.
pub struct MirrorArg {
    /// The value that the primary store returned, or an argument of the write by its index.
    pub source: MirrorSource,
    /// How the mirror method takes it.
    pub form: ArgForm,
}

/// Where an argument of a mirror call comes from.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum MirrorSource {
    /// `result`: the value that the primary store returned.
    Result,
    /// An argument of the write: an index into its `args`.
    Arg(usize),
}

/// `token(page = next, portable, drain = items)`: the cursor of a paged read.
#[derive(Clone)]
pub struct Token {
    /// The class (`page`) and its place in the answer (`next`).
    pub place: Place,
    /// `portable`: one store's token is good at the other one.
    pub portable: bool,
    /// `drain = items`: the place of the page's records.
    pub drain: Option<PlacePath>,
}

/// One argument.
#[derive(Clone)]
pub struct ArgModel {
    /// Its name.
    pub ident: Ident,
    /// Its type as written.
    pub ty: Type,
    /// How it is kept for a call that outlives the caller.
    pub form: ArgForm,
    /// `#[handle(user)]` or `#[handle(member = member, book = "lines[].book_id")]`.
    pub handles: Vec<Place>,
}

/// How an argument is kept and passed again.
#[derive(Clone)]
pub enum ArgForm {
    /// `T`: kept as a clone.
    Value(Box<Type>),
    /// `&T`, `&str`, `&[T]`: kept as `<T as ToOwned>::Owned`.
    Ref(Box<Type>),
    /// `Option<&T>`.
    OptionRef(Box<Type>),
    /// `&[&T]`.
    SliceOfRef(Box<Type>),
    /// Only forwarded: the argument of a `skip` method.
    Forwarded,
}

impl ArgForm {
    /// The owned type in which the argument is kept; nothing for a forwarded one.
    pub fn owned(&self) -> TokenStream {
        match self {
            Self::Value(ty) => ty.to_token_stream(),
            Self::Ref(ty) => owned_of(ty),
            Self::OptionRef(ty) => {
                let ty = owned_of(ty);
                quote!(::core::option::Option<#ty>)
            }
            Self::SliceOfRef(ty) => {
                let ty = owned_of(ty);
                quote!(::std::vec::Vec<#ty>)
            }
            Self::Forwarded => TokenStream::new(),
        }
    }
}

/// `String` for `str` and `Vec<T>` for `[T]`, so that the type reads as a person would write it.
fn owned_of(ty: &Type) -> TokenStream {
    match ty {
        Type::Path(path) if path.path.is_ident("str") => quote!(::std::string::String),
        Type::Slice(slice) => {
            let element = &slice.elem;
            quote!(::std::vec::Vec<#element>)
        }
        _ => quote!(<#ty as ::std::borrow::ToOwned>::Owned),
    }
}
