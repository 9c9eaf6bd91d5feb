//! The emulated operations: from a validated request to a change of the state and a response.

mod access;
mod account;
mod api_keys;
mod branch_list;
mod branch_restore;
mod branch_schema;
mod branches;
mod checks;
mod connection;
mod consumption;
mod databases;
mod endpoints;
mod errors;
mod operations;
mod organizations;
mod projects;
mod realtime;
mod resources;
mod roles;
mod sampled;
mod schemas;
mod sharing;
mod snapshots;
mod table;
mod times;
mod transfers;

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::clock::Moment;
use crate::error::ApiError;
use crate::spec::{Operation, validate};
use crate::state::account::{Account, User};
use crate::state::keys::Owner;
use crate::state::project::Project;
use crate::state::{Source, State};
pub(crate) use schemas::{Place, Schemas};

/// A request that was routed and conforms to the specification.
#[derive(Debug)]
pub(crate) struct Call<'a> {
    /// Whose key came with the request.
    pub(crate) caller: &'a Owner,
    /// Not asked with a key, but by whoever runs the emulator: sees and may do everything.
    pub(crate) direct: bool,
    pub(crate) operation: &'a Operation,
    pub(crate) parameters: &'a BTreeMap<String, String>,
    pub(crate) query: &'a [(String, String)],
    /// Null where there was none.
    pub(crate) body: &'a Value,
    pub(crate) now: Moment,
    pub(crate) seed: u64,
    /// Whether the last page of a list of branches has a cursor, too.
    pub(crate) last_cursor: bool,
    /// What is known of real databases.
    pub(crate) schemas: &'a Schemas,
}

impl Call<'_> {
    /// A parameter of the path. The router has found it: it is in the template.
    fn parameter(&self, name: &str) -> &str {
        self.parameters.get(name).map_or("", String::as_str)
    }

    fn query(&self, name: &str) -> Option<&str> {
        let found = self.query.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_str())
    }

    /// An empty cursor or search is none.
    fn text(&self, name: &str) -> Option<&str> {
        self.query(name).filter(|text| !text.is_empty())
    }

    fn flag(&self, name: &str) -> Option<bool> {
        self.query(name).and_then(validate::boolean)
    }

    /// The page size: as asked, as the specification states it, or `default` where it states none.
    fn limit(&self, default: usize) -> usize {
        let asked = self.query("limit").and_then(|text| text.parse().ok());
        let stated = || {
            let mut parameters = self.operation.parameters().iter();
            let limit = parameters.find(|parameter| parameter.name == "limit")?;
            let stated = limit.schema.get("default")?.as_u64()?;
            usize::try_from(stated).ok()
        };
        asked.or_else(stated).unwrap_or(default)
    }

    /// A member of the body, by its JSON pointer; null where it is not.
    fn body(&self, pointer: &str) -> &Value {
        self.body.pointer(pointer).unwrap_or(&Value::Null)
    }

    /// The user who asks; organizations' keys act for the user who is always there.
    fn user<'s>(&self, account: &'s Account) -> &'s User {
        match self.caller {
            Owner::User(id) => account.user(id),
            Owner::Organization(_) | Owner::Project { .. } => account.default_user(),
        }
    }

    fn project<'s>(
        &self,
        state: &'s mut State,
    ) -> Result<(&'s mut Project, &'s mut Source), ApiError> {
        state.project(self.parameter("project_id"), self.now)
    }
}

/// A success.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) body: ReplyBody,
}

#[derive(Debug)]
pub(crate) enum ReplyBody {
    Empty,
    Json(Value),
    Bytes(String),
}

impl Reply {
    fn ok(value: Value) -> Self {
        Self::json(200, value)
    }

    fn created(value: Value) -> Self {
        Self::json(201, value)
    }

    fn json(status: u16, value: Value) -> Self {
        Self {
            status,
            body: ReplyBody::Json(value),
        }
    }

    fn empty(status: u16) -> Self {
        Self {
            status,
            body: ReplyBody::Empty,
        }
    }
}

type Answer = Result<Reply, ApiError>;
type Handler = fn(&mut State, &Call<'_>) -> Answer;

/// Handles a request.
pub(crate) fn answer(state: &mut State, call: &Call<'_>) -> Answer {
    let id = call.operation.id();
    let mut answer = || {
        access::check(state, call)?;
        match table::handler(id) {
            Some(handler) => handler(state, call),
            None if resources::is_about(id) => resources::answer(state, call),
            None => sampled::answer(state, call),
        }
    };
    answer().map_err(|error| errors::declared(error, call.operation))
}

/// Whether an operation has state. The responses of others are samples of their schema.
pub(crate) fn is_stateful(operation_id: &str) -> bool {
    table::handler(operation_id).is_some() || resources::is_about(operation_id)
}

/// Adds the cursor of a page's last item. As the API does it, the last page has one too: behind it is
/// an empty page without one.
fn with_cursor(mut page: Value, last: Option<&str>) -> Value {
    if let (Some(map), Some(cursor)) = (page.as_object_mut(), last) {
        map.insert("pagination".to_owned(), json!({ "cursor": cursor }));
    }
    page
}

/// Adds the operations at `positions` to a response.
fn with_operations(
    mut value: Value,
    positions: &[usize],
    project: &Project,
    source: &Source,
    now: Moment,
) -> Value {
    let operations = project.operations.json(positions, &project.id, source, now);
    if let Some(map) = value.as_object_mut() {
        map.insert("operations".to_owned(), json!(operations));
    }
    value
}
