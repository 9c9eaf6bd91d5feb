//! The thirteen lists of the API that come in pages.

mod branches;
mod consumption;
mod organizations;
mod projects;

use neon_api_raw::types::{CursorPagination, Pagination};

use super::Cursor;

pub use branches::{
    BucketEntry, ListBranches, ListBucketObjects, ListCustomDomains, ListFunctions, QueryLogs,
};
pub(crate) use consumption::Span;
pub use consumption::{BranchConsumptionV2, ProjectConsumption, ProjectConsumptionV2};
pub use organizations::ListOrgMembers;
pub use projects::{ListOperations, ListProjectMembers, ListProjects, ListSharedProjects};

/// The cursor of lists that mark the last item (`pagination.cursor`).
fn after_last_item(pagination: Option<Pagination>) -> Option<Cursor> {
    filled(Some(pagination?.cursor))
}

/// The cursor of lists that name the next page (`pagination.next`).
fn next_page(pagination: Option<CursorPagination>) -> Option<Cursor> {
    filled(pagination?.next)
}

/// The cursor of lists that say whether there is more (`is_truncated`, `next_cursor`).
fn if_truncated(is_truncated: bool, next: Option<String>) -> Option<Cursor> {
    filled(next.filter(|_| is_truncated))
}

fn filled(text: Option<String>) -> Option<Cursor> {
    text.filter(|text| !text.is_empty()).map(Cursor)
}

/// Implements `Listing` for a struct: the item, the largest page, whether an empty page is the end,
/// the operation, and an expression for the page, in which `await` may be used.
macro_rules! listing {
    (
        $name:ty => $item:ty, $largest:literal, $empty_is_end:literal, $operation:ident,
        |$this:ident, $neon:ident, $after:ident, $limit:ident| $page:expr
    ) => {
        impl crate::pager::sealed::Sealed for $name {}

        impl crate::pager::Listing for $name {
            type Item = $item;
            const LARGEST_PAGE: u32 = $largest;
            const EMPTY_PAGE_IS_END: bool = $empty_is_end;

            fn route() -> &'static neon_api_raw::Route {
                &neon_api_raw::routes::$operation
            }

            fn fetch(
                &self,
                $neon: crate::Neon,
                after: Option<crate::pager::Cursor>,
                limit: u32,
            ) -> neon_api_raw::BoxFuture<'static, crate::Result<crate::pager::Page<$item>>> {
                let $this = self.clone();
                let $after = after.map(String::from);
                let $limit = Some(i64::from(limit));
                Box::pin(async move { $page })
            }
        }
    };
}

/// A request with the place and the size of one page.
macro_rules! page_of {
    ($query:expr, $after:ident, $limit:ident) => {{
        let mut query = $query;
        query.cursor = $after;
        query.limit = $limit;
        query
    }};
}

use {listing, page_of};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pager::Listing;
    use serde_json::Value;

    /// The bound and the cursor's style that the interface states for a list.
    fn assert_stated<L: Listing>() {
        let document: Value = serde_json::from_str(neon_api_raw::openapi::V2_JSON).unwrap();
        let operation = L::route();
        let path = &document["paths"][operation.path];
        let stated = path[operation.method.to_lowercase()].clone();
        let limit = stated["parameters"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|parameter| match parameter["$ref"].as_str() {
                Some(target) => document.pointer(&target[1..]).unwrap(),
                None => parameter,
            })
            .find(|parameter| parameter["name"] == "limit")
            .map(|parameter| parameter["schema"]["maximum"].clone());
        let in_body = &document["components"]["schemas"]["ProjectBranchLogsQueryRequest"];
        let limit = limit.unwrap_or_else(|| in_body["properties"]["limit"]["maximum"].clone());
        assert_eq!(limit, L::LARGEST_PAGE, "{operation}");
    }

    #[test]
    fn pages_are_as_large_as_the_interface_allows() {
        assert_stated::<ListProjects>();
        assert_stated::<ListSharedProjects>();
        assert_stated::<ListOperations>();
        assert_stated::<ListProjectMembers>();
        assert_stated::<ListBranches>();
        assert_stated::<ListFunctions>();
        assert_stated::<ListCustomDomains>();
        assert_stated::<ListBucketObjects>();
        assert_stated::<QueryLogs>();
        assert_stated::<ListOrgMembers>();
        assert_stated::<ProjectConsumption>();
        assert_stated::<ProjectConsumptionV2>();
        assert_stated::<BranchConsumptionV2>();
    }

    #[test]
    fn empty_cursors_are_none() {
        assert_eq!(next_page(None), None);
        assert_eq!(filled(Some(String::new())), None);
        assert_eq!(if_truncated(false, Some("x".to_owned())), None);
        assert_eq!(
            if_truncated(true, Some("x".to_owned())),
            Some(Cursor::new("x"))
        );
        assert_eq!(if_truncated(true, None), None);
    }
}
