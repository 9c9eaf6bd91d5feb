//! The API's types as someone would write them by hand, with all their fields.
#![allow(
    dead_code,
    missing_debug_implementations,
    reason = "the fields are read from answers and by nobody"
)]

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::{Map, Value};

#[derive(Deserialize)]
pub(crate) struct ProjectResponse {
    pub(crate) project: Project,
}

#[derive(Deserialize)]
pub(crate) struct Project {
    active_time_seconds: i64,
    branch_logical_size_limit: i64,
    branch_logical_size_limit_bytes: i64,
    compute_last_active_at: Option<DateTime<Utc>>,
    compute_time_seconds: i64,
    consumption_period_end: DateTime<Utc>,
    consumption_period_start: DateTime<Utc>,
    cpu_used_sec: i64,
    created_at: DateTime<Utc>,
    creation_source: String,
    data_storage_bytes_hour: i64,
    data_transfer_bytes: i64,
    default_endpoint_settings: Option<EndpointSettings>,
    effective_project_permission: Option<String>,
    hipaa_enabled_at: Option<DateTime<Utc>>,
    history_retention_seconds: i64,
    id: String,
    maintenance_scheduled_for: Option<DateTime<Utc>>,
    maintenance_starts_at: Option<DateTime<Utc>>,
    name: String,
    org_id: Option<String>,
    owner: Option<Owner>,
    owner_id: String,
    pg_version: i64,
    platform_id: String,
    provisioner: String,
    proxy_host: String,
    quota_reset_at: Option<DateTime<Utc>>,
    region_id: String,
    settings: Option<Settings>,
    store_passwords: bool,
    synthetic_storage_size: Option<i64>,
    updated_at: DateTime<Utc>,
    written_data_bytes: i64,
}

#[derive(Deserialize)]
struct EndpointSettings {
    autoscaling_limit_max_cu: Option<f64>,
    autoscaling_limit_min_cu: Option<f64>,
    pg_settings: Option<Map<String, Value>>,
    pgbouncer_settings: Option<Map<String, Value>>,
    suspend_timeout_seconds: Option<i64>,
}

#[derive(Deserialize)]
struct Owner {
    branches_limit: i64,
    email: String,
    name: String,
    subscription_type: String,
}

#[derive(Deserialize)]
struct Settings {
    allowed_ips: Option<AllowedIps>,
    audit_log_level: Option<String>,
    block_public_connections: Option<bool>,
    block_vpc_connections: Option<bool>,
    enable_logical_replication: Option<bool>,
    hipaa: Option<bool>,
    maintenance_window: Option<MaintenanceWindow>,
    preload_libraries: Option<Map<String, Value>>,
    quota: Option<Quota>,
}

#[derive(Deserialize)]
struct AllowedIps {
    ips: Option<Vec<String>>,
    protected_branches_only: Option<bool>,
}

#[derive(Deserialize)]
struct MaintenanceWindow {
    end_time: String,
    start_time: String,
    weekdays: Vec<i64>,
}

#[derive(Deserialize)]
struct Quota {
    active_time_seconds: Option<i64>,
    compute_time_seconds: Option<i64>,
    data_transfer_bytes: Option<i64>,
    logical_size_bytes: Option<i64>,
    written_data_bytes: Option<i64>,
}

#[derive(Deserialize)]
pub(crate) struct OperationsPage {
    pub(crate) operations: Vec<Route>,
    pub(crate) pagination: Option<Pagination>,
}

#[derive(Deserialize)]
pub(crate) struct Pagination {
    pub(crate) cursor: String,
}

#[derive(Deserialize)]
pub(crate) struct Route {
    action: String,
    branch_id: Option<String>,
    created_at: DateTime<Utc>,
    endpoint_id: Option<String>,
    error: Option<String>,
    failures_count: i64,
    id: String,
    project_id: String,
    retry_at: Option<DateTime<Utc>>,
    status: String,
    total_duration_ms: i64,
    updated_at: DateTime<Utc>,
}
