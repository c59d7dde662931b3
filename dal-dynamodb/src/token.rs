//! The `ClientRequestToken` of a transaction.

use dal_traits::OpCx;

/// The longest token that DynamoDB takes (API reference, "`TransactWriteItems`").
const LENGTH: usize = 32;

/// The token for one transaction, made once and used for all of its attempts.
///
/// When the context has an idempotency token, the same token and `purpose` give the same request
/// token, so that a caller who repeats the whole operation within DynamoDB's ten minutes has its
/// effect once; `purpose` keeps several transactions of one operation apart. Otherwise it is random.
pub fn request_token(cx: &OpCx, purpose: &str) -> String {
    let bits = match cx.token() {
        None => fastrand::u128(..),
        Some(token) => fnv(&[token.as_bytes(), &[0], purpose.as_bytes()].concat()),
    };
    format!("{bits:0LENGTH$x}")
}

/// FNV-1a of 128 bits: the same in every process and release.
fn fnv(bytes: &[u8]) -> u128 {
    const BASIS: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;
    bytes.iter().fold(BASIS, |hash, byte| {
        (hash ^ u128::from(*byte)).wrapping_mul(PRIME)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_token_and_purpose_give_the_same_request_token() {
        let cx = OpCx::new().with_token("order-17");
        assert_eq!(request_token(&cx, "pay"), request_token(&cx, "pay"));
        assert_ne!(request_token(&cx, "pay"), request_token(&cx, "ship"));
        assert_ne!(
            request_token(&OpCx::new(), "pay"),
            request_token(&OpCx::new(), "pay")
        );
        assert_eq!(request_token(&cx, "pay").len(), LENGTH);
    }
}
