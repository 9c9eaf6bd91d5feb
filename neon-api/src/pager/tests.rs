//! Walks over a scripted list, in paused time.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::TryStreamExt;
use neon_api_raw::transport::{self, Exchange, FailureKind};
use neon_api_raw::{BoxFuture, Route, Transport, TransportError, routes};
use proptest::prelude::*;
use tokio::time::Instant;

use super::sealed::Sealed;
use super::{Cursor, Listing, Page, Pager};
use crate::error::{Error, InputFault, InvalidInput};
use crate::neon::Neon;

/// The scripted list sends nothing.
#[derive(Debug)]
struct Nowhere;

impl Transport for Nowhere {
    fn send(&self, _: Exchange) -> BoxFuture<'_, Result<transport::Response, TransportError>> {
        Box::pin(async { Err(TransportError::new(FailureKind::NotSent)) })
    }
}

/// What one request is answered with.
#[derive(Debug, Clone)]
enum Answer {
    Page(Vec<u32>, Option<&'static str>),
    Fault,
}

/// The cursor and the limit of a request.
type Asked = (Option<String>, u32);

/// A list that answers by script and notes what it was asked.
#[derive(Debug, Clone)]
struct Script<const EMPTY_IS_END: bool> {
    answers: Arc<Mutex<VecDeque<Answer>>>,
    asked: Arc<Mutex<Vec<Asked>>>,
    latency: Duration,
}

impl<const EMPTY_IS_END: bool> Script<EMPTY_IS_END> {
    fn new(answers: impl IntoIterator<Item = Answer>) -> Self {
        Self {
            answers: Arc::new(Mutex::new(answers.into_iter().collect())),
            asked: Arc::default(),
            latency: Duration::ZERO,
        }
    }

    fn pager(&self) -> Pager<Self> {
        let neon = Neon::builder().api_key("k").transport(Nowhere).build();
        Pager::new(neon.unwrap(), self.clone())
    }

    fn asked(&self) -> Vec<Option<String>> {
        self.asked
            .lock()
            .unwrap()
            .iter()
            .map(|(cursor, _)| cursor.clone())
            .collect()
    }
}

impl<const EMPTY_IS_END: bool> Sealed for Script<EMPTY_IS_END> {}

impl<const EMPTY_IS_END: bool> Listing for Script<EMPTY_IS_END> {
    type Item = u32;
    const LARGEST_PAGE: u32 = 100;
    const EMPTY_PAGE_IS_END: bool = EMPTY_IS_END;

    fn route(&self) -> &'static Route {
        &routes::LIST_PROJECTS
    }

    fn fetch(
        &self,
        _: Neon,
        after: Option<Cursor>,
        limit: u32,
    ) -> BoxFuture<'static, crate::Result<Page<u32>>> {
        let script = self.clone();
        Box::pin(async move {
            script
                .asked
                .lock()
                .unwrap()
                .push((after.map(String::from), limit));
            if !script.latency.is_zero() {
                tokio::time::sleep(script.latency).await;
            }
            match script.answers.lock().unwrap().pop_front() {
                Some(Answer::Page(items, next)) => Ok(Page::new(items, next.map(Cursor::new))),
                Some(Answer::Fault) | None => {
                    let fault = InputFault::Rule("scripted".into());
                    Err(InvalidInput::new(&routes::LIST_PROJECTS, fault).into())
                }
            }
        })
    }
}

fn page(items: &[u32], next: Option<&'static str>) -> Answer {
    Answer::Page(items.to_vec(), next)
}

#[tokio::test]
async fn nothing_is_fetched_before_the_first_poll() {
    let script = Script::<true>::new([page(&[1], None)]);
    drop(script.pager());
    assert!(script.asked().is_empty());
}

#[tokio::test]
async fn an_absent_cursor_is_the_end() {
    let script = Script::<true>::new([page(&[1, 2], Some("a")), page(&[3], None)]);
    let items: Vec<u32> = script.pager().try_collect().await.unwrap();
    assert_eq!(items, [1, 2, 3]);
    assert_eq!(script.asked(), [None, Some("a".to_owned())]);
}

