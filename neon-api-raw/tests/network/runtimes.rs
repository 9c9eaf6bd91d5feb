//! One transport on several runtimes.

use std::time::{Duration, Instant};

use neon_api_raw::{HttpTransport, Transport};
use tokio::runtime::{Builder, Runtime};

use super::http1::{Server, whole as reply};
use super::{call, post};

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

#[test]
fn an_idle_runtime_does_not_stall_another() {
    let server = Server::start(|_| reply(200, "{}"));
    let transport = HttpTransport::new().unwrap();
    let url = server.url();
    let (idle, other) = (runtime(), runtime());
    let send = |runtime: &Runtime| {
        runtime.block_on(async {
            let sending = transport.send(post(&url));
            let outcome = tokio::time::timeout(Duration::from_secs(5), sending).await;
            let status = outcome.expect("it works at once").unwrap().status;
            // Its connection becomes free when the runtime turns again.
            for _ in 0..10 {
                tokio::task::yield_now().await;
            }
            status
        })
    };
    assert_eq!(send(&idle), 200);
    assert_eq!(send(&other), 200);
    assert_eq!(server.connections(), 2);
    // Each goes on with its own.
    assert_eq!(send(&idle), 200);
    assert_eq!(send(&other), 200);
    assert_eq!(server.connections(), 2);
}

/// The runtime that counts is the one that waits, not the one that the call was made on.
#[test]
fn a_call_may_be_made_on_one_runtime_and_awaited_on_another() {
    let server = Server::start(|_| reply(200, "{}"));
    let transport = HttpTransport::new().unwrap();
    let url = server.url();
    let (idle, other) = (runtime(), runtime());
    idle.block_on(transport.send(post(&url))).unwrap();
    let sending = {
        let _on_the_idle_one = idle.enter();
        transport.send(post(&url))
    };
    other.block_on(async {
        let within = tokio::time::timeout(Duration::from_secs(5), sending);
        within.await.expect("it works at once").unwrap();
    });
    // Nor need it be made on one at all.
    let sending = transport.send(post(&url));
    other.block_on(sending).unwrap();
}

#[cfg(target_os = "linux")]
fn open_files() -> usize {
    std::fs::read_dir("/proc/self/fd").unwrap().count()
}

/// Connections, their files and what the transport keeps end with each runtime.
#[cfg(target_os = "linux")]
#[test]
fn a_thousand_runtimes_leave_nothing_behind() {
    let server = Server::start(|_| reply(200, "{}"));
    let transport = HttpTransport::new().unwrap();
    let pass = || {
        let runtime = runtime();
        let sending = transport.send(call("GET", &server.url()));
        runtime.block_on(sending).unwrap();
    };
    pass();
    let before = open_files();
    let kept = format!("{transport:?}");
    assert!(kept.contains("runtimes: 0"), "{kept}");
    for _ in 0..1_000 {
        pass();
    }
    assert_eq!(server.connections(), 1_001);
    assert_eq!(format!("{transport:?}"), kept);
    // The server's halves are closed on its own threads, soon after.
    let give_up = Instant::now() + Duration::from_secs(10);
    while open_files() > before + 8 {
        assert!(Instant::now() < give_up, "{} of {before}", open_files());
        std::thread::yield_now();
    }
}
