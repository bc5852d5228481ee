//! What every page shares.

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::assets;
use crate::kernel::Timestamp;
use crate::kernel::locale::{Locale, Value, tr};

/// The context of a page: language, brand, and where links lead.
#[derive(Clone, Debug)]
pub struct Page {
    /// The language of the page.
    pub locale: Locale,
    /// The nonce of this answer's Content-Security-Policy `script-src`.
    pub nonce: String,
    /// The tenant's name: the brand above the card.
    pub tenant: String,
    /// The path of `public_url`, without a slash at the end; static files lie under it. Mostly empty.
    pub root: String,
    /// The path of the tenant's issuer: `root`, or `root` and `/t/{slug}`.
    pub base: String,
    /// The language menu; empty shows none.
    pub languages: Vec<Language>,
}

/// One entry of the language menu.
#[derive(Clone, Debug)]
pub struct Language {
    /// The language.
    pub locale: Locale,
    /// This page in that language.
    pub href: String,
}

/// A link with its text.
#[derive(Clone, Debug)]
pub struct Link {
    /// Where it leads; checked by [`safe_link`] where a page shows it.
    pub href: String,
    /// What it says.
    pub text: String,
}

/// A moment as a page shows it, in UTC.
#[derive(Clone, Debug)]
pub struct Stamp {
    /// RFC 3339, for `datetime`.
    pub iso: String,
    /// For people: `2025-11-22 03:33:00 UTC`.
    pub text: String,
}

impl Page {
    /// A page without a language menu, for the service at the root of its host.
    pub fn new(locale: Locale, nonce: impl Into<String>, tenant: impl Into<String>) -> Self {
        Self {
            locale,
            nonce: nonce.into(),
            tenant: tenant.into(),
            root: String::new(),
            base: String::new(),
            languages: Vec::new(),
        }
    }

    /// The same page with a language menu; `href` says where this page is in each language.
    #[must_use]
    pub fn with_languages(mut self, href: impl Fn(Locale) -> String) -> Self {
        self.languages =
            Locale::ALL.into_iter().map(|locale| Language { locale, href: href(locale) }).collect();
        self
    }

    /// A text without variables.
    pub fn t(&self, key: &str) -> String {
        tr(self.locale, key, &[])
    }

    /// A text with one variable.
    pub fn t1(&self, key: &str, name: &str, value: &str) -> String {
        tr(self.locale, key, &[(name, Value::Text(value))])
    }

    /// A text with one count, `$count`.
    pub fn tn(&self, key: &str, count: u64) -> String {
        tr(self.locale, key, &[("count", Value::Number(count))])
    }

    /// The document's title: `Sign in – Acme`, and `Error: …` when a field is wrong, because a screen
    /// reader says the title first.
    pub fn title(&self, heading: impl AsRef<str>, wrong: bool) -> String {
        let title = format!("{} – {}", heading.as_ref(), self.tenant);
        if wrong { self.t1("error-prefix", "title", &title) } else { title }
    }

    /// The address of a static file, with its content hash.
    pub fn asset(&self, name: &str) -> String {
        format!("{}{}", self.root, assets::path(name))
    }

    /// The tenant's start page.
    pub fn home(&self) -> String {
        format!("{}/", self.base)
    }

    /// How long to wait, in seconds below two minutes, then in minutes rounded up.
    pub fn wait(&self, seconds: u64) -> String {
        if seconds < 120 {
            self.tn("wait-seconds", seconds.max(1))
        } else {
            self.tn("wait-minutes", seconds.div_ceil(60))
        }
    }
}

impl From<Timestamp> for Stamp {
    fn from(at: Timestamp) -> Self {
        let moment = OffsetDateTime::from_unix_timestamp(at.seconds()).unwrap_or(OffsetDateTime::UNIX_EPOCH);
        let iso = moment.format(&Rfc3339).unwrap_or_default();
        let text =
            format!("{} {} UTC", iso.get(..10).unwrap_or_default(), iso.get(11..19).unwrap_or_default());
        Self { iso, text }
    }
}

/// The letter on an application's or person's tile.
pub fn initial(name: &str) -> String {
    name.chars().find(|c| c.is_alphanumeric()).map(|c| c.to_uppercase().collect()).unwrap_or_default()
}

/// A link whose target somebody else chose: web addresses and paths of this host only, never `javascript:`
/// or `data:`, and no control characters that a browser would skip while reading the scheme.
pub fn safe_link(href: &str) -> Option<&str> {
    let web = ["https://", "http://"]
        .iter()
        .any(|scheme| href.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme)));
    let own = href.starts_with('/') && !href.starts_with("//") && !href.starts_with("/\\");
    let clean = !href.chars().any(|c| c.is_control() || c.is_whitespace());
    ((web || own) && clean).then_some(href)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_web_addresses_and_own_paths_are_links() {
        for good in ["https://a.example/x?y#z", "HTTP://localhost:3000/", "/account", "/"] {
            assert_eq!(safe_link(good), Some(good));
        }
        for bad in [
            "javascript:alert(1)",
            "java\tscript:alert(1)",
            "data:text/html,x",
            "//evil.tld",
            "/\\evil.tld",
            "/\t/evil.tld",
            " https://a",
            "",
            "mailto:a@b",
        ] {
            assert_eq!(safe_link(bad), None, "{bad}");
        }
    }

    #[test]
    fn initials_and_stamps() {
        assert_eq!(initial("  «élan»"), "É");
        assert_eq!(initial("…"), "");
        let stamp = Stamp::from(Timestamp::from_seconds(1_763_782_380));
        assert_eq!(
            (stamp.iso.as_str(), stamp.text.as_str()),
            ("2025-11-22T03:33:00Z", "2025-11-22 03:33:00 UTC")
        );
    }

    #[test]
    fn waits_are_told_in_a_unit_that_fits() {
        let page = Page::new(Locale::En, "n", "Acme");
        assert_eq!(page.wait(0), "Wait 1 second, then try again.");
        assert_eq!(page.wait(900), "Wait 15 minutes, then try again.");
        assert_eq!(page.wait(121), "Wait 3 minutes, then try again.");
    }
}
