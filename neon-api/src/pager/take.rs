//! The first items of a list.

use neon_api_raw::{BoxFuture, Route};

use super::{Cursor, Finite, Listing, Page, sealed};
use crate::Result;
use crate::neon::Neon;

/// The first items of a list, returned by [`Pager::take`](crate::Pager::take).
#[derive(Debug, Clone)]
pub struct Take<L>(pub(super) L);

impl<L> sealed::Sealed for Take<L> {}

impl<L: Listing> Listing for Take<L> {
    type Item = L::Item;
    const LARGEST_PAGE: u32 = L::LARGEST_PAGE;
    const EMPTY_PAGE_IS_END: bool = L::EMPTY_PAGE_IS_END;

    fn route(&self) -> &'static Route {
        self.0.route()
    }

    fn fetch(
        &self,
        neon: Neon,
        after: Option<Cursor>,
        limit: u32,
    ) -> BoxFuture<'static, Result<Page<L::Item>>> {
        self.0.fetch(neon, after, limit)
    }
}

impl<L: Listing> Finite for Take<L> {}
