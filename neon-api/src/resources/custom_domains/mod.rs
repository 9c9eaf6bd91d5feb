//! Custom domains of a branch: domain names of your own that lead to its functions.
//!
//! ```no_run
//! # async fn run(branch: neon_api::branches::BranchHandle) -> Result<(), neon_api::Error> {
//! use neon_api::custom_domains::CustomDomainTarget;
//!
//! let function = branch.function("resize").get().await?;
//! let target = CustomDomainTarget::Function(function.id);
//! let domain = branch.custom_domains().register("img.example.com", target).await?;
//! println!("point its CNAME record to {}", domain.cname_target);
//! # Ok(())
//! # }
//! ```

mod list;

use neon_api_raw::ids::{BranchId, ProjectId};
use neon_api_raw::types::{CustomDomain, CustomDomainRegisterRequest};

pub use list::ListCustomDomains;

use super::branches::BranchHandle;
use crate::call::{Call, call, deleted};
use crate::neon::Neon;
use crate::pager::Pager;
use crate::waits::Started;

/// The custom domains of a branch. Nothing is sent until a call is made on it; clones are cheap. In
/// beta.
///
/// ```no_run
/// # async fn run(branch: neon_api::branches::BranchHandle) -> Result<(), neon_api::Error> {
/// let first = branch.custom_domains().list().try_next().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct CustomDomains {
    branch: BranchHandle,
}

/// One custom domain of a branch. Nothing is sent until a call is made on it; clones are cheap. In
/// beta.
///
/// ```no_run
/// # async fn run(branch: neon_api::branches::BranchHandle) -> Result<(), neon_api::Error> {
/// branch.custom_domain("img.example.com").delete().ready().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct CustomDomainHandle {
    branch: BranchHandle,
    domain: String,
}

/// What a custom domain leads to.
///
/// ```
/// use neon_api::custom_domains::CustomDomainTarget;
///
/// let target = CustomDomainTarget::Function("fn_01".to_owned());
/// assert_eq!(target.entity_type(), "function");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum CustomDomainTarget {
    /// A function, by its ID (not its slug). Sent as the type `function`; the API's description
    /// does not list the types.
    Function(String),
    /// A thing of another type.
    Other {
        /// The type, 1 to 32 characters.
        entity_type: String,
        /// The ID, 1 to 255 characters.
        entity_id: String,
    },
}

impl CustomDomainTarget {
    /// The type, as the API writes it.
    pub fn entity_type(&self) -> &str {
        match self {
            Self::Function(_) => "function",
            Self::Other { entity_type, .. } => entity_type,
        }
    }

    fn into_entity_id(self) -> String {
        match self {
            Self::Function(id) => id,
            Self::Other { entity_id, .. } => entity_id,
        }
    }
}

impl BranchHandle {
    /// The branch's custom domains: registering, finding and listing. In beta.
    pub fn custom_domains(&self) -> CustomDomains {
        CustomDomains {
            branch: self.clone(),
        }
    }

    /// One custom domain of the branch, by its name, such as `img.example.com`. Nothing is sent
    /// until a call is made on it. In beta.
    pub fn custom_domain(&self, domain: impl Into<String>) -> CustomDomainHandle {
        CustomDomainHandle {
            branch: self.clone(),
            domain: domain.into(),
        }
    }
}

impl CustomDomains {
    /// The client that the calls are made with.
    pub fn neon(&self) -> &Neon {
        self.branch.neon()
    }

    /// Registers a domain of 3 to 254 characters (`registerProjectBranchCustomDomain`). Its CNAME
    /// record must then point to the `cname_target` of the response; `status` and `dns_status`,
    /// which [`list`](Self::list) returns as well, show how far it has come. In beta.
    ///
    /// # Errors
    ///
    /// [`is_conflict`](crate::Error::is_conflict) when the domain is registered already. The
    /// request is not retried when its response is lost:
    /// [`outcome_unknown`](crate::Error::outcome_unknown) reports it.
    #[doc(alias = "registerProjectBranchCustomDomain")]
    pub fn register(
        &self,
        domain: impl Into<String>,
        target: CustomDomainTarget,
    ) -> Call<CustomDomain> {
        let kind = target.entity_type().to_owned();
        let body = CustomDomainRegisterRequest::new(domain, target.into_entity_id(), kind);
        call!(
            &self,
            |this, neon| {
                let BranchHandle { project, id, .. } = &this.branch;
                let raw = neon.raw();
                raw.register_project_branch_custom_domain(project, id, &body)
                    .await
            },
            |response| *response
        )
    }

    /// Lists the custom domains (`listProjectBranchCustomDomains`); [`ListCustomDomains`] shows
    /// what they hold. In beta.
    #[doc(alias = "listProjectBranchCustomDomains")]
    pub fn list(&self) -> Pager<ListCustomDomains> {
        let (project, id) = (self.branch.project_id().clone(), self.branch.id().clone());
        Pager::new(
            self.branch.neon().clone(),
            ListCustomDomains::new(project, id),
        )
    }

    /// The custom domain with exactly this name (`listProjectBranchCustomDomains`); `None` if there
    /// is none. In beta.
    pub fn find(&self, domain: impl Into<String>) -> Call<Option<CustomDomain>> {
        let name = domain.into();
        self.list().find_where(move |domain| domain.domain == name)
    }
}

impl CustomDomainHandle {
    /// The client that the calls are made with.
    pub fn neon(&self) -> &Neon {
        self.branch.neon()
    }

    /// The domain's name.
    pub fn domain(&self) -> &str {
        &self.domain
    }

    /// The ID of the project that it belongs to.
    pub fn project_id(&self) -> &ProjectId {
        self.branch.project_id()
    }

    /// The ID of the branch that it belongs to.
    pub fn branch_id(&self) -> &BranchId {
        self.branch.id()
    }

    /// Deletes the domain from the branch (`deleteProjectBranchCustomDomain`): it no longer leads
    /// to its target. In beta.
    ///
    /// # Errors
    ///
    /// [`is_not_found`](crate::Error::is_not_found) when it is not registered. The request is not
    /// retried when its response is lost: [`outcome_unknown`](crate::Error::outcome_unknown)
    /// reports it, and deleting again does no harm.
    #[doc(alias = "deleteProjectBranchCustomDomain")]
    pub fn delete(&self) -> Call<Started<()>> {
        deleted!(&self, |this, neon| neon
            .raw()
            .delete_project_branch_custom_domain(
                &this.branch.project,
                &this.branch.id,
                &this.domain
            )
            .await)
    }
}
