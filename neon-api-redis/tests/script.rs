//! What the script does when processes and states come and go, in virtual time.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use redis::Commands;
use support::Server;
use support::script::{Call, VirtualRedis};

const SECOND: u64 = 1_000_000;
const LATER: i64 = 3;

fn start() -> Option<(Server, VirtualRedis)> {
    let redis = Server::start()?;
    let script = VirtualRedis::new(&redis);
    Some((redis, script))
}

fn of(member: &str) -> Call<'_> {
    Call {
        member,
        ..Call::default()
    }
}

#[test]
fn what_a_process_sent_while_only_it_was_away_counts() {
    let Some((_redis, mut script)) = start() else {
        return;
    };
    let known_start = script.call(of("a")).start;
    script.now += 3 * SECOND;
    assert_eq!(script.call(of("b")).slots, [0]);
    // It was away for two of the three seconds, while others were there.
    let back = Call {
        want: 0,
        known_start,
        away: 2_000_000,
        ..of("a")
    };
    assert_eq!(script.call(back).lead, 100_000);
    let back = Call { debt: 10, ..back };
    assert_eq!(script.call(back).lead, 1_100_000);
}

#[test]
fn after_all_were_away_nothing_is_granted_before_all_can_know() {
    let Some((_redis, mut script)) = start() else {
        return;
    };
    let known_start = script.call(of("a")).start;
    script.now += 3 * SECOND;
    let back = Call {
        known_start,
        away: 2_000_000,
        ..of("a")
    };
    assert_eq!(script.call(back).slots, [1_500_000]);
}

#[test]
fn a_state_that_somebody_began_who_knew_nothing_waits_for_those_with_slots() {
    let Some((_redis, mut script)) = start() else {
        return;
    };
    let known_start = script.call(of("a")).start;
    for (after, lead) in [(200_000, 50_000), (1_600_000, 0)] {
        script.connection.flushall::<()>().unwrap();
        script.now += 10 * SECOND;
        let newcomer = Call {
            want: 0,
            ..of("new")
        };
        assert_eq!(script.call(newcomer).lead, 0);
        script.now += after;
        // It may still hold a slot of the state before, as others may.
        let other = Call {
            want: 0,
            known_start,
            ..of("a")
        };
        assert_eq!(script.call(other).lead, lead);
    }
}

#[test]
fn slots_of_a_clock_that_was_ahead_are_forgotten() {
    let Some((_redis, mut script)) = start() else {
        return;
    };
    script.call(of("a"));
    script.now += SECOND;
    let key = VirtualRedis::key("acme", "r:listProjects");
    let ahead = script.now + 3600 * SECOND;
    script.connection.lpush::<_, _, ()>(&key, ahead).unwrap();
    let call = Call {
        window: 1,
        ..of("a")
    };
    assert_eq!(script.call(call).slots, [0]);
}

#[test]
fn who_does_not_come_back_waits_no_more() {
    let Some((_redis, mut script)) = start() else {
        return;
    };
    // Five seconds of slots, beyond which processes wait.
    let all = script.call(Call {
        want: 100,
        window: 100,
        ..of("a")
    });
    assert_eq!(all.slots.len(), 51);
    let queue = VirtualRedis::key("acme", "q");
    for member in ["gone", "patient"] {
        assert_eq!(script.call(of(member)).status, LATER);
    }
    assert_eq!(script.connection.zcard::<_, u32>(&queue), Ok(2));
    script.now += 15 * SECOND;
    let busy = Call {
        want: 0,
        ..of("patient")
    };
    script.call(busy);
    assert_eq!(script.connection.zcard::<_, u32>(&queue), Ok(2));
    script.now += 6 * SECOND;
    script.call(busy);
    let left: Vec<String> = script.connection.zrange(&queue, 0, -1).unwrap();
    assert_eq!(left, ["patient"]);
}
