//! Lists of the three cursor styles, served page by page as a plan says, faults included.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use neon_api::raw::transport::FailureKind;
use neon_api::{Cursor, Error, Listing, Neon, Pager};
use neon_api_emulator::spec::sample;
use serde_json::{Value, json};

use super::{Seen, Server, Step, branch_id, fail, from, ok, project_id, status};

/// How a list tells where it goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    /// `pagination.cursor` marks the last item; the end is an empty page.
    AfterLastItem,
    /// `pagination.next` names the next page; the end is its absence.
    NextPage,
    /// `is_truncated` and `next_cursor`, asked for in a body.
    Truncated,
}

impl Style {
    pub(crate) const ALL: [Self; 3] = [Self::AfterLastItem, Self::NextPage, Self::Truncated];

    /// The operation that stands for the style here.
    pub(crate) fn operation(self) -> &'static str {
        match self {
            Self::AfterLastItem => "listProjects",
            Self::NextPage => "listProjectBranches",
            Self::Truncated => "queryProjectBranchLogs",
        }
    }
}

/// What a page's request may meet before it is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hurdle {
    RateLimited,
    Unavailable,
    Broken,
    Reset,
    /// Is told to the caller, whatever the request.
    Refused,
}

impl Hurdle {
    pub(crate) const ALL: [Self; 5] = [
        Self::RateLimited,
        Self::Unavailable,
        Self::Broken,
        Self::Reset,
        Self::Refused,
    ];

    fn step(self) -> Step {
        match self {
            Self::RateLimited => status(429),
            Self::Unavailable => status(503),
            Self::Broken => status(502),
            Self::Reset => fail(FailureKind::Interrupted),
            Self::Refused => status(400),
        }
    }
}

/// One page of a plan.
#[derive(Debug, Clone, Default)]
pub(crate) struct PagePlan {
    pub(crate) size: usize,
    pub(crate) hurdles: Vec<Hurdle>,
    /// How many of its answers lack the page's last item, which is named as unavailable.
    pub(crate) partial: usize,
}

/// How often a page is asked for that lacks something.
pub(crate) const ASKED_AT_MOST: usize = 3;

impl PagePlan {
    pub(crate) fn of(size: usize) -> Self {
        Self {
            size,
            ..Self::default()
        }
    }

    fn is_partial(&self) -> bool {
        self.partial > 0 && self.size > 0
    }

    /// Whether its last item never comes.
    pub(crate) fn loses_one(&self) -> bool {
        self.is_partial() && self.partial >= ASKED_AT_MOST
    }

    /// How many requests it costs.
    pub(crate) fn requests(&self) -> usize {
        let asked = if self.is_partial() {
            self.partial + 1
        } else {
            1
        };
        self.hurdles.len() + asked.min(ASKED_AT_MOST)
    }
}

/// A whole list.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub(crate) style: Style,
    pub(crate) pages: Vec<PagePlan>,
    /// The page that the last one's cursor leads back to, if it does.
    pub(crate) back_to: Option<usize>,
}

impl Plan {
    /// The names of a page's items.
    fn items(&self, page: usize) -> Vec<String> {
        let before: usize = self.pages[..page].iter().map(|page| page.size).sum();
        let numbers = before..before + self.pages[page].size;
        numbers.map(|number| format!("item-{number}")).collect()
    }

    /// What a walk over these pages delivers, and what it reports as unavailable.
    pub(crate) fn delivered(&self, pages: usize) -> (Vec<String>, Vec<String>) {
        let (mut delivered, mut unavailable) = (Vec::new(), Vec::new());
        for page in 0..pages {
            let mut items = self.items(page);
            if self.pages[page].loses_one() {
                unavailable.extend(items.pop());
            }
            delivered.extend(items);
        }
        (delivered, unavailable)
    }

    /// How many requests a walk over the whole list makes.
    pub(crate) fn requests(&self) -> usize {
        self.pages.iter().map(PagePlan::requests).sum()
    }

    /// A server of this list.
    pub(crate) fn server(self) -> Server {
        let asked = Arc::new(Mutex::new(vec![0; self.pages.len()]));
        Server::new(move |seen, _| {
            assert_eq!(seen.operation, self.style.operation());
            let cursor = cursor_of(seen);
            let page = cursor.map_or(0, |text| {
                text.strip_prefix("page-").unwrap().parse().unwrap()
            });
            let mut asked = asked.lock().unwrap();
            let before = asked[page];
            asked[page] += 1;
            let plan: &PagePlan = &self.pages[page];
            match plan.hurdles.get(before) {
                Some(hurdle) => hurdle.step(),
                None => ok(&self.answer(page, before - plan.hurdles.len())),
            }
        })
    }

