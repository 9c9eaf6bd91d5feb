//! Pages of projects of which the API may not reach all in time.

use neon_api_raw::ids::ProjectId;

use crate::Result;
use crate::pager::Page;

/// How often a page that lacks projects is requested again.
const MORE_REQUESTS: usize = 2;

/// Requests a page until it lacks nothing, and returns what was in any of its responses. If a
/// later request fails, what has come is better than an error.
pub(super) async fn ask_until_complete<T, F>(
    id: impl Fn(&T) -> &ProjectId,
    mut ask: impl FnMut() -> F,
) -> Result<Page<T>>
where
    F: Future<Output = Result<Page<T>>>,
{
    let mut whole = ask().await?;
    for _ in 0..MORE_REQUESTS {
        if whole.unavailable.is_empty() {
            break;
        }
        let Ok(page) = ask().await else {
            break;
        };
        merge(&mut whole, page, &id);
    }
    Ok(whole)
}

/// Adds what a page has more, each item behind the one that it follows there. The cursor marks the
/// last item of its page, so that of the page with the last item is kept: a lesser one would
/// deliver items again.
fn merge<T>(whole: &mut Page<T>, page: Page<T>, id: impl Fn(&T) -> &ProjectId) {
    let mut at = 0;
    let has_items = !page.items.is_empty();
    for item in page.items {
        let known = whole.items.iter().position(|it| id(it) == id(&item));
        let place = known.unwrap_or(at);
        if known.is_none() {
            whole.items.insert(place, item);
        }
        at = place + 1;
    }
    if has_items && at == whole.items.len() {
        whole.next = page.next;
    }
    for missing in page.unavailable {
        if !whole.unavailable.contains(&missing) {
            whole.unavailable.push(missing);
        }
    }
    let Page {
        items, unavailable, ..
    } = whole;
    unavailable.retain(|missing| !items.iter().any(|item| id(item) == missing));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pager::Cursor;

    fn page(items: &str, missing: &str, next: &str) -> Page<ProjectId> {
        let ids = |text: &str| -> Vec<ProjectId> {
            let ids = text.split_whitespace().map(ProjectId::new);
            ids.map(|id| id.unwrap()).collect()
        };
        let mut page = Page::new(ids(items), Some(Cursor::new(next)));
        page.unavailable = ids(missing);
        page
    }

    #[track_caller]
    fn check(first: Page<ProjectId>, second: Page<ProjectId>, expected: &Page<ProjectId>) {
        let mut whole = first;
        merge(&mut whole, second, |id| id);
        assert_eq!(whole.items, expected.items);
        assert_eq!(whole.unavailable, expected.unavailable);
        assert_eq!(whole.next, expected.next);
    }

    #[test]
    fn what_either_response_has_is_kept_in_order_and_only_the_rest_is_missing() {
        check(
            page("a c", "b d", "c"),
            page("a b", "c d", "b"),
            &page("a b c", "d", "c"),
        );
        check(
            page("a", "b c", "a"),
            page("b c", "a", "c"),
            &page("b c a", "", "a"),
        );
        check(
            page("a", "b", "a"),
            page("a b", "", "b"),
            &page("a b", "", "b"),
        );
        check(
            page("", "a b", "x"),
            page("b", "a", "b"),
            &page("b", "a", "b"),
        );
    }

    #[test]
    fn what_a_later_response_does_not_mention_stays_missing() {
        check(
            page("a", "b", "a"),
            page("a", "", "a"),
            &page("a", "b", "a"),
        );
        check(
            page("a", "b", "a"),
            page("", "a b", "z"),
            &page("a", "b", "a"),
        );
    }
}
