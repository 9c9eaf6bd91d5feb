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

/// The list of projects (`listProjects`), made by [`Projects::list`](crate::Projects::list): pages of
/// up to 400. The API may not reach all projects of a page in time: such a page is asked for up to
/// three times, and what is still missing is [told](Pager::unavailable).
///
/// ```no_run
/// # async fn run(neon: neon_api::Neon) -> Result<(), neon_api::Error> {
/// use std::time::Duration;
///
/// use futures::TryStreamExt;
/// use neon_api::ids::OrgId;
///
/// let org = OrgId::new("org-ocean-art-12345678")?;
/// let mut tenants = neon
///     .projects()
///     .list()
///     .org(org)
///     .search("tenant-")
///     .api_timeout(Duration::from_secs(10));
/// while let Some(tenant) = tenants.try_next().await? {
///     println!("{} in {}", tenant.name, tenant.region_id);
/// }
/// # Ok(())
/// # }
/// ```
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

/// Filters of [`Projects::list`](crate::Projects::list).
impl Pager<ListProjects> {
    /// Only projects whose name or id holds this text.
    pub fn search(mut self, text: impl Into<String>) -> Self {
        self.listing_mut().query.search = Some(text.into());
        self
    }

    /// Only projects of this organization, in place of the client's
    /// ([`Neon::default_org`](crate::Neon::default_org)).
    pub fn org(mut self, org: impl Into<OrgId>) -> Self {
        self.listing_mut().query.org_id = Some(org.into());
        self
    }

    /// How long the API may look for the projects of one page, in whole milliseconds, 100 milliseconds
    /// to 30 seconds; less and more are taken as the nearer of them. What it has not reached by then
    /// is asked for again.
    pub fn api_timeout(mut self, time: Duration) -> Self {
        self.listing_mut().query.timeout = Some(api_timeout(time));
        self
    }

    /// Deleted projects that can still be recovered, in place of the others. In beta.
    ///
    /// ```no_run
    /// # async fn run(neon: neon_api::Neon) -> Result<(), neon_api::Error> {
    /// use futures::TryStreamExt;
    ///
    /// let mut deleted = neon.projects().list().recoverable();
    /// while let Some(project) = deleted.try_next().await? {
    ///     println!("{} until {:?}", project.name, project.recoverable_until);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn recoverable(mut self) -> Self {
        self.listing_mut().query.recoverable = Some(true);
        self
    }
}

/// The list of projects that others share with the user (`listSharedProjects`), made by
/// [`Projects::list_shared`](crate::Projects::list_shared): pages of up to 400. Projects that the API
/// does not reach in time are dealt with as in [`ListProjects`].
///
/// ```no_run
/// # async fn run(neon: neon_api::Neon) -> Result<(), neon_api::Error> {
/// use futures::TryStreamExt;
///
/// let mut shared = neon.projects().list_shared().search("billing");
/// while let Some(project) = shared.try_next().await? {
///     println!("{} of {}", project.name, project.owner_id);
/// }
/// # Ok(())
/// # }
/// ```
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

/// Filters of [`Projects::list_shared`](crate::Projects::list_shared).
impl Pager<ListSharedProjects> {
    /// Only projects whose name or id holds this text.
    pub fn search(mut self, text: impl Into<String>) -> Self {
        self.listing_mut().query.search = Some(text.into());
        self
    }

    /// How long the API may look for the projects of one page, in whole milliseconds, 100 milliseconds
    /// to 30 seconds; less and more are taken as the nearer of them. What it has not reached by then
    /// is asked for again.
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

/// The list of a project's operations (`listProjectOperations`), made by
/// [`Operations::list`](crate::Operations::list): the newest first, pages of up to 1,000.
///
/// ```no_run
/// # async fn run(project: neon_api::ProjectHandle) -> Result<(), neon_api::Error> {
/// use futures::TryStreamExt;
/// use neon_api::enums::OperationStatus;
///
/// let mut operations = project.operations().list();
/// while let Some(operation) = operations.try_next().await? {
///     if operation.status == OperationStatus::Failed {
///         println!("{} at {}: {:?}", operation.action, operation.updated_at, operation.error);
///     }
/// }
/// # Ok(())
/// # }
/// ```
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

/// The list of those who have access to a project (`listProjectMembers`), made by
/// [`ProjectMembers::list`](crate::ProjectMembers::list): pages of up to 500.
///
/// ```no_run
/// # async fn run(project: neon_api::ProjectHandle) -> Result<(), neon_api::Error> {
/// use futures::TryStreamExt;
///
/// let mut members = project.members().list();
/// while let Some(member) = members.try_next().await? {
///     println!("{:?} may {:?}", member.email, member.effective_project_permission);
/// }
/// # Ok(())
/// # }
/// ```
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
