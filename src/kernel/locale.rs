//! Languages.

/// A language of the pages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Locale {
    /// English.
    #[default]
    En,
    /// Arabic.
    Ar,
    /// German.
    De,
}

impl Locale {
    /// Every locale.
    pub const ALL: [Self; 3] = [Self::En, Self::De, Self::Ar];

    /// The BCP 47 tag.
    pub const fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Ar => "ar",
            Self::De => "de",
        }
    }
}
