//! Random sequences, until one differs.

use std::cell::{Cell, RefCell};

use dal_testkit::servers::runtime;
use proptest::collection::vec;
use proptest::prelude::any;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};

use super::Pair;
use super::lockstep::Lockstep;
use super::seam::Seam;
use super::statistics::Statistics;

/// The most operations of a sequence.
const LENGTH: usize = 40;

/// How sequences are made and shrunk.
pub struct Search {
    pub seed: u64,
    /// The most sequences.
    pub sequences: u32,
    /// How often one that differs is run again, to make it shorter and simpler.
    pub shrinking: u32,
}

/// A sequence on which the stores differ.
pub struct Difference {
    /// The operations of the shortest one.
    pub operations: usize,
    /// What they were, and what the stores replied.
    pub text: String,
    /// How many sequences were run until the first one that differs, itself included.
    pub sequence: u32,
}

impl Search {
    /// The first sequence on which the stores differ.
    pub fn first_difference(
        &self,
        pair: &Pair,
        seam: &impl Seam,
        statistics: &Statistics,
    ) -> Option<Difference> {
        let mut seed = [0; 32];
        seed[..8].copy_from_slice(&self.seed.to_le_bytes());
        let config = Config {
            cases: self.sequences,
            max_shrink_time: 60_000,
            max_shrink_iters: self.shrinking,
            failure_persistence: None,
            ..Config::default()
        };
        let numbers = vec(any::<[u16; 32]>(), 1..=LENGTH);
        let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &seed);
        let (sequence, shortest) = (Cell::new(0), RefCell::new(None));
        let outcome = TestRunner::new_with_rng(config, rng).run(&numbers, |numbers| {
            let is_first = shortest.borrow().is_none();
            sequence.set(sequence.get() + u32::from(is_first));
            let lockstep = runtime().block_on(Lockstep::new(pair, seam));
            let found = runtime().block_on(lockstep.run(&numbers, statistics));
            found.map_err(|text| {
                shortest.replace(Some((numbers.len(), text)));
                TestCaseError::fail("the stores differ")
            })
        });
        match outcome {
            Ok(()) => None,
            Err(TestError::Fail(why, _)) => {
                // The last one that differed is the shortest; without any, the test itself failed.
                let Some((operations, text)) = shortest.take() else {
                    panic!("{why}");
                };
                Some(Difference {
                    operations,
                    text,
                    sequence: sequence.get(),
                })
            }
            Err(TestError::Abort(why)) => panic!("{why}"),
        }
    }
}
