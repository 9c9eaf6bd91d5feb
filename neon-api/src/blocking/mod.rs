//! The client for programs without `async`.

mod driver;
mod iter;

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use crate::Result;
use crate::error::Error;
use crate::neon::Neon;
use crate::pager::{Listing, Pager};

use self::driver::Driver;

pub use self::iter::Items;

/// A client whose calls block the thread until they have completed, returned by [`Neon::blocking`].
///
/// It dereferences to [`Neon`]: calls are made in the same way, and [`run`](Self::run) waits for
/// them. There is one implementation for all calls, so limits, retries and waits are the same.
///
/// The calls of a client, and of its clones, are driven by one thread, which ends with the last
/// clone. Any number of threads can call at the same time; they do not wait for each other.
///
/// It works in any thread, also where an async runtime is running: in `spawn_blocking` without
/// restriction, and in an async function as well, where it blocks the runtime's worker like any
/// other blocking code.
///
/// ```no_run
/// use neon_api::Neon;
///
/// let neon = Neon::from_env()?.blocking()?;
/// let app = neon.run(neon.projects().create("my-app").ready())?;
/// println!("created {}", app.project.id);
/// for project in neon.iter(neon.projects().list()) {
///     println!("{}", project?.name);
/// }
/// # Ok::<(), neon_api::Error>(())
/// ```
#[derive(Clone)]
pub struct Blocking {
    neon: Neon,
    driver: Arc<Driver>,
}

impl Neon {
    /// Returns this client for programs without `async`.
    ///
    /// ```no_run
    /// let neon = neon_api::Neon::from_env()?.blocking()?;
    /// for branch in neon.run(neon.project("late-frost-12345678").branches().list())? {
    ///     println!("{}", branch.name);
    /// }
    /// # Ok::<(), neon_api::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Config`] if the system provides no further thread.
    pub fn blocking(&self) -> Result<Blocking> {
        Ok(Blocking {
            neon: self.clone(),
            driver: Arc::new(Driver::new()?),
        })
    }
}

impl Blocking {
    /// Waits for a call, a [`ready`](crate::Call::ready) call, a list, or any other future with a
    /// `Result`, such as an `async` block that makes several calls.
    ///
    /// ```no_run
    /// use std::time::Duration;
    ///
    /// let neon = neon_api::Neon::from_env()?.blocking()?;
    /// let project = neon.project("late-frost-12345678");
    /// let branch = neon.run(project.branches().create("preview").ready())?;
    /// neon.run(project.branch(&branch).delete().timeout(Duration::from_secs(10)).ready())?;
    /// # Ok::<(), neon_api::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Those of the call; [`Error::Config`] if it is made by a future that this client runs, whose
    /// thread would wait for itself.
    ///
    /// # Panics
    ///
    /// If the future panics.
    pub fn run<C, T, E>(&self, call: C) -> Result<T, E>
    where
        C: IntoFuture<Output = Result<T, E>>,
        C::IntoFuture: Send + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        self.driver.run(call.into_future())?
    }

    /// Walks a list item by item, page after page.
    ///
    /// ```no_run
    /// let neon = neon_api::Neon::from_env()?.blocking()?;
    /// let mut projects = neon.iter(neon.projects().list());
    /// while let Some(project) = projects.next().transpose()? {
    ///     println!("{}", project.name);
    /// }
    /// println!("{} could not be reached", projects.unavailable().len());
    /// # Ok::<(), neon_api::Error>(())
    /// ```
    pub fn iter<L: Listing>(&self, list: Pager<L>) -> Items<L> {
        Items::new(Arc::clone(&self.driver), list)
    }
}

impl Deref for Blocking {
    type Target = Neon;

    fn deref(&self) -> &Neon {
        &self.neon
    }
}

impl fmt::Debug for Blocking {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Blocking").field(&self.neon).finish()
    }
}
