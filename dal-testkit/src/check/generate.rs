//! Sequences: some creations, calls of a random subset of the methods, then reads of what is left.
//!
//! In a sequence of calls of every method each method is rare, and a defect that needs several calls of
//! one is missed: so half of the sequences leave methods out ("swarm testing").

use std::collections::BTreeSet;

use dal_shadow::ops::{Operation, SLOTS, Slot};
use proptest::strategy::{BoxedStrategy, Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use super::methods::{Methods, is};
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
pub(super) const DRAWS: usize = 200;

/// Through the wrapper, one sequence in so many makes no secondary writes.
const ONLY_TRANSFERS: u64 = 2;

/// Why there is no call that can be made.
pub(super) const MIRRORS_ONLY: &str =
    "the strategies make calls of mirror methods only, which are left out here";

/// Makes sequences; the same ones for the same seed.
pub(super) struct Generator<O: Operation> {
    strategy: BoxedStrategy<O>,
    seed: u64,
    calls: usize,
    /// The phases to go through, in mid-sequence; none in the independent mode.
    phases: Vec<Phase>,
    /// Whether mirror methods are called by themselves.
    mirrors: bool,
    creates: bool,
    known: BTreeSet<&'static str>,
    /// The methods that the strategy makes calls of.
    methods: Methods,
}

impl<O: Operation> Generator<O> {
    pub(super) fn new(
        strategy: BoxedStrategy<O>,
        seed: u64,
        calls: usize,
        phases: Vec<Phase>,
        mirrors: bool,
        known: BTreeSet<&'static str>,
    ) -> Self {
        let mut generator = Self {
            strategy,
            seed,
            calls: calls.max(1),
            mirrors: mirrors && phases.is_empty(),
            phases,
            creates: O::methods().iter().any(|method| !method.creates.is_empty()),
            known,
            methods: Methods::default(),
        };
        generator.methods = generator.drawn();
        generator
    }

    /// Whether the ids of a class are given from the start.
    pub(super) fn knows(&self, class: &str) -> bool {
        self.known.contains(class)
    }

    /// Whether sequences have steps like this one: mirror methods are called by themselves in the
    /// independent mode only.
    pub(super) fn makes(&self, step: &Step<O>) -> bool {
        match step {
            Step::Call(op) => self.mirrors || !op.method().mirror,
            Step::To(_) | Step::OnlyTransfers => true,
        }
    }

    /// The sequence of this number.
    ///
    /// # Errors
    /// When the strategies refuse to make a value.
    pub(super) fn sequence(&self, number: u64) -> Result<Vec<Item<O>>, String> {
        let mut random =
            fastrand::Rng::with_seed(self.seed ^ number.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let mut draw = self.draw(&mut random);
        let length = random.usize(self.calls.div_ceil(4)..=self.calls);
        let mut items = Vec::new();
        // Half of the sequences draw from every method.
        let subset = if random.bool() {
            None
        } else {
            let subset = self.methods.subset(&mut random);
            for maker in self.methods.makers(&subset, &self.known, &mut random) {
                items.extend(draw.wanted(|op| is(op.method(), maker))?);
            }
            Some(subset)
        };
        let is_in = |op: &O| subset.as_ref().is_none_or(|subset| subset.has(op.method()));
        if self.creates {
            for _ in 0..random.usize(0..=usize::from(SLOTS)).min(length) {
                items.extend(draw.wanted(|op| !op.creates().is_empty() && is_in(op))?);
            }
        }
        while items.len() < length {
            match draw.wanted(is_in)? {
                Some(item) => items.push(item),
                None => items.push(draw.any()?),
            }
        }
        self.insert_phases(&mut items, &mut random);
        if !self.phases.is_empty() && number % ONLY_TRANSFERS == ONLY_TRANSFERS - 1 {
            // Where one store is written, nothing is transferred.
            let both = self.phases.iter().find(|phase| phase.writes_both());
            let first = both.map(|phase| Item::fixed(Step::To(*phase)));
            items.splice(
                0..0,
                [Item::fixed(Step::OnlyTransfers)].into_iter().chain(first),
            );
        }
        for _ in 0..=length / 10 {
            items.extend(draw.wanted(|op| !op.method().write)?);
        }
        self.tail(&mut items);
        Ok(items)
    }

    fn draw(&self, random: &mut fastrand::Rng) -> Draw<'_, O> {
        let mut seed = [0_u8; 32];
        random.fill(&mut seed);
        let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &seed);
        Draw {
            generator: self,
            runner: TestRunner::new_with_rng(Config::default(), rng),
        }
    }

    /// The methods that a strategy makes calls of: a filter may leave some out.
    fn drawn(&self) -> Methods {
        let mut draw = self.draw(&mut fastrand::Rng::with_seed(self.seed));
        let all = O::methods();
        let count = all
            .iter()
            .filter(|method| self.mirrors || !method.mirror)
            .count();
        let mut methods = Methods::default();
        for _ in 0..DRAWS * count {
            // A strategy that makes no value is reported when the first sequence is made.
            let Ok(item) = draw.any() else { break };
            if let Step::Call(op) = &item.step {
                methods.insert(op.method());
            }
            if methods.len() == count {
                break;
            }
        }
        methods
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
    generator: &'a Generator<O>,
    runner: TestRunner,
}

impl<O: Operation> Draw<'_, O> {
    /// A call of any method.
    fn any(&mut self) -> Result<Item<O>, String> {
        for _ in 0..DRAWS {
            let tree = self
                .generator
                .strategy
                .new_tree(&mut self.runner)
                .map_err(|reason| format!("a strategy makes no value: {reason}"))?;
            let step = Step::Call(tree.current());
            if self.generator.makes(&step) {
                return Ok(Item {
                    step,
                    tree: Some(tree),
                });
            }
        }
        Err(MIRRORS_ONLY.to_owned())
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
