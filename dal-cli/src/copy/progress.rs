//! How far a copy is, on standard error.

use std::time::{Duration, Instant};

const EVERY: Duration = Duration::from_secs(2);

pub struct Progress<'a> {
    entity: &'a str,
    began: Instant,
    said: Instant,
}

impl<'a> Progress<'a> {
    pub fn new(entity: &'a str) -> Self {
        let now = Instant::now();
        Self {
            entity,
            began: now,
            said: now,
        }
    }

    /// Says it, at most every two seconds.
    pub fn at(&mut self, rows: u64) {
        if self.said.elapsed() < EVERY {
            return;
        }
        self.said = Instant::now();
        let seconds = self.began.elapsed().as_secs();
        eprintln!("dal: {}: {rows} rows in {seconds} s", self.entity);
    }
}
