//! Macros for the lists of resources.

/// Implements `Listing` for a struct: the item, the largest page, whether an empty page is the end,
/// the operation, and an expression for the page, in which `await` may be used. A list that may be
/// too long to be awaited is marked `endless`.
macro_rules! listing {
    (
        $name:ty => $item:ty, $largest:literal, $empty_is_end:literal, $operation:ident, endless,
        |$this:ident, $neon:ident, $after:ident, $limit:ident| $page:expr
    ) => {
        impl $crate::pager::sealed::Sealed for $name {}

        impl $crate::pager::Listing for $name {
            type Item = $item;
            const LARGEST_PAGE: u32 = $largest;
            const EMPTY_PAGE_IS_END: bool = $empty_is_end;

            fn route(&self) -> &'static neon_api_raw::Route {
                &neon_api_raw::routes::$operation
            }

            fn fetch(
                &self,
                $neon: $crate::Neon,
                after: Option<$crate::pager::Cursor>,
                limit: u32,
            ) -> neon_api_raw::BoxFuture<'static, $crate::Result<$crate::pager::Page<$item>>> {
                let $this = self.clone();
                let $after = after.map(String::from);
                let $limit = Some(i64::from(limit));
                Box::pin(async move { $page })
            }
        }
    };
    (
        $name:ty => $item:ty, $largest:literal, $empty_is_end:literal, $operation:ident,
        |$this:ident, $neon:ident, $after:ident, $limit:ident| $page:expr
    ) => {
        $crate::pager::listing! {
            $name => $item, $largest, $empty_is_end, $operation, endless,
            |$this, $neon, $after, $limit| $page
        }

        impl $crate::pager::Finite for $name {}
    };
}

/// A request with the cursor and the size of one page.
macro_rules! page_of {
    ($query:expr, $after:ident, $limit:ident) => {{
        let mut query = $query;
        query.cursor = $after;
        query.limit = $limit;
        query
    }};
}

pub(crate) use {listing, page_of};
