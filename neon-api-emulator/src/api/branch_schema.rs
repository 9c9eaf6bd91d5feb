//! The schemas of branches' databases, as far as the emulator knows them: nobody runs SQL here, so
//! that databases have owners, and no tables.

use serde_json::json;

use super::{Answer, Call, Reply, times};
use crate::clock::Moment;
use crate::error::ApiError;
use crate::state::project::Project;
use crate::state::{Source, State};

/// Which state of a branch is meant, by the names of the parameters that say so.
struct At<'a> {
    branch_id: &'a str,
    timestamp: &'a str,
    lsn: &'a str,
}

impl At<'_> {
    /// The statements that make the database's schema; `None` where it did not exist then.
    fn dump(
        &self,
        call: &Call<'_>,
        project: &Project,
        source: &Source,
    ) -> Result<Option<String>, ApiError> {
        let branch = project.branch(self.branch_id)?;
        if let Some(lsn) = call.text(self.lsn) {
            times::lsn(self.lsn, lsn)?;
        }
        let at: Moment = match call.text(self.timestamp) {
            Some(text) => times::past(self.timestamp, text, project, source, call.now)?,
            None => call.now,
        };
        let name = call.query("db_name").unwrap_or_default();
        let database = branch.database(name).filter(|d| d.created_at <= at);
        Ok(database.map(|database| {
            let owner = database.owner_name.replace('"', "\"\"");
            format!(
                "--\n-- PostgreSQL database dump\n--\n\n\
                 SET client_encoding = 'UTF8';\n\
                 SET standard_conforming_strings = on;\n\n\
                 ALTER SCHEMA public OWNER TO \"{owner}\";\n\n\
                 --\n-- PostgreSQL database dump complete\n--\n"
            )
        }))
    }
}

pub(super) fn get(state: &mut State, call: &Call<'_>) -> Answer {
    let (project, source) = call.project(state)?;
    let at = At {
        branch_id: call.parameter("branch_id"),
        timestamp: "timestamp",
        lsn: "lsn",
    };
    let dump = at.dump(call, project, source)?;
    let dump = dump.ok_or_else(|| ApiError::not_found("database"))?;
    Ok(Reply::ok(match call.text("format") {
        None | Some("sql") => json!({ "sql": dump }),
        Some("json") => json!({ "json": { "tables": [] } }),
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
    let base = base.dump(call, project, source)?;
    let own = At {
        branch_id: id,
        timestamp: "timestamp",
        lsn: "lsn",
    };
    let own = own.dump(call, project, source)?;
    if base.is_none() && own.is_none() {
        return Err(ApiError::not_found("database"));
    }
    let diff = diff(&base.unwrap_or_default(), &own.unwrap_or_default());
    Ok(Reply::ok(json!({ "diff": diff })))
}

/// A unified difference. The texts are short: what they do not have in common is one hunk.
fn diff(from: &str, to: &str) -> String {
    if from == to {
        return String::new();
    }
    let (from, to): (Vec<&str>, Vec<&str>) = (from.lines().collect(), to.lines().collect());
    let pairs = || from.iter().zip(&to);
    let before = pairs().take_while(|(a, b)| a == b).count();
    let shorter = from.len().min(to.len()) - before;
    let backwards = from.iter().rev().zip(to.iter().rev());
    let after = backwards.take(shorter).take_while(|(a, b)| a == b).count();
    let changed = |lines: &[&str], sign: &str| -> String {
        let lines = lines.get(before..lines.len() - after).unwrap_or_default();
        let signed = lines.iter().flat_map(|line| [sign, *line, "\n"]);
        signed.collect()
    };
    let range = |lines: &[&str]| {
        let count = lines.len() - before - after;
        let start = if count == 0 { before } else { before + 1 };
        format!("{start},{count}")
    };
    format!(
        "--- a\n+++ b\n@@ -{} +{} @@\n{}{}",
        range(&from),
        range(&to),
        changed(&from, "-"),
        changed(&to, "+"),
    )
}
