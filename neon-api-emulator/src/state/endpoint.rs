//! Compute endpoints.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::timeline::Timeline;
use super::usage::{self, Run};
use super::{Source, region};
use crate::clock::Moment;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum EndpointState {
    Init,
    Active,
    Idle,
}

impl EndpointState {
    fn text(self) -> &'static str {
        match self {
            Self::Init => "init",
            Self::Active => "active",
            Self::Idle => "idle",
        }
    }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Endpoint {
    pub(crate) id: String,
    pub(crate) branch_id: String,
    pub(crate) read_write: bool,
    region_id: String,
    /// What the caller may set, by its name in the API; checked against the specification before
    /// it gets here.
    options: Map<String, Value>,
    state: Timeline<EndpointState>,
    started_at: Option<Moment>,
    /// The start before that.
    last_active: Option<Moment>,
    suspended_at: Option<Moment>,
    /// Those that have ended, or are planned to.
    runs: Vec<Run>,
    /// How many clients are connected.
    #[serde(skip)]
    connections: u32,
    /// When the last of them left.
    #[serde(default)]
    last_used: Option<Moment>,
    created_at: Moment,
    updated_at: Moment,
}

/// What a timeout of zero, the default, stands for.
const DEFAULT_TIMEOUT: Moment = Moment::from_secs(300);

/// `last_active` of a compute that nobody has used.
const NEVER_USED: &str = "2000-01-01T00:00:00Z";

/// What a caller may set on creation and change later.
const OPTIONS: [&str; 10] = [
    "autoscaling_limit_min_cu",
    "autoscaling_limit_max_cu",
    "suspend_timeout_seconds",
    "settings",
    "pooler_enabled",
    "pooler_mode",
    "disabled",
    "passwordless_access",
    "provisioner",
    "name",
];

impl Endpoint {
    /// `asked` is the request's object, `defaults` the project's `default_endpoint_settings`.
    pub(crate) fn new(
        branch_id: &str,
        region_id: &str,
        defaults: &Value,
        asked: &Value,
        source: &mut Source,
        now: Moment,
    ) -> Self {
        let mut endpoint = Self {
            id: source.ids.endpoint(),
            branch_id: branch_id.to_owned(),
            read_write: asked.get("type").and_then(Value::as_str) != Some("read_only"),
            region_id: region_id.to_owned(),
            options: Map::new(),
            state: Timeline::new(EndpointState::Init),
            started_at: None,
            last_active: None,
            suspended_at: None,
            runs: Vec::new(),
            connections: 0,
            last_used: None,
            created_at: now,
            updated_at: now,
        };
        endpoint.set(defaults, now);
        endpoint.set(asked, now);
        endpoint
    }

    /// Applies the settings in `asked`; returns whether there were any.
    pub(crate) fn set(&mut self, asked: &Value, now: Moment) -> bool {
        let mut changed = false;
        for name in OPTIONS {
            if let Some(value) = asked.get(name) {
                self.options.insert(name.to_owned(), value.clone());
                changed = true;
            }
        }
        if changed {
            self.updated_at = now;
        }
        changed
    }

    pub(crate) fn state(&self, now: Moment) -> EndpointState {
        self.state.current(now)
    }

    /// Whether it runs, or will once what is planned has happened.
    pub(crate) fn will_run(&self) -> bool {
        matches!(self.state.last(), EndpointState::Active)
    }

    pub(crate) fn in_transition(&self, now: Moment) -> bool {
        self.state.pending(now).is_some()
    }

    /// `None` is never: what should have started it fails.
    pub(crate) fn start(&mut self, at: Option<Moment>, now: Moment) {
        self.state.settle(now);
        self.updated_at = now;
        let Some(at) = at else {
            return;
        };
        // One that could not be stopped starts anew.
        self.end_run(at);
        self.state.then(at, EndpointState::Active);
        self.last_active = self.active_at(now);
        self.started_at = Some(at);
    }

    /// `None` is never: what should have stopped it fails.
    pub(crate) fn suspend(&mut self, at: Option<Moment>, now: Moment) {
        self.updated_at = now;
        let Some(at) = at else {
            return;
        };
        self.end_run(at);
        self.state.settle(now);
        self.state.then(at, EndpointState::Idle);
        self.suspended_at = Some(at);
    }

    pub(crate) fn connected(&mut self) {
        self.connections = self.connections.saturating_add(1);
    }

    pub(crate) fn disconnected(&mut self, now: Moment) {
        self.connections = self.connections.saturating_sub(1);
        self.last_used = Some(now);
    }

    /// What was to happen at `from` happens at `to` instead, or not at all.
    pub(crate) fn move_step(&mut self, from: Moment, to: Option<Moment>) {
        self.state.move_step(from, to);
        for at in [&mut self.started_at, &mut self.suspended_at] {
            if *at == Some(from) {
                *at = to;
            }
        }
        match to {
            Some(to) => self
                .runs
                .iter_mut()
                .for_each(|run| run.move_bound(from, to)),
            None => self.runs.retain(|run| run.from != from && run.to != from),
        }
    }

