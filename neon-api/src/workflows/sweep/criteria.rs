//! Which branches a sweep is for.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use neon_api_raw::enums::EndpointState;
use neon_api_raw::ids::BranchId;
use neon_api_raw::types::Endpoint;
use serde::{Deserialize, Serialize};

use crate::resources::branches::AnnotatedBranch;
use crate::resources::endpoints::EndpointTimes as _;
use crate::workflows::OWNER;

/// What a branch has to be, all of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
pub(super) struct Criteria {
    pub(super) owner: Option<String>,
    pub(super) name_prefix: Option<String>,
    pub(super) older_than: Option<Duration>,
    pub(super) idle_for: Option<Duration>,
    /// A branch with all below it, whatever they are.
    pub(super) subtree: Option<BranchId>,
}

impl Criteria {
    /// Whether owner and name fit, which do not depend on the time. What an owner has marked is found
    /// by that owner only.
    pub(super) fn names(&self, branch: &AnnotatedBranch) -> bool {
        let owner = branch.annotations().get(OWNER);
        let is_owned = self.owner.as_ref() == owner;
        let prefix = self.name_prefix.as_deref();
        is_owned && prefix.is_none_or(|prefix| branch.name.starts_with(prefix))
    }

    pub(super) fn is_old(&self, branch: &AnnotatedBranch, now: DateTime<Utc>) -> bool {
        self.older_than
            .is_none_or(|period| has_passed(branch.created_at, period, now))
    }

    /// Whether no compute of the branch was used for long enough. One that was never used counts from
    /// its creation, and so does a branch without any.
    pub(super) fn is_idle<'a>(
        &self,
        branch: &AnnotatedBranch,
        endpoints: impl IntoIterator<Item = &'a Endpoint>,
        now: DateTime<Utc>,
    ) -> bool {
        let Some(period) = self.idle_for else {
            return true;
        };
        let mut last = branch.created_at;
        for endpoint in endpoints {
            if endpoint.current_state == EndpointState::Active {
                return false;
            }
            last = last.max(endpoint.last_active().unwrap_or(endpoint.created_at));
        }
        has_passed(last, period, now)
    }
}

fn has_passed(since: DateTime<Utc>, period: Duration, now: DateTime<Utc>) -> bool {
    // A period that is too long for a time has never passed.
    let Ok(period) = TimeDelta::from_std(period) else {
        return false;
    };
    now.signed_duration_since(since) >= period
}

#[cfg(test)]
mod tests {
    use neon_api_raw::serde_json::{self, Value, json};

    use super::*;

    const NOW: &str = "2026-11-20T12:00:00Z";
    const HOUR: Duration = Duration::from_secs(3600);

    fn branch(created_at: &str, owner: Option<&str>) -> AnnotatedBranch {
        let branch = json!({
            "id": "br-noisy-breeze-a5e59rrb", "project_id": "late-frost-12345678", "name": "ci/1",
            "current_state": "ready", "state_changed_at": created_at, "creation_source": "console",
            "default": false, "protected": false, "cpu_used_sec": 0, "compute_time_seconds": 0,
            "active_time_seconds": 0, "written_data_bytes": 0, "data_transfer_bytes": 0,
            "created_at": created_at, "updated_at": created_at,
        });
        let annotation = owner.map(|owner| {
            json!({
                "object": { "type": "console/branch", "id": "br-noisy-breeze-a5e59rrb" },
                "value": { OWNER: owner },
            })
        });
        let annotated = json!({ "branch": branch, "annotation": annotation });
        serde_json::from_value(annotated).unwrap()
    }

    fn endpoint(state: &str, last_active: &Value) -> Endpoint {
        let created_at = "2026-11-20T10:00:00Z";
        serde_json::from_value(json!({
            "id": "ep-misty-sea-a5833nbi", "project_id": "late-frost-12345678",
            "branch_id": "br-noisy-breeze-a5e59rrb", "host": "h", "proxy_host": "p",
            "region_id": "aws-us-east-1", "type": "read_write", "current_state": state,
            "autoscaling_limit_min_cu": 1, "autoscaling_limit_max_cu": 1, "settings": {},
            "pooler_enabled": false, "pooler_mode": "transaction", "disabled": false,
            "passwordless_access": true, "creation_source": "console", "provisioner": "k8s-neonvm",
            "suspend_timeout_seconds": 0, "created_at": created_at, "updated_at": created_at,
            "last_active": last_active,
        }))
        .unwrap()
    }

    #[test]
    fn a_compute_that_was_never_used_counts_from_its_creation() {
        let now = NOW.parse().unwrap();
        let branch = branch("2026-11-19T12:00:00Z", None);
        let is_idle = |hours, endpoints: &[Endpoint]| {
            let criteria = Criteria {
                idle_for: Some(hours * HOUR),
                ..Criteria::default()
            };
            criteria.is_idle(&branch, endpoints, now)
        };
        for never in [
            json!("2000-01-01T00:00:00Z"),
            json!("0001-01-01T00:00:00Z"),
            Value::Null,
        ] {
            let unused = [endpoint("idle", &never)];
            assert!(is_idle(2, &unused));
            assert!(!is_idle(3, &unused));
        }
        let used = [endpoint("idle", &json!("2026-11-20T11:00:00Z"))];
        assert!(is_idle(1, &used));
        assert!(!is_idle(2, &used));
        let active = [endpoint("active", &json!("2026-11-20T10:30:00Z"))];
        assert!(!is_idle(1, &active));
        assert!(is_idle(24, &[]));
        assert!(!is_idle(25, &[]));
        assert!(Criteria::default().is_idle(&branch, &active, now));
    }

    #[test]
    fn owners_and_prefixes_are_compared_exactly_and_a_mark_belongs_to_its_owner() {
        let criteria = |owner: Option<&str>, prefix: Option<&str>| Criteria {
            owner: owner.map(str::to_owned),
            name_prefix: prefix.map(str::to_owned),
            ..Criteria::default()
        };
        let marked = branch(NOW, Some("ci"));
        let unmarked = branch(NOW, None);
        assert!(criteria(Some("ci"), None).names(&marked));
        assert!(criteria(Some("ci"), Some("ci/")).names(&marked));
        assert!(!criteria(Some("ci"), Some("cd/")).names(&marked));
        assert!(!criteria(Some("c"), None).names(&marked));
        assert!(!criteria(Some("ci"), None).names(&unmarked));
        assert!(criteria(None, Some("ci/")).names(&unmarked));
        assert!(!criteria(None, Some("CI/")).names(&unmarked));
        assert!(!criteria(None, Some("ci/")).names(&marked));
    }

    #[test]
    fn no_age_is_too_long() {
        let now = NOW.parse().unwrap();
        let branch = branch("2026-11-20T11:00:00Z", None);
        let is_old = |age| {
            let criteria = Criteria {
                older_than: Some(age),
                ..Criteria::default()
            };
            criteria.is_old(&branch, now)
        };
        assert!(is_old(HOUR) && is_old(Duration::ZERO));
        assert!(!is_old(HOUR + Duration::from_secs(1)) && !is_old(Duration::MAX));
    }
}
