//! Lists of branches.

use serde_json::{Map, Value, json};

use super::{Answer, Call, Reply};
use crate::clock::Moment;
use crate::error::ApiError;
use crate::state::State;
use crate::state::branch::Branch;
use crate::state::branches::{Branches, Place, SortBy};

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
    fn read(call: &'a Call<'_>) -> Result<Self, ApiError> {
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
            order.after = Some(order.place(text).ok_or_else(refused)?);
        }
        Ok(order)
    }

    /// Its last place and the order that it is of, not meant to be read by clients.
    fn cursor(&self, place: &Place) -> String {
        let (number, key) = match place {
            Place::Name(name, number) => (number, name.clone()),
            Place::At(at, number) => (number, at.as_nanos().to_string()),
        };
        let text = format!("{}\n{}\n{number}\n{key}", self.sort_by, self.direction);
        let hex = |byte: u8| [byte >> 4, byte & 0xf].map(|half| char::from_digit(half.into(), 16));
        text.bytes().flat_map(hex).flatten().collect()
    }

    fn place(&self, cursor: &str) -> Option<Place> {
        let bytes: Option<Vec<u8>> = (0..cursor.len())
            .step_by(2)
            .map(|i| u8::from_str_radix(cursor.get(i..i + 2)?, 16).ok())
            .collect();
        let text = String::from_utf8(bytes?).ok()?;
        let mut parts = text.splitn(4, '\n');
        let same = parts.next()? == self.sort_by && parts.next()? == self.direction;
        let number = parts.next()?.parse().ok()?;
        let key = parts.next()?;
        let place = match self.by {
            SortBy::Name => Place::Name(key.to_owned(), number),
            SortBy::CreatedAt | SortBy::UpdatedAt => {
                Place::At(Moment::from_nanos(key.parse().ok()?), number)
            }
        };
        same.then_some(place)
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
    let order = Order::read(call)?;
    let search = call.text("search").map(str::to_lowercase);
    let search = search.as_deref();
    let limit = call.limit(PAGE);
    let mut found = order.first(&project.branches, search, limit + 1);
    if call.query("include_deleted") == Some("true") {
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
    if let (true, Some((last, _))) = (found.len() > limit, page.last()) {
        pagination.insert("next".to_owned(), json!(order.cursor(last)));
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
