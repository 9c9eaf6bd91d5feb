//! Schemas of databases: reading them, and comparing them between branches.
//!
//! ```no_run
//! # async fn run(branch: neon_api::branches::BranchHandle) -> Result<(), neon_api::Error> {
//! println!("{}", branch.schema("neondb").await?.sql.unwrap_or_default());
//! println!("{}", branch.compare_schema("neondb").await?);
//! # Ok(())
//! # }
//! ```

mod compare;

use chrono::{DateTime, Utc};
use neon_api_raw::types::{BranchSchemaResponse, GetProjectBranchSchemaQuery};

pub use compare::CompareSchema;

use super::branches::BranchHandle;
use crate::call::{Call, call, maybe, request};
use crate::input;
use crate::neon::Neon;

impl BranchHandle {
    /// The schema of a database (`getProjectBranchSchema`), as SQL unless another format is chosen.
    /// [`GetSchema`] describes what can be chosen, and how the call fails.
    ///
    /// ```no_run
    /// # async fn run(branch: neon_api::branches::BranchHandle) -> Result<(), neon_api::Error> {
    /// let schema = branch.schema("neondb").await?;
    /// println!("{}", schema.sql.unwrap_or_default());
    /// # Ok(())
    /// # }
    /// ```
    #[doc(alias = "getProjectBranchSchema")]
    pub fn schema(&self, database: impl Into<String>) -> GetSchema {
        GetSchema {
            branch: self.clone(),
            database: database.into(),
            query: GetProjectBranchSchemaQuery::default(),
        }
    }

    /// How the schema of a database differs from that in another branch
    /// (`getProjectBranchSchemaComparison`), the parent by default. [`CompareSchema`] describes
    /// what can be chosen, and how the call fails.
    ///
    /// ```no_run
    /// # async fn run(branch: neon_api::branches::BranchHandle) -> Result<(), neon_api::Error> {
    /// let difference = branch.compare_schema("neondb").await?;
    /// println!("{difference}");
    /// # Ok(())
    /// # }
    /// ```
    #[doc(alias = "getProjectBranchSchemaComparison")]
    pub fn compare_schema(&self, database: impl Into<String>) -> CompareSchema {
        CompareSchema::new(self.clone(), database.into())
    }
}

/// A request for the schema of a database. Awaiting it sends the request
/// (`getProjectBranchSchema`), which is retried as a read.
///
/// ```no_run
/// # async fn run(branch: neon_api::branches::BranchHandle) -> Result<(), neon_api::Error> {
/// use neon_api::chrono::{TimeDelta, Utc};
///
/// let yesterday = Utc::now() - TimeDelta::days(1);
/// let schema = branch.schema("neondb").format("json").at(yesterday).await?;
/// println!("{:?}", schema.json);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// [`is_not_found`](crate::Error::is_not_found) when there is no such branch or database,
/// [`Error::InvalidInput`](crate::Error::InvalidInput) for both a time and a place in the log.
#[derive(Debug, Clone)]
#[must_use = "nothing is sent until it is awaited"]
pub struct GetSchema {
    branch: BranchHandle,
    database: String,
    query: GetProjectBranchSchemaQuery,
}

impl GetSchema {
    fn neon(&self) -> &Neon {
        self.branch.neon()
    }

    /// The form of the schema: `sql` or `json`. The response has it in the field of that name.
    pub fn format(mut self, format: impl Into<String>) -> Self {
        self.query.format = Some(format.into());
        self
    }

    /// The schema at that time, which must lie within the project's history.
    pub fn at(mut self, time: DateTime<Utc>) -> Self {
        self.query.timestamp = Some(time);
        self
    }

    /// The schema at that place in the branch's write-ahead log, such as `0/1FE3A28`.
    pub fn at_lsn(mut self, lsn: impl Into<String>) -> Self {
        let lsn = lsn.into();
        self.branch.neon.refuse_if(input::lsn("lsn", &lsn));
        self.query.lsn = Some(lsn);
        self
    }

    fn call(mut self) -> Call<BranchSchemaResponse> {
        let (lsn, time) = (self.query.lsn.is_some(), self.query.timestamp.is_some());
        let fault = input::one_of(("lsn", lsn), ("timestamp", time));
        self.branch.neon.refuse_if(fault);
        call!(
            self,
            |this, neon| {
                let (branch, raw) = (&this.branch, neon.raw());
                raw.get_project_branch_schema(
                    &branch.project,
                    &branch.id,
                    &this.database,
                    &this.query,
                )
                .await
            },
            |response| *response
        )
    }
}

request!(GetSchema => BranchSchemaResponse);

maybe! { GetSchema;
    maybe_format = format(impl Into<String>);
    maybe_at = at(DateTime<Utc>);
    maybe_at_lsn = at_lsn(impl Into<String>);
}
