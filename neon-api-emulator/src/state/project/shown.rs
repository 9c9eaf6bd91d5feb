//! Projects in responses.

use serde_json::{Map, Value, json};

use super::Project;
use crate::clock::Moment;
use crate::state::account::User;
use crate::state::projects::RECOVERABLE;
use crate::state::usage::Usage;
use crate::state::{Source, region};

impl Project {
    /// What the API shows of a project wherever it shows one.
    fn common(&self, source: &Source, usage: Usage) -> Map<String, Value> {
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
            "cpu_used_sec": usage.compute_seconds,
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

    /// In the response to its creation.
    pub(crate) fn json_created(&self, source: &Source, now: Moment) -> Value {
        let mut value = self.json(source, now);
        if let Some(map) = value.as_object_mut() {
            map.remove("synthetic_storage_size");
        }
        value
    }

    /// In responses to its change or deletion.
    pub(crate) fn json(&self, source: &Source, now: Moment) -> Value {
        let usage = self.usage(now);
        let mut map = self.common(source, usage);
        for counter in [
            "data_storage_bytes_hour",
            "data_transfer_bytes",
            "written_data_bytes",
        ] {
            map.insert(counter.to_owned(), json!(0));
        }
        let mut put = |key: &str, value: u64| map.insert(key.to_owned(), json!(value));
        put("compute_time_seconds", usage.compute_seconds);
        put("active_time_seconds", usage.active_seconds);
        map.insert("synthetic_storage_size".to_owned(), json!(0));
        self.add_last_use(&mut map, source, now);
        // The API's way to write a time that is not set.
        for bound in ["consumption_period_start", "consumption_period_end"] {
            map.insert(bound.to_owned(), json!("0001-01-01T00:00:00Z"));
        }
        Value::Object(map)
    }

    /// As asking for it shows it.
    pub(crate) fn json_full(&self, user: &User, source: &Source, now: Moment) -> Value {
        let mut value = self.json(source, now);
        if let Some(map) = value.as_object_mut() {
            let mut put = |key: &str, value: Value| map.insert(key.to_owned(), value);
            let (start, end) = source.billing_period(now);
            put("consumption_period_start", json!(start));
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
    pub(crate) fn json_item(&self, source: &Source, now: Moment) -> Value {
        let usage = self.usage(now);
        let mut map = self.common(source, usage);
        if let Some(at) = self.deleted_at {
            map.insert("deleted_at".to_owned(), json!(source.text(at)));
            let until = source.text(at.saturating_add(RECOVERABLE));
            map.insert("recoverable_until".to_owned(), json!(until));
        }
        map.insert("active_time".to_owned(), json!(usage.active_seconds));
        map.insert("synthetic_storage_size".to_owned(), json!(0));
        let (_, end) = source.billing_period(now);
        map.insert("quota_reset_at".to_owned(), json!(end));
        self.add_last_use(&mut map, source, now);
        Value::Object(map)
    }

    fn add_last_use(&self, map: &mut Map<String, Value>, source: &Source, now: Moment) {
        let present = self.endpoints.iter().filter_map(|e| e.used_at(now));
        let retired = self.retired_runs.values().flatten().map(|run| run.from);
        let forgotten = self.forgotten_runs.iter().map(|run| run.from);
        let used = present.chain(retired).chain(forgotten);
        if let Some(at) = used.filter(|at| *at <= now).max() {
            let at = source.text(at);
            map.insert("compute_last_active_at".to_owned(), json!(at));
        }
    }
}
