//! Which reads are compared: sticky by the record's key.

/// Steps of a percentage.
const STEPS: u64 = 1_000_000;

/// Whether a read is in a sample of so many per cent. By key: a record that is in the sample of five
/// per cent is in that of ten. A read without a key is drawn.
pub(crate) fn in_sample(key: Option<u64>, percent: f64) -> bool {
    if percent >= 100.0 {
        return true;
    }
    let place = key.map_or_else(|| fastrand::u64(..), mixed) % STEPS;
    // Both fit: at most a million.
    #[expect(
        clippy::cast_precision_loss,
        reason = "a number below a million has an exact double"
    )]
    let place = place as f64 / (STEPS as f64) * 100.0;
    place < percent
}

/// Spreads the bits once more: the sample takes only some of them.
const fn mixed(hash: u64) -> u64 {
    let hash = (hash ^ (hash >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    let hash = (hash ^ (hash >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    hash ^ (hash >> 33)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::record_key::key_hash;

    #[test]
    fn raising_the_percentage_keeps_who_was_in() {
        let keys: Vec<u64> = (0..20_000_u64)
            .map(|id| u64::try_from(key_hash(&id) >> 64).unwrap())
            .collect();
        let at = |percent| {
            keys.iter()
                .map(|key| in_sample(Some(*key), percent))
                .collect::<Vec<_>>()
        };
        let (five, ten) = (at(5.0), at(10.0));
        assert!(five.iter().zip(&ten).all(|(five, ten)| !five || *ten));
        let count = five.iter().filter(|is_in| **is_in).count();
        assert!((900..1_100).contains(&count), "{count}");
        assert!(at(100.0).iter().all(|is_in| *is_in));
        assert!(!at(0.0).iter().any(|is_in| *is_in));
    }
}
