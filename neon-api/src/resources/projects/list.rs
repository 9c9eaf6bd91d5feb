//! Lists of projects.

use std::ops::Deref;
use std::time::Duration;

use neon_api_raw::enums::ApplicationType;
use neon_api_raw::ids::OrgId;
use neon_api_raw::types::{ListProjectsQuery, ListSharedProjectsQuery, ProjectListItem};
use serde::{Deserialize, Serialize};

use super::complete::ask_until_complete;
use crate::call::{Call, IntoId, maybe};
use crate::pager::{Page, Pager, after_last_item, listing, page_of};

/// A project in a list, with what is connected to it. It dereferences to the project.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct ProjectItem {
    /// The project.
    pub project: ProjectListItem,
    /// The names of the applications that use it.
    pub applications: Vec<ApplicationType>,
    /// The names of the integrations that it is connected to.
    pub integrations: Vec<ApplicationType>,
}

impl Deref for ProjectItem {
    type Target = ProjectListItem;

    fn deref(&self) -> &ProjectListItem {
        &self.project
    }
}

impl From<ProjectItem> for ProjectListItem {
    fn from(item: ProjectItem) -> Self {
        item.project
    }
}

/// The list of projects (`listProjects`), made by [`Projects::list`](super::Projects::list): pages
/// of up to 400. The API may not reach all projects of a page in time: such a page is requested up
/// to three times, all projects of these responses are delivered, and what is still missing is
/// [reported](Pager::unavailable).
///
/// ```no_run
/// # async fn run(neon: neon_api::Neon) -> Result<(), neon_api::Error> {
/// use std::time::Duration;
///
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
    query: ListProjectsQuery,
}

impl ListProjects {
    pub(super) fn new(org: Option<OrgId>) -> Self {
        let mut query = ListProjectsQuery::default();
        query.org_id = org;
        Self { query }
    }
}

listing!(ListProjects => ProjectItem, 400, true, LIST_PROJECTS, |this, neon, after, limit| {
    let query = page_of!(this.query, after, limit);
    ask_until_complete(|item: &ProjectItem| &item.project.id, || async {
        let response = neon.raw().list_projects(&query).await?.into_inner();
        let (mut applications, mut integrations) = (response.applications, response.integrations);
        let projects = response.projects.into_iter().map(|project| ProjectItem {
            applications: applications.remove(project.id.as_str()).unwrap_or_default(),
            integrations: integrations.remove(project.id.as_str()).unwrap_or_default(),
            project,
        });
        let mut page = Page::new(projects.collect(), after_last_item(response.pagination));
        page.unavailable = response.unavailable_project_ids.unwrap_or_default();
        Ok(page)
    })
    .await
});

/// Filters of [`Projects::list`](super::Projects::list).
impl Pager<ListProjects> {
    /// The project with exactly this name; `None` if there is none among those that the other filters
    /// leave. Of several, the first that the API lists.
    ///
    /// # Errors
    ///
    /// [`Error::Partial`](crate::Error::Partial) where it is not among the projects that the API
    /// could reach, and there are others, unless [that is allowed](Self::allow_partial).
    pub fn find(self, name: impl Into<String>) -> Call<Option<ProjectItem>> {
        let name = name.into();
        let list = self.search(name.clone());
        list.find_where(move |project| project.name == name)
    }

    /// Only projects whose name or id holds this text.
    pub fn search(mut self, text: impl Into<String>) -> Self {
        self.listing_mut().query.search = Some(text.into());
        self
    }

    /// Only projects of this organization, in place of the client's
    /// ([`Neon::default_org`](crate::Neon::default_org)).
    pub fn org(mut self, org: impl IntoId<OrgId>) -> Self {
        let org = self.take_id(org);
        self.listing_mut().query.org_id = Some(org);
        self
    }

    /// How long the API may take to collect the projects of one page, in whole milliseconds,
    /// clamped to 100 milliseconds to 30 seconds. What it has not reached by then is requested
    /// again.
    pub fn api_timeout(mut self, time: Duration) -> Self {
        self.listing_mut().query.timeout = Some(api_timeout(time));
        self
    }

    /// Whether to list deleted projects that can still be recovered, in place of the others. In
    /// beta.
    ///
    /// ```no_run
    /// # async fn run(neon: neon_api::Neon) -> Result<(), neon_api::Error> {
    ///
    /// let mut deleted = neon.projects().list().recoverable(true);
    /// while let Some(project) = deleted.try_next().await? {
    ///     println!("{} until {:?}", project.name, project.recoverable_until);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn recoverable(mut self, recoverable: bool) -> Self {
        self.listing_mut().query.recoverable = Some(recoverable);
        self
    }
}

maybe! { Pager<ListProjects>;
    maybe_search = search(impl Into<String>);
    maybe_org = org(impl IntoId<OrgId>);
    maybe_api_timeout = api_timeout(Duration);
    maybe_recoverable = recoverable(bool);
}

/// The list of projects that others share with the user (`listSharedProjects`), made by
/// [`Projects::list_shared`](super::Projects::list_shared): pages of up to 400. Projects that the
/// API does not reach in time are handled as in [`ListProjects`]. The response does not say which
/// applications and integrations use the projects, so that its items are not those of that list.
///
/// ```no_run
/// # async fn run(neon: neon_api::Neon) -> Result<(), neon_api::Error> {
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
    ask_until_complete(|item: &ProjectListItem| &item.id, || async {
        let response = neon.raw().list_shared_projects(&query).await?.into_inner();
        let mut page = Page::new(response.projects, after_last_item(response.pagination));
        page.unavailable = response.unavailable_project_ids.unwrap_or_default();
        Ok(page)
    })
    .await
});

/// Filters of [`Projects::list_shared`](super::Projects::list_shared).
impl Pager<ListSharedProjects> {
    /// The project with exactly this name; `None` if there is none among those that the other filters
    /// leave. Of several, the first that the API lists.
    ///
    /// # Errors
    ///
    /// [`Error::Partial`](crate::Error::Partial) where it is not among the projects that the API
    /// could reach, and there are others, unless [that is allowed](Self::allow_partial).
    pub fn find(self, name: impl Into<String>) -> Call<Option<ProjectListItem>> {
        let name = name.into();
        let list = self.search(name.clone());
        list.find_where(move |project| project.name == name)
    }

    /// Only projects whose name or id holds this text.
    pub fn search(mut self, text: impl Into<String>) -> Self {
        self.listing_mut().query.search = Some(text.into());
        self
    }

    /// How long the API may take to collect the projects of one page, in whole milliseconds,
    /// clamped to 100 milliseconds to 30 seconds. What it has not reached by then is requested
    /// again.
    pub fn api_timeout(mut self, time: Duration) -> Self {
        self.listing_mut().query.timeout = Some(api_timeout(time));
        self
    }
}

maybe! { Pager<ListSharedProjects>;
    maybe_search = search(impl Into<String>);
    maybe_api_timeout = api_timeout(Duration);
}

/// In milliseconds, within the bounds of the spec.
fn api_timeout(time: Duration) -> i64 {
    i64::try_from(time.as_millis())
        .unwrap_or(i64::MAX)
        .clamp(100, 30_000)
}
