//! Walking a list without `async`.

use std::fmt;
use std::sync::Arc;

use neon_api_raw::ids::ProjectId;

use crate::Result;
use crate::pager::{Cursor, Listing, Pager};

use super::driver::Driver;

/// The items of a list, returned by [`Blocking::iter`](super::Blocking::iter).
///
/// After an error, the next call tries again, as [`Pager`] does.
#[must_use = "a list does nothing until it is walked"]
pub struct Items<L: Listing> {
    driver: Arc<Driver>,
    /// `None` if the thread that walked it has ended.
    list: Option<Pager<L>>,
}

impl<L: Listing> Items<L> {
    pub(super) fn new(driver: Arc<Driver>, list: Pager<L>) -> Self {
        let list = Some(list);
        Self { driver, list }
    }

    /// Returns where to resume: [`Pager::cursor`].
    pub fn cursor(&self) -> Option<&Cursor> {
        self.list.as_ref().and_then(Pager::cursor)
    }

    /// Projects that are missing from the list so far: [`Pager::unavailable`].
    pub fn unavailable(&self) -> &[ProjectId] {
        self.list.as_ref().map_or(&[], Pager::unavailable)
    }
}

impl<L: Listing> Iterator for Items<L> {
    type Item = Result<L::Item>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut list = self.list.take()?;
        let walked = self.driver.run(async move {
            let item = list.next().await;
            (item, list)
        });
        match walked {
            Ok((item, list)) => {
                self.list = Some(list);
                item
            }
            Err(error) => Some(Err(error)),
        }
    }
}

impl<L: Listing> fmt::Debug for Items<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Items").field(&self.list).finish()
    }
}