    /// When it falls idle, counted from its start or from the end of the last connection; `None`
    /// while it does not run or is connected to, or where its timeout says never.
    pub(crate) fn falls_idle_at(&self) -> Option<Moment> {
        let timeout = self.options.get("suspend_timeout_seconds");
        let timeout = match timeout.and_then(Value::as_i64) {
            Some(0) | None => DEFAULT_TIMEOUT,
            Some(seconds) => Moment::from_secs(u64::try_from(seconds).ok()?),
        };
        if self.connections > 0 {
            return None;
        }
        let since = self.started_at.filter(|_| self.will_run())?;
        let since = self.last_used.map_or(since, |used| since.max(used));
        Some(since.saturating_add(timeout))
    }

    /// Settings of PostgreSQL.
    pub(crate) fn pg_settings(&self) -> Option<&Value> {
        self.options.get("settings")?.get("pg_settings")
    }

    pub(crate) fn is_disabled(&self) -> bool {
        self.options.get("disabled").and_then(Value::as_bool) == Some(true)
    }

    /// The smallest and the largest size, in compute units.
    pub(crate) fn bounds(&self) -> (f64, f64) {
        let number = |key: &str, default| {
            let value = self.options.get(key).and_then(Value::as_f64);
            value.unwrap_or(default)
        };
        let low = number("autoscaling_limit_min_cu", 0.25);
        (low, number("autoscaling_limit_max_cu", 2.0))
    }

    /// The spans in which it was active, until `now`.
    pub(crate) fn runs(&self, now: Moment) -> impl Iterator<Item = Run> {
        let current = self.started_at.filter(|at| self.will_run() && *at < now);
        let current = current.map(|from| Run {
            from,
            to: now,
            units: self.bounds().0,
            computes: 1.0,
        });
        self.runs.iter().cloned().chain(current)
    }

    /// Notes that the current run ends at `at`.
    pub(crate) fn end_run(&mut self, at: Moment) {
        if let Some(from) = self.started_at.filter(|from| self.will_run() && *from < at) {
            let units = self.bounds().0;
            self.runs.push(Run {
                from,
                to: at,
                units,
                computes: 1.0,
            });
            usage::compact(&mut self.runs);
        }
    }

    pub(crate) fn into_runs(self) -> Vec<Run> {
        self.runs
    }

    pub(crate) fn move_to(&mut self, branch_id: &str, now: Moment) {
        branch_id.clone_into(&mut self.branch_id);
        self.updated_at = now;
    }

    /// The latest start that has happened.
    fn active_at(&self, now: Moment) -> Option<Moment> {
        self.started_at.filter(|at| *at <= now).or(self.last_active)
    }

    /// When it was last used, as far as that is known: starting a read-write compute applies its
    /// branch's roles and databases, while a replica is used only by those who connect.
    pub(crate) fn used_at(&self, now: Moment) -> Option<Moment> {
        self.active_at(now).filter(|_| self.read_write)
    }

    fn proxy_host(&self) -> String {
        region::proxy_host(&self.region_id)
    }

    pub(crate) fn host(&self) -> String {
        format!("{}.{}", self.id, self.proxy_host())
    }

    pub(crate) fn pooler_host(&self) -> String {
        format!("{}-pooler.{}", self.id, self.proxy_host())
    }

    /// In the response to its creation, which does not say when it was last used.
    pub(crate) fn json_created(&self, project_id: &str, source: &Source, now: Moment) -> Value {
        let mut value = self.json(project_id, source, now);
        if let Some(map) = value.as_object_mut() {
            map.remove("last_active");
        }
        value
    }

    pub(crate) fn json(&self, project_id: &str, source: &Source, now: Moment) -> Value {
        let state = self.state(now);
        let mut value = json!({
            "host": self.host(),
            "id": self.id,
            "project_id": project_id,
            "branch_id": self.branch_id,
            "autoscaling_limit_min_cu": 0.25,
            "autoscaling_limit_max_cu": 2,
            "region_id": self.region_id,
            "type": if self.read_write { "read_write" } else { "read_only" },
            "current_state": state.text(),
            "settings": {},
            "pooler_enabled": false,
            "pooler_mode": "transaction",
            "disabled": false,
            "passwordless_access": true,
            "creation_source": "console",
            "created_at": source.text(self.created_at),
            "updated_at": source.text(self.updated_at),
            "proxy_host": self.proxy_host(),
            "suspend_timeout_seconds": 0,
            "provisioner": "k8s-neonvm",
        });
        let Some(map) = value.as_object_mut() else {
            return value;
        };
        map.extend(self.options.clone());
        if let Some(pending) = self.state.goal(now) {
            map.insert("pending_state".to_owned(), json!(pending.text()));
        }
        // Settings are written out once the endpoint has run.
        if state != EndpointState::Init
            && let Some(settings) = map.get_mut("settings").and_then(Value::as_object_mut)
        {
            let pg_settings = settings.entry("pg_settings");
            pg_settings.or_insert_with(|| json!({}));
        }
        if let Some(at) = self
            .active_at(now)
            .filter(|_| state == EndpointState::Active)
        {
            map.insert("started_at".to_owned(), json!(source.text(at)));
            if !self.in_transition(now) {
                map.insert("compute_release_version".to_owned(), json!("9509"));
            }
        }
        let used = self.used_at(now).map(|at| source.text(at));
        let used = used.unwrap_or_else(|| NEVER_USED.to_owned());
        map.insert("last_active".to_owned(), json!(used));
        if let (EndpointState::Idle, Some(at)) = (state, self.suspended_at.filter(|at| *at <= now))
        {
            map.insert("suspended_at".to_owned(), json!(source.text(at)));
        }
        value
    }
}
