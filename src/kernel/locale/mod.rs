//! The languages Portico speaks, which one a person gets, and the texts themselves.
//!
//! Here: the closed list of locales, the choice between them (`negotiate`) and the Fluent bundles built
//! from `locales/*.ftl`, which are part of the binary. Not here: templates, dates of a person's time zone,
//! and any text of a protocol error (those are English by RFC 6749 §5.2 and live in `spec`).
//! Language tags are BCP 47 (RFC 5646), lookup is RFC 4647 §3.4 cut down to the primary subtag.

mod negotiate;
mod strings;

pub use negotiate::negotiate;
pub use strings::{Value, tr};

/// A language of the pages and mails. A new one is one variant here and one file in `locales/`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Locale {
    /// English; what a person gets when nothing better is known.
    #[default]
    En,
    /// Arabic, written from right to left.
    Ar,
    /// German.
    De,
}

impl Locale {
    /// Every locale, in the order a language menu shows them.
    pub const ALL: [Self; 3] = [Self::En, Self::De, Self::Ar];

    /// The BCP 47 tag, for `lang` attributes and `Content-Language`.
    pub const fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Ar => "ar",
            Self::De => "de",
        }
    }

    /// The direction of writing, for the `dir` attribute: `ltr` or `rtl`.
    pub const fn dir(self) -> &'static str {
        match self {
            Self::Ar => "rtl",
            Self::En | Self::De => "ltr",
        }
    }

    /// The language's name in itself: what somebody who reads only that language looks for.
    pub const fn own_name(self) -> &'static str {
        match self {
            Self::En => "English",
            Self::Ar => "العربية",
            Self::De => "Deutsch",
        }
    }

    /// The locale of a language tag, by its primary subtag in any case (`de-AT`, `AR_eg`); `None` for
    /// other languages and for text that is no tag.
    pub fn from_tag(tag: &str) -> Option<Self> {
        let well_formed = (2..=35).contains(&tag.len())
            && tag.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
        let primary = tag.split(['-', '_']).next().filter(|_| well_formed)?;
        Self::ALL.into_iter().find(|locale| locale.tag().eq_ignore_ascii_case(primary))
    }

    /// The language's file.
    const fn source(self) -> &'static str {
        match self {
            Self::En => include_str!("../../../locales/en.ftl"),
            Self::Ar => include_str!("../../../locales/ar.ftl"),
            Self::De => include_str!("../../../locales/de.ftl"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Locale;

    #[test]
    fn regions_fall_to_their_language_and_rubbish_to_nothing() {
        assert_eq!(Locale::from_tag("de-AT"), Some(Locale::De));
        assert_eq!(Locale::from_tag("AR_eg"), Some(Locale::Ar));
        for other in ["", "e", "den", "fr", "en/../..", "../../x", "en\0", "ar;q=1", &"en-".repeat(20)] {
            assert_eq!(Locale::from_tag(other), None, "{other}");
        }
    }
}
