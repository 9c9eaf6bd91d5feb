//! What exists and is not as asked for.

use std::fmt;

use neon_api_raw::error::OneLine;
use serde::Serialize;

/// A field that is not as asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Difference {
    /// The setter of the field, such as `protected`.
    pub field: &'static str,
    /// What was asked for.
    pub wanted: String,
    /// What there is.
    pub found: String,
    /// Whether the field can be changed: `apply_differences(true)` does.
    pub can_be_applied: bool,
}

impl Difference {
    #[cfg(feature = "workflows")]
    pub(crate) fn new(
        field: &'static str,
        wanted: impl fmt::Display,
        found: impl fmt::Display,
        can_be_applied: bool,
    ) -> Self {
        Self {
            field,
            wanted: wanted.to_string(),
            found: found.to_string(),
            can_be_applied,
        }
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            field,
            wanted,
            found,
            ..
        } = self;
        let (wanted, found) = (OneLine(wanted), OneLine(found));
        write!(f, "{field} is {found} instead of {wanted}")
    }
}

/// How a resource differs from what was asked for.
///
/// ```no_run
/// # async fn run(project: neon_api::projects::ProjectHandle) -> Result<(), neon_api::Error> {
/// use neon_api::Error;
///
/// match project.branches().ensure("staging").protected(true).await {
///     Err(Error::Differs(differences)) => {
///         for difference in differences.list() {
///             println!("{}: {difference}", differences.resource());
///         }
///     }
///     other => println!("created: {}", other?.is_created()),
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Differences {
    resource: String,
    list: Vec<Difference>,
}

impl Differences {
    #[cfg(feature = "workflows")]
    pub(crate) fn new(resource: String, list: Vec<Difference>) -> Self {
        Self { resource, list }
    }

    /// The resource, such as `branch br-noisy-breeze-a5e59rrb`.
    pub fn resource(&self) -> &str {
        &self.resource
    }

    /// The fields that differ.
    pub fn list(&self) -> &[Difference] {
        &self.list
    }
}

impl fmt::Display for Differences {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the {} exists with other settings",
            OneLine(&self.resource)
        )?;
        for (at, difference) in self.list.iter().enumerate() {
            write!(f, "{} {difference}", if at == 0 { ":" } else { "," })?;
        }
        if self.list.iter().all(|difference| difference.can_be_applied) {
            f.write_str("; apply_differences(true) changes them")
        } else {
            f.write_str("; fields that are fixed at creation cannot be changed")
        }
    }
}
