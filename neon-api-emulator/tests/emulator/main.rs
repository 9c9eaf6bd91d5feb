//! The emulator's tests, in one program: one head for all of them, linked once.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::too_many_lines,
    reason = "a test fails by panicking"
)]

mod support;

mod access;
#[cfg(feature = "cli")]
mod binary;
#[cfg(feature = "cli")]
mod binary_state;
mod branch_rules;
mod branches;
mod computes;
mod consumption;
mod endpoint_rules;
mod every_operation;
mod faults;
mod faults_lists;
mod faults_operations;
mod faults_tcp;
mod fixtures;
mod fuzz;
mod inherited;
mod keys;
mod legacy_auth;
mod limits;
mod log;
mod organizations;
mod origins;
mod projects;
mod protocol;
mod rate;
mod resources;
mod retention;
mod saved;
mod saved_numbers;
mod seeded;
mod setting_rules;
mod snapshots;
mod tcp;
mod ui;
mod ui_trust;
