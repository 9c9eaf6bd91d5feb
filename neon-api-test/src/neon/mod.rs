//! The backend `neon`: a pool of branches that are reset between tests.
//!
//! ```no_run
//! # async fn example() -> Result<(), neon_api_test::Error> {
//! use neon_api_test::neon::Pool;
//!
//! let neon = neon_api::Neon::from_env().expect("NEON_API_KEY is set");
//! let pool = Pool::new(neon, ["late-frost-12345678", "cool-rain-87654321"]).size(10);
//! pool.prepare().await?;
//! let branch = pool.lease().await?;
//! println!("{}", branch.id());
//! drop(branch);
//! pool.close().await?;
//! # Ok(())
//! # }
//! ```

mod background;
mod env;
mod error;
mod leased;
mod pool;
mod reset;
mod slots;
mod template;

pub use error::PoolError;
pub use leased::LeasedBranch;
pub use pool::Pool;

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use tokio::sync::Mutex;

use crate::error::Result;
use crate::plan::Plan;

/// A branch in use, which is reset when it is dropped, or by the next test.
pub(crate) type Leased = LeasedBranch;

/// The pools of this process, by their plan, as the environment configures them.
static POOLS: OnceLock<Mutex<HashMap<String, Arc<Pool>>>> = OnceLock::new();

/// A branch as planned, and its connection string.
pub(crate) async fn lease(plan: Plan) -> Result<(String, Leased)> {
    let key = plan.key()?;
    let pool = {
        let mut pools = POOLS.get_or_init(Mutex::default).lock().await;
        if let Some(pool) = pools.get(&key) {
            Arc::clone(pool)
        } else {
            let pool = Arc::new(env::pool()?.with_plan(plan).in_background());
            pools.insert(key, Arc::clone(&pool));
            pool
        }
    };
    let leased = pool.lease().await?;
    Ok((leased.url().to_owned(), leased))
}
