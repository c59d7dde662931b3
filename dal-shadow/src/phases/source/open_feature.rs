//! Phases from an OpenFeature provider.

use std::sync::Arc;
use std::time::Duration;

use open_feature::Client;
use tokio::sync::watch;

use super::{PhaseSource, Reading, poll};
use crate::phases::Phases;

/// Phases from flags of an OpenFeature provider, one text flag for each entity, with values such as
/// `shadow-read` or `shadow-read@5`. The flags are evaluated twice a second in the background,
/// without an evaluation context: a phase holds for everybody.
///
/// One flag that cannot be read makes the whole reading unreadable, so that the phases of two
/// entities never come from different moments; the last accepted phases stay.
pub struct OpenFeaturePhases {
    client: Client,
    flags: Vec<(String, String)>,
    every: Duration,
}

impl OpenFeaturePhases {
    /// `flags` are pairs of an entity (or `*`) and the key of its flag.
    pub fn new<E, F>(client: Client, flags: impl IntoIterator<Item = (E, F)>) -> Self
    where
        E: Into<String>,
        F: Into<String>,
    {
        Self {
            client,
            flags: flags
                .into_iter()
                .map(|(entity, flag)| (entity.into(), flag.into()))
                .collect(),
            every: Duration::from_millis(500),
        }
    }

    /// Sets how often the flags are evaluated.
    #[must_use]
    pub fn every(mut self, every: Duration) -> Self {
        self.every = every;
        self
    }

    async fn read(&self) -> Reading {
        let mut settings = Vec::with_capacity(self.flags.len());
        for (entity, flag) in &self.flags {
            let value = self
                .client
                .get_string_value(flag, None, None)
                .await
                .map_err(|error| {
                    let message = error.message.unwrap_or_default();
                    format!("flag `{flag}`: {:?} {message}", error.code)
                })?;
            let setting = value
                .parse()
                .map_err(|reason| format!("flag `{flag}`: {reason}"))?;
            settings.push((entity.clone(), setting));
        }
        if settings.is_empty() {
            return Err("no flag is named".to_owned());
        }
        Ok(Phases::from_iter(settings))
    }
}

impl PhaseSource for OpenFeaturePhases {
    fn name(&self) -> String {
        let flags: Vec<&str> = self.flags.iter().map(|(_, flag)| flag.as_str()).collect();
        format!("OpenFeature flags {}", flags.join(", "))
    }

    fn watch(self: Box<Self>) -> watch::Receiver<Reading> {
        let first = Err("the flags have not been evaluated yet".to_owned());
        let flags = Arc::new(*self);
        poll(flags.every, first, move || {
            let flags = Arc::clone(&flags);
            Box::pin(async move { flags.read().await })
        })
    }
}
