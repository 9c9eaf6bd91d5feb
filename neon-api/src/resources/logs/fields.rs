//! Fields of log records, and the values that they take.

use std::time::Duration;

use chrono::{DateTime, Utc};
use neon_api_raw::enums::ProjectBranchLogSource;
use neon_api_raw::ids::{BranchId, ProjectId};
use neon_api_raw::types::{
    ListProjectBranchLogFieldValuesQuery, ProjectBranchLogDuration,
    ProjectBranchLogFieldValuesResponse,
};

use super::Logs;
use crate::call::{Call, call, maybe, request};
use crate::neon::Neon;
use crate::pager::{Pager, Plain, list};
use crate::resources::branches::BranchHandle;

/// The fields of a branch's log records. Nothing is sent until a call is made on it; clones are
/// cheap. In beta.
///
/// ```no_run
/// # async fn run(branch: neon_api::branches::BranchHandle) -> Result<(), neon_api::Error> {
/// println!("{:?}", branch.logs().fields().list().await?);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct LogFields {
    branch: BranchHandle,
}

/// One field of a branch's log records. Nothing is sent until a call is made on it; clones are
/// cheap. In beta.
///
/// ```no_run
/// # async fn run(branch: neon_api::branches::BranchHandle) -> Result<(), neon_api::Error> {
/// println!("{:?}", branch.logs().field("service_name").values().await?.values);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct LogFieldHandle {
    branch: BranchHandle,
    name: String,
}

impl Logs {
    /// The fields of the log records: listing. In beta.
    pub fn fields(&self) -> LogFields {
        LogFields {
            branch: self.branch.clone(),
        }
    }

    /// One field of the log records, by its name. Nothing is sent until a call is made on it. In
    /// beta.
    pub fn field(&self, name: impl Into<String>) -> LogFieldHandle {
        LogFieldHandle {
            branch: self.branch.clone(),
            name: name.into(),
        }
    }
}

impl LogFields {
    /// The client that the calls are made with.
    pub fn neon(&self) -> &Neon {
        self.branch.neon()
    }

    /// Lists the names of the fields (`listProjectBranchLogFields`). In beta.
    ///
    /// # Errors
    ///
    /// [`is_not_found`](crate::Error::is_not_found) for a branch that is not there or keeps no
    /// logs; [`reason`](crate::Error::reason) says which.
    #[doc(alias = "listProjectBranchLogFields")]
    pub fn list(&self) -> Pager<Plain<String>> {
        list!(
            self.branch,
            LIST_PROJECT_BRANCH_LOG_FIELDS,
            |branch, neon| neon
                .raw()
                .list_project_branch_log_fields(&branch.project, &branch.id)
                .await,
            |response| response.fields
        )
    }
}

impl LogFieldHandle {
    /// The client that the calls are made with.
    pub fn neon(&self) -> &Neon {
        self.branch.neon()
    }

    /// The field's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The ID of the project that it belongs to.
    pub fn project_id(&self) -> &ProjectId {
        self.branch.project_id()
    }

    /// The ID of the branch that it belongs to.
    pub fn branch_id(&self) -> &BranchId {
        self.branch.id()
    }

    /// The values that the field takes (`listProjectBranchLogFieldValues`), within the last six
    /// hours by default. In beta. [`LogFieldValues`] describes what can be chosen, and how the call
    /// fails.
    #[doc(alias = "listProjectBranchLogFieldValues")]
    pub fn values(&self) -> LogFieldValues {
        LogFieldValues {
            field: self.clone(),
            query: ListProjectBranchLogFieldValuesQuery::default(),
        }
    }
}

