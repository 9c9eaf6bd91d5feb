//! The fleet, and what its run is judged by: the log of the emulator.

use std::collections::BTreeMap;
use std::fmt;
use std::process::Child;
use std::time::Duration;

use neon_api_emulator::{Emulator, RateLimit, RequestRecord, RunningEmulator};
use tokio::runtime::Runtime;

use super::support::Server;
use super::worker;

/// Requests a second of the account.
const RATE: f64 = 14_000.0 / 60.0;
/// How long after an event nothing is judged.
const SETTLED: f64 = 2.0;

pub struct Fleet {
    _runtime: Runtime,
    redis: Server,
    emulator: RunningEmulator,
    workers: BTreeMap<usize, Child>,
    next: usize,
    burst: u32,
    /// The beginning of each phase, on the emulator's clock.
    phases: Vec<(&'static str, f64)>,
    began: std::time::Instant,
}

/// A phase, without its first two seconds.
pub struct Phase {
    pub name: &'static str,
    /// The 429s of the whole phase.
    pub refused: usize,
    /// The part of the rate that was used.
    pub used: f64,
    /// The smallest and the largest share of a process, as parts of a fair one.
    pub least: f64,
    pub most: f64,
    pub workers_seen: usize,
}

pub struct Report {
    records: Vec<RequestRecord>,
    phases: Vec<Phase>,
    lost: u64,
}

impl Fleet {
    pub fn start(workers: usize, burst: u32) -> Option<Self> {
        let redis = Server::start()?;
        let mut builder = tokio::runtime::Builder::new_multi_thread();
        let runtime = builder.worker_threads(2).enable_all().build().unwrap();
        let builder = Emulator::builder().rate_limit(RateLimit::PerMinute(14_000));
        let emulator = builder.rate_limit_burst(burst).build();
        let began = std::time::Instant::now();
        let emulator = runtime
            .block_on(emulator.serve(([127, 0, 0, 1], 0).into()))
            .unwrap();
        let mut fleet = Self {
            _runtime: runtime,
            redis,
            emulator,
            workers: BTreeMap::new(),
            next: 0,
            burst,
            phases: Vec::new(),
            began,
        };
        for _ in 0..workers {
            fleet.add_worker();
        }
        Some(fleet)
    }

    pub fn add_worker(&mut self) {
        let child = worker::start(
            self.next,
            self.burst,
            &self.redis.url(),
            self.emulator.base_url(),
        );
        self.workers.insert(self.next, child);
        self.next += 1;
    }

    pub fn kill_worker(&mut self) {
        let (_, mut child) = self.workers.pop_first().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
    }

    pub fn kill_redis(&mut self) {
        self.redis.kill();
    }

    pub fn start_redis(&mut self) {
        self.redis.run();
    }

    pub fn flush(&mut self) {
        self.redis.send(&["FLUSHALL"]);
    }

    pub fn phase(&mut self, name: &'static str, time: Duration, event: impl FnOnce(&mut Self)) {
        event(self);
        self.phases.push((name, self.began.elapsed().as_secs_f64()));
        std::thread::sleep(time);
    }

    pub fn finish(mut self) -> Report {
        let end = self.began.elapsed().as_secs_f64();
        // The end of their standard input is the sign for all.
        for child in self.workers.values_mut() {
            drop(child.stdin.take());
        }
        let mut responses = BTreeMap::new();
        for (number, child) in std::mem::take(&mut self.workers) {
            let output = child.wait_with_output().unwrap();
            responses.insert(
                number,
                worker::responses(&output.stdout).expect("it counts"),
            );
        }
        let records: Vec<_> = self.emulator.emulator().requests();
        let mut served = BTreeMap::new();
        for record in records.iter().filter(|record| record.status != 429) {
            *served.entry(number(record)).or_insert(0) += 1;
        }
        let lost = responses.iter().map(|(number, count)| {
            served
                .get(number)
                .copied()
                .unwrap_or(0_u64)
                .abs_diff(*count)
        });
        let lost = lost.sum();
        let ends = self.phases.iter().skip(1).map(|(_, at)| *at).chain([end]);
        let phases = self.phases.iter().zip(ends);
        let phases = phases.map(|((name, from), to)| Phase::of(name, &records, *from, to));
        let phases = phases.collect();
        Report {
            records,
            phases,
            lost,
        }
    }
}

impl Drop for Fleet {
    fn drop(&mut self) {
        for child in self.workers.values_mut() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

impl Phase {
    #[allow(clippy::cast_precision_loss)]
    fn of(name: &'static str, records: &[RequestRecord], from: f64, to: f64) -> Self {
        let is_refused = |record: &&RequestRecord| {
            record.status == 429 && (from..to).contains(&record.at.as_secs_f64())
        };
        let refused = records.iter().filter(is_refused).count();
        let from = (from + SETTLED).min(to - 0.1);
        let mut by_worker: BTreeMap<usize, u32> = BTreeMap::new();
        for record in records {
            let at = record.at.as_secs_f64();
            if record.status != 429 && (from..to).contains(&at) {
                *by_worker.entry(number(record)).or_default() += 1;
            }
        }
        let all: u32 = by_worker.values().sum();
        let fair = f64::from(all) / by_worker.len() as f64;
        let share = |count: Option<&u32>| count.map_or(0.0, |count| f64::from(*count) / fair);
        Self {
            name,
            refused,
            used: f64::from(all) / (to - from) / RATE,
            least: share(by_worker.values().min()),
            most: share(by_worker.values().max()),
            workers_seen: by_worker.len(),
        }
    }
}

/// The number of the process that sent a request.
fn number(record: &RequestRecord) -> usize {
    let (_, number) = record
        .path
        .rsplit_once("worker-")
        .expect("only workers send");
    number.parse().expect("a number")
}

impl Report {
    pub fn phases(&self) -> impl Iterator<Item = &Phase> {
        self.phases.iter()
    }

    pub fn total(&self) -> usize {
        self.records.len()
    }

    pub fn refused(&self) -> usize {
        self.records
            .iter()
            .filter(|record| record.status == 429)
            .count()
    }

    pub fn lost(&self) -> u64 {
        self.lost
    }

    /// The most requests in any window of this length.
    pub fn most_in(&self, window: Duration) -> usize {
        let mut times: Vec<_> = self.records.iter().map(|record| record.at).collect();
        times.sort_unstable();
        let mut first = 0;
        let mut most = 0;
        for (index, at) in times.iter().enumerate() {
            while times.get(first).is_some_and(|first| *first + window < *at) {
                first += 1;
            }
            most = most.max(index + 1 - first);
        }
        most
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "phase                 used    shares       processes  429s"
        )?;
        for phase in &self.phases {
            let Phase {
                name,
                refused,
                used,
                least,
                most,
                workers_seen,
            } = phase;
            writeln!(
                f,
                "{name:20} {:6.1} %  {least:.2}..{most:.2}   {workers_seen:9}  {refused:4}",
                used * 100.0
            )?;
        }
        let most = self.most_in(Duration::from_secs(5));
        writeln!(
            f,
            "most in five seconds: {most}; the rate allows {:.0} besides the burst",
            5.0 * RATE
        )?;
        writeln!(f, "refused: {} of {}", self.refused(), self.total())
    }
}
