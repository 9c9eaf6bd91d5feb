//! The script in a real Redis, with its clock replaced by an argument: what it does is the same each
//! time, and takes no time.

use redis::{Connection, Script};

use super::Server;

pub struct VirtualRedis {
    pub connection: Connection,
    script: Script,
    /// In microseconds.
    pub now: u64,
}

/// A call of the script for `listProjects`, as a process makes it that has neither been away nor seen
/// any state.
#[derive(Debug, Clone, Copy)]
pub struct Call<'a> {
    pub account: &'a str,
    pub member: &'a str,
    pub want: u32,
    /// Between two requests of the account, and how much earlier than that one may be.
    pub interval: f64,
    pub tolerance: f64,
    /// The limit of the route in 1.1 seconds.
    pub window: u32,
    pub known_start: i64,
    /// How long it was away, and what it has sent meanwhile.
    pub away: i64,
    pub debt: u32,
}

/// What the script returned, in microseconds from the time of the call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    pub start: i64,
    pub status: i64,
    pub wait: u64,
    /// When the account could send one more request.
    pub lead: i64,
    pub slots: Vec<u64>,
}

impl Default for Call<'_> {
    fn default() -> Self {
        Self {
            account: "acme",
            member: "a",
            want: 1,
            interval: 100_000.0,
            tolerance: 0.0,
            window: 40,
            known_start: -1,
            away: -1,
            debt: 0,
        }
    }
}

impl VirtualRedis {
    /// With a clock that begins late enough for all differences.
    pub fn new(redis: &Server) -> Self {
        let code = include_str!("../../src/reserve.lua");
        let clock = "redis.call('TIME')";
        assert_eq!(code.matches(clock).count(), 1);
        let virtual_clock = "{ ARGV[#ARGV - 1], ARGV[#ARGV] }";
        Self {
            connection: redis.client().get_connection().unwrap(),
            script: Script::new(&code.replace(clock, virtual_clock)),
            now: 1_700_000_000_000_000,
        }
    }

    pub fn key(account: &str, name: &str) -> String {
        format!("neon-api:{{{account}}}:{name}")
    }

    /// The arguments are those of `Request::fill`.
    pub fn call(&mut self, call: Call<'_>) -> Reply {
        let mut sent = self.script.prepare_invoke();
        for name in ["s", "m", "q", "r:listProjects"] {
            sent.key(Self::key(call.account, name));
        }
        sent.arg(call.member).arg(call.want).arg(0);
        sent.arg(5_000_000).arg(1_500_000).arg(250_000);
        sent.arg(call.known_start).arg(call.away);
        sent.arg(call.interval).arg(call.tolerance).arg(call.debt);
        sent.arg("").arg(0).arg(0).arg(0);
        sent.arg("listProjects").arg(-1).arg(-1);
        sent.arg(call.window).arg(1_100_000);
        sent.arg(self.now / 1_000_000).arg(self.now % 1_000_000);
        let values: Vec<i64> = sent.invoke(&mut self.connection).unwrap();
        let [_, start, status, wait, _, _, _, lead, _, slots @ ..] = &values[..] else {
            panic!("{values:?}");
        };
        Reply {
            start: *start,
            status: *status,
            wait: u64::try_from(*wait).unwrap(),
            lead: *lead,
            slots: slots
                .iter()
                .map(|slot| u64::try_from(*slot).unwrap())
                .collect(),
        }
    }
}