/// A question for the values that a field takes. Awaiting it sends the request
/// (`listProjectBranchLogFieldValues`), which is retried as a read. In beta.
///
/// The API does not page the values: where `is_truncated` is `true` there are more, which a shorter
/// time or a [source](Self::source) may narrow down.
///
/// ```no_run
/// # async fn run(branch: neon_api::branches::BranchHandle) -> Result<(), neon_api::Error> {
/// use std::time::Duration;
///
/// let services = branch.logs().field("service_name").values();
/// let found = services.since(Duration::from_secs(24 * 3600)).limit(1000).await?;
/// println!("{:?}, all: {}", found.values, !found.is_truncated);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// [`Error::InvalidInput`](crate::Error::InvalidInput) when the API has no form for the time, the
/// status 400 for a question that it does not take, and
/// [`is_not_found`](crate::Error::is_not_found) for a branch that is not there or keeps no logs;
/// [`reason`](crate::Error::reason) says which.
#[derive(Debug, Clone)]
#[must_use = "nothing is sent until it is awaited"]
pub struct LogFieldValues {
    field: LogFieldHandle,
    query: ListProjectBranchLogFieldValuesQuery,
}

impl LogFieldValues {
    fn neon(&self) -> &Neon {
        self.field.neon()
    }

    /// How far to look back from now, in milliseconds, and from about a quarter of an hour on in
    /// whole seconds or minutes (parts of one count as a whole), up to 999,999 minutes.
    pub fn since(mut self, period: Duration) -> Self {
        if let Some(period) = duration(period) {
            self.query.since = Some(period);
        } else {
            let rule = "expected a period of up to 999,999 minutes";
            self.field.branch.neon.refuse("since", rule);
        }
        self
    }

    /// Only what was logged from this time on.
    pub fn start_time(mut self, time: DateTime<Utc>) -> Self {
        self.query.start_time = Some(time);
        self
    }

    /// Only what was logged up to this time.
    pub fn end_time(mut self, time: DateTime<Utc>) -> Self {
        self.query.end_time = Some(time);
        self
    }

    /// Only what this source logged: `function`, `storage` or `pg_endpoint`, as a string or a
    /// [`ProjectBranchLogSource`].
    pub fn source(mut self, source: impl Into<ProjectBranchLogSource>) -> Self {
        self.query.source = Some(source.into());
        self
    }

    /// How many values to return at most, 1 to 1,000; 100 by default.
    pub fn limit(mut self, count: u32) -> Self {
        self.query.limit = Some(count.into());
        self
    }

    fn call(self) -> Call<ProjectBranchLogFieldValuesResponse> {
        call!(
            self,
            |this, neon| {
                let LogFieldHandle { branch, name } = &this.field;
                let (project, id) = (&branch.project, &branch.id);
                let raw = neon.raw();
                raw.list_project_branch_log_field_values(project, id, name, &this.query)
                    .await
            },
            |response| *response
        )
    }
}

request!(LogFieldValues => ProjectBranchLogFieldValuesResponse);

maybe! { LogFieldValues;
    maybe_since = since(Duration);
    maybe_start_time = start_time(DateTime<Utc>);
    maybe_end_time = end_time(DateTime<Utc>);
    maybe_source = source(impl Into<ProjectBranchLogSource>);
    maybe_limit = limit(u32);
}

/// The period as the API writes it: up to six digits and a unit.
fn duration(period: Duration) -> Option<ProjectBranchLogDuration> {
    const UNITS: [(u128, &str); 3] = [
        (1_000_000, "ms"),
        (1_000_000_000, "s"),
        (60_000_000_000, "m"),
    ];
    let nanos = period.as_nanos();
    let fitting = UNITS
        .into_iter()
        .map(|(unit, name)| (nanos.div_ceil(unit), name))
        .find(|(count, _)| *count <= 999_999);
    fitting.map(|(count, unit)| format!("{count}{unit}").into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_is_written_in_the_smallest_unit_that_has_room_and_never_shortened() {
        let written = |period| duration(period).map(|period| period.0);
        for (period, expected) in [
            (Duration::ZERO, "0ms"),
            (Duration::from_nanos(1), "1ms"),
            (Duration::from_millis(999_999), "999999ms"),
            (Duration::from_micros(999_999_001), "1000s"),
            (Duration::from_secs(999_999), "999999s"),
            (Duration::from_secs(1_000_000), "16667m"),
            (Duration::from_secs(999_999 * 60), "999999m"),
        ] {
            assert_eq!(written(period).as_deref(), Some(expected));
        }
        assert_eq!(written(Duration::from_secs(999_999 * 60 + 1)), None);
        assert_eq!(written(Duration::MAX), None);
    }
}
