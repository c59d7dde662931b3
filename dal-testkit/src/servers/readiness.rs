//! What an error of a server means that may be starting.

use std::error::Error;
use std::io;
use std::time::Duration;

/// A given server may be starting just now, for instance in a container, for this long.
const STILL_STARTING: Duration = Duration::from_secs(10);

/// What can be expected of a server.
#[derive(Clone, Copy)]
pub(super) enum Readiness {
    /// It was started just now: whatever it replies may change, for this long.
    Starting(Duration),
    /// It was given: only a refused connection may mean that it is still starting.
    Running,
}

impl Readiness {
    /// How long to ask again.
    pub(super) fn limit(self) -> Duration {
        match self {
            Self::Starting(limit) => limit,
            Self::Running => STILL_STARTING,
        }
    }

    /// Whether asking again is of no use after this error.
    pub(super) fn is_final(self, error: &(dyn Error + 'static)) -> bool {
        match self {
            Self::Starting(_) => false,
            Self::Running => !is_refused_connection(error),
        }
    }
}

fn is_refused_connection(error: &(dyn Error + 'static)) -> bool {
    let mut next = Some(error);
    while let Some(error) = next {
        let io = error.downcast_ref::<io::Error>();
        if io.is_some_and(|io| io.kind() == io::ErrorKind::ConnectionRefused) {
            return true;
        }
        next = error.source();
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_given_server_only_a_refused_connection_is_asked_again() {
        let refused = sqlx::Error::Io(io::ErrorKind::ConnectionRefused.into());
        let reset = sqlx::Error::Io(io::ErrorKind::ConnectionReset.into());
        assert!(!Readiness::Running.is_final(&refused));
        assert!(Readiness::Running.is_final(&reset));
        assert!(!Readiness::Starting(Duration::ZERO).is_final(&reset));
    }
}
