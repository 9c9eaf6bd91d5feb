//! The thread that drives the calls of a blocking client.

use std::panic::resume_unwind;
use std::sync::mpsc;
use std::thread::{self, ThreadId};

use neon_api_raw::BoxFuture;
use tokio::runtime;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::Result;
use crate::error::{ConfigError, Error};

/// Runs futures in a thread with a runtime of its own. The thread ends when this is dropped.
#[derive(Debug)]
pub(super) struct Driver {
    jobs: UnboundedSender<BoxFuture<'static, ()>>,
    thread: ThreadId,
}

impl Driver {
    pub(super) fn new() -> Result<Self> {
        let no_thread = |_| ConfigError::Setting("blocking: the system provides no further thread");
        let runtime = runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(no_thread)?;
        let (jobs, received) = unbounded_channel();
        let thread = thread::Builder::new()
            .name("neon-api-blocking".to_owned())
            .spawn(move || runtime.block_on(drive(received)))
            .map_err(no_thread)?;
        Ok(Self {
            jobs,
            thread: thread.thread().id(),
        })
    }

    /// Blocks this thread until the future has completed; a panic of it is continued here.
    pub(super) fn run<T: Send + 'static>(
        &self,
        future: impl Future<Output = T> + Send + 'static,
    ) -> Result<T> {
        if thread::current().id() == self.thread {
            let rule = "blocking: a call was made by a future that the same client runs: await it";
            return Err(ConfigError::Setting(rule).into());
        }
        let (done, outcome) = mpsc::sync_channel(1);
        let job = async move {
            // As a task of its own, so that a panic ends neither this thread nor other calls.
            let ended = tokio::spawn(future).await;
            // The receiver waits for it.
            let _ = done.send(ended);
        };
        let lost = || {
            Error::from(ConfigError::Setting(
                "blocking: the client's thread has ended",
            ))
        };
        self.jobs.send(Box::pin(job)).map_err(|_| lost())?;
        match outcome.recv() {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(ended)) => match ended.try_into_panic() {
                Ok(panic) => resume_unwind(panic),
                Err(_) => Err(lost()),
            },
            Err(_) => Err(lost()),
        }
    }
}

async fn drive(mut jobs: UnboundedReceiver<BoxFuture<'static, ()>>) {
    while let Some(job) = jobs.recv().await {
        tokio::spawn(job);
    }
}
