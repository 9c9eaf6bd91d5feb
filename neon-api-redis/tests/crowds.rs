//! A thousand processes, and a hundred accounts, in virtual time: the script runs in a real Redis, with
//! its clock replaced by an argument, so that what is counted is what the script does, and how often
//! it is called. Processes are as the crate's own: one slot each, asked for again as the reply says,
//! and checked before it is used if it is older than 250 ms.
//!
//! ```sh
//! cargo test -p neon-api-redis --test crowds -- --ignored --nocapture figures
//! ```
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss
)]

mod support;

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use redis::Commands;
use support::Server;
use support::script::{Call, Reply, VirtualRedis};

/// 700 a minute, with the margins of the crate.
const INTERVAL: f64 = 60_000_000.0 / 700.0 / 0.998;
const TOLERANCE: f64 = 35.0 * INTERVAL;
const ROUND_TRIP: u64 = 500;

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    Ask,
    Slot { at: u64 },
}

struct Crowd {
    script: VirtualRedis,
    begin: u64,
    calls: u64,
}

struct Figures {
    /// Permits of each process, by account.
    permits: Vec<Vec<u32>>,
    /// The times of the permits of each account.
    times: Vec<Vec<u64>>,
    calls: u64,
    begin: u64,
    seconds: u64,
    /// Of a call, as Redis measures it.
    micros: f64,
}

impl Crowd {
    fn new(redis: &Server) -> Self {
        let script = VirtualRedis::new(redis);
        Self {
            begin: script.now,
            script,
            calls: 0,
        }
    }

    fn call(&mut self, account: usize, process: usize, want: u32) -> Reply {
        self.calls += 1;
        self.script.call(Call {
            account: &account.to_string(),
            member: &format!("process-{process}"),
            want,
            interval: INTERVAL,
            tolerance: TOLERANCE,
            ..Call::default()
        })
    }

    fn micros_per_call(&mut self) -> f64 {
        let stats: String = redis::cmd("INFO")
            .arg("commandstats")
            .query(&mut self.script.connection)
            .unwrap();
        let line = stats
            .lines()
            .find(|line| line.starts_with("cmdstat_evalsha:"))
            .unwrap();
        let (_, value) = line.split_once("usec_per_call=").unwrap();
        value.split(',').next().unwrap().parse().unwrap()
    }

    /// All processes send all the time, for this many seconds.
    fn run(mut self, accounts: usize, processes: usize, seconds: u64) -> Figures {
        let mut random = Random(1);
        let mut events = BinaryHeap::new();
        for account in 0..accounts {
            for process in 0..processes {
                let at = self.begin + random.below(1_000_000);
                events.push(Reverse((at, account, process, Event::Ask)));
            }
        }
        let mut permits = vec![vec![0; processes]; accounts];
        let mut times = vec![Vec::new(); accounts];
        while let Some(Reverse((now, account, process, event))) = events.pop() {
            if now >= self.begin + seconds * 1_000_000 {
                break;
            }
            self.script.now = now;
            let mut next = |at, event| events.push(Reverse((at, account, process, event)));
            if let Event::Slot { at } = event {
                if now - at > 250_000 {
                    // Another process may have met a pause.
                    self.call(account, process, 0);
                }
                permits[account][process] += 1;
                times[account].push(now);
            }
            let reply = self.call(account, process, 1);
            let asked_at = now + ROUND_TRIP;
            if let Some(wait) = reply.slots.first() {
                next(asked_at + wait, Event::Slot { at: now });
            } else {
                let wait = reply.wait;
                let wait = wait + random.below(wait.min(1_000_000) / 4 + 2000);
                next(asked_at + wait, Event::Ask);
            }
        }
        Figures {
            permits,
            times,
            calls: self.calls,
            begin: self.begin,
            seconds,
            micros: self.micros_per_call(),
        }
    }
}

impl Figures {
    /// What the limits allow, and that it was used: for each account.
    fn check(&self) {
        for times in &self.times {
            for (index, from) in times.iter().enumerate().step_by(7) {
                for (more, to) in times[index..].iter().enumerate() {
                    let seconds = (to - from) as f64 / 1e6;
                    let allowed = 40.0 + seconds * 700.0 / 60.0;
                    assert!(more as f64 + 1.0 <= allowed, "{more} in {seconds} s");
                }
            }
        }
        let (least, _) = self.used();
        assert!(least >= 0.98, "{least:.3} of the rate of an account");
    }

    /// The least and the most that an account used of its rate, after the first two seconds.
    fn used(&self) -> (f64, f64) {
        let begin = self.begin + 2_000_000;
        let used = self.times.iter().map(|times| {
            let count = times.iter().filter(|at| **at >= begin).count();
            count as f64 / (self.seconds - 2) as f64 / (700.0 / 60.0)
        });
        used.fold((f64::MAX, 0.0), |(least, most), used| {
            (used.min(least), used.max(most))
        })
    }

    fn print(&self, what: &str) {
        let (least, most) = self.used();
        let permits = self.permits.iter().flatten();
        let (fewest, highest) = (permits.clone().min().unwrap(), permits.max().unwrap());
        let per_second = self.calls as f64 / self.seconds as f64;
        let micros = self.micros;
        println!(
            "{what}, {} s: each account used {:.1} to {:.1} % of its rate; {fewest} to {highest} \
             permits a process; {per_second:.0} calls a second of {micros:.0} us each: {:.1} % of one Redis",
            self.seconds,
            least * 100.0,
            most * 100.0,
            per_second * micros / 1e4,
        );
    }
}

/// A linear congruence, so that each run is the same.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound.max(1)
    }
}

#[test]
fn a_crowd_neither_exceeds_a_rate_nor_wastes_it() {
    let Some(redis) = Server::start() else { return };
    let figures = Crowd::new(&redis).run(1, 1000, 12);
    figures.print("1 account, 1,000 processes");
    figures.check();
    // A slot is asked for a few times, not by all who wait.
    assert!(figures.calls < 12 * 600 + 1000, "{} calls", figures.calls);
    let _: () = redis.client().get_connection().unwrap().flushall().unwrap();
    let figures = Crowd::new(&redis).run(10, 10, 12);
    figures.print("10 accounts, 10 processes each");
    figures.check();
}

#[test]
#[ignore = "takes a minute"]
fn figures() {
    for (accounts, processes, seconds) in
        [(1, 1000, 300), (100, 10, 60), (1, 16, 120), (100, 1, 60)]
    {
        let Some(redis) = Server::start() else { return };
        let figures = Crowd::new(&redis).run(accounts, processes, seconds);
        figures.print(&format!("{accounts} accounts, {processes} processes each"));
        figures.check();
        let permits = || figures.permits.iter().flatten().copied();
        let (fewest, most) = (permits().min().unwrap(), permits().max().unwrap());
        assert!(most <= fewest + 3.max(fewest / 4), "{fewest} to {most}");
    }
}
