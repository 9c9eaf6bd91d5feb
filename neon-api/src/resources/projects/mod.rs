//! Projects: creating, listing, changing and deleting them.
//!
//! ```no_run
//! # async fn run(neon: neon_api::Neon) -> Result<(), neon_api::Error> {
//! let app = neon.projects().create("my-app").region("aws-us-east-1").ready().await?;
//! let project = neon.project(&app);
//! project.update().name("my-renamed-app").ready().await?;
//! println!("{}", project.get().await?.name);
//! project.delete().ready().await?;
//! # Ok(())
//! # }
//! ```

mod complete;
mod create;
mod created;
mod handle;
mod list;
mod times;
mod update;

use neon_api_raw::ids::ProjectId;

pub use create::CreateProject;
pub use created::CreatedProject;
pub use handle::ProjectHandle;
pub use list::{ListProjects, ListSharedProjects, ProjectItem};
pub use times::ProjectTimes;
pub use update::UpdateProject;

use crate::call::IntoId;
use crate::neon::Neon;
use crate::pager::Pager;
use crate::{Call, call};

/// All projects that the key can see. Nothing is sent until a call is made on it; clones are cheap.
///
/// ```no_run
/// # async fn run(neon: neon_api::Neon) -> Result<(), neon_api::Error> {
/// let app = neon.projects().find("my-app").await?;
/// println!("{:?}", app.map(|project| project.id.clone()));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Projects {
    neon: Neon,
}

impl Neon {
    /// All projects that the key can see: creating and listing.
    pub fn projects(&self) -> Projects {
        Projects { neon: self.clone() }
    }

    /// One project, by its ID or by a value that has one. Nothing is sent until a call is made on
    /// it.
    pub fn project(&self, id: impl IntoId<ProjectId>) -> ProjectHandle {
        let (neon, id) = self.given(id);
        ProjectHandle { neon, id }
    }

    /// The project that the client was configured with, if any, by
    /// [`NeonBuilder::project`](crate::NeonBuilder::project) or `NEON_PROJECT_ID`.
    ///
    /// ```
    /// use neon_api::Neon;
    /// use neon_api::ids::{OrgId, ProjectId};
    ///
    /// let neon = Neon::builder()
    ///     .api_key("napi_abc")
    ///     .project(ProjectId::new("late-frost-12345678")?)
    ///     .org(OrgId::new("org-ocean-art-12345678")?)
    ///     .build()?;
    /// let project = neon.default_project().expect("it was set");
    /// assert_eq!(*project.id(), "late-frost-12345678");
    /// assert_eq!(neon.default_org().expect("it was set").as_str(), "org-ocean-art-12345678");
    /// # Ok::<(), neon_api::Error>(())
    /// ```
    pub fn default_project(&self) -> Option<ProjectHandle> {
        self.default_project_id().map(|id| self.project(id))
    }
}

impl Projects {
    /// The client that the calls are made with.
    pub fn neon(&self) -> &Neon {
        &self.neon
    }

    /// Creates a project (`createProject`), in the client's organization if it was configured with one.
    /// The API takes names of 1 to 256 characters. [`CreateProject`] describes what else can be
    /// chosen, and how the call fails.
    ///
    /// ```no_run
    /// # async fn run(neon: neon_api::Neon) -> Result<(), neon_api::Error> {
    /// let app = neon.projects().create("my-app").region("aws-us-east-1").ready().await?;
    /// println!("{}", app.connection_uri()?.expose());
    /// # Ok(())
    /// # }
    /// ```
    #[doc(alias = "createProject")]
    pub fn create(&self, name: impl Into<String>) -> CreateProject {
        CreateProject::new(self.neon.clone(), name.into())
    }

    /// Lists projects (`listProjects`), those of the client's organization if it was configured with
    /// one. [`ListProjects`] shows its filters.
    #[doc(alias = "listProjects")]
    pub fn list(&self) -> Pager<ListProjects> {
        let org = self.neon.default_org().cloned();
        Pager::new(self.neon.clone(), ListProjects::new(org))
    }

    /// The project with exactly this name (`listProjects`), of the client's organization if it was
    /// configured with one; `None` if there is none. Of several, the first that the API lists.
    ///
    /// # Errors
    ///
    /// [`Error::Partial`](crate::Error::Partial) where it is not among the projects that the API
    /// could reach, and there are others: `list().allow_partial(true).find(name)` ignores them.
    pub fn find(&self, name: impl Into<String>) -> Call<Option<ProjectItem>> {
        self.list().find(name)
    }

    /// Lists the projects that others share with the user (`listSharedProjects`).
    #[doc(alias = "listSharedProjects")]
    pub fn list_shared(&self) -> Pager<ListSharedProjects> {
        Pager::new(self.neon.clone(), ListSharedProjects::default())
    }
}

call::from_values! {
    CreatedProject => ProjectId, |created| created.project.id;
    ProjectItem => ProjectId, |item| item.project.id;
    ProjectHandle => ProjectId, |project| project.id, unless project.neon.fault();
}
