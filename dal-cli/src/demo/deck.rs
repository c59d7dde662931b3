//! Which calls a worker makes, and how often.

use fastrand::Rng;

/// One method of one of the shop's repositories.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Call {
    Register,
    Rename,
    RemoveUser,
    User,
    UserByEmail,
    UserByName,
    Users,
    PutUser,
    AddProduct,
    Product,
    ProductsOfCategory,
    ProductsOfSeller,
    SetPrice,
    Describe,
    Restock,
    Take,
    RemoveProduct,
    PutProduct,
    AddLine,
    SetLine,
    RemoveLine,
    ClearCart,
    Line,
    Lines,
    PutLine,
    Checkout,
    Order,
    OrdersOfUser,
    Apply,
    RemoveOrder,
    PutOrder,
}

/// How often each call is in a full deck. No call is rare: 2,000 calls hold each more than 50 times.
const TIMES: [(Call, usize); 31] = [
    (Call::Register, 4),
    (Call::Rename, 3),
    (Call::RemoveUser, 3),
    (Call::User, 5),
    (Call::UserByEmail, 4),
    (Call::UserByName, 4),
    (Call::Users, 4),
    (Call::PutUser, 3),
    (Call::AddProduct, 4),
    (Call::Product, 5),
    (Call::ProductsOfCategory, 4),
    (Call::ProductsOfSeller, 4),
    (Call::SetPrice, 3),
    (Call::Describe, 3),
    (Call::Restock, 3),
    (Call::Take, 3),
    (Call::RemoveProduct, 3),
    (Call::PutProduct, 3),
    (Call::AddLine, 9),
    (Call::SetLine, 3),
    (Call::RemoveLine, 3),
    (Call::ClearCart, 3),
    (Call::Line, 4),
    (Call::Lines, 4),
    (Call::PutLine, 3),
    (Call::Checkout, 5),
    (Call::Order, 4),
    (Call::OrdersOfUser, 4),
    (Call::Apply, 3),
    (Call::RemoveOrder, 3),
    (Call::PutOrder, 3),
];

/// A shuffled deck of calls, dealt to the end before it is shuffled anew: chance decides the order,
/// not how often a method is called.
#[derive(Debug, Default)]
pub(super) struct Deck {
    left: Vec<Call>,
}

impl Deck {
    /// The next call.
    pub(super) fn next(&mut self, random: &mut Rng) -> Call {
        if self.left.is_empty() {
            let all = TIMES.iter();
            self.left = all
                .flat_map(|(call, times)| std::iter::repeat_n(*call, *times))
                .collect();
            random.shuffle(&mut self.left);
        }
        self.left.pop().unwrap_or(Call::User)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;

    #[test]
    fn two_thousand_calls_hold_every_method_at_least_fifty_times() {
        let (mut deck, mut random) = (Deck::default(), Rng::with_seed(1));
        let mut counts = HashMap::new();
        for _ in 0..2_000 {
            *counts.entry(deck.next(&mut random)).or_insert(0) += 1;
        }
        assert_eq!(counts.len(), TIMES.len());
        assert!(counts.values().all(|count| *count >= 50), "{counts:?}");
    }
}
