//! What the advisor finds in a project's databases.
//!
//! ```no_run
//! # async fn run(project: neon_api::projects::ProjectHandle) -> Result<(), neon_api::Error> {
//! for issue in project.security_issues().list().database("neondb").await? {
//!     println!("{}: {}", issue.level, issue.title);
//! }
//! # Ok(())
//! # }
//! ```

mod list;

pub use list::ListSecurityIssues;

use super::projects::ProjectHandle;
use crate::neon::Neon;
use crate::pager::Pager;

/// What the advisor finds in a project's databases. Nothing is sent until a call is made on it;
/// clones are cheap. In alpha.
///
/// ```no_run
/// # async fn run(project: neon_api::projects::ProjectHandle) -> Result<(), neon_api::Error> {
/// let issues = project.security_issues().list().await?;
/// println!("{} issues", issues.len());
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct SecurityIssues {
    project: ProjectHandle,
}

impl ProjectHandle {
    /// What the advisor finds in the project's databases: listing. In alpha.
    pub fn security_issues(&self) -> SecurityIssues {
        SecurityIssues {
            project: self.clone(),
        }
    }
}

impl SecurityIssues {
    /// The client that the calls are made with.
    pub fn neon(&self) -> &Neon {
        &self.project.neon
    }

    /// Lists the issues (`getProjectAdvisorSecurityIssues`). In alpha. [`ListSecurityIssues`] shows
    /// its filters.
    ///
    /// # Errors
    ///
    /// [`is_not_found`](crate::Error::is_not_found) when there is no such project.
    #[doc(alias = "getProjectAdvisorSecurityIssues")]
    pub fn list(&self) -> Pager<ListSecurityIssues> {
        let list = ListSecurityIssues::new(self.project.id.clone());
        Pager::new(self.project.neon.clone(), list)
    }
}
