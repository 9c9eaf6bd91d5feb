use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::AtomicUsize;
use std::time::Duration;

use tokio::sync::Notify;

use super::*;

/// Counts how often it is woken.
#[derive(Default)]
struct Count(AtomicUsize);

impl Count {
    fn get(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

impl Wake for Count {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

/// A future that needs two events, and how often it was polled.
fn two_events() -> (Arc<Shared>, Arc<Notify>, Arc<Count>) {
    let (event, polls) = (Arc::new(Notify::new()), Arc::new(Count::default()));
    let (heard, counted) = (Arc::clone(&event), Arc::clone(&polls));
    let future = async move {
        for _ in 0..2 {
            let mut waiting = std::pin::pin!(heard.notified());
            poll_fn(|cx| {
                counted.0.fetch_add(1, Ordering::SeqCst);
                waiting.as_mut().poll(cx)
            })
            .await;
        }
    };
    (Arc::new(Shared::new(Box::pin(future))), event, polls)
}

fn poll(drive: &mut Drive, waker: &Arc<Count>) -> Poll<()> {
    let waker = Waker::from(Arc::clone(waker));
    Pin::new(drive).poll(&mut Context::from_waker(&waker))
}

#[test]
fn whoever_is_polled_drives_it_for_all() {
    let (shared, event, polls) = two_events();
    let wakes = [(); 3].map(|()| Arc::new(Count::default()));
    let mut drives = [(); 3].map(|()| Arc::clone(&shared).drive());
    for (drive, wakes) in drives.iter_mut().zip(&wakes) {
        assert!(poll(drive, wakes).is_pending());
    }
    assert_eq!(polls.get(), 1, "nothing has happened since the first poll");
    event.notify_waiters();
    assert!(wakes.iter().all(|wakes| wakes.get() == 1));
    let [first, second, third] = drives;
    // The first one is not polled, and the second is dropped when it was woken.
    drop(second);
    let mut third = third;
    assert!(poll(&mut third, &wakes[2]).is_pending());
    event.notify_waiters();
    assert!(poll(&mut third, &wakes[2]).is_ready());
    assert!(shared.is_done());
    let mut first = first;
    assert!(poll(&mut first, &wakes[0]).is_ready());
}

#[test]
fn the_last_one_to_leave_drops_it() {
    let (shared, _event, polls) = two_events();
    let mut one = Arc::clone(&shared).drive();
    let other = Arc::clone(&shared).drive();
    drop(shared);
    let wakes = Arc::new(Count::default());
    assert!(poll(&mut one, &wakes).is_pending());
    drop(one);
    // The future holds a count of its own.
    assert_eq!(Arc::strong_count(&polls), 2);
    drop(other);
    assert_eq!(Arc::strong_count(&polls), 1);
}

#[test]
fn a_panic_ends_it_for_all() {
    let shared = Arc::new(Shared::new(Box::pin(poll_fn(|_| panic!("planted")))));
    let wakes = Arc::new(Count::default());
    let (mut one, mut other) = (Arc::clone(&shared).drive(), Arc::clone(&shared).drive());
    shared
        .wakers
        .register(other.key, &Waker::from(Arc::clone(&wakes)));
    let outcome = catch_unwind(AssertUnwindSafe(|| poll(&mut one, &wakes)));
    assert!(outcome.is_err());
    assert!(wakes.get() >= 1);
    assert!(poll(&mut other, &wakes).is_ready());
}

/// No wake is lost where many threads poll and leave at once.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_wake_is_lost_between_threads() {
    let polls = |number: u64| async move {
        for _ in 0..number {
            tokio::task::yield_now().await;
        }
    };
    for round in 0..300_u64 {
        let (done, is_done) = tokio::sync::oneshot::channel();
        let future = async move {
            polls(20).await;
            is_done.await.unwrap();
        };
        let shared = Arc::new(Shared::new(Box::pin(future)));
        let waits: Vec<_> = (0..8)
            .map(|number| {
                let drive = Arc::clone(&shared).drive();
                tokio::spawn(async move {
                    if (round + number) % 3 == 0 {
                        // It leaves amid the polls of the others, or after them.
                        tokio::select! {
                            () = drive => {}
                            () = polls(10 * number) => {}
                        }
                    } else {
                        drive.await;
                    }
                })
            })
            .collect();
        drop(shared);
        // From a thread that polls nothing, once the future waits for it or before.
        let waking = tokio::task::spawn_blocking(move || {
            for _ in 0..round {
                std::thread::yield_now();
            }
            done.send(())
        });
        for wait in waits {
            let limit = Duration::from_secs(20);
            tokio::time::timeout(limit, wait).await.unwrap().unwrap();
        }
        // Whether anybody was left to hear of it.
        let _ = waking.await.unwrap();
    }
}
