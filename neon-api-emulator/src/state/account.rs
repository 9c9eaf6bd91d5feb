//! Users, organizations and who belongs to them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Source;
use super::branch::Creator;
use super::keys::Keys;
use crate::clock::Moment;
use crate::error::ApiError;
use crate::ids;
use crate::rng::Rng;

/// The ID of the organization that every emulator has.
pub(crate) const DEFAULT_ORGANIZATION: &str = "org-ocean-art-12345678";

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Organization {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) spending_limit_cents: Option<i64>,
    /// Labels, by region and by the ID of the VPC endpoint.
    pub(crate) vpc_endpoints: BTreeMap<(String, String), String>,
    pub(crate) invitations: Vec<Invitation>,
}

impl Organization {
    pub(crate) fn new(id: String, name: String) -> Self {
        Self {
            id,
            name,
            spending_limit_cents: None,
            vpc_endpoints: BTreeMap::new(),
            invitations: Vec::new(),
        }
    }

    pub(crate) fn json(&self, source: &Source) -> Value {
        json!({
            "id": self.id,
            "name": self.name,
            "handle": self.id.strip_prefix("org-").unwrap_or(&self.id),
            "plan": "free_v3",
            "managed_by": "console",
            "created_at": source.text(Moment::ZERO),
            "updated_at": source.text(Moment::ZERO),
        })
    }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Invitation {
    pub(crate) id: String,
    pub(crate) email: String,
    pub(crate) role: String,
    pub(crate) invited_by: String,
    pub(crate) invited_at: Moment,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct User {
    pub(crate) id: String,
    pub(crate) email: String,
    pub(crate) name: String,
    pub(crate) last_name: String,
    pub(crate) image: String,
}

impl User {
    fn new(email: &str, name: &str, last_name: &str, seed: u64) -> Self {
        Self {
            id: Rng::for_purpose(seed, &format!("user {email}")).uuid(),
            email: email.to_owned(),
            name: name.to_owned(),
            last_name: last_name.to_owned(),
            image: "https://example.com/emulated.png".to_owned(),
        }
    }

    pub(crate) fn full_name(&self) -> String {
        format!("{} {}", self.name, self.last_name)
    }

    pub(crate) fn creator(&self) -> Creator {
        Creator {
            name: self.full_name(),
            image: self.image.clone(),
        }
    }

    /// With the time at which quotas were reset last.
    pub(crate) fn json(&self, quota_reset_at: &str) -> Value {
        json!({
            "active_seconds_limit": 360_000,
            "auth_accounts": [{
                "provider": "github",
                "email": self.email,
                "name": self.full_name(),
                "login": "emulated",
                "image": self.image,
            }],
            "email": self.email,
            "id": self.id,
            "image": self.image,
            "login": "emulated",
            "name": self.name,
            "last_name": self.last_name,
            "projects_limit": 100,
            "branches_limit": 10,
            "max_autoscaling_limit": 2.0,
            "billing_account": {
                "state": "active",
                "payment_source": { "type": "" },
                "subscription_type": "free_v3",
                "payment_method": "none",
                "quota_reset_at_last": quota_reset_at,
                "name": self.full_name(),
                "email": self.email,
                "address_city": "",
                "address_country": "",
                "address_line1": "",
                "address_line2": "",
                "address_postal_code": "",
                "address_state": "",
            },
            "plan": "free_v3",
        })
    }
}

/// That a user belongs to an organization.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Member {
    pub(crate) id: String,
    pub(crate) org_id: String,
    pub(crate) user_id: String,
    pub(crate) role: String,
    pub(crate) joined_at: Moment,
}

impl Member {
    pub(crate) fn json(&self, source: &Source) -> Value {
        json!({
            "id": self.id,
            "user_id": self.user_id,
            "org_id": self.org_id,
            "role": self.role,
            "joined_at": source.text(self.joined_at),
        })
    }
}

/// A user besides the one who is always there.
#[derive(Debug, Clone)]
pub(crate) struct OtherUser {
    pub(crate) email: String,
    pub(crate) key: String,
    /// The organizations that they belong to, and their roles there.
    pub(crate) memberships: Vec<(String, String)>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Account {
    /// Whom every key that is not somebody else's belongs to.
    default_user: User,
    pub(crate) users: Vec<User>,
    pub(crate) organizations: Vec<Organization>,
    pub(crate) members: Vec<Member>,
    pub(crate) keys: Keys,
    /// The given keys of other users, to their IDs.
    given_keys: BTreeMap<String, String>,
}

impl Account {
    pub(crate) fn new(seed: u64, organizations: Vec<Organization>, others: &[OtherUser]) -> Self {
        let first = User::new("emulated@example.com", "Emulated", "User", seed);
        let default = "Emulated organization".to_owned();
        let default = Organization::new(DEFAULT_ORGANIZATION.to_owned(), default);
        let mut account = Self {
            users: vec![first.clone()],
            organizations: vec![default],
            members: Vec::new(),
            keys: Keys::default(),
            given_keys: BTreeMap::new(),
            default_user: first,
        };
        account.organizations.extend(organizations);
        for id in account.organizations.iter().map(|org| org.id.clone()) {
            let user = &account.default_user.id;
            account.members.push(member(seed, &id, user, "admin"));
        }
        for other in others {
            account.add(seed, other);
        }
        account
    }

