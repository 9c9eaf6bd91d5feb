//! Lists of projects from which some are missing because they could not be reached in time.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by a panic"
)]

mod support;

use futures::TryStreamExt;
use neon_api::types::ProjectListItem;
use neon_api::{Listing, Neon, Pager};
use serde_json::{Value, json};
use support::lists::{cursor_of, sample};
use support::{Seen, Server, Step, ok, status};

/// A page with these projects, without those, and with a cursor.
fn page(seen: &Seen, projects: &[&str], missing: &[&str], cursor: Option<&str>) -> Step {
    let mut page = sample(seen.operation);
    let first = page["projects"][0].clone();
    let project = |id: &&str| {
        let mut project = first.clone();
        project["id"] = json!(id);
        project
    };
    page["projects"] = Value::Array(projects.iter().map(project).collect());
    page["unavailable_project_ids"] = json!(missing);
    page["pagination"] = json!({"cursor": cursor.unwrap_or("")});
    ok(&page)
}

/// What a walk delivers, what it reports, and the cursors that it sent.
type Walked = (Vec<String>, Vec<String>, Vec<Option<String>>);

async fn walk<L: Listing<Item: Into<ProjectListItem>>>(
    server: &Server,
    list: impl Fn(&Neon) -> Pager<L>,
) -> Walked {
    let mut pager = list(&server.client());
    let mut delivered = Vec::new();
    while let Some(project) = pager.try_next().await.unwrap() {
        delivered.push(project.into().id.to_string());
    }
    let reported = pager
        .unavailable()
        .iter()
        .map(ToString::to_string)
        .collect();
    let sent = server.seen().iter().map(cursor_of).collect();
    (delivered, reported, sent)
}

/// The same by both lists that have partial answers.
async fn walk_both(script: fn(&Seen, usize) -> Step) -> Walked {
    let own = walk(&Server::new(script), |neon| neon.projects().list()).await;
    let shared = walk(&Server::new(script), |neon| neon.projects().list_shared()).await;
    assert_eq!(own, shared);
    own
}

fn texts<const N: usize>(list: [&str; N]) -> Vec<String> {
    list.map(str::to_owned).to_vec()
}

#[tokio::test(start_paused = true)]
async fn a_partial_page_is_asked_for_again() {
    let (delivered, reported, sent) = walk_both(|seen, at| match at {
        0 => page(seen, &["a"], &["b"], Some("z")),
        1 => page(seen, &["a", "b"], &[], Some("z")),
        _ => page(seen, &[], &[], None),
    })
    .await;
    assert_eq!(delivered, ["a", "b"]);
    assert!(reported.is_empty());
    assert_eq!(sent, [None, None, Some("z".to_owned())]);
}

#[tokio::test(start_paused = true)]
async fn what_stays_missing_is_reported_and_the_walk_goes_on() {
    let (delivered, reported, sent) = walk_both(|seen, at| match at {
        // The second answer is the best one.
        0 => page(seen, &["a"], &["b", "c"], Some("z")),
        1 => page(seen, &["a", "b"], &["c"], Some("z")),
        2 => page(seen, &[], &["a", "b", "c"], Some("z")),
        3 => page(seen, &["d"], &[], Some("y")),
        _ => page(seen, &[], &[], None),
    })
    .await;
    assert_eq!(delivered, ["a", "b", "d"]);
    assert_eq!(reported, texts(["c"]));
    let [z, y] = ["z", "y"].map(|text| Some(text.to_owned()));
    assert_eq!(sent, [None, None, None, z, y]);
}

#[tokio::test(start_paused = true)]
async fn what_any_response_of_a_page_has_is_delivered() {
    let (delivered, reported, sent) = walk_both(|seen, at| match at {
        // Each lacks another one, and the last two have less than the first.
        0 => page(seen, &["a", "c"], &["b", "d"], Some("c")),
        1 => page(seen, &["b"], &["a", "c", "d"], Some("b")),
        2 => page(seen, &["a"], &["b", "c", "d"], Some("a")),
        _ => page(seen, &[], &[], None),
    })
    .await;
    assert_eq!(delivered, ["b", "a", "c"]);
    assert_eq!(reported, texts(["d"]));
    let c = Some("c".to_owned());
    assert_eq!(sent, [None, None, None, c]);
}

#[tokio::test(start_paused = true)]
async fn a_page_that_lacks_everything_is_not_the_end() {
    let (delivered, reported, sent) = walk_both(|seen, at| match at {
        0..3 => page(seen, &[], &["a", "b"], Some("z")),
        3 => page(seen, &["c"], &[], Some("y")),
        _ => page(seen, &[], &[], Some("y")),
    })
    .await;
    assert_eq!(delivered, ["c"]);
    assert_eq!(reported, texts(["a", "b"]));
    assert_eq!(sent.len(), 5);
}

#[tokio::test(start_paused = true)]
async fn a_partial_page_is_better_than_an_error_when_asking_again_fails() {
    let (delivered, reported, sent) = walk_both(|seen, at| match at {
        0 => page(seen, &["a"], &["b"], Some("z")),
        1 => status(400),
        2 => page(seen, &["c"], &[], Some("y")),
        _ => page(seen, &[], &[], None),
    })
    .await;
    assert_eq!(delivered, ["a", "c"]);
    assert_eq!(reported, texts(["b"]));
    assert_eq!(sent.len(), 4);
}

#[tokio::test(start_paused = true)]
async fn pages_tell_what_they_lack() {
    let server = Server::new(|seen, at| match at {
        0..3 => page(seen, &["a"], &["b"], Some("z")),
        _ => page(seen, &["c"], &[], None),
    });
    let pages = server.client().projects().list().pages();
    let pages: Vec<_> = pages.try_collect().await.unwrap();
    assert_eq!(pages[0].unavailable[0], "b");
    assert!(pages[1].unavailable.is_empty());
    assert_eq!(server.total(), 4);
}
