//! Lists that are not what they should be.

use neon_api_emulator::{Emulator, Fault};
use serde_json::{Value, json};

use crate::support::{Api, each, text};

/// With this many projects, by their IDs, the newest first.
fn with_projects(count: usize) -> (Api, Vec<String>) {
    let emulator = Emulator::default();
    let mut ids: Vec<String> = emulator.seed(|seed| {
        let made = (0..count).map(|number| seed.project(&format!("p{number}")).unwrap());
        made.map(|made| made.project.id.to_string()).collect()
    });
    ids.reverse();
    (Api::of(emulator), ids)
}

/// Follows cursors until a page has none; returns the pages' IDs.
async fn walk(api: &Api, path: &str, key: &str, cursor_at: &str) -> Vec<Vec<String>> {
    let mut pages = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = api.get(&format!("{path}{cursor}")).await.expect(200);
        let ids = each(&page[key], "id");
        pages.push(ids.iter().map(|id| (*id).to_owned()).collect());
        assert!(pages.len() < 20, "the walk goes in a circle");
        match page.pointer(cursor_at).and_then(Value::as_str) {
            Some(next) => cursor = format!("&cursor={}", next.replace(':', "%3A")),
            None => return pages,
        }
    }
}

#[tokio::test]
async fn an_empty_page_hides_nothing() {
    let (api, ids) = with_projects(4);
    let faults = api.emulator.faults();
    // The first page and the third are empty, and lead to what they should have had.
    faults.inject(Fault::empty_page());
    faults.inject(Fault::empty_page().after(1));
    let pages = walk(&api, "/projects?limit=2", "projects", "/pagination/cursor").await;
    let sizes: Vec<usize> = pages.iter().map(Vec::len).collect();
    assert_eq!(sizes, [0, 2, 0, 2, 0]);
    assert_eq!(pages.concat(), ids);
    assert_eq!(faults.remaining(), 0);
    let log = api.emulator.requests();
    let met: Vec<bool> = log.iter().map(|r| r.fault == Some("empty page")).collect();
    assert_eq!(met, [true, false, true, false, false]);

    // The other style of cursor, the last page included.
    let path = format!("/projects/{}/branches?limit=1", ids[0]);
    faults.inject(
        Fault::empty_page()
            .times(2)
            .after(1)
            .on("listProjectBranches"),
    );
    let branches = walk(&api, &path, "branches", "/pagination/next").await;
    assert_eq!(branches.iter().map(Vec::len).collect::<Vec<_>>(), [1]);
    let branches = walk(&api, &path, "branches", "/pagination/next").await;
    assert_eq!(branches.iter().map(Vec::len).collect::<Vec<_>>(), [0, 0, 1]);
    assert_eq!(faults.remaining(), 0);

    // It meets no request that answers no page.
    faults.inject(Fault::empty_page().always());
    let path = format!("/projects/{}", ids[0]);
    assert_eq!(
        text(&api.get(&path).await.expect(200), "/project/id"),
        ids[0]
    );
}

#[tokio::test]
async fn a_cursor_repeats() {
    let (api, ids) = with_projects(4);
    api.emulator.faults().inject(Fault::repeat_cursor());
    let first = api.get("/projects?limit=1").await.expect(200);
    assert_eq!(
        text(&first, "/pagination/cursor"),
        ids[0],
        "it had none to repeat"
    );
    let next = format!("/projects?limit=1&cursor={}", ids[0]);
    let second = api.get(&next).await.expect(200);
    assert_eq!(each(&second["projects"], "id"), [&ids[1]]);
    assert_eq!(text(&second, "/pagination/cursor"), ids[0]);
    let again = api.get(&next).await.expect(200);
    assert_eq!(text(&again, "/pagination/cursor"), ids[1], "once");
}

/// In each of the styles, and in the body, also where the answer had no cursor.
#[tokio::test]
async fn every_paged_list_can_repeat_its_cursor() {
    let api = Api::instant();
    let (project, path) = api.project_path().await;
    let branch = format!("{path}/branches/{}", text(&project, "/branch/id"));
    let org = api.emulator.organization_id();
    let members = format!("/organizations/{org}/members");
    let all = api.get(&members).await.expect(200);
    let member = text(&all, "/members/0/member/id").to_owned();
    api.emulator
        .faults()
        .inject(Fault::repeat_cursor().always());
    let objects = format!("{branch}/buckets/b/objects");
    for (path, cursor, at) in [
        (members, member.as_str(), "/pagination/next"),
        (objects, "c", "/next_cursor"),
    ] {
        let page = api.get(&format!("{path}?cursor={cursor}")).await;
        assert_eq!(text(&page.expect(200), at), cursor, "{path}");
    }
    let body = json!({ "source": "function", "since": "5m", "cursor": "c" });
    let page = api.post(&format!("{branch}/logs/query"), body).await;
    assert_eq!(text(&page.expect(200), "/next_cursor"), "c");
}

#[tokio::test]
async fn a_list_is_partial() {
    let (api, ids) = with_projects(3);
    api.emulator.faults().inject(Fault::partial_list(2));
    assert_eq!(
        api.get("/regions").await.status,
        200,
        "it meets lists of projects"
    );
    let partial = api.get("/projects").await.expect(200);
    assert_eq!(each(&partial["projects"], "id"), [&ids[2]]);
    assert_eq!(partial["unavailable_project_ids"], json!([ids[0], ids[1]]));
    let whole = api.get("/projects").await.expect(200);
    assert_eq!(each(&whole["projects"], "id"), ids);
    assert_eq!(whole.get("unavailable_project_ids"), None);
}
