//! Tenant slugs: the `{slug}` of `/t/{slug}`.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A tenant's name in URLs: 1 to 63 of `a-z 0-9 -`, no hyphen at either end.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TenantSlug(String);

/// Why a text is not a slug.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a tenant's slug is 1 to 63 of a-z, 0-9 and '-', with no '-' at either end")]
pub struct SlugError;

impl TenantSlug {
    /// The slug of the tenant that lives at the root of `public_url`.
    pub fn default_tenant() -> Self {
        Self("default".to_owned())
    }

    /// Reads a slug.
    ///
    /// # Errors
    /// [`SlugError`] when it has another form.
    pub fn parse(text: &str) -> Result<Self, SlugError> {
        let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        let well_formed = (1..=63).contains(&text.len())
            && text.bytes().all(allowed)
            && !text.starts_with('-')
            && !text.ends_with('-');
        if well_formed { Ok(Self(text.to_owned())) } else { Err(SlugError) }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this is the default tenant, whose issuer is `public_url` itself.
    pub fn is_default(&self) -> bool {
        self.0 == "default"
    }
}

impl fmt::Display for TenantSlug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<TenantSlug> for String {
    fn from(slug: TenantSlug) -> Self {
        slug.0
    }
}

impl TryFrom<String> for TenantSlug {
    type Error = SlugError;
    fn try_from(text: String) -> Result<Self, SlugError> {
        Self::parse(&text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_labels_are_slugs() {
        assert!(TenantSlug::parse("acme-2").is_ok());
        for bad in ["", "-a", "a-", "A", "a_b", "a/b", "é", &"a".repeat(64)] {
            assert_eq!(TenantSlug::parse(bad), Err(SlugError), "{bad}");
        }
    }
}
