//! Which project, branch or endpoint a request was about.

use percent_encoding::percent_decode_str;

use crate::excerpt::excerpt;

/// Path parameters that errors name. Others may be the caller's own data, such as an object's key,
/// or grant access, such as the ID of a transfer request.
const NAMED: &[&str] = &[
    "branch_id",
    "database_name",
    "endpoint_id",
    "operation_id",
    "org_id",
    "project_id",
    "role_name",
    "snapshot_id",
    "source_org_id",
];

const LONGEST: usize = 64;

/// What a request was about: `projects/late-frost-1/branches/br-none`, from the operation's path
/// template and the request's path, up to the last parameter that may be named. `None` if there is
/// none, as for lists of projects.
pub(crate) fn resource(template: &str, path: &str) -> Option<Box<str>> {
    // A base URL's path comes first.
    let mut found: Vec<&str> = path
        .rsplit('/')
        .take(template.matches('/').count())
        .collect();
    found.reverse();
    let due: Vec<&str> = template.split('/').skip(1).collect();
    let last = due.iter().rposition(|segment| is_named(segment))?;
    if found.len() != due.len() {
        return None;
    }
    let parts = due.iter().zip(found).take(last + 1).map(|(due, found)| {
        if !due.starts_with('{') {
            (*due).to_owned()
        } else if is_named(due) {
            excerpt(&percent_decode_str(found).decode_utf8_lossy(), LONGEST)
        } else {
            "…".to_owned()
        }
    });
    Some(parts.collect::<Vec<_>>().join("/").into())
}

fn is_named(segment: &str) -> bool {
    let name = segment.strip_prefix('{').and_then(|s| s.strip_suffix('}'));
    name.is_some_and(|name| NAMED.contains(&name))
}

#[cfg(test)]
mod tests {
    use super::resource;

    #[test]
    fn a_resource_is_named_by_its_path() {
        const BRANCH: &str = "/projects/{project_id}/branches/{branch_id}";
        for (template, path, named) in [
            (
                BRANCH,
                "/api/v2/projects/p-1/branches/br-1",
                Some("projects/p-1/branches/br-1"),
            ),
            (
                BRANCH,
                "/projects/p-1/branches/a%2Fb%0Ac",
                Some("projects/p-1/branches/a/b c"),
            ),
            (BRANCH, "/p-1", None),
            ("/projects", "/api/v2/projects", None),
            (
                "/projects/{project_id}/endpoints/{endpoint_id}/start",
                "/projects/p/endpoints/ep-1/start",
                Some("projects/p/endpoints/ep-1"),
            ),
            (
                "/projects/{project_id}/transfer_requests/{request_id}",
                "/projects/p/transfer_requests/s3cret",
                Some("projects/p"),
            ),
            (
                "/projects/{project_id}/branches",
                "/projects/napi_s3cret/branches",
                Some("projects/napi_***"),
            ),
        ] {
            assert_eq!(resource(template, path).as_deref(), named, "{path}");
        }
        let long = format!("/projects/{}", "a".repeat(1000));
        let named = resource("/projects/{project_id}", &long).unwrap();
        assert_eq!(named.chars().count(), "projects/".len() + 65);
    }
}
