//! The list of issues.

use neon_api_raw::enums::{AdvisorCategory, GetProjectAdvisorSecurityIssuesMinSeverity};
use neon_api_raw::ids::{BranchId, ProjectId};
use neon_api_raw::types::{AdvisorIssue, GetProjectAdvisorSecurityIssuesQuery};

use crate::call::{IntoId, maybe};
use crate::pager::{Page, Pager, listing};

/// The list of what the advisor finds (`getProjectAdvisorSecurityIssues`), made by
/// [`SecurityIssues::list`](super::SecurityIssues::list). The API returns it whole. In alpha.
///
/// ```no_run
/// # async fn run(project: neon_api::projects::ProjectHandle) -> Result<(), neon_api::Error> {
/// use neon_api::enums::AdvisorCategory;
///
/// let list = project.security_issues().list();
/// for issue in list.category(AdvisorCategory::Performance).await? {
///     println!("{}: {}", issue.title, issue.remediation);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct ListSecurityIssues {
    project: ProjectId,
    query: GetProjectAdvisorSecurityIssuesQuery,
}

impl ListSecurityIssues {
    pub(super) fn new(project: ProjectId) -> Self {
        let query = GetProjectAdvisorSecurityIssuesQuery::default();
        Self { project, query }
    }
}

listing!(ListSecurityIssues => AdvisorIssue, 4_294_967_295, true, GET_PROJECT_ADVISOR_SECURITY_ISSUES, |this, neon, _after, _limit| {
    let raw = neon.raw();
    let response = raw.get_project_advisor_security_issues(&this.project, &this.query).await?;
    Ok(Page::new(response.into_inner().issues, None))
});

/// Filters of [`SecurityIssues::list`](super::SecurityIssues::list).
impl Pager<ListSecurityIssues> {
    /// Only of this branch.
    pub fn branch(mut self, branch: impl IntoId<BranchId>) -> Self {
        let project = self.listing_mut().project.clone();
        let branch = self.take_id_in(&project, branch);
        self.listing_mut().query.branch_id = Some(branch);
        self
    }

    /// Only of this database.
    pub fn database(mut self, name: impl Into<String>) -> Self {
        self.listing_mut().query.database_name = Some(name.into());
        self
    }

    /// Only issues of this category.
    pub fn category(mut self, category: AdvisorCategory) -> Self {
        self.listing_mut().query.category = Some(category);
        self
    }

    /// Only issues that are as severe as this, or more.
    pub fn min_severity(mut self, severity: GetProjectAdvisorSecurityIssuesMinSeverity) -> Self {
        self.listing_mut().query.min_severity = Some(severity);
        self
    }
}

maybe! { Pager<ListSecurityIssues>;
    maybe_branch = branch(impl IntoId<BranchId>);
    maybe_database = database(impl Into<String>);
    maybe_category = category(AdvisorCategory);
    maybe_min_severity = min_severity(GetProjectAdvisorSecurityIssuesMinSeverity);
}
