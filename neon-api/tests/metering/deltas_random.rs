//! Pollers over random rounds, killed anywhere.

use neon_api::chrono::TimeDelta;
use neon_api::fleet::consumption::ProjectDeltas;
use proptest::prelude::*;

use crate::deltas::{Values, World, kept, state};
use crate::model::{Time, frames, text};
use crate::paused;

/// What happens between two polls, and how the poll goes.
#[derive(Debug, Clone)]
struct Round {
    minutes: i64,
    /// Project, frame among those that may change, metric, value.
    changes: Vec<(usize, prop::sample::Index, usize, i64)>,
    /// After how many items the process ends; never if there are no more.
    ends_after: usize,
    /// How many items are made of one transaction.
    transaction: usize,
}

fn round() -> impl Strategy<Value = Round> {
    let minutes = prop_oneof![3 => Just(15_i64), 1 => 0..400_i64, 1 => 400..3_000_i64];
    let change = (
        0..6_usize,
        any::<prop::sample::Index>(),
        0..2_usize,
        0..5_i64,
    );
    let changes = prop::collection::vec(change, 0..8);
    (minutes, changes, 0..9_usize, 1..4_usize).prop_map(
        |(minutes, changes, ends_after, transaction)| Round {
            minutes,
            changes,
            ends_after,
            transaction,
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..Default::default() })]

    /// A ledger that adds up changes, and is saved in one transaction with the state, has what the
    /// API has, whatever was late and wherever the process ended.
    #[test]
    fn a_ledger_of_changes_is_what_the_api_has(
        rounds in prop::collection::vec(round(), 1..12),
        page in 1..4_usize,
    ) {
        let world = World::new(6, page);
        let mut ledger = Values::new();
        let mut state = state();
        for round in rounds {
            world.pass(TimeDelta::minutes(round.minutes));
            let now = world.now();
            let open = frames("hourly", now - TimeDelta::hours(6), now + TimeDelta::seconds(1));
            let open: Vec<Time> = open.into_iter().map(|f| f.0).filter(|at| *at >= state.settled()).collect();
            for (project, frame, metric, value) in round.changes {
                world.set(project, &text(open[frame.index(open.len())]), metric, value);
            }
            let mut poll = world.poll(kept(&state));
            let mut uncommitted = ledger.clone();
            paused(async {
                for count in 1..=round.ends_after {
                    let Some(project) = poll.try_next().await.unwrap() else {
                        (ledger, state) = (uncommitted, kept(poll.state()));
                        return;
                    };
                    add(&mut uncommitted, project);
                    if count % round.transaction == 0 {
                        (ledger, state) = (uncommitted.clone(), kept(poll.state()));
                    }
                }
            });
        }
        // A frame that begins this very moment has nothing to read.
        world.pass(TimeDelta::minutes(1));
        // What was begun is ended, and then read to the present.
        for _ in 0..2 {
            let (new, after) = world.all(kept(&state));
            for project in new {
                add(&mut ledger, project);
            }
            state = after;
        }
        ledger.retain(|_, value| *value != 0);
        let mut values = world.values.lock().unwrap().clone();
        values.retain(|_, value| *value != 0);
        prop_assert_eq!(ledger, values);
        prop_assert_eq!(world.all(state).0, []);
    }
}

fn add(ledger: &mut Values, project: ProjectDeltas) {
    for delta in project.deltas {
        let key = (
            project.project_id.to_string(),
            delta.start,
            delta.metric.to_string(),
        );
        let sum = ledger.entry(key).or_default();
        *sum += delta.change;
        assert_eq!(*sum, delta.total, "totals are the sums of changes");
    }
}
