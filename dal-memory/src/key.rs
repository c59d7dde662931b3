//! Values as keys of maps.

use dal_traits::value::{Value, canonical};

/// The bytes that equal keys share; none when one of the values is NULL, which equals nothing.
///
/// Every [`Texts`](crate::Texts) that is supported compares texts by bytes, so that nothing is
/// folded.
pub(crate) fn key<'a>(values: impl IntoIterator<Item = &'a Value>) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    for value in values {
        if value.is_null() {
            return None;
        }
        canonical(value, &mut bytes);
    }
    Some(bytes)
}
