//! Changes of a project as time passes. Nothing runs in the background: due changes are applied, in
//! order of time, when the project is next accessed.

use super::Project;
use crate::clock::Moment;
use crate::state::branch::RECOVERABLE;
use crate::state::{DELETED, Source, schedule, usage};

enum Due {
    /// An endpoint that nobody uses falls idle.
    Idle(String),
    /// A branch expires.
    Expiry(String),
}

impl Project {
    /// Brings the project up to `now`.
    pub(crate) fn settle(&mut self, source: &mut Source, now: Moment) {
        while let Some((at, due)) = self.next_due(source, now) {
            // What waited for something else to go happens only now.
            let at = at.max(self.settled_at);
            match due {
                Due::Idle(id) => self.fall_idle(&id, source, at),
                Due::Expiry(id) => {
                    self.delete_branch(&id, true, source, at);
                }
            }
            self.settled_at = at;
        }
        if self.used_up_quota(now).is_some() {
            self.stop_computes(source, now);
        }
        self.take_due_snapshots(source, now);
        self.forget_deleted(now);
        self.operations.forget_old(source, now);
        self.settled_at = now;
    }

    /// Forgets branches that can no longer be recovered, and of too many the oldest.
    fn forget_deleted(&mut self, now: Moment) {
        while let Some((at, id)) = self.deletions.front()
            && (at.saturating_add(RECOVERABLE) <= now || self.deletions.len() > DELETED)
        {
            self.deleted_branches.remove(id);
            if let Some(runs) = self.retired_runs.remove(id) {
                self.forgotten_runs.extend(runs);
                usage::compact(&mut self.forgotten_runs);
            }
            self.forgotten.push(id.clone());
            self.deletions.pop_front();
        }
    }

    /// The branches that were forgotten since this was last asked.
    pub(crate) fn take_forgotten(&mut self) -> Vec<String> {
        std::mem::take(&mut self.forgotten)
    }

    fn next_due(&self, source: &Source, now: Moment) -> Option<(Moment, Due)> {
        let idle = self.endpoints.next_idle();
        let idle = idle.map(|(at, endpoint)| (at, Due::Idle(endpoint.id.clone())));
        // A branch that has children waits for them to go.
        let expiry = self.branches.expired(source.clock.wall(now));
        let expiry = expiry
            .filter(|(_, branch)| self.must_be_deletable(branch).is_ok())
            .map(|(at, branch)| (source.moment(at), Due::Expiry(branch.id.clone())))
            .next();
        let due = [idle, expiry].into_iter().flatten();
        due.filter(|(at, _)| *at <= now).min_by_key(|(at, _)| *at)
    }

    fn fall_idle(&mut self, id: &str, source: &mut Source, at: Moment) {
        let Some(endpoint) = self.endpoints.get(id) else {
            return;
        };
        let branch = endpoint.branch_id.clone();
        let operations = &mut self.operations;
        let of = (Some(branch.as_str()), Some(id));
        operations.schedule(source, at, "suspend_compute", of.0, of.1);
        // Even where that fails: it would be due again at once, for ever.
        let ends_at = operations.last_ends_at();
        self.endpoints
            .change(id, |endpoint| endpoint.suspend(Some(ends_at), at));
    }

    fn stop_computes(&mut self, source: &mut Source, at: Moment) {
        let running = self.endpoints.iter().filter(|e| e.will_run());
        let running: Vec<String> = running.map(|endpoint| endpoint.id.clone()).collect();
        for id in running {
            self.fall_idle(&id, source, at);
        }
    }

    fn take_due_snapshots(&mut self, source: &mut Source, now: Moment) {
        let mut due = Vec::new();
        let (from, to) = (source.clock.wall(self.settled_at), source.clock.wall(now));
        for branch in self.branches.with_schedules() {
            for (at, retention) in schedule::between(&branch.schedule, from, to) {
                due.push((at, branch.id.clone(), retention));
            }
        }
        due.sort();
        for (at, branch_id, retention) in due {
            if let Some(branch) = self.branches.get(&branch_id) {
                let expires_at = at + retention;
                let at = source.moment(at);
                self.snapshots
                    .take_scheduled(branch, expires_at, source, at);
            }
        }
        self.snapshots.forget_expired(source.clock.wall(now));
    }
}
