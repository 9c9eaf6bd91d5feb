//! Which `.neon` is found, and what it may contain.

use super::*;

#[test]
fn the_context_is_searched_for_below_the_home_folder() {
    let home = Home::new();
    let context = |folder: &str| {
        fs::create_dir_all(home.path(folder)).unwrap();
        home.config_in(&home.path(folder)).context()
    };
    home.write(".neon", r#"{"projectId":"of-the-home"}"#);
    assert_eq!(context("work/app"), Ok(None));
    let outer = home.write(
        "work/.neon",
        r#"{"orgId":"org-o-1","projectId":"p-1","branch":"main"}"#,
    );
    let found = context("work/app/src").unwrap().unwrap();
    assert_eq!(found.file, outer);
    assert_eq!(found.org.unwrap(), "org-o-1");
    assert_eq!(found.project.unwrap(), "p-1");
    assert_eq!(found.branch, Some(CliBranch::Name("main".into())));
    for (content, branch) in [
        (
            r#"{"branchId":"br-calm-sea-12ab"}"#,
            Some("br-calm-sea-12ab"),
        ),
        (
            r#"{"branch":"br-calm-sea-12ab","branchId":"x"}"#,
            Some("br-calm-sea-12ab"),
        ),
        (r#"{"branch":"br-x"}"#, None),
        (r#"{"branch":"br-calm-sea-","projectId":null}"#, None),
    ] {
        home.write("work/app/.neon", content);
        let found = context("work/app").unwrap().unwrap();
        let id = match found.branch.unwrap() {
            CliBranch::Id(id) => Some(id.to_string()),
            CliBranch::Name(_) => None,
        };
        assert_eq!((id.as_deref(), found.project), (branch, None), "{content}");
    }
    home.write("work/app/.neon", "{}");
    let empty = context("work/app").unwrap().unwrap();
    assert_eq!((empty.org, empty.project, empty.branch), (None, None, None));
    for (content, text) in [
        ("{\n\"projectId\": planted", "see line 2"),
        (
            r#"{"projectId":"planted project"}"#,
            "`projectId` is not a valid project ID",
        ),
        (
            r#"{"orgId":"planted!"}"#,
            "`orgId` is not a valid organization ID",
        ),
        (r#"{"branch":17}"#, "have to be strings"),
    ] {
        home.write("work/app/.neon", content);
        let error = context("work/app").unwrap_err().to_string();
        assert!(
            error.contains(text) && error.contains("work/app/.neon"),
            "{error}"
        );
        assert!(!error.contains("planted"), "{error}");
    }
    fs::remove_file(home.path("work/app/.neon")).unwrap();
    fs::create_dir(home.path("work/app/.neon")).unwrap();
    assert_eq!(context("work/app"), Ok(None), "a folder of this name");
}
