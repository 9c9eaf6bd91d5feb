//! Lists of all three cursor styles under random pages and faults: every item comes once and in
//! order, or there is an error and a cursor to go on from.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by a panic"
)]

mod support;

use neon_api::Error;
use proptest::prelude::*;
use support::lists::{Hurdle, Manner, PagePlan, Plan, Style, Walk, walk};

fn hurdles(among: &'static [Hurdle]) -> impl Strategy<Value = Vec<Hurdle>> {
    let some = prop::collection::vec(prop::sample::select(among), 1..4);
    prop_oneof![3 => Just(Vec::new()), 1 => some]
}

fn style() -> impl Strategy<Value = Style> {
    prop::sample::select(&Style::ALL[..])
}

/// A list whose pages are of any size, empty ones included where the style has such.
fn plan(among: &'static [Hurdle]) -> impl Strategy<Value = Plan> {
    let page = (0..5_usize, hurdles(among), 0..5_usize);
    (style(), prop::collection::vec(page, 0..10)).prop_map(|(style, pages)| {
        let is_first = style == Style::AfterLastItem;
        let page = |(size, hurdles, partial): (usize, _, usize)| PagePlan {
            // Where an empty page is the end, only the last one is.
            size: size.max(usize::from(is_first)),
            hurdles,
            partial: if is_first { partial } else { 0 },
        };
        let mut pages: Vec<PagePlan> = pages.into_iter().map(page).collect();
        pages.push(PagePlan::default());
        Plan {
            style,
            pages,
            back_to: None,
        }
    })
}

fn manner() -> impl Strategy<Value = Manner> {
    (any::<bool>(), 1..50_u32, any::<bool>()).prop_map(|(prefetches, page_size, starts_anew)| {
        Manner {
            prefetches,
            page_size,
            starts_anew,
            take: usize::MAX,
        }
    })
}

/// Walks in paused time; how many requests that took.
fn run(plan: &Plan, manner: Manner) -> (Walk, usize) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(async {
        let server = plan.clone().server();
        let walk = walk(plan.style, &server, manner).await;
        for seen in server.seen() {
            let limit = support::lists::parameter(&seen, "limit").unwrap();
            assert_eq!(limit, manner.page_size.to_string());
        }
        assert_eq!(server.in_flight(), 0);
        (walk, server.total())
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..Default::default() })]

    #[test]
    fn every_item_comes_once_and_in_order(plan in plan(&Hurdle::ALL), manner in manner()) {
        let (walk, requests) = run(&plan, manner);
        let (items, unavailable) = plan.delivered(plan.pages.len());
        prop_assert_eq!(walk.delivered, items);
        prop_assert_eq!(walk.unavailable, unavailable);
        prop_assert_eq!(requests, plan.requests());
    }

    /// Without pages fetched ahead, what is told to the caller is what could not be repeated.
    #[test]
    fn only_what_cannot_be_repeated_is_told(plan in plan(&Hurdle::ALL), manner in manner()) {
        let manner = Manner { prefetches: false, ..manner };
        let (walk, _) = run(&plan, manner);
        let is_told = |hurdle: &&Hurdle| match hurdle {
            Hurdle::Refused => true,
            // Queries of logs are no reads by their method.
            Hurdle::Broken | Hurdle::Reset => plan.style == Style::Truncated,
            Hurdle::RateLimited | Hurdle::Unavailable => false,
        };
        let told = plan.pages.iter().flat_map(|page| &page.hurdles).filter(is_told);
        prop_assert_eq!(walk.errors.len(), told.count());
    }

    #[test]
    fn no_page_is_fetched_that_is_not_needed(
        plan in plan(&[Hurdle::RateLimited, Hurdle::Unavailable]),
        take in 0..30_usize,
    ) {
        let manner = Manner { prefetches: false, page_size: 7, starts_anew: false, take };
        let (walk, requests) = run(&plan, manner);
        let (mut items, _) = plan.delivered(plan.pages.len());
        // The first page with which there are enough.
        let mut counts = (0..=plan.pages.len()).map(|pages| plan.delivered(pages).0.len());
        let needed = counts.position(|count| count >= take).unwrap_or(plan.pages.len());
        let expected: usize = plan.pages[..needed].iter().map(PagePlan::requests).sum();
        prop_assert_eq!(requests, expected);
        items.truncate(take);
        prop_assert_eq!(walk.delivered, items);
    }

    #[test]
    fn a_list_that_goes_in_a_circle_ends_with_an_error(
        style in style(),
        sizes in prop::collection::vec(1..5_usize, 2..10),
        back in any::<prop::sample::Index>(),
        prefetches: bool,
    ) {
        let pages: Vec<PagePlan> = sizes.into_iter().map(PagePlan::of).collect();
        // Not to the first page, which no cursor leads to.
        let back_to = Some(1 + back.index(pages.len() - 1));
        let plan = Plan { style, pages, back_to };
        let manner = Manner { prefetches, page_size: 9, starts_anew: false, take: usize::MAX };
        let (walk, requests) = run(&plan, manner);
        prop_assert!(matches!(walk.errors[..], [Error::RepeatedCursor(_)]), "{:?}", walk.errors);
        // The page in doubt is not delivered.
        let before = plan.pages.len() - 1;
        prop_assert_eq!(walk.delivered, plan.delivered(before).0);
        prop_assert_eq!(requests, plan.pages.len());
    }
}
