//! Lists that the API returns in one response and that have no filters.

use std::fmt;
use std::sync::Arc;

use neon_api_raw::{BoxFuture, Route};

use super::{Cursor, Finite, Listing, Page, sealed};
use crate::Result;
use crate::neon::Neon;

/// A list without filters that the API returns in one response.
///
/// Walked and awaited like all lists; if the API adds pagination, code that uses it does not
/// change.
///
/// ```no_run
/// # async fn run(branch: neon_api::branches::BranchHandle) -> Result<(), neon_api::Error> {
/// for role in branch.roles().list().await? {
///     println!("{}", role.name);
/// }
/// # Ok(())
/// # }
/// ```
pub struct Plain<T> {
    route: &'static Route,
    fetch: Fetch<T>,
}

type Fetch<T> = Arc<dyn Fn(Neon) -> BoxFuture<'static, Result<Vec<T>>> + Send + Sync>;

impl<T: fmt::Debug + Send + Unpin + 'static> Plain<T> {
    pub(crate) fn new<F>(
        route: &'static Route,
        fetch: impl Fn(Neon) -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = Result<Vec<T>>> + Send + 'static,
    {
        Self {
            route,
            fetch: Arc::new(move |neon| Box::pin(fetch(neon))),
        }
    }
}

impl<T> Clone for Plain<T> {
    fn clone(&self) -> Self {
        Self {
            route: self.route,
            fetch: Arc::clone(&self.fetch),
        }
    }
}

impl<T> fmt::Debug for Plain<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Plain").field(&self.route.id).finish()
    }
}

impl<T> sealed::Sealed for Plain<T> {}

impl<T: fmt::Debug + Send + Unpin + 'static> Listing for Plain<T> {
    type Item = T;
    const LARGEST_PAGE: u32 = u32::MAX;
    const EMPTY_PAGE_IS_END: bool = true;

    fn route(&self) -> &'static Route {
        self.route
    }

    fn fetch(&self, neon: Neon, _: Option<Cursor>, _: u32) -> BoxFuture<'static, Result<Page<T>>> {
        let items = (self.fetch)(neon);
        Box::pin(async move { Ok(Page::new(items.await?, None)) })
    }
}

impl<T: fmt::Debug + Send + Unpin + 'static> Finite for Plain<T> {}

/// A list that the API returns in one response:
/// `list!(self, LIST_PROJECT_BRANCH_ROLES, |this, neon| neon.raw().list_project_branch_roles(…).await, |response| response.roles)`.
macro_rules! list {
    ($self:expr, $route:ident, |$this:ident, $neon:ident| $request:expr, |$response:pat_param| $items:expr $(,)?) => {{
        let this = $self.clone();
        let neon = $self.neon().clone();
        let plain = $crate::pager::Plain::new(&neon_api_raw::routes::$route, move |$neon| {
            let $this = this.clone();
            async move {
                let $response = $request?.into_boxed();
                Ok($items)
            }
        });
        $crate::pager::Pager::new(neon, plain)
    }};
}

pub(crate) use list;
