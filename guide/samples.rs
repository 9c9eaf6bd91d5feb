//! The samples of the guide as documentation tests: `cargo test -p neon-api-guide --doc` compiles
//! each, and runs it against an emulator in paused time.

use std::error::Error;

use neon_api::Neon;
use neon_api::projects::ProjectHandle;
use neon_api_emulator::Emulator;

/// What a sample needs, in the hidden lines before and after it.
#[derive(Debug)]
pub struct Sample {
    /// A client of the emulator.
    pub neon: Neon,
    /// A project named `my-app`, with the branch `main`, the database `neondb` and its role.
    pub project: ProjectHandle,
    /// The emulator.
    pub emulator: Emulator,
}

/// Runs a sample.
///
/// # Panics
///
/// If it returns an error.
pub fn run(sample: impl AsyncFnOnce(Sample) -> Result<(), Box<dyn Error>>) {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = runtime.enable_all().start_paused(true).build();
    let outcome = runtime.map_err(Into::into).and_then(|runtime| {
        runtime.block_on(async {
            let emulator = Emulator::builder().build();
            let neon = Neon::builder()
                .api_key("napi_sample")
                .transport(emulator.transport())
                .build()?;
            let created = neon.projects().create("my-app").ready().await?;
            let project = neon.project(&created);
            sample(Sample {
                neon,
                project,
                emulator,
            })
            .await
        })
    });
    if let Err(error) = outcome {
        #[allow(clippy::panic, reason = "a sample that fails is a test that fails")]
        {
            panic!("{error}");
        }
    }
}

/// A module for each chapter, whose code blocks are its tests.
macro_rules! chapters {
    ($($name:ident),* $(,)?) => {$(
        #[doc = include_str!(concat!("src/", stringify!($name), ".md"))]
        mod $name {}
    )*};
}

chapters!(
    getting_started,
    concepts,
    keys,
    previews,
    tenants,
    fleets,
    usage,
    cleaning_up,
    restoring,
    connecting,
    limits,
    errors,
    testing,
    databases_in_tests,
    observability,
    migrating,
);

#[doc = include_str!("src/neon-rust-sdk.md")]
mod rules {}
