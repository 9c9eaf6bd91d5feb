//! Lists of branches.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use chrono::{DateTime, SecondsFormat};
use serde_json::{Map, Value, json};

use super::{Answer, Call, Reply};
use crate::error::ApiError;
use crate::state::branch::Branch;
use crate::state::branches::{Branches, Place, SortBy};
use crate::state::project::Project;
use crate::state::{Source, State};

/// The page size where the caller asks for none; the API states no default.
const PAGE: usize = 100;

/// What a list is asked to show.
struct Order<'a> {
    by: SortBy,
    /// As the caller names it.
    sort_by: &'a str,
    direction: &'a str,
    after: Option<Place>,
}

impl<'a> Order<'a> {
    fn read(call: &'a Call<'_>, project: &Project, source: &Source) -> Result<Self, ApiError> {
        let sort_by = call.text("sort_by").unwrap_or("updated_at");
        let mut order = Self {
            by: match sort_by {
                "name" => SortBy::Name,
                "created_at" => SortBy::CreatedAt,
                _ => SortBy::UpdatedAt,
            },
            sort_by,
            direction: call.text("sort_order").unwrap_or("desc"),
            after: None,
        };
        if let Some(text) = call.text("cursor") {
            // A walk that changes its order halfway would miss items: better refused than wrong.
            let refused = || ApiError::bad_request("cursor: is not valid for this order");
            order.after = Some(order.place(text, project, source).ok_or_else(refused)?);
        }
        Ok(order)
    }

    /// As the API writes it: the last item and the order, in base64.
    fn cursor(&self, place: &Place, last: &Branch, source: &Source) -> String {
        let value = match place {
            Place::Name(name, _) => name.clone(),
            Place::At(at, _) => {
                let wall = source.clock.wall(*at);
                wall.to_rfc3339_opts(SecondsFormat::AutoSi, true)
            }
        };
        let cursor = json!({
            "branch_id": last.id,
            "sort_by": self.sort_by,
            "sort_by_value": value,
            "sort_order": self.direction.to_uppercase(),
        });
        BASE64.encode(cursor.to_string())
    }

    fn place(&self, cursor: &str, project: &Project, source: &Source) -> Option<Place> {
        let cursor: Value = serde_json::from_slice(&BASE64.decode(cursor).ok()?).ok()?;
        let text = |name: &str| cursor.get(name).and_then(Value::as_str);
        let direction = text("sort_order")?;
        if text("sort_by")? != self.sort_by || !direction.eq_ignore_ascii_case(self.direction) {
            return None;
        }
        let id = text("branch_id")?;
        let deleted = || project.deleted_branches.get(id);
        let last = project.branches.get(id).or_else(deleted);
        // Of a branch that is forgotten, what stands at the same place may come again.
        let forgotten = if self.descends() { u64::MAX } else { 0 };
        let number = last.map_or(forgotten, |branch| branch.number);
        let value = text("sort_by_value")?;
        Some(match self.by {
            SortBy::Name => Place::Name(value.to_owned(), number),
            SortBy::CreatedAt | SortBy::UpdatedAt => {
                let at = DateTime::parse_from_rfc3339(value).ok()?;
                Place::At(source.moment(at.to_utc()), number)
            }
        })
    }

    fn descends(&self) -> bool {
        self.direction != "asc"
    }

    /// The first `count` of `branches` that `search` finds.
    fn first<'b>(
        &self,
        branches: &'b Branches,
        search: Option<&str>,
        count: usize,
    ) -> Vec<(Place, &'b Branch)> {
        branches
            .walk(self.by, self.descends(), self.after.as_ref())
            .filter(|(_, branch)| is_found(branch, search))
            .take(count)
            .collect()
    }
}

/// `search` is in lower case.
fn is_found(branch: &Branch, search: Option<&str>) -> bool {
    search.is_none_or(|text| branch.name.to_lowercase().contains(text) || branch.id.contains(text))
}

pub(super) fn list(state: &mut State, call: &Call<'_>) -> Answer {
    let (project, source) = call.project(state)?;
    let order = Order::read(call, project, source)?;
    let search = call.text("search").map(str::to_lowercase);
    let search = search.as_deref();
    let limit = call.limit(PAGE);
    let mut found = order.first(&project.branches, search, limit + 1);
    if call.flag("include_deleted") == Some(true) {
        found.extend(order.first(&project.deleted_branches, search, limit + 1));
        found.sort_by(|(a, _), (b, _)| a.cmp(b));
        if order.descends() {
            found.reverse();
        }
    }
    let page = found.get(..limit.min(found.len())).unwrap_or_default();
    let items: Value = page
        .iter()
        .map(|(_, branch)| branch.json(project, source, call.now))
        .collect();
    let annotations: Map<String, Value> = page
        .iter()
        .filter_map(|(_, branch)| Some((branch.id.clone(), branch.annotation_json(source)?)))
        .collect();
    let mut pagination = Map::new();
    pagination.insert("sort_by".to_owned(), json!(order.sort_by));
    let direction = order.direction.to_uppercase();
    pagination.insert("sort_order".to_owned(), json!(direction));
    let has_next = found.len() > limit || call.last_cursor;
    if let (true, Some((place, last))) = (has_next, page.last()) {
        let cursor = order.cursor(place, last, source);
        pagination.insert("next".to_owned(), json!(cursor));
    }
    Ok(Reply::ok(json!({
        "branches": items,
        "annotations": annotations,
        "pagination": pagination,
    })))
}

pub(super) fn count(state: &mut State, call: &Call<'_>) -> Answer {
    let (project, _) = call.project(state)?;
    let count = match call.text("search").map(str::to_lowercase) {
        None => project.branches.len(),
        search => {
            let found = |branch: &&Branch| is_found(branch, search.as_deref());
            project.branches.iter().filter(found).count()
        }
    };
    Ok(Reply::ok(json!({ "count": count })))
}
