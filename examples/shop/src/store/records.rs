//! Records of the migration contract, for dal's `Store`.
//!
//! Written by `dal generate rust`: change the contract, not this file.

#![allow(dead_code, missing_docs, reason = "a program need not use every path")]

/// `Users`: the rows of `users`.
pub mod users {
    use std::ops::Bound;

    use dal_traits::store::{Entity, Insert, Path};

    /// A record.
    #[derive(Clone, Debug, Entity)]
    #[dal("Users")]
    pub struct Row {
        pub id: u64,
        pub email: String,
        pub name: String,
        pub created_at: time::PrimitiveDateTime,
    }

    /// A new record. The store fills in `id`, `created_at`.
    #[derive(Clone, Debug, Insert)]
    #[dal(Row)]
    pub struct New<'a> {
        pub email: &'a str,
        pub name: &'a str,
    }

    /// A whole record, for `put`.
    #[derive(Clone, Debug, Insert)]
    #[dal(Row)]
    pub struct Whole<'a> {
        pub id: u64,
        pub email: &'a str,
        pub name: &'a str,
        pub created_at: time::PrimitiveDateTime,
    }

    /// Finds one record. Access patterns: user.
    #[derive(Clone, Debug, Path)]
    #[dal(Row, "id")]
    pub struct ById {
        pub id: u64,
    }

    /// Finds one record. Access patterns: sign-in.
    #[derive(Clone, Debug, Path)]
    #[dal(Row, "users_email")]
    pub struct ByUsersEmail<'a> {
        pub email: &'a str,
    }

    /// Finds one record.
    #[derive(Clone, Debug, Path)]
    #[dal(Row, "users_name")]
    pub struct ByUsersName<'a> {
        pub name: &'a str,
    }

    /// Finds all records, ordered by `name`. On DynamoDB an index, which may lag. Access patterns:
    /// users-by-name.
    #[derive(Clone, Debug, Path)]
    #[dal(Row, "by_name")]
    pub struct ByName<'a> {
        #[dal(range)]
        pub name: (Bound<&'a str>, Bound<&'a str>),
    }
}

/// `Products`: the rows of `products`.
pub mod products {
    use std::ops::Bound;

    use dal_traits::store::{Entity, Insert, Path};

    /// A record.
    #[derive(Clone, Debug, Entity)]
    #[dal("Products")]
    pub struct Row {
        pub id: u64,
        pub seller: String,
        pub category: String,
        pub name: String,
        pub description: String,
        pub price: u64,
        pub stock: u32,
    }

    /// A new record. The store fills in `id`.
    #[derive(Clone, Debug, Insert)]
    #[dal(Row)]
    pub struct New<'a> {
        pub seller: &'a str,
        pub category: &'a str,
        pub name: &'a str,
        pub description: &'a str,
        pub price: u64,
        pub stock: u32,
    }

    /// A whole record, for `put`.
    #[derive(Clone, Debug, Insert)]
    #[dal(Row)]
    pub struct Whole<'a> {
        pub id: u64,
        pub seller: &'a str,
        pub category: &'a str,
        pub name: &'a str,
        pub description: &'a str,
        pub price: u64,
        pub stock: u32,
    }

    /// Finds one record.
    #[derive(Clone, Debug, Path)]
    #[dal(Row, "id")]
    pub struct ById {
        pub id: u64,
    }

    /// Finds records, ordered by `price`, `id`. On DynamoDB an index, which may lag. Access
    /// patterns: browse.
    #[derive(Clone, Debug, Path)]
    #[dal(Row, "by_category")]
    pub struct ByCategory<'a> {
        pub category: &'a str,
        #[dal(range)]
        pub price: (Bound<u64>, Bound<u64>),
    }

    /// Finds records, ordered by `id`. On DynamoDB an index, which may lag. Access patterns:
    /// of-seller.
    #[derive(Clone, Debug, Path)]
    #[dal(Row, "by_seller")]
    pub struct BySeller<'a> {
        pub seller: &'a str,
        #[dal(range)]
        pub id: (Bound<u64>, Bound<u64>),
    }
}

/// `Carts`: the rows of `cart_lines`.
pub mod carts {
    use std::ops::Bound;

    use dal_traits::store::{Entity, Insert, Path};

    /// A record.
    #[derive(Clone, Debug, Entity)]
    #[dal("Carts")]
    pub struct Row {
        pub user_id: u64,
        pub product_id: u64,
        pub quantity: u32,
    }

    /// A new record.
    #[derive(Clone, Debug, Insert)]
    #[dal(Row)]
    pub struct New {
        pub user_id: u64,
        pub product_id: u64,
        pub quantity: u32,
    }

    /// A whole record, for `put`.
    #[derive(Clone, Debug, Insert)]
    #[dal(Row)]
    pub struct Whole {
        pub user_id: u64,
        pub product_id: u64,
        pub quantity: u32,
    }

    /// Finds one record.
    #[derive(Clone, Debug, Path)]
    #[dal(Row, "id")]
    pub struct ById {
        pub user_id: u64,
        pub product_id: u64,
    }

    /// Finds records, ordered by `product_id`. Access patterns: cart.
    #[derive(Clone, Debug, Path)]
    #[dal(Row, "Carts")]
    pub struct ByCarts {
        pub user_id: u64,
        #[dal(range)]
        pub product_id: (Bound<u64>, Bound<u64>),
    }
}

/// `Orders`: the rows of `orders`.
pub mod orders {
    use std::ops::Bound;

    use dal_traits::store::{Child, Entity, Insert, Path};

    /// An element of `lines`.
    #[derive(Clone, Debug, Child)]
    pub struct LinesElement {
        pub product_id: u64,
        pub quantity: u32,
        pub price: u64,
    }

    /// A record.
    #[derive(Clone, Debug, Entity)]
    #[dal("Orders")]
    pub struct Row {
        pub id: u64,
        pub user_id: u64,
        pub placed_at: time::PrimitiveDateTime,
        pub total: u64,
        pub lines: Vec<LinesElement>,
    }

    /// A new record. The store fills in `id`.
    #[derive(Clone, Debug, Insert)]
    #[dal(Row)]
    pub struct New<'a> {
        pub user_id: u64,
        pub placed_at: time::PrimitiveDateTime,
        pub total: u64,
        pub lines: &'a [LinesElement],
    }

    /// A whole record, for `put`.
    #[derive(Clone, Debug, Insert)]
    #[dal(Row)]
    pub struct Whole<'a> {
        pub id: u64,
        pub user_id: u64,
        pub placed_at: time::PrimitiveDateTime,
        pub total: u64,
        pub lines: &'a [LinesElement],
    }

    /// Finds one record. Access patterns: order.
    #[derive(Clone, Debug, Path)]
    #[dal(Row, "id")]
    pub struct ById {
        pub id: u64,
    }

    /// Finds records, ordered by `placed_at`, `id`. On DynamoDB an index, which may lag. Access
    /// patterns: of-user.
    #[derive(Clone, Debug, Path)]
    #[dal(Row, "by_user")]
    pub struct ByUser {
        pub user_id: u64,
        #[dal(range)]
        pub placed_at: (
            Bound<time::PrimitiveDateTime>,
            Bound<time::PrimitiveDateTime>,
        ),
    }
}
