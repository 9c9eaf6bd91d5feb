//! One poll of a project's operations.
//!
//! The newest operations are listed in one request. Awaited operations that are not among them are
//! fetched individually if they are few, and searched for on further pages if they are many. The
//! requests of one poll are bounded, however many operations are missing; the rest is searched for
//! in the next poll, and operations that the API does not know are searched for more and more
//! rarely until they count as forgotten. A wait that begins meanwhile does not wait for all of it:
//! the poll then ends, and the next one continues the search.

use std::collections::HashSet;
use std::sync::Arc;

use neon_api_raw::Client;
use neon_api_raw::ids::OperationId;
use neon_api_raw::types::{ListProjectOperationsQuery, Operation};
use tokio::time::Instant;

use super::pace;
use super::poller::Poller;
use super::round::Round;
use super::state::Search;
use super::status::{Phase, phase};
use super::tracked::Tracked;
use crate::error::{Error, is_missing};

/// The largest page of `listProjectOperations`.
const LARGEST_PAGE: usize = 1000;
/// How many operations to list besides the awaited ones, since others may have been started.
const SPARE_ITEMS: usize = 20;
/// How many to list if any running operation matters: a long-running one may come after many
/// others.
const IDLE_PAGE: usize = 100;
/// How many operations that are on no page are fetched individually in a poll.
const MOST_ASKED_FOR_SINGLY: usize = 5;
/// How many further pages a poll lists, besides those that the awaited operations themselves fill:
/// operations spread over the newest 25,000 are found by one poll, in two to three seconds at the
/// API's documented limits.
const FURTHER_PAGES: usize = 25;

/// The result of a page.
struct Listed {
    ids: HashSet<OperationId>,
    is_any_running: bool,
    next: Option<String>,
}

impl Poller {
    /// Polls the awaited operations, and whether any is running if that is awaited.
    pub(super) async fn poll_operations(&self, raw: &Client, round: &Round) -> Result<(), Error> {
        let (awaited, seeks_idle) = {
            let state = self.state();
            (state.unsettled().count(), state.idle_waits > 0)
        };
        if awaited == 0 && !seeks_idle {
            return Ok(());
        }
        let least = if seeks_idle { IDLE_PAGE } else { 0 };
        let limit = (awaited + SPARE_ITEMS).max(least);
        let began = Instant::now();
        let newest = self.list(raw, None, limit).await?;
        self.note_idleness(began, newest.is_any_running);
        let (missing, mut singly) = self.due_beside(&newest.ids);
        round.note_listed();

        let (search, others) = self.search_for(missing, newest.next, awaited);
        singly.extend(others);
        let Some(still_missing) = self.search(raw, round, search).await? else {
            return Ok(());
        };
        singly.extend(still_missing);
        for id in self.most_urgent(singly) {
            // A wait may have ended meanwhile.
            if !self.is_awaited(&id) {
                continue;
            }
            self.ask_for(raw, &id).await?;
            round.note_more();
            if self.makes_room(None) {
                break;
            }
        }
        Ok(())
    }

    /// The search for operations that are not among the newest ones: the one that yielded to this
    /// poll, if it still has many to find, or else a new one for all. Also returns those that the
    /// former does not cover.
    fn search_for(
        &self,
        missing: Vec<OperationId>,
        next: Option<String>,
        awaited: usize,
    ) -> (Search, Vec<OperationId>) {
        if let Some(mut search) = self.state().search.take() {
            let before: HashSet<OperationId> = search.missing.drain(..).collect();
            let (same, others): (Vec<_>, Vec<_>) =
                missing.iter().cloned().partition(|id| before.contains(id));
            if same.len() > MOST_ASKED_FOR_SINGLY {
                search.missing = same;
                return (search, others);
            }
        }
        let search = Search {
            missing,
            next,
            pages_left: awaited / LARGEST_PAGE + FURTHER_PAGES,
        };
        (search, Vec::new())
    }

    /// Searches for operations on further pages as long as they are many; returns the rest. `None`
    /// if the search yields to a poll that a wait has requested meanwhile, which continues it.
    async fn search(
        &self,
        raw: &Client,
        round: &Round,
        mut search: Search,
    ) -> Result<Option<Vec<OperationId>>, Error> {
        while search.missing.len() > MOST_ASKED_FOR_SINGLY && search.pages_left > 0 {
            let Some(cursor) = search.next.take() else {
                break;
            };
            let page = self.list(raw, Some(cursor), LARGEST_PAGE).await?;
            self.with_each(&page.ids, Tracked::seek);
            let is_left = |id: &OperationId| !page.ids.contains(id) && self.is_awaited(id);
            search.missing.retain(is_left);
            search.next = page.next;
            search.pages_left -= 1;
            round.note_more();
            let is_many = search.missing.len() > MOST_ASKED_FOR_SINGLY;
            if is_many && search.next.is_some() && self.makes_room(Some(&mut search)) {
                return Ok(None);
            }
        }
        if search.next.is_none() {
            self.with_each(&search.missing, Tracked::miss_in_list);
        }
        Ok(Some(search.missing))
    }

