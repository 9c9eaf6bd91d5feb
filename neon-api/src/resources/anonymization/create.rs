//! Creating an anonymized branch.

use neon_api_raw::routes;
use neon_api_raw::types::{BranchAnonymizedCreateRequest, BranchCreateRequest, MaskingRule};

use crate::call::{Call, maybe, request};
use crate::resources::branches::{Branches, CreateBranch, CreatedBranch};
use crate::waits::Started;

impl Branches {
    /// Creates a branch whose data is masked by rules (`createProjectBranchAnonymized`). The API
    /// takes names of 1 to 256 characters. [`CreateAnonymizedBranch`] describes what else can be
    /// chosen, and how the call fails.
    ///
    /// ```no_run
    /// # async fn run(project: neon_api::projects::ProjectHandle) -> Result<(), neon_api::Error> {
    /// let created = project.branches().create_anonymized("for-tests").ready().await?;
    /// println!("{}", created.branch.id);
    /// # Ok(())
    /// # }
    /// ```
    #[doc(alias = "createProjectBranchAnonymized")]
    pub fn create_anonymized(&self, name: impl Into<String>) -> CreateAnonymizedBranch {
        CreateAnonymizedBranch {
            branch: self.create(name),
            rules: None,
            start: None,
        }
    }
}

/// An anonymized branch that is to be created. Awaiting it sends the request
/// (`createProjectBranchAnonymized`).
///
/// ```no_run
/// # async fn run(project: neon_api::projects::ProjectHandle) -> Result<(), neon_api::Error> {
/// use neon_api::types::MaskingRule;
///
/// let email = MaskingRule::new("email", "neondb", "public", "users")
///     .with_masking_function("anon.fake_email()");
/// let create = project.branches().create_anonymized("for-tests").masking_rules([email]);
/// let create = create.branch(|branch| branch.parent("br-noisy-breeze-a5e59rrb").with_compute());
/// let created = create.start(true).ready().await?;
/// println!("{}", created.connection_uri()?.expose());
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// Those of [`CreateBranch`].
#[derive(Debug, Clone)]
#[must_use = "nothing is sent until it is awaited"]
pub struct CreateAnonymizedBranch {
    branch: CreateBranch,
    rules: Option<Vec<MaskingRule>>,
    start: Option<bool>,
}

impl CreateAnonymizedBranch {
    /// Chooses what a branch without masking can have as well: all that [`CreateBranch`] sets.
    pub fn branch(mut self, choose: impl FnOnce(CreateBranch) -> CreateBranch) -> Self {
        self.branch = choose(self.branch);
        self
    }

    /// Which columns are masked and how, in place of the rules set before.
    pub fn masking_rules(mut self, rules: impl IntoIterator<Item = MaskingRule>) -> Self {
        self.rules = Some(rules.into_iter().collect());
        self
    }

    /// Whether to start the anonymization as soon as the branch is created; by default it is to be
    /// [started](super::Anonymization::start).
    pub fn start(mut self, start: bool) -> Self {
        self.start = Some(start);
        self
    }

    fn call(mut self) -> Call<Started<CreatedBranch>> {
        self.branch.check();
        Call::of(self.branch.neon.clone(), |client| async move {
            let neon = client.get();
            let project = self.branch.project.clone();
            let created = self
                .branch
                .body(&routes::CREATE_PROJECT_BRANCH_ANONYMIZED)?;
            let mut branch = BranchCreateRequest::default();
            branch.branch = created.branch;
            branch.endpoints = created.endpoints;
            let mut body = BranchAnonymizedCreateRequest::default().with_branch_create(branch);
            body.annotation_value = created.annotation_value;
            body.masking_rules = self.rules;
            body.start_anonymization = self.start;
            let raw = neon.raw();
            let response = raw
                .create_project_branch_anonymized(&project, &body)
                .await?;
            Ok(CreatedBranch::started_anonymized(
                &neon,
                response.into_inner(),
            ))
        })
    }
}

request!(CreateAnonymizedBranch => Started<CreatedBranch>);

maybe! { CreateAnonymizedBranch;
    maybe_masking_rules = masking_rules(impl IntoIterator<Item = MaskingRule>);
    maybe_start = start(bool);
}
