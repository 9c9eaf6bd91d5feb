//! The attribute of `neon-api-test`, which documents and re-exports it.
#![forbid(unsafe_code)]

mod arguments;
mod expand;

use proc_macro::TokenStream;

/// Makes an `async` function a test with a database of its own, which it is passed as a
/// `neon_api_test::TestDb`. It returns `()` or a `Result<(), E>`.
///
/// ```ignore
/// #[neon_api_test::branch(migrations = "migrations", seed = "seed.sql")]
/// async fn a_transfer_moves_money(db: TestDb) {}
/// ```
///
/// | argument | meaning |
/// |---|---|
/// | `migrations = "folder"` | migrations in files of SQL, in a folder of the package |
/// | `seed = "file"` | a file of SQL that is run after them |
/// | `migrate = value` | any expression that implements `Migrate`, for example of sqlx; may be repeated |
/// | `isolation = "branch"` | a branch with a server of its own, not only a database |
/// | `backend = "local"` | `local`, `neon` or `skip`, whatever `NEON_TEST_BACKEND` says |
/// | `flavor = "multi_thread"` | the runtime, as in `#[tokio::test]`; `current_thread` by default |
/// | `worker_threads = 2` | its threads |
///
/// Migrations and seeds are run in the order in which they are written. Other attributes, such as
/// `#[ignore]` and `#[should_panic]`, stay on the test.
#[proc_macro_attribute]
pub fn branch(arguments: TokenStream, item: TokenStream) -> TokenStream {
    expand::test(arguments.into(), item.into())
        .unwrap_or_else(syn::Error::into_compile_error)
        .into()
}
