//! What the tests share.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use neon_api::Neon;
use neon_api_emulator::{Builder, Emulator};
use neon_api_test::neon::Pool;

/// An emulator with projects, and a folder for the files of a pool of their branches.
pub(crate) struct World {
    pub(crate) emulator: Emulator,
    pub(crate) projects: Vec<String>,
    folder: PathBuf,
}

impl World {
    pub(crate) fn new(builder: Builder, projects: usize) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let emulator = builder.request_log(1_000_000).build();
        let seed = |number| {
            let made = emulator.seed(|seed| seed.project(&format!("p{number}")));
            made.unwrap().project.id.to_string()
        };
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("neon-kit-pool-{}-{number}", std::process::id());
        Self {
            projects: (0..projects).map(seed).collect(),
            emulator,
            folder: std::env::temp_dir().join(name),
        }
    }

    pub(crate) fn neon(&self) -> Neon {
        let transport = self.emulator.transport();
        Neon::builder()
            .api_key("napi_any")
            .transport(transport)
            .build()
            .unwrap()
    }

    /// A pool as another process of this machine has it.
    pub(crate) fn pool(&self, size: usize) -> Pool {
        Pool::new(self.neon(), self.projects.clone())
            .size(size)
            .folder(&self.folder)
    }

    pub(crate) fn folder(&self) -> &std::path::Path {
        &self.folder
    }

    pub(crate) fn branches(&self) -> usize {
        let count = |project: &String| {
            let project = neon_api::ids::ProjectId::new(project.as_str()).unwrap();
            self.emulator.state().branches(&project).len()
        };
        self.projects.iter().map(count).sum()
    }
}

impl Drop for World {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.folder).ok();
    }
}
