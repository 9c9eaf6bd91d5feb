//! Methods of `neon_api::operations` that list.

use neon_api::Error;
use serde_json::Value;

use crate::row::{Row, Shown, json_of, project, row};

/// What was listed.
struct Listed(Value);

impl Shown for Listed {
    fn kept(&self) -> String {
        String::new()
    }

    fn shown(&self) -> Value {
        self.0.clone()
    }
}

pub(crate) fn rows() -> Vec<Row> {
    vec![
        row("Operations::list", "listProjectOperations", |neon| {
            let list = project(&neon).operations().list().take(2);
            Box::pin(async move { Ok::<_, Error>(Listed(json_of(&list.await?))) })
        })
        .query("limit", 2)
        .result("/operations"),
    ]
}
