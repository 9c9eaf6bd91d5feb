//! The form for programs.

use serde_json::{Value, json};

use crate::spec::diff::{Change, Drift};

/// `{"breaking": […], "additive": […]}`.
pub fn json(drift: &Drift) -> String {
    let list = |changes: &[Change]| changes.iter().map(Change::to_json).collect::<Value>();
    let report = json!({
        "breaking": list(&drift.breaking),
        "additive": list(&drift.additive),
    });
    format!("{report:#}\n")
}
