//! Where requests may go.

use std::net::IpAddr;

use reqwest::Url;

use super::FetchError;
use super::address::is_public;

/// Scheme, host and port of an address, as one string (RFC 6454 §6.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin(String);

impl Origin {
    /// The origin of an http or https address.
    pub fn of(url: &Url) -> Option<Self> {
        matches!(url.scheme(), "http" | "https").then(|| Self(url.origin().ascii_serialization()))
    }

    /// The origin of an address that is still text.
    pub fn parse(text: &str) -> Option<Self> {
        Self::of(&Url::parse(text).ok()?)
    }
}

/// Where a client may go.
#[derive(Clone, Debug)]
pub struct Policy {
    named: Vec<Origin>,
    elsewhere: bool,
}

/// By which road a request goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Road {
    /// To an origin that was named: any address, and plain http if its scheme says so.
    Named,
    /// To the public internet by https, and nowhere else.
    Public,
}

impl Policy {
    /// Every https server on the public internet.
    pub const fn public() -> Self {
        Self { named: Vec::new(), elsewhere: true }
    }

    /// These origins, wherever they are, and nothing else.
    pub const fn only(named: Vec<Origin>) -> Self {
        Self { named, elsewhere: false }
    }

    /// These origins too, wherever they are.
    #[must_use]
    pub fn and(mut self, named: Vec<Origin>) -> Self {
        self.named.extend(named);
        self
    }

    /// The road to an address.
    ///
    /// # Errors
    /// [`FetchError::Address`], and [`FetchError::Network`] for an address written in digits.
    pub(super) fn road(&self, url: &Url) -> Result<Road, FetchError> {
        let origin = Origin::of(url).ok_or(FetchError::Address)?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(FetchError::Address);
        }
        if self.named.contains(&origin) {
            return Ok(Road::Named);
        }
        if !self.elsewhere || url.scheme() != "https" {
            return Err(FetchError::Address);
        }
        // Names are checked when they are resolved; an address in digits never is.
        match literal(url) {
            Some(address) if !is_public(address) => Err(FetchError::Network),
            _ => Ok(Road::Public),
        }
    }
}

/// The address, when the host is one. `Url` has already read `0x7f.1` and `2130706433` as browsers do.
fn literal(url: &Url) -> Option<IpAddr> {
    url.host_str()?.trim_matches(['[', ']']).parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn road(policy: &Policy, url: &str) -> Result<Road, FetchError> {
        policy.road(&Url::parse(url).unwrap())
    }

    #[test]
    fn only_named_origins_may_be_local_or_plain() {
        let local = || vec![Origin::parse("http://localhost:8080/x").unwrap()];
        let only = Policy::only(local());
        assert_eq!(road(&only, "http://localhost:8080/token?x"), Ok(Road::Named));
        for other in [
            "http://localhost:8081/token",
            "https://localhost:8080/token",
            "http://127.0.0.1:8080/token",
            "http://localhost.evil.example:8080/",
            "http://localhost.evil.example:8080/",
            "http://user@localhost:8080/",
            "https://example.com/",
            "file:///etc/passwd",
        ] {
            assert_eq!(road(&only, other), Err(FetchError::Address), "{other}");
        }
        let both = Policy::public().and(local());
        assert_eq!(road(&both, "http://localhost:8080/"), Ok(Road::Named));
        assert_eq!(road(&both, "https://example.com/"), Ok(Road::Public));
        assert_eq!(road(&both, "http://example.com/"), Err(FetchError::Address));
    }

    #[test]
    fn a_137_addresses_in_digits_are_checked_in_every_spelling() {
        for url in [
            "https://127.0.0.1/",
            "https://0x7f.1/",
            "https://2130706433/",
            "https://0177.0.0.1/",
            "https://[::1]/",
            "https://[::ffff:127.0.0.1]/",
            "https://169.254.169.254/latest",
            "https://0.0.0.0/",
        ] {
            assert_eq!(road(&Policy::public(), url), Err(FetchError::Network), "{url}");
        }
        assert_eq!(road(&Policy::public(), "https://1.1.1.1/"), Ok(Road::Public));
    }
}
