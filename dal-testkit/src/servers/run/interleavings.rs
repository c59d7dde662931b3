//! Every order in which processes join, end and are killed, and the supervisor ends the server: the
//! steps are those of the table in `run.rs`.

use std::collections::HashSet;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Step {
    Start,
    /// The pipe is open (after J1), or `published` is read (in the wrong order).
    Half,
    /// J3.
    Uses,
    Gone,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Supervisor {
    Waits,
    Lingers,
    Removed,
    Killed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct State {
    processes: [Step; 3],
    supervisor: Supervisor,
}

impl State {
    /// One process has started the server and published it; the others come later.
    const FIRST: Self = Self {
        processes: [Step::Uses, Step::Start, Step::Start],
        supervisor: Supervisor::Waits,
    };

    fn is_published(self) -> bool {
        matches!(self.supervisor, Supervisor::Waits | Supervisor::Lingers)
    }

    fn with(mut self, process: usize, step: Step) -> Self {
        self.processes[process] = step;
        self
    }

    /// What can happen next; `right` is the order of the table, else a process looks at `published`
    /// before it opens the pipe.
    fn next(self, right: bool) -> Vec<Self> {
        let mut next = Vec::new();
        for (process, step) in self.processes.into_iter().enumerate() {
            // It can end or be killed at any time.
            next.push(self.with(process, Step::Gone));
            // The step that reads `published`: the second one, in the right order.
            let reads = matches!((step, right), (Step::Half, true) | (Step::Start, false));
            match step {
                Step::Start | Step::Half if reads && !self.is_published() => {}
                Step::Start => next.push(self.with(process, Step::Half)),
                Step::Half => next.push(self.with(process, Step::Uses)),
                Step::Uses | Step::Gone => {}
            }
        }
        let has_pipe = |step: &Step| *step == Step::Uses || (right && *step == Step::Half);
        let unused = !self.processes.iter().any(has_pipe);
        let mut supervisor = |supervisor| next.push(Self { supervisor, ..self });
        match self.supervisor {
            Supervisor::Waits if unused => supervisor(Supervisor::Lingers),
            Supervisor::Lingers => {
                supervisor(Supervisor::Waits);
                supervisor(Supervisor::Removed);
            }
            Supervisor::Removed if unused => supervisor(Supervisor::Killed),
            _ => {}
        }
        next
    }

    /// All states that can come, and the first one in which a process uses a server that was killed.
    fn explore(right: bool) -> (HashSet<Self>, Option<Self>) {
        let mut seen = HashSet::from([Self::FIRST]);
        let mut open = vec![Self::FIRST];
        while let Some(state) = open.pop() {
            if state.supervisor == Supervisor::Killed && state.processes.contains(&Step::Uses) {
                return (seen, Some(state));
            }
            open.extend(
                state
                    .next(right)
                    .into_iter()
                    .filter(|next| seen.insert(*next)),
            );
        }
        (seen, None)
    }
}

#[test]
fn no_order_kills_a_server_in_use_and_none_leaves_it_without_users() {
    let (states, wrong) = State::explore(true);
    assert_eq!(wrong, None);
    assert!(states.len() > 50, "{} states", states.len());
    let all_gone = states
        .iter()
        .filter(|state| state.processes == [Step::Gone; 3]);
    for state in all_gone {
        let ends = State {
            supervisor: Supervisor::Killed,
            ..*state
        };
        let mut reached = HashSet::from([*state]);
        let mut open = vec![*state];
        while let Some(state) = open.pop() {
            open.extend(
                state
                    .next(true)
                    .into_iter()
                    .filter(|next| reached.insert(*next)),
            );
        }
        assert!(reached.contains(&ends), "from {state:?}");
    }
}

/// That the search finds what it looks for.
#[test]
fn the_other_order_of_opening_and_looking_would_kill_a_server_in_use() {
    assert!(State::explore(false).1.is_some());
}
