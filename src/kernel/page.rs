//! Keyset pages: a list is continued after the last row seen, never at a row number.

/// What part of a list is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageRequest {
    /// The key of the last row already seen; `None` for the first page.
    pub after: Option<String>,
    /// Rows wanted, 1 to 200.
    pub limit: u16,
}

impl PageRequest {
    /// The most rows a page holds.
    pub const MOST: u16 = 200;

    /// A request with the limit brought into 1..=200.
    pub fn new(after: Option<String>, limit: u16) -> Self {
        Self { after, limit: limit.clamp(1, Self::MOST) }
    }
}

/// One page of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// The rows, in key order.
    pub items: Vec<T>,
    /// The key to continue after; `None` on the last page.
    pub next: Option<String>,
}

impl<T> Page<T> {
    /// Makes a page from up to `limit + 1` rows: the extra one only tells that more follow.
    pub fn from_rows(mut rows: Vec<T>, limit: u16, key: impl Fn(&T) -> String) -> Self {
        let more = rows.len() > usize::from(limit);
        rows.truncate(usize::from(limit));
        let next = if more { rows.last().map(key) } else { None };
        Self { items: rows, next }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_extra_row_only_tells_that_more_follow() {
        let page = Page::from_rows(vec![1, 2, 3], 2, ToString::to_string);
        assert_eq!((page.items, page.next.as_deref()), (vec![1, 2], Some("2")));
        assert_eq!(Page::from_rows(vec![1, 2], 2, ToString::to_string).next, None);
    }
}
