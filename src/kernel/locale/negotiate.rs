//! Which language a person gets.

use super::Locale;

/// The most bytes of either list that are read.
const MOST_BYTES: usize = 1024;
/// The most entries of either list that are read.
const MOST_ENTRIES: usize = 32;

/// Chooses a locale: the first known language of `ui_locales` (OpenID Connect Core §3.1.2.1: tags in
/// order of preference, separated by spaces), else the best of `Accept-Language` (RFC 9110 §12.5.4), else
/// English. Reads a bounded part of either and never fails; what is not a tag is passed over.
///
/// A choice the person made before stands between the two: a caller who knows one (a cookie, a profile)
/// gives it as the `accept_language`.
pub fn negotiate(ui_locales: Option<&str>, accept_language: Option<&str>) -> Locale {
    ui_locales.and_then(from_ui_locales).or_else(|| accept_language.and_then(from_accept)).unwrap_or_default()
}

fn from_ui_locales(list: &str) -> Option<Locale> {
    bounded(list).split_ascii_whitespace().take(MOST_ENTRIES).find_map(Locale::from_tag)
}

/// The known language with the highest weight; of equals the first.
fn from_accept(list: &str) -> Option<Locale> {
    let mut best: Option<(u16, Locale)> = None;
    for entry in bounded(list).split(',').take(MOST_ENTRIES) {
        let (tag, weight) = weighted(entry);
        let Some(locale) = Locale::from_tag(tag) else { continue };
        if weight > best.map_or(0, |(weight, _)| weight) {
            best = Some((weight, locale));
        }
    }
    best.map(|(_, locale)| locale)
}

/// `de;q=0.7` → (`de`, 700). A weight that cannot be read counts as none.
fn weighted(entry: &str) -> (&str, u16) {
    let (tag, rest) = entry.split_once(';').unwrap_or((entry, ""));
    let weight = match rest.trim() {
        "" => 1000,
        text => text.strip_prefix("q=").and_then(thousandths).unwrap_or(0),
    };
    (tag.trim(), weight)
}

/// RFC 9110 §12.4.2: `0`, `0.xxx`, `1` or `1.000`, in thousandths.
fn thousandths(text: &str) -> Option<u16> {
    let value: f32 = text.get(..text.len().min(5))?.parse().ok()?;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "in 0..=1000 by the test")]
    (0.0..=1.0).contains(&value).then_some((value * 1000.0) as u16)
}

fn bounded(list: &str) -> &str {
    let mut end = list.len().min(MOST_BYTES);
    while !list.is_char_boundary(end) {
        end -= 1;
    }
    list.get(..end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_request_wins_then_the_browser_then_english() {
        assert_eq!(negotiate(Some("fr de-CH en"), Some("ar")), Locale::De);
        assert_eq!(negotiate(Some("fr"), Some("ar")), Locale::Ar);
        assert_eq!(negotiate(None, Some("fr, en;q=0.3, de;q=0.8, ar;q=0")), Locale::De);
        assert_eq!(negotiate(None, Some("en-GB,en;q=0.9,ar;q=0.8")), Locale::En);
        assert_eq!(negotiate(None, None), Locale::En);
    }

    #[test]
    fn a_015_hostile_lists_fall_back() {
        for hostile in ["../../x", "<img src=x>", "\u{202e}ar", "ar;q=NaN", "de;q=-1", "ar;q=9", "", ",,;;,"]
        {
            assert_eq!(negotiate(Some(hostile), Some(hostile)), Locale::En, "{hostile}");
        }
        let flood = "xx ".repeat(100_000) + "de";
        assert_eq!(negotiate(Some(&flood), None), Locale::En);
        assert_eq!(negotiate(Some(&"é".repeat(2000)), None), Locale::En);
    }
}
