//! The schemas of branches' databases. Without real ones nobody runs SQL here, so that databases have
//! owners, and no tables.

use serde_json::json;
use similar::TextDiff;

use super::times::Position;
use super::{Answer, Call, Place, Reply};
use crate::error::ApiError;
use crate::state::backing::Schema;
use crate::state::project::Project;
use crate::state::{Source, State};

/// Which state of a branch is meant, by the names of the parameters that say so.
struct At<'a> {
    branch_id: &'a str,
    timestamp: &'a str,
    lsn: &'a str,
}

impl At<'_> {
    /// What the database was made of; `None` where it did not exist then.
    fn schema(
        &self,
        call: &Call<'_>,
        project: &Project,
        source: &Source,
    ) -> Result<Option<Schema>, ApiError> {
        let branch = project.branch(self.branch_id)?;
        let at = Position::read(
            (self.lsn, call.text(self.lsn)),
            (self.timestamp, call.text(self.timestamp)),
            project,
            source,
            call.now,
        )?;
        let at = at.at;
        let name = call.query("db_name").unwrap_or_default();
        let database = branch.database(name).filter(|d| d.created_at <= at);
        let Some(database) = database else {
            return Ok(None);
        };
        if source.backing().is_some() {
            let place = Place {
                branch_id: self.branch_id.to_owned(),
                database: name.to_owned(),
            };
            return call.schemas.get(place).map(Some);
        }
        let owner = database.owner_name.replace('"', "\"\"");
        let sql = format!(
            "--\n-- PostgreSQL database dump\n--\n\n\
             SET client_encoding = 'UTF8';\n\
             SET standard_conforming_strings = on;\n\n\
             ALTER SCHEMA public OWNER TO \"{owner}\";\n\n\
             --\n-- PostgreSQL database dump complete\n--\n"
        );
        let tables = json!([]);
        Ok(Some(Schema { sql, tables }))
    }
}

pub(super) fn get(state: &mut State, call: &Call<'_>) -> Answer {
    let (project, source) = call.project(state)?;
    let at = At {
        branch_id: call.parameter("branch_id"),
        timestamp: "timestamp",
        lsn: "lsn",
    };
    let schema = at.schema(call, project, source)?;
    let schema = schema.ok_or_else(|| ApiError::not_found("database"))?;
    Ok(Reply::ok(match call.text("format") {
        None | Some("sql") => json!({ "sql": schema.sql }),
        Some("json") => json!({ "json": { "tables": schema.tables } }),
        Some(_) => return Err(ApiError::bad_request("format: must be one of sql, json")),
    }))
}

pub(super) fn compare(state: &mut State, call: &Call<'_>) -> Answer {
    let (project, source) = call.project(state)?;
    let id = call.parameter("branch_id");
    let parent = project.branch(id)?.parent_id();
    let base_id = call.text("base_branch_id").or(parent);
    let Some(base_id) = base_id else {
        let message = "base_branch_id: is required for a branch without a parent";
        return Err(ApiError::bad_request(message));
    };
    let base = At {
        branch_id: base_id,
        timestamp: "base_timestamp",
        lsn: "base_lsn",
    };
    let base = base.schema(call, project, source)?;
    let own = At {
        branch_id: id,
        timestamp: "timestamp",
        lsn: "lsn",
    };
    let own = own.schema(call, project, source)?;
    if base.is_none() && own.is_none() {
        return Err(ApiError::not_found("database"));
    }
    let sql = |schema: Option<Schema>| schema.map(|schema| schema.sql).unwrap_or_default();
    let diff = diff(&sql(base), &sql(own));
    Ok(Reply::ok(json!({ "diff": diff })))
}

/// A unified difference.
fn diff(from: &str, to: &str) -> String {
    let lines = TextDiff::from_lines(from, to);
    let mut unified = lines.unified_diff();
    unified.header("a", "b").to_string()
}
