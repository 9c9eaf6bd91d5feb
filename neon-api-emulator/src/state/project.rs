//! Projects.

use std::collections::HashSet;

use chrono::DateTime;
use serde_json::{Map, Value, json};

use super::account::User;
use super::branch::Branch;
use super::endpoint::Endpoint;
use super::operation::Operations;
use super::{Source, region};
use crate::clock::{Clock, Moment};
use crate::error::ApiError;

#[derive(Debug)]
pub(crate) struct Project {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) region_id: String,
    pub(crate) org_id: String,
    pub(crate) pg_version: i64,
    pub(crate) store_passwords: bool,
    pub(crate) history_retention_seconds: i64,
    pub(crate) settings: Map<String, Value>,
    pub(crate) endpoint_settings: Map<String, Value>,
    pub(crate) default_branch: String,
    /// In the order of their creation.
    pub(crate) branches: Vec<Branch>,
    pub(crate) endpoints: Vec<Endpoint>,
    pub(crate) operations: Operations,
    gone: HashSet<Gone>,
    pub(crate) created_at: Moment,
    pub(crate) updated_at: Moment,
}

/// Something that existed: deleting it again answers 204, not 404.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Gone {
    Branch(String),
    Endpoint(String),
    Role(String, String),
    Database(String, String),
}

impl Project {
    /// With nothing in it yet.
    pub(crate) fn new(id: String, name: String, org_id: String, now: Moment) -> Self {
        let json = |value: Value| match value {
            Value::Object(map) => map,
            _ => Map::new(),
        };
        Self {
            id,
            name,
            region_id: region::DEFAULT.to_owned(),
            org_id,
            pg_version: 17,
            store_passwords: true,
            history_retention_seconds: 86_400,
            settings: json(json!({
                "allowed_ips": { "ips": [], "protected_branches_only": false },
                "enable_logical_replication": false,
                "maintenance_window": {
                    "weekdays": [5],
                    "start_time": "07:00",
                    "end_time": "08:00",
                },
                "block_public_connections": false,
                "block_vpc_connections": false,
                "hipaa": false,
            })),
            endpoint_settings: json(json!({
                "autoscaling_limit_min_cu": 0.25,
                "autoscaling_limit_max_cu": 0.25,
                "suspend_timeout_seconds": 0,
            })),
            default_branch: String::new(),
            branches: Vec::new(),
            endpoints: Vec::new(),
            operations: Operations::default(),
            gone: HashSet::new(),
            created_at: now,
            updated_at: now,
        }
    }

    /// Takes over what a request sets, on creation or later; answers whether the computes are
    /// affected.
    pub(crate) fn set(&mut self, asked: &Value) -> bool {
        if let Some(name) = asked.get("name").and_then(Value::as_str) {
            name.clone_into(&mut self.name);
        }
        let number = |key| asked.get(key).and_then(Value::as_i64);
        if let Some(seconds) = number("history_retention_seconds") {
            self.history_retention_seconds = seconds;
        }
        let object = |key| asked.get(key).and_then(Value::as_object);
        if let Some(map) = object("default_endpoint_settings") {
            self.endpoint_settings.extend(map.clone());
        }
        let settings = object("settings");
        if let Some(map) = settings {
            self.settings.extend(map.clone());
        }
        settings.is_some()
    }

    /// While its operations run, others that conflict are refused.
    pub(crate) fn must_be_unlocked(&self, source: &Source, now: Moment) -> Result<(), ApiError> {
        if source.conflicts && self.operations.busy_until() > now {
            Err(ApiError::locked())
        } else {
            Ok(())
        }
    }

    /// Deletes what has expired: branches without children, and then their parents.
    pub(crate) fn expire(&mut self, clock: &Clock, now: Moment) {
        let wall = clock.wall(now);
        let due = |branch: &Branch| {
            let expires = branch.expires_at.as_deref();
            let expires = expires.and_then(|text| DateTime::parse_from_rfc3339(text).ok());
            expires.is_some_and(|expires| expires <= wall)
        };
        loop {
            let expired = self.branches.iter().find(|branch| {
                due(branch) && branch.id != self.default_branch && !self.has_children(&branch.id)
            });
            let Some(id) = expired.map(|branch| branch.id.clone()) else {
                return;
            };
            self.remove_branch(&id);
        }
    }

    pub(crate) fn branch(&self, id: &str) -> Result<&Branch, ApiError> {
        let found = self.branches.iter().find(|branch| branch.id == id);
        found.ok_or_else(|| ApiError::not_found("branch"))
    }

    pub(crate) fn branch_mut(&mut self, id: &str) -> Result<&mut Branch, ApiError> {
        let found = self.branches.iter_mut().find(|branch| branch.id == id);
        found.ok_or_else(|| ApiError::not_found("branch"))
    }

