//! Names of metrics.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

/// The name of a metric of consumption. The API may know more of them than there are constants: a
/// string is a metric as well.
///
/// ```
/// use neon_api::consumption::Metric;
///
/// assert_eq!(Metric::COMPUTE_UNIT_SECONDS, Metric::from("compute_unit_seconds"));
/// assert_eq!(Metric::from("metric_of_tomorrow").as_str(), "metric_of_tomorrow");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct Metric(Cow<'static, str>);

impl Metric {
    /// Compute, in seconds of one compute unit.
    pub const COMPUTE_UNIT_SECONDS: Self = Self::known("compute_unit_seconds");
    /// Storage of root branches, in bytes times months.
    pub const ROOT_BRANCH_BYTES_MONTH: Self = Self::known("root_branch_bytes_month");
    /// Storage of child branches, in bytes times months.
    pub const CHILD_BRANCH_BYTES_MONTH: Self = Self::known("child_branch_bytes_month");
    /// History that instant restore keeps, in bytes times months.
    pub const INSTANT_RESTORE_BYTES_MONTH: Self = Self::known("instant_restore_bytes_month");
    /// Storage of snapshots, in bytes times months.
    pub const SNAPSHOT_STORAGE_BYTES_MONTH: Self = Self::known("snapshot_storage_bytes_month");
    /// Data sent over the public network, in bytes.
    pub const PUBLIC_NETWORK_TRANSFER_BYTES: Self = Self::known("public_network_transfer_bytes");
    /// Data sent over private networks, in bytes.
    pub const PRIVATE_NETWORK_TRANSFER_BYTES: Self = Self::known("private_network_transfer_bytes");
    /// Branches beyond those that the plan includes, in branches times months.
    pub const EXTRA_BRANCHES_MONTH: Self = Self::known("extra_branches_month");

    const fn known(name: &'static str) -> Self {
        Self(Cow::Borrowed(name))
    }

    /// The name as the API has it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Metric {
    fn from(name: &str) -> Self {
        Self(Cow::Owned(name.to_owned()))
    }
}

impl From<String> for Metric {
    fn from(name: String) -> Self {
        Self(Cow::Owned(name))
    }
}

impl From<Metric> for String {
    fn from(metric: Metric) -> Self {
        metric.0.into_owned()
    }
}

impl PartialEq<str> for Metric {
    fn eq(&self, other: &str) -> bool {
        self.as_str() == other
    }
}

impl PartialEq<&str> for Metric {
    fn eq(&self, other: &&str) -> bool {
        self.as_str() == *other
    }
}

/// For the names in responses: `value.metric_name == Metric::COMPUTE_UNIT_SECONDS`.
impl PartialEq<Metric> for String {
    fn eq(&self, other: &Metric) -> bool {
        self.as_str() == other.as_str()
    }
}

impl fmt::Display for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
