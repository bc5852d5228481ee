//! The request line and header sizes: one spelling per path, known verbs, bounded lengths.

use actix_web::dev::RequestHead;
use actix_web::http::Method;
use actix_web::http::header::{HeaderValue, UPGRADE};

use super::refusal::Refusal;

/// The verbs some resource of this server has; what `Allow` says to every other (RFC 9110 §10.2.1).
pub(super) const VERBS: &str = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";

/// `X-HTTP-Method-Override` and its like are read nowhere, so the verb is the one on the request line.
pub(super) fn check_method(method: &Method) -> Result<(), Refusal> {
    match *method {
        Method::GET
        | Method::HEAD
        | Method::POST
        | Method::PUT
        | Method::PATCH
        | Method::DELETE
        | Method::OPTIONS => Ok(()),
        _ => Err(Refusal::Method),
    }
}

/// Refuses an upgrade to WebSocket, which nothing here offers: the HTTP/1 decoder would take everything that
/// follows for its body, whatever `Content-Length` says, and so disagree with a proxy in front.
pub(super) fn check_upgrade(head: &RequestHead) -> Result<(), Refusal> {
    let websocket = |value: &HeaderValue| value.as_bytes().to_ascii_lowercase().starts_with(b"websocket");
    if head.headers().get_all(UPGRADE).any(websocket) { Err(Refusal::BadRequest) } else { Ok(()) }
}

/// Bounds the target and the header section (RFC 9110 §5.4: limits are the server's to set).
pub(super) fn check_sizes(head: &RequestHead, url: usize, headers: usize) -> Result<(), Refusal> {
    let target = head.uri.path_and_query().map_or(0, |target| target.as_str().len());
    let authority = head.uri.authority().map_or(0, |authority| authority.as_str().len());
    if target + authority > url {
        return Err(Refusal::UrlTooLong);
    }
    // Four bytes more per line on the wire: ": " and CRLF.
    let total: usize = head.headers().iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum();
    if total > headers { Err(Refusal::HeadersTooLarge) } else { Ok(()) }
}

/// Refuses every path that some reader between the browser and the router could take for another one:
/// empty and dot segments, path parameters, backslashes, and escapes of characters that need none.
/// The router would decode `%61uthorize` and match `/authorize`; a cache or a proxy rule might not.
pub(super) fn check_path(path: &str) -> Result<(), Refusal> {
    let mut rest = path.as_bytes().iter();
    if rest.next() != Some(&b'/') {
        return Err(Refusal::BadRequest);
    }
    let mut before = b'/';
    while let Some(byte) = rest.next() {
        match byte {
            b'/' if before == b'/' => return Err(Refusal::NotFound),
            b';' | b'\\' => return Err(Refusal::NotFound),
            b'%' => check_escape(rest.next(), rest.next())?,
            0x21..=0x7e => {}
            _ => return Err(Refusal::BadRequest),
        }
        before = *byte;
    }
    if path.contains("/.") && path.split('/').any(|segment| segment == "." || segment == "..") {
        return Err(Refusal::NotFound);
    }
    Ok(())
}

/// An escape must stand for a character that cannot stand for itself, and never for a separator.
fn check_escape(high: Option<&u8>, low: Option<&u8>) -> Result<(), Refusal> {
    let digit = |byte: Option<&u8>| byte.and_then(|byte| char::from(*byte).to_digit(16));
    let (Some(high), Some(low)) = (digit(high), digit(low)) else { return Err(Refusal::BadRequest) };
    match u8::try_from(high * 16 + low).unwrap_or(0) {
        0..=0x1f | 0x7f => Err(Refusal::BadRequest),
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => Err(Refusal::NotFound),
        b'/' | b'\\' | b';' | b'%' => Err(Refusal::NotFound),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_has_one_spelling() {
        for good in
            ["/", "/authorize", "/.well-known/jwks", "/t/a/jwks", "/scim/v2/Users/a%40b", "/a/", "/a..b"]
        {
            assert_eq!(check_path(good), Ok(()), "{good}");
        }
        for trick in [
            "//authorize",
            "/a//b",
            "/./a",
            "/a/..",
            "/../a",
            "/%2e/a",
            "/a%2Fb",
            "/%61uthorize",
            "/account;x.css",
            "/account%3bx.css",
            "/a\\b",
            "/a%5cb",
            "/a%252fb",
        ] {
            assert_eq!(check_path(trick), Err(Refusal::NotFound), "{trick}");
        }
        for bad in ["", "*", "a", "/%", "/%4", "/%zz", "/%00", "/%0d%0a", "/\u{7f}"] {
            assert_eq!(check_path(bad), Err(Refusal::BadRequest), "{bad}");
        }
    }
}
