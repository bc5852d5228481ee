//! Which known name a mistyped one most likely meant.

/// Names longer than this are not worth comparing in full.
const LONGEST: usize = 100;

/// The known name closest to `name`. The last part counts as well as the whole, so that a key in the
/// wrong section finds its way home.
pub(crate) fn nearest<'a>(
    name: &str,
    known: impl Iterator<Item = &'a str>,
    separator: &str,
) -> Option<&'a str> {
    let last = |text: &str| text.rsplit(separator).next().unwrap_or_default().to_owned();
    known.min_by_key(|candidate| {
        let whole = distance(name, candidate);
        let tail = distance(&last(name), &last(candidate)).saturating_add(1);
        (whole.min(tail), whole)
    })
}

/// How many letters must be inserted, removed or replaced (Levenshtein), row by row.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().take(LONGEST).collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (done, from) in a.chars().take(LONGEST).enumerate() {
        let mut next = Vec::with_capacity(row.len());
        let mut left = done.saturating_add(1);
        next.push(left);
        for ((to, above), diagonal) in b.iter().zip(row.iter().skip(1)).zip(row.iter()) {
            let replace = diagonal.saturating_add(usize::from(from != *to));
            left = replace.min(above.saturating_add(1)).min(left.saturating_add(1));
            next.push(left);
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_are_right() {
        for (a, b, expected) in [
            ("", "", 0),
            ("a", "", 1),
            ("", "ab", 2),
            ("kitten", "sitting", 3),
            ("bind", "bidn", 2),
            ("é", "e", 1),
        ] {
            assert_eq!(distance(a, b), expected, "{a} {b}");
            assert_eq!(distance(b, a), expected, "{b} {a}");
        }
    }

    #[test]
    fn the_meant_name_is_found() {
        let known = ["server.bind", "database.pool_size", "database.pool_wait", "mail.from"];
        let find = |name| nearest(name, known.into_iter(), ".");
        assert_eq!(find("server.bnd"), Some("server.bind"));
        assert_eq!(find("pool_size"), Some("database.pool_size"));
        assert_eq!(find("smtp.from"), Some("mail.from"));
    }
}
