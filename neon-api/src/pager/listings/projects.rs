//! Lists of projects and in projects.

use std::time::Duration;

use neon_api_raw::ids::{OrgId, ProjectId};
use neon_api_raw::types::{
    ListProjectMembersQuery, ListProjectOperationsQuery, ListProjectsQuery,
    ListSharedProjectsQuery, Operation, ProjectListItem, ProjectMember,
};

use super::{after_last_item, listing, next_page, page_of};
use crate::Result;
use crate::pager::{Page, Pager};

/// How often a page is asked for again that lacks projects which could not be reached in time.
const REPETITIONS: usize = 2;

/// Asks for a page until it lacks nothing, and gives the one that lacks least. When asking again
/// fails, what has come is better than an error.
async fn ask_until_complete<F>(mut ask: impl FnMut() -> F) -> Result<Page<ProjectListItem>>
where
    F: Future<Output = Result<Page<ProjectListItem>>>,
{
    let mut best = ask().await?;
    for _ in 0..REPETITIONS {
        if best.unavailable.is_empty() {
            break;
        }
        let Ok(page) = ask().await else {
            break;
        };
        if page.unavailable.len() < best.unavailable.len() {
            best = page;
        }
    }
    Ok(best)
}

/// The list of projects (`listProjects`).
#[derive(Debug, Clone, Default)]
pub struct ListProjects {
    pub(crate) query: ListProjectsQuery,
}

listing!(ListProjects => ProjectListItem, 400, true, LIST_PROJECTS, |this, neon, after, limit| {
    let query = page_of!(this.query, after, limit);
    ask_until_complete(|| async {
        let answer = neon.raw().list_projects(&query).await?.into_inner();
        let mut page = Page::new(answer.projects, after_last_item(answer.pagination));
        page.unavailable = answer.unavailable_project_ids.unwrap_or_default();
        Ok(page)
    })
    .await
});

impl Pager<ListProjects> {
    /// Only projects whose name or id holds this text.
    pub fn search(mut self, text: impl Into<String>) -> Self {
        self.listing_mut().query.search = Some(text.into());
        self
    }

    /// Only projects of this organization.
    pub fn org(mut self, org: impl Into<OrgId>) -> Self {
        self.listing_mut().query.org_id = Some(org.into());
        self
    }

    /// How long the API may look for the projects of one page, 100 milliseconds to 30 seconds;
    /// what it has not reached by then is asked for again.
    pub fn api_timeout(mut self, time: Duration) -> Self {
        self.listing_mut().query.timeout = Some(api_timeout(time));
        self
    }

    /// Deleted projects that can still be recovered, in place of the others. In beta.
    pub fn recoverable(mut self) -> Self {
        self.listing_mut().query.recoverable = Some(true);
        self
    }
}

/// The list of projects that others share with the user (`listSharedProjects`).
#[derive(Debug, Clone, Default)]
pub struct ListSharedProjects {
    query: ListSharedProjectsQuery,
}

listing!(ListSharedProjects => ProjectListItem, 400, true, LIST_SHARED_PROJECTS, |this, neon, after, limit| {
    let query = page_of!(this.query, after, limit);
    ask_until_complete(|| async {
        let answer = neon.raw().list_shared_projects(&query).await?.into_inner();
        let mut page = Page::new(answer.projects, after_last_item(answer.pagination));
        page.unavailable = answer.unavailable_project_ids.unwrap_or_default();
        Ok(page)
    })
    .await
});

impl Pager<ListSharedProjects> {
    /// Only projects whose name or id holds this text.
    pub fn search(mut self, text: impl Into<String>) -> Self {
        self.listing_mut().query.search = Some(text.into());
        self
    }

    /// How long the API may look for the projects of one page, 100 milliseconds to 30 seconds;
    /// what it has not reached by then is asked for again.
    pub fn api_timeout(mut self, time: Duration) -> Self {
        self.listing_mut().query.timeout = Some(api_timeout(time));
        self
    }
}

/// In milliseconds, within the interface's bounds.
fn api_timeout(time: Duration) -> i64 {
    i64::try_from(time.as_millis())
        .unwrap_or(i64::MAX)
        .clamp(100, 30_000)
}

/// The list of a project's operations (`listProjectOperations`).
#[derive(Debug, Clone)]
pub struct ListOperations {
    project: ProjectId,
}

impl ListOperations {
    pub(crate) fn new(project: ProjectId) -> Self {
        Self { project }
    }
}

listing!(ListOperations => Operation, 1000, true, LIST_PROJECT_OPERATIONS, |this, neon, after, limit| {
    let query = page_of!(ListProjectOperationsQuery::default(), after, limit);
    let answer = neon.raw().list_project_operations(&this.project, &query).await?.into_inner();
    Ok(Page::new(answer.operations, after_last_item(answer.pagination)))
});

/// The list of those who have access to a project (`listProjectMembers`).
#[derive(Debug, Clone)]
pub struct ListProjectMembers {
    project: ProjectId,
}

impl ListProjectMembers {
    pub(crate) fn new(project: ProjectId) -> Self {
        Self { project }
    }
}

listing!(ListProjectMembers => ProjectMember, 500, false, LIST_PROJECT_MEMBERS, |this, neon, after, limit| {
    let query = page_of!(ListProjectMembersQuery::default(), after, limit);
    let answer = neon.raw().list_project_members(&this.project, &query).await?.into_inner();
    Ok(Page::new(answer.project_members, next_page(answer.pagination)))
});
