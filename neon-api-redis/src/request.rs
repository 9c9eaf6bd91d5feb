//! One call of the script: its arguments, and what it returns.

use std::sync::Arc;
use std::time::Duration;

use redis::Script;

use crate::budgets::Budgets;

/// How far ahead slots are reserved.
pub(crate) const HORIZON: Duration = Duration::from_secs(5);
/// How long the script grants nothing after a return: as long as a process may need to notice it.
pub(crate) const LEARNING: Duration = Duration::from_millis(1500);
/// The minimum time before the first slot of a state that was lost.
const LEAST_HOLD: Duration = Duration::from_millis(250);

/// The names of an account's keys, with one hash tag, so that a cluster has them in one slot.
#[derive(Debug, Clone)]
pub(crate) struct Keys(String);

impl Keys {
    pub(crate) fn new(prefix: &str, account: &str) -> Self {
        Self(format!("{prefix}:{{{account}}}:"))
    }

    fn key(&self, name: &str) -> String {
        format!("{}{name}", self.0)
    }
}

/// A 429 response that was not reported yet.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Refused {
    /// How long ago the request was sent.
    pub(crate) age: Duration,
    /// The rest of the wait that the API asked for.
    pub(crate) wait: Option<Duration>,
}

/// How long a process has been without Redis, and what it sent.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Absence {
    pub(crate) time: Duration,
    pub(crate) of_account: u32,
    pub(crate) of_group: u32,
}

/// The arguments of a call.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) keys: Keys,
    pub(crate) member: Arc<str>,
    pub(crate) budgets: Arc<Budgets>,
    /// How many slots.
    pub(crate) want: usize,
    /// Whether a slot of the group was reserved before, and is due.
    pub(crate) has_narrow_slot: bool,
    /// The processes that were known last.
    pub(crate) members: f64,
    /// When the state began that was seen last.
    pub(crate) known_start: Option<i64>,
    pub(crate) absence: Option<Absence>,
    pub(crate) refused: Option<Refused>,
}

/// What the script returned. Times are relative to when it ran.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Reply {
    pub(crate) members: f64,
    pub(crate) start: i64,
    pub(crate) status: Status,
    pub(crate) account_pause: Duration,
    pub(crate) narrow_pause: Duration,
    /// When the account could send one more request.
    pub(crate) lead: Duration,
    /// The part of the rate that the API accepts.
    pub(crate) part: f64,
    pub(crate) slots: Vec<Duration>,
}

/// Why there are fewer slots than were asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    /// There are not.
    Granted,
    /// Only the slot of the group was reserved: at this time.
    Narrow(Duration),
    /// The route or its group is full: ask again at this time.
    Blocked(Duration),
    /// The account is full beyond the horizon: ask again at this time.
    Later(Duration),
}

pub(crate) fn script() -> Script {
    Script::new(include_str!("reserve.lua"))
}

impl Request {
    pub(crate) async fn invoke<C>(
        &self,
        script: &Script,
        connection: &mut C,
    ) -> redis::RedisResult<Reply>
    where
        C: redis::aio::ConnectionLike,
    {
        let mut call = script.prepare_invoke();
        self.fill(&mut call);
        let values: Vec<i64> = call.invoke_async(connection).await?;
        Reply::parse(&values)
    }

    /// In the order in which the script reads them.
    fn fill(&self, call: &mut redis::ScriptInvocation<'_>) {
        for name in ["s", "m", "q"] {
            call.key(self.keys.key(name));
        }
        for window in &self.budgets.windows {
            call.key(self.keys.key(&window.name));
        }
        let account = self.budgets.account;
        // Each process may have its next slots reserved when the state is lost.
        let hold = micros(LEAST_HOLD)
            .max(account.interval * (self.members + 1.0))
            .min(micros(HORIZON));
        call.arg(&*self.member)
            .arg(self.want)
            .arg(u8::from(self.has_narrow_slot))
            .arg(micros(HORIZON))
            .arg(micros(LEARNING))
            .arg(hold)
            .arg(self.known_start.unwrap_or(-1))
            .arg(self.absence.map_or(-1.0, |absence| micros(absence.time)))
            .arg(account.interval)
            .arg(account.tolerance)
            .arg(self.absence.map_or(0, |absence| absence.of_account));
        let (group, bucket) = self.budgets.group.unwrap_or(("", None));
        call.arg(group)
            .arg(bucket.map_or(0.0, |bucket| bucket.interval))
            .arg(bucket.map_or(0.0, |bucket| bucket.tolerance))
            .arg(self.absence.map_or(0, |absence| absence.of_group))
            .arg(self.budgets.route)
            .arg(self.refused.map_or(-1.0, |refused| micros(refused.age)));
        let wait = self.refused.and_then(|refused| refused.wait);
        call.arg(wait.map_or(-1.0, micros));
        for window in &self.budgets.windows {
            call.arg(window.limit).arg(window.span);
        }
    }
}

impl Reply {
    fn parse(values: &[i64]) -> redis::RedisResult<Self> {
        let [
            members,
            start,
            status,
            wait,
            crowd,
            account_pause,
            narrow_pause,
            lead,
            part,
            slots @ ..,
        ] = values
        else {
            return Err(unexpected());
        };
        // At another moment in each process.
        let wait = duration(*wait);
        let again = wait + duration(*crowd).mul_f64(fastrand::f64());
        let status = match status {
            0 => Status::Granted,
            1 => Status::Narrow(wait),
            2 => Status::Blocked(again),
            3 => Status::Later(again),
            _ => return Err(unexpected()),
        };
        #[allow(clippy::cast_precision_loss)]
        let (members, part) = (
            (*members).max(1) as f64,
            (*part).max(1) as f64 / 1_000_000.0,
        );
        Ok(Self {
            members,
            start: *start,
            status,
            account_pause: duration(*account_pause),
            narrow_pause: duration(*narrow_pause),
            lead: duration(*lead),
            part: part.min(1.0),
            slots: slots.iter().map(|slot| duration(*slot)).collect(),
        })
    }
}

fn unexpected() -> redis::RedisError {
    (
        redis::ErrorKind::UnexpectedReturnType,
        "unexpected response of the script",
    )
        .into()
}

fn duration(micros: i64) -> Duration {
    Duration::from_micros(u64::try_from(micros).unwrap_or(0))
}

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000_000.0
}
