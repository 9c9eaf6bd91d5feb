//! All projects.

use std::collections::{BTreeMap, HashMap, VecDeque};

use serde::{Deserialize, Serialize};

use super::DELETED;
use super::project::Project;
use crate::clock::Moment;

/// How long a deleted project can be recovered.
pub(crate) const RECOVERABLE: Moment = Moment::from_secs(7 * 86_400);

/// Of how many deleted projects the databases are kept, as far as there are any: a run of tests
/// deletes hundreds, which would fill the disk.
const KEPT_DATA: usize = 16;

/// Projects in the order of their creation.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Projects {
    by_number: BTreeMap<u64, Project>,
    /// Those that can still be recovered.
    deleted: BTreeMap<u64, Project>,
    /// Their numbers, in the order of their deletion.
    deletions: VecDeque<u64>,
    /// Deleted ones stay here until they are forgotten, so that a walk whose cursor was deleted goes
    /// on.
    numbers: HashMap<String, u64>,
    next: u64,
}

impl Projects {
    /// A copy to save.
    pub(super) fn to_save(&self) -> Self {
        let copies = |projects: &BTreeMap<u64, Project>| {
            let copy = |(number, project): (&u64, &Project)| (*number, project.to_save());
            projects.iter().map(copy).collect()
        };
        Self {
            by_number: copies(&self.by_number),
            deleted: copies(&self.deleted),
            deletions: self.deletions.clone(),
            numbers: self.numbers.clone(),
            next: self.next,
        }
    }

    pub(crate) fn insert(&mut self, project: Project) {
        self.numbers.insert(project.id.clone(), self.next);
        self.by_number.insert(self.next, project);
        self.next = self.next.saturating_add(1);
    }

    /// Whether there is a project with this ID, or one that is not forgotten.
    pub(crate) fn knows(&self, id: &str) -> bool {
        self.numbers.contains_key(id)
    }

    pub(crate) fn get(&self, id: &str) -> Option<&Project> {
        self.by_number.get(self.numbers.get(id)?)
    }

    pub(crate) fn get_mut(&mut self, id: &str) -> Option<&mut Project> {
        self.by_number.get_mut(self.numbers.get(id)?)
    }

    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Project> {
        self.by_number.values_mut()
    }

    pub(crate) fn find_mut(&mut self, is_it: impl Fn(&Project) -> bool) -> Option<&mut Project> {
        self.iter_mut().find(|project| is_it(project))
    }

    /// The same, of those as well that can be recovered.
    pub(crate) fn find_mut_any(
        &mut self,
        is_it: impl Fn(&Project) -> bool,
    ) -> Option<&mut Project> {
        let all = self.by_number.values_mut().chain(self.deleted.values_mut());
        all.into_iter().find(|project| is_it(project))
    }

    /// Those whose databases are kept: besides those that exist, the last that were deleted.
    pub(crate) fn with_data(&self) -> impl Iterator<Item = &Project> {
        let deleted = self.deletions.iter().rev().take(KEPT_DATA);
        let deleted = deleted.filter_map(|number| self.deleted.get(number));
        self.by_number.values().chain(deleted)
    }

    /// One that was deleted, and can be recovered.
    pub(crate) fn get_deleted(&self, id: &str, now: Moment) -> Option<&Project> {
        let found = self.deleted.get(self.numbers.get(id)?);
        found.filter(|project| is_recoverable(project, now))
    }

    /// How many an organization has.
    pub(crate) fn count_of(&self, org_id: &str) -> usize {
        let is_theirs = |project: &&Project| project.org_id == org_id;
        self.by_number.values().filter(is_theirs).count()
    }

    /// Returns the IDs of those that are forgotten with it: deleted too long ago, or the oldest of
    /// too many.
    pub(crate) fn delete(&mut self, id: &str, now: Moment) -> Vec<String> {
        let mut forgotten = Vec::new();
        while let Some(number) = self.deletions.front() {
            let deleted = self.deleted.get(number);
            if self.deletions.len() < DELETED
                && deleted.is_some_and(|project| is_recoverable(project, now))
            {
                break;
            }
            if let Some(project) = self.deleted.remove(number) {
                self.numbers.remove(&project.id);
                forgotten.push(project.id);
            }
            self.deletions.pop_front();
        }
        if let Some(number) = self.numbers.get(id)
            && let Some(mut project) = self.by_number.remove(number)
        {
            project.deleted_at = Some(now);
            self.deleted.insert(*number, project);
            self.deletions.push_back(*number);
        }
        forgotten
    }

    /// Returns whether there was anything to recover.
    pub(crate) fn recover(&mut self, id: &str, now: Moment) -> bool {
        let Some(number) = self.numbers.get(id) else {
            return false;
        };
        let deleted = self.deleted.get(number);
        if !deleted.is_some_and(|project| is_recoverable(project, now)) {
            return false;
        }
        let Some(mut project) = self.deleted.remove(number) else {
            return false;
        };
        self.deletions.retain(|deleted| deleted != number);
        project.deleted_at = None;
        self.by_number.insert(*number, project);
        true
    }

    /// The newest first, from behind the project that `cursor` names, which need not exist any
    /// more. `None` for a cursor that was never given out.
    pub(crate) fn after(&self, cursor: Option<&str>) -> Option<impl Iterator<Item = &Project>> {
        let end = self.end(cursor)?;
        Some(self.by_number.range(..end).rev().map(|(_, p)| p))
    }

    /// The same of those with these IDs.
    pub(crate) fn named_after<'p>(
        &'p self,
        ids: &[&str],
        cursor: Option<&str>,
    ) -> Option<impl Iterator<Item = &'p Project> + use<'p>> {
        let end = self.end(cursor)?;
        let numbers = ids.iter().filter_map(|id| self.numbers.get(*id).copied());
        let mut numbers: Vec<u64> = numbers.filter(|number| *number < end).collect();
        numbers.sort_unstable();
        numbers.dedup();
        let newest_first = numbers.into_iter().rev();
        Some(newest_first.filter_map(|number| self.by_number.get(&number)))
    }

    /// The same of those that were deleted, and can be recovered.
    pub(crate) fn deleted_after(
        &self,
        cursor: Option<&str>,
        now: Moment,
    ) -> Option<impl Iterator<Item = &Project>> {
        let end = self.end(cursor)?;
        let deleted = self.deleted.range(..end).rev().map(|(_, p)| p);
        Some(deleted.filter(move |project| is_recoverable(project, now)))
    }

    fn end(&self, cursor: Option<&str>) -> Option<u64> {
        match cursor {
            Some(id) => self.numbers.get(id).copied(),
            None => Some(u64::MAX),
        }
    }
}

fn is_recoverable(project: &Project, now: Moment) -> bool {
    let until = project.deleted_at.map(|at| at.saturating_add(RECOVERABLE));
    until.is_some_and(|until| now < until)
}
