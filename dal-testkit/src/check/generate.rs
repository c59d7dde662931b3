//! Sequences: some creations, calls of every kind, then reads of what is left.

use std::collections::BTreeSet;

use dal_shadow::ops::{Operation, SLOTS, Slot};
use proptest::strategy::{BoxedStrategy, Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use super::{Phase, Step};

/// A step, and the simpler ones that it could be.
pub(super) struct Item<O> {
    pub(super) step: Step<O>,
    pub(super) tree: Option<Box<dyn ValueTree<Value = O>>>,
}

impl<O: Clone> Item<O> {
    /// A step that is not made simpler.
    pub(super) fn fixed(step: Step<O>) -> Self {
        Self { step, tree: None }
    }
}

/// Draws at most so often for a call of a wanted kind.
const DRAWS: usize = 200;

/// Makes sequences; the same ones for the same seed.
pub(super) struct Generator<O: Operation> {
    strategy: BoxedStrategy<O>,
    seed: u64,
    calls: usize,
    /// The phases to go through, in mid-sequence; none in the independent mode.
    phases: Vec<Phase>,
    creates: bool,
    known: BTreeSet<&'static str>,
}

impl<O: Operation> Generator<O> {
    pub(super) fn new(
        strategy: BoxedStrategy<O>,
        seed: u64,
        calls: usize,
        phases: Vec<Phase>,
        known: BTreeSet<&'static str>,
    ) -> Self {
        Self {
            strategy,
            seed,
            calls: calls.max(1),
            phases,
            creates: O::methods().iter().any(|method| !method.creates.is_empty()),
            known,
        }
    }

    /// Whether the ids of a class are given from the start.
    pub(super) fn knows(&self, class: &str) -> bool {
        self.known.contains(class)
    }

    /// The sequence of this number.
    ///
    /// # Errors
    /// When the strategies refuse to make a value.
    pub(super) fn sequence(&self, number: u64) -> Result<Vec<Item<O>>, String> {
        let mut random =
            fastrand::Rng::with_seed(self.seed ^ number.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let mut seed = [0_u8; 32];
        random.fill(&mut seed);
        let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &seed);
        let mut draw = Draw {
            strategy: &self.strategy,
            runner: TestRunner::new_with_rng(Config::default(), rng),
        };
        let length = random.usize(self.calls.div_ceil(4)..=self.calls);
        let mut items = Vec::new();
        if self.creates {
            for _ in 0..random.usize(0..=usize::from(SLOTS)).min(length) {
                items.extend(draw.wanted(|op| !op.creates().is_empty())?);
            }
        }
        while items.len() < length {
            items.push(draw.any()?);
        }
        self.insert_phases(&mut items, &mut random);
        for _ in 0..=length / 10 {
            items.extend(draw.wanted(|op| !op.method().write)?);
        }
        self.tail(&mut items);
        Ok(items)
    }

    fn insert_phases(&self, items: &mut Vec<Item<O>>, random: &mut fastrand::Rng) {
        if self.phases.is_empty() {
            return;
        }
        for _ in 0..random.usize(1..=4) {
            let place = random.usize(0..=items.len());
            if let Some(phase) = random.choice(&self.phases) {
                items.insert(place, Item::fixed(Step::To(*phase)));
            }
        }
    }

    /// Every read that takes handles only, on every slot that may be bound by then.
    fn tail(&self, items: &mut Vec<Item<O>>) {
        let mut bound: BTreeSet<(&'static str, Slot)> = BTreeSet::new();
        for class in &self.known {
            bound.extend(Slot::all().map(|slot| (*class, slot)));
        }
        for item in items.iter() {
            if let Step::Call(op) = &item.step {
                let classes = op.method().creates.iter().map(|made| made.class);
                bound.extend(classes.zip(op.creates()));
            }
        }
        items.extend(
            O::reads_of_handles()
                .into_iter()
                .filter(|op| op.uses().iter().all(|used| bound.contains(used)))
                .map(|op| Item::fixed(Step::Call(op))),
        );
    }
}

struct Draw<'a, O: Operation> {
    strategy: &'a BoxedStrategy<O>,
    runner: TestRunner,
}

impl<O: Operation> Draw<'_, O> {
    fn any(&mut self) -> Result<Item<O>, String> {
        let tree = self
            .strategy
            .new_tree(&mut self.runner)
            .map_err(|reason| format!("a strategy makes no value: {reason}"))?;
        Ok(Item {
            step: Step::Call(tree.current()),
            tree: Some(tree),
        })
    }

    /// A call of this kind, if the strategies make any.
    fn wanted(&mut self, kind: impl Fn(&O) -> bool) -> Result<Option<Item<O>>, String> {
        for _ in 0..DRAWS {
            let item = self.any()?;
            if matches!(&item.step, Step::Call(op) if kind(op)) {
                return Ok(Some(item));
            }
        }
        Ok(None)
    }
}
