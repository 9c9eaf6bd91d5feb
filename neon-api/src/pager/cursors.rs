//! The three forms of cursors in responses.

use neon_api_raw::types::{CursorPagination, Pagination};

use super::Cursor;

/// The cursor of lists that mark the last item (`pagination.cursor`).
pub(crate) fn after_last_item(pagination: Option<Pagination>) -> Option<Cursor> {
    filled(Some(pagination?.cursor))
}

/// The cursor of lists that name the next page (`pagination.next`).
pub(crate) fn next_page(pagination: Option<CursorPagination>) -> Option<Cursor> {
    filled(pagination?.next)
}

/// The cursor of lists that report whether there is more (`is_truncated`, `next_cursor`).
pub(crate) fn if_truncated(is_truncated: bool, next: Option<String>) -> Option<Cursor> {
    filled(next.filter(|_| is_truncated))
}

fn filled(text: Option<String>) -> Option<Cursor> {
    text.filter(|text| !text.is_empty()).map(Cursor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_cursors_are_none() {
        assert_eq!(next_page(None), None);
        assert_eq!(filled(Some(String::new())), None);
        assert_eq!(if_truncated(false, Some("x".to_owned())), None);
        assert_eq!(
            if_truncated(true, Some("x".to_owned())),
            Some(Cursor::new("x"))
        );
        assert_eq!(if_truncated(true, None), None);
    }
}
