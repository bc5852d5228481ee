//! The host a request names must be ours: links, issuers and cookies are made for one host only.

use actix_web::dev::RequestHead;
use actix_web::http::header::HOST;
use actix_web::http::{Uri, Version};

use super::refusal::Refusal;

/// The host part of `public_url`, in the spellings a request may use for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicUrl {
    spellings: Vec<String>,
    https: bool,
}

/// Why a text is not a usable public URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("public_url must be http:// or https:// with a host, and without user, query or fragment")]
pub struct PublicUrlError;

impl PublicUrl {
    /// Reads `public_url`.
    ///
    /// # Errors
    /// [`PublicUrlError`] when it is not an http or https URL with a plain host.
    pub fn parse(url: &str) -> Result<Self, PublicUrlError> {
        let uri: Uri = url.parse().map_err(|_| PublicUrlError)?;
        let (https, default_port) = match uri.scheme_str() {
            Some("https") => (true, 443),
            Some("http") => (false, 80),
            _ => return Err(PublicUrlError),
        };
        let host = uri.host().filter(|host| !host.is_empty()).ok_or(PublicUrlError)?.to_ascii_lowercase();
        let userinfo = uri.authority().is_some_and(|authority| authority.as_str().contains('@'));
        if userinfo || uri.query().is_some() || url.contains('#') {
            return Err(PublicUrlError);
        }
        let port = uri.port_u16().unwrap_or(default_port);
        let mut spellings = vec![format!("{host}:{port}")];
        if port == default_port {
            spellings.insert(0, host);
        }
        Ok(Self { spellings, https })
    }

    /// Whether browsers reach us by https, so that HSTS is due.
    pub const fn https(&self) -> bool {
        self.https
    }

    fn is(&self, authority: &[u8]) -> bool {
        self.spellings.iter().any(|known| known.as_bytes().eq_ignore_ascii_case(authority))
    }

    /// Checks every place in which a request names its host: the `Host` header, the target's authority
    /// (absolute form, RFC 9112 §3.2.2) and `:authority` (RFC 9113 §8.3.1).
    pub(super) fn check(&self, head: &RequestHead) -> Result<(), Refusal> {
        let mut sent = head.headers().get_all(HOST);
        let host = sent.next();
        let authority = head.uri.authority();
        if sent.next().is_some() {
            return Err(Refusal::BadRequest);
        }
        if host.is_none() && (authority.is_none() || head.version < Version::HTTP_2) {
            return Err(Refusal::BadRequest);
        }
        let foreign = host.is_some_and(|value| !self.is(value.as_bytes()))
            || authority.is_some_and(|value| !self.is(value.as_str().as_bytes()));
        if foreign { Err(Refusal::Misdirected) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_port_has_two_spellings_and_any_other_one() {
        let plain = PublicUrl::parse("https://IdP.example").unwrap();
        assert!(plain.is(b"idp.example") && plain.is(b"IDP.example:443") && plain.https());
        for foreign in ["idp.example:80", "idp.example.", "idp.example:443@evil", "evil", "", "idp.example:"]
        {
            assert!(!plain.is(foreign.as_bytes()), "{foreign}");
        }
        let dev = PublicUrl::parse("http://localhost:8080").unwrap();
        assert!(dev.is(b"localhost:8080") && !dev.is(b"localhost") && !dev.https());
    }

    #[test]
    fn only_plain_urls_are_public_urls() {
        for bad in ["idp.example", "ftp://x", "https://", "https://u@x", "https://x?y", "https://x#y", "/a"] {
            assert!(PublicUrl::parse(bad).is_err(), "{bad}");
        }
    }
}
