//! Work on a project, which takes time.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Source;
use super::backing::{Job, Task};
use crate::clock::Moment;
use crate::faults::Ending;

/// Longer than any run: a century.
const NEVER: Moment = Moment::from_secs(100 * 365 * 86_400);

/// Stands for an end that is not known yet, together with the operation's position: later than any
/// that is.
const UNKNOWN: Moment = Moment::from_secs(200 * 365 * 86_400);
/// How long those that ended are listed: half a year.
const KEPT: Moment = Moment::from_secs(183 * 86_400);

/// One operation. All its moments are fixed when it is scheduled, unless real databases do the work.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Operation {
    pub(crate) id: String,
    branch_id: Option<String>,
    endpoint_id: Option<String>,
    action: Cow<'static, str>,
    ending: Ending,
    created_at: Moment,
    starts_at: Moment,
    pub(crate) ends_at: Moment,
}

impl Operation {
    pub(crate) fn status(&self, now: Moment) -> &'static str {
        if now >= self.ends_at {
            self.ending.status()
        } else if now >= self.starts_at {
            self.ending.status_before()
        } else {
            "scheduling"
        }
    }

    pub(super) fn failure(&self) -> Option<&str> {
        self.ending.error()
    }

    pub(crate) fn json(&self, project_id: &str, source: &Source, now: Moment) -> Value {
        let done = now >= self.ends_at;
        let updated_at = if done {
            self.ends_at
        } else if now >= self.starts_at {
            self.starts_at
        } else {
            self.created_at
        };
        let took = self.ends_at.saturating_sub(self.starts_at).as_millis();
        let mut value = json!({
            "id": self.id,
            "project_id": project_id,
            "action": self.action,
            "status": self.status(now),
            "failures_count": i32::from(done && self.ending.error().is_some()),
            "created_at": source.text(self.created_at),
            "updated_at": source.text(updated_at),
            "total_duration_ms": if done { i32::try_from(took).unwrap_or(i32::MAX) } else { 0 },
        });
        if let Some(map) = value.as_object_mut() {
            if let Some(id) = &self.branch_id {
                map.insert("branch_id".to_owned(), json!(id));
            }
            if let Some(id) = &self.endpoint_id {
                map.insert("endpoint_id".to_owned(), json!(id));
            }
            if let (true, Some(message)) = (done, self.ending.error()) {
                map.insert("error".to_owned(), json!(message));
            }
        }
        value
    }
}

/// A project's operations, the oldest first. They run one after the other; where changes do not
/// conflict, those of different branches run side by side.
#[derive(Debug, Default, Clone, Serialize, Deserialize)]
pub(crate) struct Operations {
    /// Shared with copies that are being saved.
    list: VecDeque<Arc<Operation>>,
    /// How many older ones are forgotten: positions count from the first that there was.
    #[serde(skip)]
    forgotten: usize,
    /// When the last one ends.
    busy_until: Moment,
    /// When the last one of each branch ends, as far as that is still to come.
    branch_busy_until: HashMap<String, Moment>,
    /// The positions of those whose end is not known yet, by their IDs.
    #[serde(default)]
    pending: BTreeMap<String, usize>,
}

/// That an operation ended whose end was not known.
#[derive(Debug)]
pub(super) struct Concluded {
    pub(super) branch_id: Option<String>,
    pub(super) endpoint_id: Option<String>,
    /// The end that was put down in its place.
    pub(super) instead_of: Moment,
    /// When it took effect, if it did.
    pub(super) at: Option<Moment>,
}

impl Operations {
    /// Schedules one after those that are still to run; returns its position.
    pub(crate) fn schedule(
        &mut self,
        source: &mut Source,
        now: Moment,
        action: &'static str,
        branch_id: Option<&str>,
        endpoint_id: Option<&str>,
    ) -> usize {
        // Cursors are times in microseconds: no two operations of a project share one.
        let behind = |last: &Arc<Operation>| last.created_at.saturating_add(Moment::from_micros(1));
        let created_at = self.list.back().map_or(now, |last| now.max(behind(last)));
        let busy_until = match branch_id {
            Some(branch) if !source.conflicts => self
                .branch_busy_until
                .get(branch)
                .copied()
                .unwrap_or(Moment::ZERO),
            _ => self.busy_until,
        };
        let starts_at = if source.seeding {
            now
        } else {
            now.max(busy_until)
        };
        let latency = source.latency();
        let ending = source.ending(action);
        let id = source.ids.uuid();
        let mut task = source.task_of(action);
        let position = self.forgotten + self.list.len();
        let ends_at = match ending {
            _ if task.is_some() && !source.seeding && ending != Ending::Never => {
                let place = u64::try_from(position).unwrap_or(u64::MAX);
                self.pending.insert(id.clone(), position);
                UNKNOWN.saturating_add(Moment::from_micros(place))
            }
            // Nobody waits that long, and every time is still one that can be written.
            Ending::Never => starts_at.max(now + NEVER),
            _ => starts_at.saturating_add(latency),
        };
        if !ending.has_effect() {
            task = task.map(|_| Task::Nothing);
        }
        if let Some(task) = task.filter(|_| ending != Ending::Never) {
            source.submit(Job {
                operation: (!source.seeding).then(|| id.clone()),
                branch: branch_id.map(str::to_owned),
                endpoint: endpoint_id.map(str::to_owned),
                task,
            });
        }
        let operation = Operation {
            id,
            branch_id: branch_id.map(str::to_owned),
            endpoint_id: endpoint_id.map(str::to_owned),
            action: Cow::Borrowed(action),
            ending,
            created_at,
            starts_at,
            ends_at,
        };
        self.busy_until = self.busy_until.max(operation.ends_at);
        self.branch_busy_until.retain(|_, ends_at| *ends_at > now);
        if let Some(branch) = branch_id {
            let until = self.branch_busy_until.entry(branch.to_owned());
            let until = until.or_default();
            *until = operation.ends_at.max(*until);
        }
        self.list.push_back(Arc::new(operation));
        position
    }

