//! What a checkout does to a cart, decided once for both stores.

use time::OffsetDateTime;

use crate::error::RepoError;
use crate::model::{CartLine, MAX_LINES, Order, OrderLine};

/// What of a product a checkout looks at.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Offer {
    /// In cents.
    pub price: u64,
    /// Pieces that can be bought.
    pub stock: u32,
}

/// Decides whether a cart has a number of lines that one order can take.
pub(crate) fn fits(lines: usize) -> Result<(), RepoError> {
    match lines {
        0 => Err(RepoError::EmptyCart),
        lines if lines > MAX_LINES => Err(RepoError::CartTooBig),
        _ => Ok(()),
    }
}

/// The order for a cart, yet without an id. `cart` is in the order of the products; `offer` finds a
/// product.
pub(crate) fn draft(
    user: u64,
    placed_at: OffsetDateTime,
    cart: &[CartLine],
    offer: impl Fn(u64) -> Option<Offer>,
) -> Result<Order, RepoError> {
    fits(cart.len())?;
    let mut lines = Vec::with_capacity(cart.len());
    let mut total: u64 = 0;
    for line in cart {
        let offer = offer(line.product_id).ok_or(RepoError::NoSuchProduct)?;
        if offer.stock < line.quantity {
            return Err(RepoError::OutOfStock);
        }
        total = offer
            .price
            .checked_mul(u64::from(line.quantity))
            .and_then(|sum| total.checked_add(sum))
            .ok_or(RepoError::Invalid("total"))?;
        lines.push(OrderLine {
            product_id: line.product_id,
            quantity: line.quantity,
            price: offer.price,
        });
    }
    Ok(Order {
        id: 0,
        user_id: user,
        placed_at,
        total,
        lines,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(product_id: u64, quantity: u32) -> CartLine {
        CartLine {
            user_id: 1,
            product_id,
            quantity,
        }
    }

    #[test]
    fn the_total_is_exact_and_refused_when_it_does_not_fit() {
        let offer = |_| {
            Some(Offer {
                price: 9_007_199_254_740_993,
                stock: 2_000,
            })
        };
        let order = draft(1, OffsetDateTime::UNIX_EPOCH, &[line(1, 3)], offer).unwrap();
        assert_eq!(order.total, 27_021_597_764_222_979);
        let refused = draft(
            1,
            OffsetDateTime::UNIX_EPOCH,
            &[line(1, 1000), line(2, 2000)],
            offer,
        );
        assert!(matches!(refused, Err(RepoError::Invalid("total"))));
    }

    #[test]
    fn the_first_product_that_cannot_be_sold_decides() {
        let offer = |id| (id != 2).then_some(Offer { price: 1, stock: 1 });
        let refuse = |cart: &[CartLine]| {
            draft(1, OffsetDateTime::UNIX_EPOCH, cart, offer)
                .unwrap_err()
                .to_string()
        };
        assert_eq!(
            refuse(&[line(1, 2), line(2, 1)]),
            RepoError::OutOfStock.to_string()
        );
        assert_eq!(
            refuse(&[line(1, 1), line(2, 1)]),
            RepoError::NoSuchProduct.to_string()
        );
        assert_eq!(refuse(&[]), RepoError::EmptyCart.to_string());
    }
}
