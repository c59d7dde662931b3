//! Panics of the user's code, with the line that they come from.

use std::cell::RefCell;
use std::fmt;
use std::panic::AssertUnwindSafe;
use std::sync::Once;

use futures::FutureExt;

thread_local! {
    /// Where the last panic of this thread was.
    static PLACE: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// A panic that was caught. `Display`: `panicked at src/users.rs:12:5: too many users`.
#[derive(Debug)]
pub(super) struct Panic {
    text: String,
    place: Option<String>,
}

impl Panic {
    /// The panic of a task that nothing else caught.
    pub(super) fn of(error: &tokio::task::JoinError) -> Self {
        Self {
            text: error.to_string(),
            place: None,
        }
    }
}

impl fmt::Display for Panic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("panicked")?;
        if let Some(place) = &self.place {
            write!(f, " at {place}")?;
        }
        write!(f, ": {}", self.text)
    }
}

/// Runs `future`; a panic in it does not get further than here.
pub(super) async fn caught<T>(future: impl Future<Output = T>) -> Result<T, Panic> {
    remember_places();
    let caught = AssertUnwindSafe(future).catch_unwind().await;
    // The future panicked in this very poll, so on this very thread.
    caught.map_err(|panic| Panic {
        text: text_of(panic.as_ref()),
        place: PLACE.take(),
    })
}

/// Like [`caught`], for code that does not wait.
pub(super) fn caught_now<T>(run: impl FnOnce() -> T) -> Result<T, Panic> {
    remember_places();
    std::panic::catch_unwind(AssertUnwindSafe(run)).map_err(|panic| Panic {
        text: text_of(panic.as_ref()),
        place: PLACE.take(),
    })
}

/// Adds to the panic hook of the process, once. What it did before it does still.
fn remember_places() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            PLACE.set(info.location().map(ToString::to_string));
            before(info);
        }));
    });
}

/// The text of a panic.
pub(super) fn text_of(panic: &(dyn std::any::Any + Send)) -> String {
    panic
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "no text".to_owned())
}
