//! The API's resources, one folder each: collections and handles that make calls.

pub mod auth;
pub mod branches;
pub mod buckets;
pub mod connection;
pub mod consumption;
pub mod credentials;
pub mod custom_domains;
pub mod functions;
pub mod legacy_auth;
pub mod logs;
pub mod members;
pub mod operations;
pub mod orgs;
pub mod projects;
pub mod roles;
pub mod triggers;