    /// Whether the poll ends here because a wait requests one that lists the newest operations
    /// again; the rest of its search is kept for that one. It has made at least one request of its
    /// search, so that a steady flow of new waits does not prevent it from completing.
    fn makes_room(&self, search: Option<&mut Search>) -> bool {
        let mut state = self.state();
        if !state.is_asked_for() {
            return false;
        }
        state.has_backlog = true;
        state.search = search.map(std::mem::take);
        true
    }

    fn is_awaited(&self, id: &OperationId) -> bool {
        let state = self.state();
        state.tracked.get(id).is_some_and(Tracked::is_unsettled)
    }

    /// Lists a page and records what it shows.
    async fn list(
        &self,
        raw: &Client,
        cursor: Option<String>,
        limit: usize,
    ) -> Result<Listed, Error> {
        if cursor.is_some() {
            self.state().pause += pace::PAUSE_FOR_PAGE;
        }
        let mut query = ListProjectOperationsQuery::default();
        query.cursor = cursor;
        query.limit = i64::try_from(limit.min(LARGEST_PAGE)).ok();
        let page = raw.list_project_operations(self.project(), &query).await?;
        let page = page.into_inner();
        let is_running = |o: &Operation| phase(o) == Phase::Running;
        let next = page.pagination.map(|p| p.cursor).filter(|c| !c.is_empty());
        let listed = Listed {
            ids: page.operations.iter().map(|o| o.id.clone()).collect(),
            is_any_running: page.operations.iter().any(is_running),
            next: next.filter(|_| !page.operations.is_empty()),
        };
        self.record(page.operations);
        Ok(listed)
    }

    /// Fetches one operation. It may be missing briefly after it was created.
    pub(super) async fn ask_for(&self, raw: &Client, id: &OperationId) -> Result<(), Error> {
        self.state().pause += pace::PAUSE_FOR_SINGLE;
        // Before the response: if it fails, the others come first.
        self.with_each([id], Tracked::seek);
        match raw.get_project_operation(self.project(), id).await {
            // Under the requested ID: the API may format it differently, such as a UUID in lower
            // case.
            Ok(response) => {
                if let Some(tracked) = self.state().tracked.get_mut(id) {
                    tracked.record(response.into_inner().operation);
                }
            }
            Err(neon_api_raw::Error::Api(e)) if is_missing(&e) => {
                self.with_each([id], Tracked::miss);
            }
            Err(error @ neon_api_raw::Error::InvalidRequest(_)) => {
                let error = Arc::new(Error::from(error));
                if let Some(tracked) = self.state().tracked.get_mut(id) {
                    tracked.fault = Some(error);
                    tracked.is_sought = false;
                }
            }
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }

    /// The other awaited operations that are worth a request now: those that may be on a further
    /// page, and those that are on none. Earlier sightings do not count: newer operations may have
    /// pushed them off the page.
    fn due_beside(&self, listed: &HashSet<OperationId>) -> (Vec<OperationId>, Vec<OperationId>) {
        let now = Instant::now();
        let (mut missing, mut unlisted) = (Vec::new(), Vec::new());
        for (id, tracked) in &mut self.state().tracked {
            let is_beside = tracked.is_unsettled() && !listed.contains(id);
            tracked.is_sought = is_beside && tracked.is_due(now);
            if tracked.is_sought {
                let list = if tracked.is_unlisted() {
                    &mut unlisted
                } else {
                    &mut missing
                };
                list.push(id.clone());
            }
        }
        (missing, unlisted)
    }

    /// Those of these operations that are fetched in this poll, in order.
    fn most_urgent(&self, mut ids: Vec<OperationId>) -> Vec<OperationId> {
        let now = Instant::now();
        let mut state = self.state();
        state.has_backlog = ids.len() > MOST_ASKED_FOR_SINGLY;
        ids.sort_by_cached_key(|id| state.tracked.get(id).map(|tracked| tracked.urgency(now)));
        ids.truncate(MOST_ASKED_FOR_SINGLY);
        ids
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
