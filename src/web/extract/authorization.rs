//! The `Authorization` header: Basic for clients (RFC 6749 §2.3.1), Bearer for tokens (RFC 6750 §2.1).

use actix_web::http::header::{AUTHORIZATION, HeaderMap};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use super::fields::decode;
use crate::kernel::Secret;

/// A client's identifier and secret from a Basic header, already decoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BasicCredentials {
    /// The client identifier: printable ASCII (RFC 6749 appendix A.1).
    pub id: String,
    /// The client secret; may be empty.
    pub secret: Secret,
}

/// Why an `Authorization` header is not usable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HeaderError {
    /// More than one `Authorization` header.
    #[error("more than one Authorization header")]
    Doubled,
    /// Not the syntax of its scheme.
    #[error("the Authorization header is malformed")]
    Malformed,
}

/// What the `Authorization` header carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Authorization {
    /// There is none.
    Absent,
    /// `Basic`: a client's own credentials.
    Basic(BasicCredentials),
    /// `Bearer`: a token.
    Bearer(Secret),
    /// Another scheme, by its lower-case name.
    Other(String),
}

impl Authorization {
    /// Reads the header.
    ///
    /// # Errors
    /// [`HeaderError`] when it is doubled, not ASCII, or not the syntax of its scheme.
    pub fn of(headers: &HeaderMap) -> Result<Self, HeaderError> {
        let mut sent = headers.get_all(AUTHORIZATION);
        let Some(first) = sent.next() else { return Ok(Self::Absent) };
        if sent.next().is_some() {
            return Err(HeaderError::Doubled);
        }
        let text = first.to_str().map_err(|_| HeaderError::Malformed)?;
        let (scheme, rest) = text.split_once(' ').unwrap_or((text, ""));
        let rest = rest.trim_start_matches(' ');
        if scheme.eq_ignore_ascii_case("basic") {
            basic_credentials(rest).map(Self::Basic)
        } else if scheme.eq_ignore_ascii_case("bearer") {
            bearer_token(rest).map(Self::Bearer)
        } else {
            Ok(Self::Other(scheme.to_ascii_lowercase()))
        }
    }
}

/// Identifier and secret are each form-encoded before they are joined (RFC 6749 §2.3.1).
fn basic_credentials(encoded: &str) -> Result<BasicCredentials, HeaderError> {
    let joined = Zeroizing::new(STANDARD.decode(encoded).map_err(|_| HeaderError::Malformed)?);
    let colon = joined.iter().position(|byte| *byte == b':').ok_or(HeaderError::Malformed)?;
    let (id, secret) = joined.split_at_checked(colon).ok_or(HeaderError::Malformed)?;
    let id = decode(id).map_err(|_| HeaderError::Malformed)?;
    let secret = decode(secret.get(1..).unwrap_or_default()).map_err(|_| HeaderError::Malformed)?;
    let secret = Secret::new(secret);
    let printable = |text: &str| text.bytes().all(|byte| (0x20..=0x7e).contains(&byte));
    if id.is_empty() || !printable(&id) || !printable(secret.expose()) {
        return Err(HeaderError::Malformed);
    }
    Ok(BasicCredentials { id, secret })
}

/// `b64token` (RFC 6750 §2.1).
fn bearer_token(text: &str) -> Result<Secret, HeaderError> {
    let body = text.trim_end_matches('=');
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/".contains(&byte);
    if body.is_empty() || !body.bytes().all(allowed) {
        return Err(HeaderError::Malformed);
    }
    Ok(Secret::new(text))
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn read(values: &[&str]) -> Result<Authorization, HeaderError> {
        let request = values.iter().fold(TestRequest::default(), |request, value| {
            request.append_header((AUTHORIZATION, (*value).to_owned()))
        });
        Authorization::of(request.to_http_request().headers())
    }

    fn basic(joined: &str) -> Result<Authorization, HeaderError> {
        read(&[&format!("Basic {}", STANDARD.encode(joined))])
    }

    #[test]
    fn basic_decodes_both_halves() {
        let expected =
            Authorization::Basic(BasicCredentials { id: "a:b".into(), secret: Secret::new("p q%") });
        assert_eq!(basic("a%3Ab:p+q%25"), Ok(expected));
        let colons = basic("id:a:b").unwrap();
        assert_eq!(
            colons,
            Authorization::Basic(BasicCredentials { id: "id".into(), secret: Secret::new("a:b") })
        );
        assert!(matches!(read(&["bAsIc  aWQ6"]), Ok(Authorization::Basic(found)) if found.id == "id"));
    }

    #[test]
    fn garbage_is_an_error_and_never_a_panic() {
        for bad in [
            "Basic",
            "Basic ",
            "Basic !!",
            "Basic aWQ",
            "Basic aWQ6=",
            "Basic \u{e9}",
            "Bearer",
            "Bearer a b",
        ] {
            assert_eq!(read(&[bad]), Err(HeaderError::Malformed), "{bad}");
        }
        for bad in ["", ":secret", "no-colon", "%zz:x", "id:%", "id\u{7f}:x", "\u{ff}:x", "id:%00"] {
            assert_eq!(basic(bad), Err(HeaderError::Malformed), "{bad}");
        }
        assert_eq!(read(&["Bearer a", "Bearer b"]), Err(HeaderError::Doubled));
    }

    #[test]
    fn other_schemes_are_named_and_bearer_is_read() {
        assert_eq!(read(&[]), Ok(Authorization::Absent));
        assert_eq!(read(&["bearer pta_x-y=="]), Ok(Authorization::Bearer(Secret::new("pta_x-y=="))));
        assert_eq!(read(&["DPoP abc"]), Ok(Authorization::Other("dpop".into())));
    }
}