    /// Adds the organizations and users that a saved account did not have.
    pub(crate) fn complete(
        &mut self,
        seed: u64,
        organizations: Vec<Organization>,
        others: &[OtherUser],
    ) {
        for organization in organizations {
            if self.organization(&organization.id).is_err() {
                let user = &self.default_user.id;
                let admin = member(seed, &organization.id, user, "admin");
                self.members.push(admin);
                self.organizations.push(organization);
            }
        }
        for other in others {
            if !self.users.iter().any(|user| user.email == other.email) {
                self.add(seed, other);
            }
        }
    }

    /// Adds a user with an organization of their own, if they belong to no other.
    fn add(&mut self, seed: u64, other: &OtherUser) {
        let (name, _) = other.email.split_once('@').unwrap_or((&other.email, ""));
        let user = User::new(&other.email, name, "User", seed);
        for (org_id, role) in &other.memberships {
            self.members.push(member(seed, org_id, &user.id, role));
        }
        if other.memberships.is_empty() {
            let purpose = format!("organization of {}", other.email);
            let id = ids::organization(&mut Rng::for_purpose(seed, &purpose));
            self.members.push(member(seed, &id, &user.id, "admin"));
            let name = format!("Organization of {name}");
            self.organizations.push(Organization::new(id, name));
        }
        self.given_keys.insert(other.key.clone(), user.id.clone());
        self.users.push(user);
    }

    /// The user to whom a key was given when the emulator was built.
    pub(crate) fn user_of_key(&self, key: &str) -> Option<&str> {
        self.given_keys.get(key).map(String::as_str)
    }

    pub(crate) fn default_user(&self) -> &User {
        &self.default_user
    }

    /// The user with this ID; the one who is always there for one that is not known.
    pub(crate) fn user(&self, id: &str) -> &User {
        let known = self.users.iter().find(|user| user.id == id);
        known.unwrap_or(&self.default_user)
    }

    pub(crate) fn organization(&self, id: &str) -> Result<&Organization, ApiError> {
        let found = self.organizations.iter().find(|org| org.id == id);
        found.ok_or_else(|| ApiError::not_found("organization"))
    }

    pub(crate) fn organization_mut(&mut self, id: &str) -> Result<&mut Organization, ApiError> {
        let found = self.organizations.iter_mut().find(|org| org.id == id);
        found.ok_or_else(|| ApiError::not_found("organization"))
    }

    pub(crate) fn membership(&self, org_id: &str, user_id: &str) -> Option<&Member> {
        let is_it = |member: &&Member| member.org_id == org_id && member.user_id == user_id;
        self.members.iter().find(is_it)
    }

    pub(crate) fn memberships<'a>(&'a self, user_id: &'a str) -> impl Iterator<Item = &'a Member> {
        let is_theirs = move |member: &&Member| member.user_id == user_id;
        self.members.iter().filter(is_theirs)
    }

    /// A member of an organization, by the member's own ID or by the user's.
    pub(crate) fn member(&self, org_id: &str, id: &str) -> Result<&Member, ApiError> {
        let is_it = |m: &&Member| m.org_id == org_id && (m.id == id || m.user_id == id);
        let found = self.members.iter().find(is_it);
        found.ok_or_else(|| ApiError::not_found("member"))
    }

    /// Makes a user a member of the organizations that invited them; returns of how many.
    pub(crate) fn accept_invitations(
        &mut self,
        email: &str,
        source: &mut Source,
        now: Moment,
    ) -> usize {
        let is_theirs = |other: &str| other.eq_ignore_ascii_case(email);
        let Some(user) = self.users.iter().find(|user| is_theirs(&user.email)) else {
            return 0;
        };
        let before = self.members.len();
        for organization in &mut self.organizations {
            let open = &mut organization.invitations;
            for invitation in open.extract_if(.., |i| is_theirs(&i.email)) {
                self.members.push(Member {
                    id: source.ids.uuid(),
                    org_id: organization.id.clone(),
                    user_id: user.id.clone(),
                    role: invitation.role,
                    joined_at: now,
                });
            }
        }
        self.members.len() - before
    }

    /// Whether nobody else manages the organization.
    pub(crate) fn is_last_admin(&self, member: &Member) -> bool {
        let is_other =
            |m: &Member| m.org_id == member.org_id && m.id != member.id && m.role == "admin";
        member.role == "admin" && !self.members.iter().any(is_other)
    }
}

fn member(seed: u64, org_id: &str, user_id: &str, role: &str) -> Member {
    Member {
        id: Rng::for_purpose(seed, &format!("member {org_id} {user_id}")).uuid(),
        org_id: org_id.to_owned(),
        user_id: user_id.to_owned(),
        role: role.to_owned(),
        joined_at: Moment::ZERO,
    }
}
