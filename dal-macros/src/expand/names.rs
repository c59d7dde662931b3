//! Names inside generated code.

use proc_macro2::TokenStream;
use syn::Ident;

/// The names that the parts of the wrapper share. Type parameters and items are not hygienic in
/// Rust, so they are names that an application
/// would hardly choose.
pub struct Names {
    /// The type parameter of the store on MySQL.
    pub mysql: Ident,
    /// The type parameter of the store on DynamoDB.
    pub dynamodb: Ident,
    /// The static list of the methods' specifications.
    pub specs: Ident,
    /// The trait with its arguments: `Repository<T>`.
    pub bound: TokenStream,
}
