//! The API's resources, one folder each: collections and handles that make calls.

pub mod ai_gateway;
pub mod anonymization;
pub mod branches;
pub mod buckets;
pub mod connection;
pub mod consumption;
pub mod custom_domains;
pub mod data_api;
pub mod databases;
pub mod endpoints;
pub mod functions;
pub mod logs;
pub mod members;
pub mod operations;
pub mod orgs;
pub mod preload_libraries;
pub mod projects;
pub mod realtime;
pub mod roles;
pub mod schema;
pub mod security_issues;
pub mod snapshots;
pub mod storage;
