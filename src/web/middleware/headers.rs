//! The response headers of attacks.md §4, on every answer of every route.

use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderMap, HeaderName, HeaderValue, REFERRER_POLICY, SERVER,
    STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS,
};

/// A page that needs more says so itself; an answer that says nothing gets nothing.
const NOTHING: &str = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

const PERMISSIONS: &str = "accelerometer=(), autoplay=(), camera=(), display-capture=(), fullscreen=(), \
    geolocation=(), gyroscope=(), magnetometer=(), microphone=(), midi=(), payment=(), usb=(), \
    publickey-credentials-create=(self), publickey-credentials-get=(self)";

const DEFAULTS: [(HeaderName, HeaderValue); 7] = [
    (CONTENT_SECURITY_POLICY, HeaderValue::from_static(NOTHING)),
    (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin")),
    (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin")),
    (HeaderName::from_static("permissions-policy"), HeaderValue::from_static(PERMISSIONS)),
    (CACHE_CONTROL, HeaderValue::from_static("no-store")),
];

/// Two years (RFC 6797 §6.1.1).
const HSTS: HeaderValue = HeaderValue::from_static("max-age=63072000; includeSubDomains");

/// Adds each header that the handler did not set: a handler may widen its own answer (a page its CSP,
/// metadata its caching and its readers of other origins), and forgets nothing by forgetting.
pub(super) fn protect(headers: &mut HeaderMap, https: bool) {
    headers.reserve(DEFAULTS.len() + 1);
    for (name, value) in DEFAULTS {
        if !headers.contains_key(&name) {
            headers.insert(name, value);
        }
    }
    if https {
        headers.insert(STRICT_TRANSPORT_SECURITY, HSTS);
    }
    headers.remove(SERVER);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handler_may_widen_its_own_answer_but_not_name_the_server() {
        let mut headers = HeaderMap::new();
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=60"));
        headers.insert(SERVER, HeaderValue::from_static("x/1"));
        protect(&mut headers, true);
        assert_eq!(headers.get(CACHE_CONTROL).unwrap(), "public, max-age=60");
        assert_eq!(headers.get(CONTENT_SECURITY_POLICY).unwrap(), NOTHING);
        assert!(headers.contains_key(STRICT_TRANSPORT_SECURITY) && !headers.contains_key(SERVER));
        let mut plain = HeaderMap::new();
        protect(&mut plain, false);
        assert!(!plain.contains_key(STRICT_TRANSPORT_SECURITY));
    }
}
