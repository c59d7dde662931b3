//! Which reads are compared: sticky by the record's key.

use std::hash::{Hash, Hasher};

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

/// The hash of a record's key: the same in every process and version of dal, so that all instances
/// of a service sample the same records.
pub fn key_hash<T: Hash + ?Sized>(key: &T) -> u64 {
    let mut hasher = Fnv::default();
    key.hash(&mut hasher);
    hasher.finish()
}

/// FNV-1a over the bytes of a key, integers as little-endian whatever the machine.
struct Fnv(u64);

impl Default for Fnv {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Hasher for Fnv {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }

    fn write_u16(&mut self, value: u16) {
        self.write(&value.to_le_bytes());
    }

    fn write_u32(&mut self, value: u32) {
        self.write(&value.to_le_bytes());
    }

    fn write_u64(&mut self, value: u64) {
        self.write(&value.to_le_bytes());
    }

    fn write_u128(&mut self, value: u128) {
        self.write(&value.to_le_bytes());
    }

    fn write_usize(&mut self, value: usize) {
        self.write(&value.to_le_bytes());
    }
}

/// FNV leaves neighbouring keys close together; the sample must not see that.
const fn mixed(hash: u64) -> u64 {
    let hash = (hash ^ (hash >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    let hash = (hash ^ (hash >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    hash ^ (hash >> 33)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn raising_the_percentage_keeps_who_was_in() {
        let keys: Vec<u64> = (0..20_000_u64).map(|id| key_hash(&id)).collect();
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

    #[test]
    fn the_hash_of_a_key_is_the_same_everywhere() {
        assert_eq!(key_hash(&7_u64), 0x4bd7_a317_074c_5b62);
        assert_eq!(key_hash("ann"), key_hash(&"ann".to_owned()));
    }
}
