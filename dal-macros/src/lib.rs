// The example needs `dal-shadow`, whose doctests run it.
#![cfg_attr(not(doctest), doc = include_str!("../README.md"))]

mod classify;
mod expand;
mod model;
mod ops;
mod read;
mod refuse;
mod store;

use proc_macro::TokenStream;
use quote::quote;
use syn::{DeriveInput, ItemTrait, parse_macro_input};

/// Adds `ShadowX` to a trait `X`. It implements `X` over two other implementations, one on MySQL
/// and one on DynamoDB; the phase decides which one is primary.
///
/// The trait has `Send + Sync` above it, `#[async_trait]` below the attribute or native `async fn`,
/// and methods with `&self` that return a `Result`. Returned values implement `serde::Serialize`,
/// errors `Display` and `Classify`. Arguments can be cloned (`&T`, `Option<&T>` and `&[&T]` are
/// copied), and the value that a `mirror` method gets is `Clone`.
///
/// | on the trait | meaning |
/// |---|---|
/// | `entity = "users"` | the name in the phase source; without it the trait's name in snake case, without `_repository`: `UserRepository` is `user` |
/// | `classify = path` | a function that reads an error type of another crate, in place of `Classify` |
/// | `ops` | the calls as values, for property tests |
/// | `generated = "User.created_at"` | type and field of a value that each store makes by itself (property tests compare its presence) |
/// | `ids(user = "Order.user_id")` | a place in answers that holds an id of a class |
/// | `repair(read = get, put = put_exact, delete = remove, ids = pass_id)` | the methods, with one argument each, that make a record equal on the secondary store; `ids` may be left out |
/// | `repair(with = function)` | a function that does it: `async fn(from: &A, to: &B, key: K) -> Result<(), E>` |
///
/// | on a method | meaning |
/// |---|---|
/// | `read` | may be asked of both stores and compared |
/// | `write, replay` | the secondary store gets the same arguments |
/// | `write, mirror = put_exact` | the secondary store's `put_exact` gets the value that the primary store returned; `mirror = put(result, name)` also passes an argument |
/// | `mirror` | stores exactly what it is given, as often as it is called |
/// | `skip(read)`, `skip(write)` | is called on one store only: the primary store for reads, or the one for writes |
/// | `creates(user = id)` | a successful call returns a new id of this class in this field; without a field the returned value is the id |
/// | `token(user_page = next)` | the returned value holds the token of the next page in this field; a method takes it back as `#[handle(user_page)] after: Option<&str>`, or inside a struct (`#[handle(user_page = "from.after")]`). `portable`: one store understands the other store's token. `drain = items`: the stores may cut pages at different records |
/// | `key = id`; `key = user.id`; `key = result.id`; `key = all` | the record that a write changes: an argument, a field of one, a field of what the primary store returns, or the whole entity; the argument that a read is by. Without it the plain argument that is a handle of the class by which `repair` reads, else the place that `creates` names |
/// | `also(product = "result.lines[].product_id")` | further records that a write changes, of other entities or of its own; `[]` stands after a list |
/// | `ignore = "path"`; `unordered = "path"`; `normalize("path" = function)` | leaves a place out; compares a list as a multiset; brings a value into one form first |
///
/// A write that does not say which record it changes does not compile. `docs/engine.md` of the
/// repository says what records, keys and `repair` are for.
///
/// A place in an answer is the name of a Rust field, which must exist, or a text: the path as serde
/// names fields (`creates(product = "listed.id")`, `token(page = "nextPage")`). A path that cannot
/// be read does not compile.
///
/// | on an argument | meaning |
/// |---|---|
/// | `#[handle(user)]` | it is an id of this class, an option or a list of them |
/// | `#[handle(member = member, book = "lines[].book_id")]` | it holds ids at these places |
#[proc_macro_attribute]
pub fn shadow(attr: TokenStream, item: TokenStream) -> TokenStream {
    let mut item = parse_macro_input!(item as ItemTrait);
    match read::model(attr.into(), &mut item) {
        Ok(model) => expand::expand(&model).into(),
        Err(errors) => {
            let errors = errors.to_compile_error();
            quote!(#item #errors).into()
        }
    }
}

/// Implements `Classify` for an error enum: one kind for each variant.
///
/// `#[classify(not_found)]` gives the variant that kind, and its name as the code that is compared.
/// Kinds are written in snake case; some have shorter names: `exists`, `unique`, `reference`,
/// `condition`, `constraint`, `invalid`. `unexpected` is for bugs and is equal to nothing. A
/// function reads a wrapped error:
///
/// * sqlx: `#[classify(with = dal_mysql::classify)] Db(sqlx::Error)`
/// * the SDK: `#[classify(with = dal_dynamodb::classify_any)] Dynamo(aws_sdk_dynamodb::Error)`
/// * dal: `#[classify(with = dal_shadow::Classify::classify)] Store(dal_traits::Error)`
#[proc_macro_derive(Classify, attributes(classify))]
pub fn classify(item: TokenStream) -> TokenStream {
    let input = parse_macro_input!(item as DeriveInput);
    classify::expand(&input)
        .unwrap_or_else(|errors| errors.to_compile_error())
        .into()
}

/// The records of an entity of a `Store` as a struct: what is read.
///
/// `#[dal("Users")]` names the entity, or its table in MySQL. A field is the column of its name;
/// `#[dal("created_at")]` on it gives another name. A struct with fewer fields than the entity is a
/// projection. Each field has a token for conditions and changes: `User::EMAIL` for `email`.
///
/// Types: see `dal_traits::value`; a column that takes NULL is an `Option`.
#[proc_macro_derive(Entity, attributes(dal))]
pub fn entity(item: TokenStream) -> TokenStream {
    derived(store::entity(&parse_macro_input!(item as DeriveInput)))
}

/// The elements of an array of a `Store` as a struct: the rows of another table that belong to a
/// record, in a field of the type `Vec` of it.
///
/// A field is the member of its name; `#[dal("product_id")]` on it gives another name. A struct with
/// fewer fields than the array has members can be read, and not written.
#[proc_macro_derive(Child, attributes(dal))]
pub fn child(item: TokenStream) -> TokenStream {
    derived(store::child(&parse_macro_input!(item as DeriveInput)))
}

/// A new record of a `Store` as a struct.
///
/// `#[dal(User)]` names the type that derives `Entity`, which the insert returns. Columns that it
/// leaves out get their defaults; an `AUTO_INCREMENT` id is given by the store.
#[proc_macro_derive(Insert, attributes(dal))]
pub fn insert(item: TokenStream) -> TokenStream {
    derived(store::insert(&parse_macro_input!(item as DeriveInput)))
}

/// What a path of a `Store` finds records by, as a struct.
///
/// `#[dal(User, "users_email")]` names the type that derives `Entity`, and the path: `id`, a unique
/// key, an index, or an access pattern of the contract. Its fields are those of the path; the last
/// one may be a range of the standard library, or of another type with `#[dal(range)]`.
#[proc_macro_derive(Path, attributes(dal))]
pub fn path(item: TokenStream) -> TokenStream {
    derived(store::path(&parse_macro_input!(item as DeriveInput)))
}

fn derived(tokens: syn::Result<proc_macro2::TokenStream>) -> TokenStream {
    tokens
        .unwrap_or_else(|errors| errors.to_compile_error())
        .into()
}