    pub(crate) fn has_children(&self, id: &str) -> bool {
        let is_child = |branch: &Branch| branch.parent_id() == Some(id);
        self.branches.iter().any(is_child)
    }

    pub(crate) fn name_is_free(&self, name: &str) -> Result<(), ApiError> {
        if self.branches.iter().any(|branch| branch.name == name) {
            let message = format!("branch with the provided name {name:?} already exists");
            Err(ApiError::conflict(message))
        } else {
            Ok(())
        }
    }

    /// With its endpoints.
    pub(crate) fn remove_branch(&mut self, id: &str) -> Option<Branch> {
        let index = self.branches.iter().position(|branch| branch.id == id)?;
        self.bury(Gone::Branch(id.to_owned()));
        let mut buried = Vec::new();
        self.endpoints.retain(|endpoint| {
            let stays = endpoint.branch_id != id;
            if !stays {
                buried.push(Gone::Endpoint(endpoint.id.clone()));
            }
            stays
        });
        self.gone.extend(buried);
        Some(self.branches.remove(index))
    }

    pub(crate) fn endpoint(&self, id: &str) -> Result<&Endpoint, ApiError> {
        let found = self.endpoints.iter().find(|endpoint| endpoint.id == id);
        found.ok_or_else(|| ApiError::not_found("endpoint"))
    }

    pub(crate) fn endpoint_mut(&mut self, id: &str) -> Result<&mut Endpoint, ApiError> {
        let found = self.endpoints.iter_mut().find(|endpoint| endpoint.id == id);
        found.ok_or_else(|| ApiError::not_found("endpoint"))
    }

    /// The branch's read-write endpoint.
    pub(crate) fn primary_endpoint(&self, branch_id: &str) -> Option<&Endpoint> {
        let is_it = |e: &&Endpoint| e.read_write && e.branch_id == branch_id;
        self.endpoints.iter().find(is_it)
    }

    pub(crate) fn bury(&mut self, what: Gone) {
        self.gone.insert(what);
    }

    pub(crate) fn was(&self, what: &Gone) -> bool {
        self.gone.contains(what)
    }

    /// What the API shows of a project wherever it shows one.
    fn common(&self, source: &Source) -> Map<String, Value> {
        let value = json!({
            "id": self.id,
            "platform_id": region::platform(&self.region_id),
            "region_id": self.region_id,
            "name": self.name,
            "provisioner": "k8s-neonvm",
            "default_endpoint_settings": self.endpoint_settings,
            "settings": self.settings,
            "pg_version": self.pg_version,
            "proxy_host": region::proxy_host(&self.region_id),
            "branch_logical_size_limit": 512,
            "branch_logical_size_limit_bytes": 536_870_912,
            "store_passwords": self.store_passwords,
            "cpu_used_sec": 0,
            "creation_source": "console",
            "created_at": source.text(self.created_at),
            "updated_at": source.text(self.updated_at),
            "owner_id": self.org_id,
            "org_id": self.org_id,
            "history_retention_seconds": self.history_retention_seconds,
        });
        match value {
            Value::Object(map) => map,
            _ => Map::new(),
        }
    }

    /// As the answers that make or change it show it.
    pub(crate) fn json(&self, source: &Source) -> Value {
        let mut map = self.common(source);
        for counter in [
            "data_storage_bytes_hour",
            "data_transfer_bytes",
            "written_data_bytes",
            "compute_time_seconds",
            "active_time_seconds",
        ] {
            map.insert(counter.to_owned(), json!(0));
        }
        // The API's way to write a time that is not set.
        for bound in ["consumption_period_start", "consumption_period_end"] {
            map.insert(bound.to_owned(), json!("0001-01-01T00:00:00Z"));
        }
        Value::Object(map)
    }

    /// As asking for it shows it.
    pub(crate) fn json_full(&self, user: &User, source: &Source) -> Value {
        let mut value = self.json(source);
        if let Some(map) = value.as_object_mut() {
            let mut put = |key: &str, value: Value| map.insert(key.to_owned(), value);
            put("synthetic_storage_size", json!(0));
            let start = source.text(self.created_at);
            put("consumption_period_start", json!(start));
            let month = source.clock.wall(self.created_at) + chrono::Days::new(30);
            let end = month.to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
            put("consumption_period_end", json!(end));
            put(
                "owner",
                json!({
                    "email": user.email,
                    "name": user.full_name(),
                    "branches_limit": 10,
                    "subscription_type": "free_v3",
                }),
            );
        }
        value
    }

    /// As lists show it.
    pub(crate) fn json_item(&self, source: &Source) -> Value {
        let mut map = self.common(source);
        map.insert("active_time".to_owned(), json!(0));
        map.insert("synthetic_storage_size".to_owned(), json!(0));
        Value::Object(map)
    }
}
