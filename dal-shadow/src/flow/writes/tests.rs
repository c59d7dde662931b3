//! What the driver does when the application's code fails it.

use std::future::ready;

use super::*;

const RECORD: RecordId = RecordId { entity: 0, key: 1 };

/// A key of the application whose `Drop` panics.
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        assert!(std::thread::panicking(), "planted panic");
    }
}

fn transfer(key: Option<Bomb>) -> Transfer {
    Arc::new(move || {
        let _key = &key;
        Box::pin(ready(TransferEnd::Done))
    })
}

#[tokio::test]
async fn a_key_whose_drop_panics_holds_nothing_up() {
    let limits = Limits {
        queued: 64,
        dirty: 64,
        refused_wait: Duration::from_secs(1),
        late_effect: Duration::from_mins(1),
        pause: Duration::from_millis(100),
        longest_pause: Duration::from_secs(30),
        parked_after: 3,
        step_deadline: Duration::from_secs(10),
        closed_at_most: Duration::from_millis(250),
        step_pause: Duration::from_millis(50),
        hold_the_same: true,
    };
    let writes = Writes::new(Handle::current(), limits);
    writes.repairable(RECORD.entity, true);
    let begun = |key| {
        let records = vec![(RECORD, transfer(key))];
        writes.begin(RECORD.entity, records, false, Vec::new())
    };
    // The record is at rest again, and its key is dropped; then another key takes its place.
    begun(Some(Bomb)).nothing();
    let first = begun(Some(Bomb));
    begun(None).nothing();
    first.nothing();
    writes.mark(RECORD, transfer(None));
    let transferred = writes.transferred(RECORD);
    assert!(
        tokio::time::timeout(Duration::from_secs(5), transferred)
            .await
            .is_ok()
    );
}
