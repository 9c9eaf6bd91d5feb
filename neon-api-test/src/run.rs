//! What the attribute calls.

use std::future::Future;
use std::io::Write;

use crate::builder::Builder;
use crate::db::TestDb;

/// The runtime that a test runs in.
#[derive(Debug, Clone, Copy)]
pub enum Flavor {
    /// The thread of the test.
    CurrentThread,
    /// With so many threads.
    MultiThread(Option<usize>),
}

/// What a test with the attribute may return: `()`, or a `Result` of it.
#[diagnostic::on_unimplemented(
    message = "a test with `#[neon_api_test::branch]` returns `()` or `Result<(), E>`, not `{Self}`"
)]
pub trait Outcome {
    /// That of a test that was skipped.
    fn skipped() -> Self;
}

impl Outcome for () {
    fn skipped() -> Self {}
}

impl<T: Outcome, E> Outcome for Result<T, E> {
    fn skipped() -> Self {
        Ok(T::skipped())
    }
}

/// Runs a test with a database of its own.
///
/// # Panics
///
/// If there is no database and the test is not to be skipped: then it has failed.
#[expect(clippy::panic, reason = "it is how a test fails")]
pub fn run<F, R>(name: &str, flavor: Flavor, builder: Builder, test: F) -> R::Output
where
    F: FnOnce(TestDb) -> R,
    R: Future,
    R::Output: Outcome,
{
    let mut runtime = match flavor {
        Flavor::CurrentThread => tokio::runtime::Builder::new_current_thread(),
        Flavor::MultiThread(threads) => {
            let mut runtime = tokio::runtime::Builder::new_multi_thread();
            if let Some(threads) = threads {
                runtime.worker_threads(threads);
            }
            runtime
        }
    };
    let runtime = match runtime.enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => panic!("cannot start a runtime: {error}"),
    };
    runtime.block_on(async {
        match builder.lease().await {
            Ok(db) => test(db).await,
            Err(error) if error.is_skipped() => {
                // Written as it is: what `eprintln` prints is shown for failing tests only.
                writeln!(std::io::stderr(), "!!! {name}: {error}").ok();
                R::Output::skipped()
            }
            Err(error) => panic!("{error}"),
        }
    })
}
