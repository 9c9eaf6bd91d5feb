use std::future::poll_fn;
use std::pin::pin;

use futures::FutureExt;
use futures::future::BoxFuture;
use tokio::task::JoinSet;
use tokio::time::sleep;

use super::*;

const LEASE: Duration = Duration::from_millis(100);

fn queue() -> Arc<Queue> {
    Arc::new(Queue::new(LEASE))
}

/// A call that has begun to wait, and is polled no more.
fn begun(queue: &Arc<Queue>, number: u64) -> BoxFuture<'static, QueueTurn> {
    let queue = Arc::clone(queue);
    let mut turn = async move { queue.turn(number).await }.boxed();
    assert!((&mut turn).now_or_never().is_none());
    turn
}

/// Calls in tasks, each of which holds the others back for this long; in which order they passed,
/// and how often each was polled.
struct Calls {
    queue: Arc<Queue>,
    holds: Duration,
    passed: Arc<Mutex<Vec<u64>>>,
    tasks: JoinSet<usize>,
}

impl Calls {
    fn new(queue: &Arc<Queue>, holds: Duration) -> Self {
        Self {
            queue: Arc::clone(queue),
            holds,
            passed: Arc::default(),
            tasks: JoinSet::new(),
        }
    }

    fn spawn(&mut self, number: u64) {
        let (queue, passed) = (Arc::clone(&self.queue), Arc::clone(&self.passed));
        let holds = self.holds;
        self.tasks.spawn(async move {
            let mut polls = 0;
            let turn = {
                let mut turn = pin!(queue.turn(number));
                poll_fn(|cx| {
                    polls += 1;
                    turn.as_mut().poll(cx)
                })
                .await
            };
            passed.lock().unwrap().push(number);
            turn.keep(sleep(holds)).await;
            polls
        });
    }

    async fn end(self) -> (Vec<u64>, Vec<usize>) {
        let polls = self.tasks.join_all().await;
        let passed = self.passed.lock().unwrap().clone();
        (passed, polls)
    }
}

#[tokio::test(start_paused = true)]
async fn calls_pass_one_at_a_time_in_the_order_of_their_numbers() {
    let queue = queue();
    let held = queue.turn(0).await;
    let mut calls = Calls::new(&queue, LEASE * 3);
    for number in [5, 3, 9, 1, 7] {
        calls.spawn(number);
    }
    let began = Instant::now();
    held.keep(sleep(LEASE * 10)).await;
    assert!(queue.is_in_use() && queue.has_earlier(2) && !queue.has_earlier(1));
    drop(held);
    let (passed, _) = calls.end().await;
    assert_eq!(passed, [1, 3, 5, 7, 9]);
    assert_eq!(began.elapsed(), LEASE * 25);
    assert!(!queue.is_in_use());
}

#[tokio::test(start_paused = true)]
async fn a_holder_that_is_not_polled_is_passed_after_a_lease() {
    let queue = queue();
    let unpolled = queue.turn(0).await;
    let began = Instant::now();
    let turn = queue.turn(1).await;
    assert!(began.elapsed() <= LEASE + GRACE, "{:?}", began.elapsed());
    assert!(unpolled.is_lost() && !turn.is_lost());
    // It holds nobody back when it goes.
    drop(unpolled);
    assert!(!turn.is_lost());
}

#[tokio::test(start_paused = true)]
async fn those_that_are_not_polled_are_passed_over_and_the_others_keep_their_order() {
    for unpolled in [1, 10, 300] {
        let queue = queue();
        let held = queue.turn(0).await;
        let kept: Vec<_> = (1..=unpolled).map(|n| begun(&queue, 2 * n)).collect();
        let mut calls = Calls::new(&queue, Duration::ZERO);
        // Between them and behind them.
        for number in (0..unpolled + 20).rev() {
            calls.spawn(2 * number + 1);
        }
        tokio::task::yield_now().await;
        let began = Instant::now();
        drop(held);
        let (passed, _) = calls.end().await;
        let expected: Vec<_> = (0..unpolled + 20).map(|n| 2 * n + 1).collect();
        assert_eq!(passed, expected);
        // All that are not polled are found out at once.
        assert!(began.elapsed() <= LEASE * 4, "{:?}", began.elapsed());
        // They pass when they are polled again.
        for turn in kept {
            drop(turn.await);
        }
        assert!(!queue.is_in_use());
    }
}

#[tokio::test(start_paused = true)]
async fn calls_that_are_dropped_let_the_next_one_pass_at_once() {
    let queue = queue();
    let held = queue.turn(0).await;
    let leaving: Vec<_> = (1..1000).map(|n| begun(&queue, n)).collect();
    let last = tokio::spawn({
        let queue = Arc::clone(&queue);
        async move { drop(queue.turn(1000).await) }
    });
    held.keep(sleep(LEASE * 50)).await;
    let began = Instant::now();
    drop(held);
    drop(leaving);
    last.await.unwrap();
    assert_eq!(began.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn a_long_wait_takes_few_polls() {
    let queue = queue();
    let mut calls = Calls::new(&queue, Duration::from_millis(86));
    for number in 0..2000 {
        calls.spawn(number);
    }
    let began = Instant::now();
    let (passed, polls) = calls.end().await;
    assert!(passed.is_sorted() && passed.len() == 2000);
    assert_eq!(began.elapsed(), Duration::from_millis(86) * 2000);
    let most = polls.iter().max().unwrap();
    let mean = polls.iter().sum::<usize>() / polls.len();
    // The last waits for three minutes.
    assert!(*most <= 100 && mean <= 80, "{most} {mean}");
}