#[tokio::test]
async fn short_pages_are_not_the_end_and_an_empty_one_is_where_cursors_mark_items() {
    let script = Script::<true>::new([
        page(&[1], Some("a")),
        page(&[2], Some("b")),
        page(&[], Some("c")),
    ]);
    let items: Vec<u32> = script.pager().try_collect().await.unwrap();
    assert_eq!(items, [1, 2]);
    assert_eq!(script.asked().len(), 3);
}

#[tokio::test]
async fn an_empty_page_with_a_new_cursor_is_not_the_end_where_cursors_name_pages() {
    let script =
        Script::<false>::new([page(&[], Some("a")), page(&[1], Some("b")), page(&[], None)]);
    let items: Vec<u32> = script.pager().try_collect().await.unwrap();
    assert_eq!(items, [1]);
    assert_eq!(script.asked().len(), 3);
}

#[tokio::test]
async fn an_empty_page_whose_cursor_stands_still_is_the_end() {
    let script = Script::<false>::new([page(&[1], Some("a")), page(&[], Some("a"))]);
    let items: Vec<u32> = script.pager().try_collect().await.unwrap();
    assert_eq!(items, [1]);
}

#[tokio::test]
async fn a_repeated_cursor_with_items_is_an_error_and_never_a_loop() {
    for circle in [&["a", "a"][..], &["a", "b", "a"]] {
        let answers = circle.iter().enumerate().map(|(at, cursor)| {
            let item = u32::try_from(at).unwrap();
            page(&[item], Some(cursor))
        });
        let script = Script::<true>::new(answers);
        let mut pager = script.pager();
        let mut delivered = 0;
        let error = loop {
            match pager.next().await.unwrap() {
                Ok(_) => delivered += 1,
                Err(error) => break error,
            }
        };
        assert!(matches!(error, Error::RepeatedCursor(_)), "{error}");
        assert_eq!(
            delivered,
            circle.len() - 1,
            "the page in doubt is not delivered"
        );
        assert!(pager.cursor().is_some(), "where to go on is known");
        assert!(pager.next().await.is_none());
    }
}

#[tokio::test]
async fn without_prefetch_no_page_is_fetched_that_is_not_needed() {
    let script = Script::<true>::new([page(&[1, 2], Some("a")), page(&[3, 4], Some("b"))]);
    let items: Vec<u32> = script
        .pager()
        .prefetch(false)
        .take(2)
        .try_collect()
        .await
        .unwrap();
    assert_eq!(items, [1, 2]);
    assert_eq!(script.asked(), [None]);
}

#[tokio::test]
async fn page_sizes_are_cut_to_what_the_api_takes() {
    for (asked, sent) in [(0, 1), (7, 7), (100, 100), (1000, 100)] {
        let script = Script::<true>::new([page(&[], None)]);
        let _: Vec<u32> = script.pager().page_size(asked).try_collect().await.unwrap();
        assert_eq!(script.asked.lock().unwrap()[0].1, sent);
    }
    let script = Script::<true>::new([page(&[], None)]);
    let _: Vec<u32> = script.pager().try_collect().await.unwrap();
    assert_eq!(
        script.asked.lock().unwrap()[0].1,
        100,
        "the most by default"
    );
}

#[tokio::test]
async fn a_fault_keeps_what_was_delivered_and_the_next_poll_goes_on() {
    let script = Script::<true>::new([page(&[1], Some("a")), Answer::Fault, page(&[2], None)]);
    let mut pager = script.pager().prefetch(false);
    assert_eq!(pager.next().await.unwrap().unwrap(), 1);
    assert!(pager.next().await.unwrap().is_err());
    assert_eq!(pager.cursor(), Some(&Cursor::new("a")));
    assert_eq!(pager.next().await.unwrap().unwrap(), 2);
    assert!(pager.next().await.is_none());
}

