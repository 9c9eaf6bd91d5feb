//! One look at a project's operations.
//!
//! The newest operations are listed at once. Those that are awaited and not among them are asked
//! for one by one if they are few, and by further pages if they are many. The requests of one look
//! are bounded, however many operations are missing; what is left is looked at the next time, and
//! what is missing for long is sought ever more rarely.

use std::collections::HashSet;
use std::sync::Arc;

use neon_api_raw::Client;
use neon_api_raw::ids::OperationId;
use neon_api_raw::types::{ListProjectOperationsQuery, Operation};
use tokio::time::Instant;

use super::poller::Poller;
use super::status::{Progress, progress};
use super::tracked::Tracked;
use crate::error::Error;

/// The largest page of `listProjectOperations`.
const LARGEST_PAGE: usize = 1000;
/// How many operations to ask for beside the awaited ones, since others may have been started.
const SPARE_ITEMS: usize = 20;
/// How many to ask for where any that runs is of interest: a long one may stand behind many.
const IDLE_PAGE: usize = 100;
/// How many operations that are not on the page are asked for one by one.
const MOST_ASKED_FOR_SINGLY: usize = 2;
/// How many further pages are listed, beside those that the awaited operations themselves fill.
const FURTHER_PAGES: usize = 2;

/// What a page held.
struct Listed {
    ids: HashSet<OperationId>,
    is_any_running: bool,
    next: Option<String>,
}

impl Poller {
    /// Looks at the operations that are awaited, and at whether any runs if that is.
    pub(super) async fn look(&self, raw: &Client) -> Result<(), Error> {
        let (awaited, seeks_idle) = {
            let state = self.state();
            (state.unsettled(), state.idle_waits > 0)
        };
        if awaited.is_empty() && !seeks_idle {
            return Ok(());
        }
        let least = if seeks_idle { IDLE_PAGE } else { 0 };
        let limit = (awaited.len() + SPARE_ITEMS).max(least);
        let began = Instant::now();
        let newest = self.list(raw, None, limit).await?;
        self.note_idleness(began, newest.is_any_running);

        // What an earlier answer told of an operation does not count: newer operations may have
        // pushed it off the page.
        let mut missing = self.due(awaited.iter().filter(|id| !newest.ids.contains(id)));
        let mut next = newest.next;
        let mut pages_left = awaited.len() / LARGEST_PAGE + FURTHER_PAGES;
        while missing.len() > MOST_ASKED_FOR_SINGLY && pages_left > 0 {
            let Some(cursor) = next else { break };
            let page = self.list(raw, Some(cursor), LARGEST_PAGE).await?;
            self.with_each(&page.ids, Tracked::seek);
            missing.retain(|id| !page.ids.contains(id));
            next = page.next;
            pages_left -= 1;
        }
        let singly = missing.len().min(MOST_ASKED_FOR_SINGLY);
        let behind = missing.split_off(singly);
        if next.is_none() {
            self.with_each(&behind, Tracked::miss);
        }
        for id in missing {
            self.ask_for(raw, id).await?;
        }
        Ok(())
    }

    /// Asks for a page and takes note of what it tells.
    async fn list(
        &self,
        raw: &Client,
        cursor: Option<String>,
        limit: usize,
    ) -> Result<Listed, Error> {
        let mut query = ListProjectOperationsQuery::default();
        query.cursor = cursor;
        query.limit = i64::try_from(limit.min(LARGEST_PAGE)).ok();
        let page = raw.list_project_operations(self.project(), &query).await?;
        let page = page.into_inner();
        let is_running = |o: &Operation| progress(&o.status) == Progress::Running;
        let next = page.pagination.map(|p| p.cursor).filter(|c| !c.is_empty());
        let listed = Listed {
            ids: page.operations.iter().map(|o| o.id.clone()).collect(),
            is_any_running: page.operations.iter().any(is_running),
            next: next.filter(|_| !page.operations.is_empty()),
        };
        self.record(page.operations);
        Ok(listed)
    }

    /// Asks for one operation. It may be missing for a moment after it is named.
    async fn ask_for(&self, raw: &Client, id: OperationId) -> Result<(), Error> {
        // Before the answer: should it fail, the others are to come before this one.
        self.with_each([&id], Tracked::seek);
        match raw.get_project_operation(self.project(), &id).await {
            Ok(answer) => self.record([answer.into_inner().operation]),
            Err(error) if error.status().is_some_and(|s| s.as_u16() == 404) => {
                self.with_each([&id], Tracked::miss);
            }
            Err(error @ neon_api_raw::Error::InvalidRequest(_)) => {
                let error = Arc::new(Error::from(error));
                if let Some(tracked) = self.state().tracked.get_mut(&id) {
                    tracked.fault = Some(error);
                }
            }
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }

    /// Those of the missing operations that are worth a request, the one longest not sought first.
    fn due<'a>(&self, missing: impl Iterator<Item = &'a OperationId>) -> Vec<OperationId> {
        let now = Instant::now();
        let state = self.state();
        let tracked = missing.filter_map(|id| Some((state.tracked.get(id)?, id)));
        let mut due: Vec<_> = tracked
            .filter(|(tracked, _)| tracked.is_due(now))
            .map(|(tracked, id)| (tracked.sought_at(), id.clone()))
            .collect();
        drop(state);
        due.sort_by_key(|(sought_at, _)| *sought_at);
        due.into_iter().map(|(_, id)| id).collect()
    }

    fn with_each<'a>(
        &self,
        ids: impl IntoIterator<Item = &'a OperationId>,
        note: impl Fn(&mut Tracked, Instant),
    ) {
        let now = Instant::now();
        let mut state = self.state();
        for id in ids {
            if let Some(tracked) = state.tracked.get_mut(id) {
                note(tracked, now);
            }
        }
    }

    fn record(&self, operations: impl IntoIterator<Item = Operation>) {
        let mut state = self.state();
        for operation in operations {
            if let Some(tracked) = state.tracked.get_mut(&operation.id) {
                tracked.record(operation);
            }
        }
    }
}
