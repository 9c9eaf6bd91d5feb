//! Who and what reaches a project, besides its organization.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Source;
use crate::clock::Moment;

/// That a user from outside the organization may use a project.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Permission {
    pub(crate) id: String,
    pub(crate) email: String,
    granted_at: Moment,
    revoked_at: Option<Moment>,
}

impl Permission {
    pub(crate) fn new(email: &str, source: &mut Source, now: Moment) -> Self {
        Self {
            id: source.ids.uuid(),
            email: email.to_owned(),
            granted_at: now,
            revoked_at: None,
        }
    }

    pub(crate) fn revoke(&mut self, now: Moment) {
        self.revoked_at = Some(now);
    }

    pub(crate) fn json(&self, source: &Source) -> Value {
        let mut value = json!({
            "id": self.id,
            "granted_to_email": self.email,
            "granted_at": source.text(self.granted_at),
        });
        if let (Some(map), Some(at)) = (value.as_object_mut(), self.revoked_at) {
            map.insert("revoked_at".to_owned(), json!(source.text(at)));
        }
        value
    }
}

/// That a project is offered to whoever knows the request's ID.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Transfer {
    pub(crate) id: String,
    pub(crate) created_at: Moment,
    pub(crate) expires_at: Moment,
}

/// Of one project.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Sharing {
    pub(crate) permissions: Vec<Permission>,
    pub(crate) transfers: Vec<Transfer>,
    /// Roles that were given to members of the organization, by the member's ID.
    pub(crate) roles: BTreeMap<String, String>,
    /// Accepted key sets, as shown in responses.
    pub(crate) jwks: Vec<Value>,
    /// Labels, by the ID of the VPC endpoint that access is restricted to.
    pub(crate) vpc_endpoints: BTreeMap<String, String>,
}

impl Sharing {
    pub(crate) fn is_granted_to(&self, email: &str) -> bool {
        let is_theirs = |permission: &Permission| permission.email.eq_ignore_ascii_case(email);
        self.permissions.iter().any(is_theirs)
    }
}
