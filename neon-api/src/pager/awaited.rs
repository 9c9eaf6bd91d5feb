//! Lists as a whole, and searches in them.

use std::future::{IntoFuture, poll_fn};
use std::pin::Pin;

use futures_core::Stream;

use super::{Finite, Listing, Pager};
use crate::Result;
use crate::call::Call;
use crate::error::Error;

impl<L: Listing> Pager<L> {
    /// The next item; `None` at the end of the list. After an error the next call tries again.
    pub async fn next(&mut self) -> Option<Result<L::Item>> {
        poll_fn(|cx| Pin::new(&mut *self).poll_next(cx)).await
    }

    /// The next item; `None` at the end of the list. After an error the next call tries again.
    ///
    /// # Errors
    ///
    /// Those of the list.
    pub async fn try_next(&mut self) -> Result<Option<L::Item>> {
        self.next().await.transpose()
    }

    /// Appends all remaining items to `items`. After an error, `items` has those that came before
    /// it, and the next call continues where it stopped.
    ///
    /// ```no_run
    /// # async fn run(neon: neon_api::Neon) -> Result<(), neon_api::Error> {
    /// let mut list = neon.projects().list();
    /// let mut projects = Vec::new();
    /// if let Err(error) = list.collect_into(&mut projects).await {
    ///     println!("{} projects, and then: {error}", projects.len());
    ///     list.collect_into(&mut projects).await?;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Those of the list, and [`Error::Partial`] at its end if the API could not reach all
    /// projects, unless [that is allowed](Self::allow_partial).
    pub async fn collect_into(&mut self, items: &mut Vec<L::Item>) -> Result<()> {
        while let Some(item) = self.try_next().await? {
            items.push(item);
        }
        self.complete()
    }

    /// Returns the first item, if any, with a request for one item only.
    ///
    /// # Errors
    ///
    /// Those of the list, and [`Error::Partial`] where the API could not reach a project that may be
    /// the first, unless [that is allowed](Self::allow_partial).
    pub fn first(self) -> Call<Option<L::Item>> {
        let mut list = self.prefetch(false).page_size(1);
        Call::of(list.neon().clone(), |client| async move {
            list.set_neon(client.get());
            let first = list.try_next().await?;
            list.complete()?;
            Ok(first)
        })
    }

    /// Returns an incomplete list if the API could not reach all projects, instead of failing with
    /// [`Error::Partial`].
    ///
    /// ```no_run
    /// # async fn run(neon: neon_api::Neon) -> Result<(), neon_api::Error> {
    /// let reachable = neon.projects().list().allow_partial(true).await?;
    /// println!("{} projects at least", reachable.len());
    /// # Ok(())
    /// # }
    /// ```
    pub fn allow_partial(mut self, allow: bool) -> Self {
        self.allows_partial = allow;
        self
    }

    /// Whether a list that was walked to its end is complete.
    fn complete(&self) -> Result<()> {
        if self.unavailable().is_empty() || self.allows_partial {
            return Ok(());
        }
        Err(Error::Partial {
            route: self.route(),
            missing: self.unavailable().to_vec(),
        })
    }

    /// The first item for which the predicate is true. `None` only if the list is complete.
    pub(crate) fn find_where(
        self,
        is_it: impl Fn(&L::Item) -> bool + Send + 'static,
    ) -> Call<Option<L::Item>> {
        let mut list = self.prefetch(false);
        Call::of(list.neon().clone(), |client| async move {
            list.set_neon(client.get());
            while let Some(item) = list.try_next().await? {
                if is_it(&item) {
                    return Ok(Some(item));
                }
            }
            list.complete()?;
            Ok(None)
        })
    }
}

impl<L: Finite> Pager<L> {
    /// Returns all items when awaited, as awaiting the list itself does: a future to spawn, join or
    /// give a [timeout](Call::timeout).
    ///
    /// After an error the items are lost; [`collect_into`](Self::collect_into) keeps them.
    pub fn send(mut self) -> Call<Vec<L::Item>> {
        Call::of(self.neon().clone(), |client| async move {
            self.set_neon(client.get());
            let mut items = Vec::new();
            self.collect_into(&mut items).await?;
            Ok(items)
        })
    }
}

impl<L: Finite> IntoFuture for Pager<L> {
    type Output = Result<Vec<L::Item>>;
    type IntoFuture = Call<Vec<L::Item>>;

    fn into_future(self) -> Self::IntoFuture {
        self.send()
    }
}