#[tokio::test]
async fn a_page_that_failed_ahead_of_time_is_fetched_again() {
    let script = Script::<true>::new([page(&[1, 2], Some("a")), Answer::Fault, page(&[3], None)]);
    let items: Vec<u32> = script.pager().try_collect().await.unwrap();
    assert_eq!(items, [1, 2, 3]);
    assert_eq!(script.asked().len(), 3);
}

#[tokio::test]
async fn a_cursor_resumes_in_another_process_with_nothing_skipped() {
    let answers = [
        page(&[1, 2], Some("a")),
        page(&[3, 4], Some("b")),
        page(&[5], None),
    ];
    let first = Script::<true>::new(answers.clone());
    let mut pager = first.pager();
    let mut delivered: Vec<u32> = Vec::new();
    for _ in 0..3 {
        delivered.push(pager.next().await.unwrap().unwrap());
    }
    let kept = serde_json::to_string(&pager.cursor()).unwrap();
    drop(pager);

    let second = Script::<true>::new(answers[1..].to_vec());
    let cursor: Option<Cursor> = serde_json::from_str(&kept).unwrap();
    let rest: Vec<u32> = second
        .pager()
        .start_after(cursor.unwrap())
        .try_collect()
        .await
        .unwrap();
    assert_eq!(second.asked()[0], Some("a".to_owned()));
    assert_eq!(
        rest,
        [3, 4, 5],
        "the page that was being delivered comes once more"
    );
}

#[tokio::test(start_paused = true)]
async fn prefetch_hides_the_latency_of_all_pages_but_the_first() {
    const STEP: Duration = Duration::from_millis(20);
    const PAGES: u32 = 50;
    let names: Vec<&'static str> = (0..PAGES).map(|n| &*format!("c{n}").leak()).collect();
    let mut times = Vec::new();
    for prefetches in [false, true] {
        let answers = (0..PAGES).map(|n| {
            let next = (n + 1 < PAGES).then(|| names[n as usize]);
            Answer::Page(vec![n, n + 1000], next)
        });
        let mut script = Script::<true>::new(answers);
        script.latency = STEP;
        let started = Instant::now();
        let mut pager = script.pager().prefetch(prefetches);
        while let Some(item) = pager.try_next().await.unwrap() {
            if item < 1000 {
                tokio::time::sleep(STEP).await;
            }
        }
        times.push(started.elapsed());
    }
    // Tokio's clock counts in whole milliseconds and rounds each sleep up.
    assert!(times[0] >= STEP * 2 * PAGES, "{times:?}");
    assert!(times[1] <= times[0].mul_f64(0.55), "{times:?}");
}

proptest! {
    #[test]
    fn every_item_comes_once_and_in_order_whatever_the_pages(
        sizes in prop::collection::vec(0_usize..5, 0..12),
        faults in prop::collection::vec(any::<bool>(), 12),
        prefetches: bool,
    ) {
        let names: Vec<&'static str> = (0..sizes.len()).map(|n| &*format!("c{n}").leak()).collect();
        let mut answers = Vec::new();
        let mut expected: Vec<u32> = Vec::new();
        for (at, size) in sizes.iter().enumerate() {
            if faults[at] {
                answers.push(Answer::Fault);
            }
            let begin = u32::try_from(expected.len()).unwrap();
            let items: Vec<u32> = (begin..begin + u32::try_from(*size).unwrap()).collect();
            expected.extend(&items);
            answers.push(Answer::Page(items, Some(names[at])));
        }
        answers.push(Answer::Page(Vec::new(), None));
        let requests = answers.len();
        let script = Script::<false>::new(answers);
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let delivered = runtime.block_on(async {
            let mut pager = script.pager().prefetch(prefetches);
            let mut delivered = Vec::new();
            while let Some(item) = pager.next().await {
                if let Ok(item) = item {
                    delivered.push(item);
                }
            }
            delivered
        });
        prop_assert_eq!(delivered, expected);
        prop_assert_eq!(script.asked().len(), requests);
    }
}