    /// The ID of the one that was scheduled last.
    pub(super) fn last_id(&self) -> Option<&str> {
        self.list.back().map(|last| last.id.as_str())
    }

    pub(super) fn is_pending(&self, id: &str) -> bool {
        self.pending.contains_key(id)
    }

    /// Notes that one of unknown end runs.
    pub(super) fn begin(&mut self, id: &str, now: Moment) {
        let position = self.pending.get(id).copied();
        if let Some(operation) = position.and_then(|position| self.at_mut(position)) {
            operation.starts_at = now;
        }
    }

    /// Ends one of unknown end; a failure replaces the end that was planned.
    pub(super) fn conclude(
        &mut self,
        id: &str,
        failure: Option<String>,
        now: Moment,
    ) -> Option<Concluded> {
        let position = self.pending.remove(id)?;
        let operation = self.at_mut(position)?;
        let instead_of = std::mem::replace(&mut operation.ends_at, now);
        operation.starts_at = operation.starts_at.min(now);
        if let Some(message) = failure {
            operation.ending = Ending::Failed(message);
        }
        let concluded = Concluded {
            branch_id: operation.branch_id.clone(),
            endpoint_id: operation.endpoint_id.clone(),
            instead_of,
            at: operation.ending.has_effect().then_some(now),
        };
        let others = self.pending.values().filter_map(|other| self.at(*other));
        self.busy_until = others.map(|other| other.ends_at).max().unwrap_or(now);
        for until in self.branch_busy_until.values_mut() {
            if *until == instead_of {
                *until = now;
            }
        }
        Some(concluded)
    }

    /// The one at a position, unless it is forgotten.
    fn at(&self, position: usize) -> Option<&Operation> {
        let place = position.checked_sub(self.forgotten)?;
        self.list.get(place).map(Arc::as_ref)
    }

    fn at_mut(&mut self, position: usize) -> Option<&mut Operation> {
        let place = position.checked_sub(self.forgotten)?;
        self.list.get_mut(place).map(Arc::make_mut)
    }

    /// Forgets those that ended half a year ago, and of too many that ended the oldest; none that
    /// the request of this moment has scheduled.
    pub(crate) fn forget_old(&mut self, source: &Source, now: Moment) {
        while let Some(oldest) = self.list.front()
            && oldest.ends_at <= now
            && oldest.created_at < now
            && (self.list.len() > source.keep_operations
                || oldest.ends_at.saturating_add(KEPT) <= now)
        {
            self.list.pop_front();
            self.forgotten += 1;
        }
    }

    /// When the last one ends.
    pub(crate) fn busy_until(&self) -> Moment {
        self.busy_until
    }

    /// When the one that was scheduled last ends.
    pub(crate) fn last_ends_at(&self) -> Moment {
        self.list.back().map_or(Moment::ZERO, |last| last.ends_at)
    }

    /// When what the last one that was scheduled is for has happened; `None` where it fails.
    pub(crate) fn last_takes_effect_at(&self) -> Option<Moment> {
        let last = self.list.back()?;
        last.ending.has_effect().then_some(last.ends_at)
    }

    /// The newest first.
    pub(crate) fn newest(&self) -> impl Iterator<Item = &Operation> {
        self.list.iter().rev().map(Arc::as_ref)
    }

    pub(crate) fn find(&self, id: &str) -> Option<&Operation> {
        let found = self.list.iter().rev().find(|o| o.id == id);
        found.map(Arc::as_ref)
    }

    /// Those at these positions, as listed in a response.
    pub(crate) fn json(
        &self,
        positions: &[usize],
        project_id: &str,
        source: &Source,
        now: Moment,
    ) -> Value {
        let chosen = positions.iter().filter_map(|position| self.at(*position));
        chosen.map(|o| o.json(project_id, source, now)).collect()
    }

    pub(crate) fn json_of(
        &self,
        id: &str,
        project_id: &str,
        source: &Source,
        now: Moment,
    ) -> Option<Value> {
        self.find(id).map(|o| o.json(project_id, source, now))
    }

    /// A page, the newest first, behind `cursor`; with the cursor of its last item.
    pub(crate) fn page(
        &self,
        cursor: Option<&str>,
        limit: usize,
        project_id: &str,
        source: &Source,
        now: Moment,
    ) -> (Vec<Value>, Option<String>) {
        let at = |operation: &Arc<Operation>| source.clock.micros(operation.created_at);
        // Times of one form compare as strings; the list is in their order.
        let end = match cursor {
            Some(cursor) => self.list.partition_point(|o| at(o).as_str() < cursor),
            None => self.list.len(),
        };
        let start = end.saturating_sub(limit);
        let page = self.list.range(start..end);
        let items = page.rev().map(|o| o.json(project_id, source, now));
        let first = self.list.get(start).filter(|_| start < end);
        (items.collect(), first.map(at))
    }
}
