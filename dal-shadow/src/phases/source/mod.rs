//! Where phases come from. A source delivers snapshots; nothing here is asked while a call runs.

mod environment;
mod file;
mod fixed;
#[cfg(feature = "openfeature")]
mod open_feature;

use std::time::Duration;

use futures::future::BoxFuture;
use tokio::sync::watch;

pub use environment::{Environment, VARIABLE};
pub use file::WatchedFile;
pub use fixed::Fixed;
#[cfg(feature = "openfeature")]
pub use open_feature::OpenFeaturePhases;

use crate::phases::Phases;

/// What a source says at a moment: phases, or why there are none.
pub type Reading = Result<Phases, String>;

/// A source of phases.
///
/// ```
/// use dal_shadow::source::{PhaseSource, Reading};
/// use dal_shadow::{Phase, Phases};
/// use tokio::sync::watch;
///
/// /// A table of the application's own configuration.
/// struct Configured(String);
///
/// impl PhaseSource for Configured {
///     fn name(&self) -> String {
///         "the application's configuration".to_owned()
///     }
///
///     fn watch(self: Box<Self>) -> watch::Receiver<Reading> {
///         let (_sender, receiver) = watch::channel(Phases::from_json(&self.0));
///         receiver
///     }
/// }
///
/// let source = Configured(r#"{"user": "shadow-read@5", "*": "mysql-only"}"#.to_owned());
/// let reading = Box::new(source).watch().borrow().clone();
/// let user = reading.unwrap().get("user").unwrap();
/// assert_eq!(user.phase, Phase::ShadowRead);
/// ```
pub trait PhaseSource: Send + 'static {
    /// What it is, for messages: `file /etc/shop/phases.json`.
    fn name(&self) -> String;

    /// Reads once, then keeps the channel up to date, on the current runtime. The channel may close
    /// when nothing will ever change.
    fn watch(self: Box<Self>) -> watch::Receiver<Reading>;
}

/// Reads again and again, and sends what has changed, until nothing listens.
fn poll(
    every: Duration,
    first: Reading,
    read: impl Fn() -> BoxFuture<'static, Reading> + Send + Sync + 'static,
) -> watch::Receiver<Reading> {
    let (sender, receiver) = watch::channel(first);
    tokio::spawn(async move {
        loop {
            tokio::select! {
                () = sender.closed() => return,
                () = tokio::time::sleep(every) => {}
            }
            let reading = read().await;
            sender.send_if_modified(|last| {
                let changed = *last != reading;
                *last = reading;
                changed
            });
        }
    });
    receiver
}