    fn answer(&self, page: usize, before: usize) -> Value {
        let mut items = self.items(page);
        let is_partial = before < self.pages[page].partial;
        let missing: Vec<String> = is_partial
            .then(|| items.pop())
            .flatten()
            .into_iter()
            .collect();
        let is_last = page + 1 == self.pages.len();
        let next = if is_last {
            self.back_to
        } else {
            Some(page + 1)
        };
        let next = next.map(|page| format!("page-{page}"));
        let pagination = |field: &str| match &next {
            Some(cursor) => json!({ field: cursor }),
            None => Value::Null,
        };
        let mut body = sample(self.style.operation());
        let place = |field: &str, name: &str| {
            let samples = &body[field];
            let item = |text: &String| {
                let mut item = samples[0].clone();
                item[name] = json!(text);
                item
            };
            Value::Array(items.iter().map(item).collect())
        };
        match self.style {
            Style::AfterLastItem => {
                body["projects"] = place("projects", "id");
                body["unavailable_project_ids"] = json!(missing);
                body["pagination"] = pagination("cursor");
            }
            Style::NextPage => {
                body["branches"] = place("branches", "id");
                body["pagination"] = pagination("next");
            }
            Style::Truncated => {
                body["logs"] = place("logs", "message");
                body["is_truncated"] = json!(next.is_some());
                body["next_cursor"] = json!(next.unwrap_or_else(|| "left over".to_owned()));
            }
        }
        if body["pagination"].is_null() {
            body.as_object_mut().unwrap().remove("pagination");
        }
        body
    }
}

/// A typical answer of an operation. Made once a thread, since making one takes long.
pub(crate) fn sample(operation: &'static str) -> Value {
    thread_local!(static MADE: RefCell<HashMap<&'static str, Value>> = RefCell::default());
    let make = || {
        let sample = sample::response(operation, &sample::Options::default());
        sample.unwrap().body.unwrap()
    };
    MADE.with_borrow_mut(|made| made.entry(operation).or_insert_with(make).clone())
}

/// A query parameter as it was sent, or a field of the body that stands for it.
pub(crate) fn parameter(seen: &Seen, name: &str) -> Option<String> {
    let query = seen.uri.split_once('?').map_or("", |(_, query)| query);
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    let mut found = pairs.filter(|(key, _)| *key == name);
    if let Some((_, value)) = found.next() {
        return Some(value.to_owned());
    }
    let body: Value = serde_json::from_str(&seen.body).ok()?;
    match body.get(name)? {
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

/// The cursor that a request carried.
pub(crate) fn cursor_of(seen: &Seen) -> Option<String> {
    parameter(seen, "cursor")
}

/// How a walk is made.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Manner {
    pub(crate) prefetches: bool,
    pub(crate) page_size: u32,
    /// After an error a new client goes on with the cursor as text, in place of the same pager.
    pub(crate) starts_anew: bool,
    pub(crate) take: usize,
}

/// What came of a walk.
#[derive(Debug, Default)]
pub(crate) struct Walk {
    pub(crate) delivered: Vec<String>,
    pub(crate) unavailable: Vec<String>,
    pub(crate) errors: Vec<Error>,
}

/// Walks a plan's list to its end, through all errors.
pub(crate) async fn walk(style: Style, server: &Server, manner: Manner) -> Walk {
    let (project, branch) = (project_id(), branch_id());
    match style {
        Style::AfterLastItem => {
            let list = |neon: &Neon| neon.projects().list();
            walk_list(server, manner, list, |item| item.id.to_string()).await
        }
        Style::NextPage => {
            let list = |neon: &Neon| neon.project(&project).branches().list();
            walk_list(server, manner, list, |item| item.id.to_string()).await
        }
        Style::Truncated => {
            let branch = |neon: &Neon| neon.project(&project).branch(&branch);
            let list = |neon: &Neon| {
                branch(neon)
                    .logs()
                    .query(from(json!({"source": "postgres"})))
            };
            walk_list(server, manner, list, |item| item.message.clone()).await
        }
    }
}

async fn walk_list<L: Listing>(
    server: &Server,
    manner: Manner,
    list: impl Fn(&Neon) -> Pager<L>,
    name: impl Fn(&L::Item) -> String,
) -> Walk {
    let begin = |neon: &Neon| {
        let pager = list(neon).prefetch(manner.prefetches);
        pager.page_size(manner.page_size)
    };
    let mut pager = begin(&server.client());
    let mut walk = Walk::default();
    let mut unavailable = Vec::new();
    while walk.delivered.len() < manner.take {
        match pager.next().await {
            None => break,
            Some(Ok(item)) => {
                walk.delivered.push(name(&item));
                assert!(walk.delivered.len() < 1000, "the walk goes on for ever");
            }
            Some(Err(error)) => {
                let is_over = matches!(error, Error::RepeatedCursor(_) | Error::EmptyPages(_));
                walk.errors.push(error);
                if manner.starts_anew && !is_over {
                    unavailable.extend_from_slice(pager.unavailable());
                    let kept = serde_json::to_string(&pager.cursor()).unwrap();
                    let cursor: Option<Cursor> = serde_json::from_str(&kept).unwrap();
                    let anew = begin(&server.client());
                    pager = match cursor {
                        Some(cursor) => anew.start_after(cursor),
                        None => anew,
                    };
                }
            }
        }
    }
    unavailable.extend_from_slice(pager.unavailable());
    walk.unavailable = unavailable.iter().map(ToString::to_string).collect();
    walk
}
