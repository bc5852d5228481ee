//! Redirect URIs: what may be registered, and what equals what was registered.
//!
//! Matching is equality of bytes (RFC 9700 §4.1.3). The one exception is the port of a loopback IP literal
//! (RFC 8252 §7.3). Nothing is decoded, lower-cased or normalised: each of those once opened a hole.

/// Response parameters a registered redirect URI must not carry itself.
const RESERVED: [&str; 9] = [
    "code",
    "state",
    "iss",
    "error",
    "error_description",
    "error_uri",
    "id_token",
    "access_token",
    "response",
];

/// Why a redirect URI cannot be registered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RedirectUriError {
    /// Not printable ASCII, or longer than 2,048 bytes.
    #[error("it must be printable ASCII of at most 2048 characters, percent-encoded where needed")]
    Characters,
    /// No scheme, or not an absolute URI with a host.
    #[error("it must be an absolute URI with a host")]
    NotAbsolute,
    /// A fragment (RFC 6749 §3.1.2).
    #[error("it must not have a fragment")]
    Fragment,
    /// A user name or password.
    #[error("it must not have a user name or password")]
    UserInfo,
    /// A scheme that scripts or reads files, or a private scheme without a dot (RFC 8252 §7.1).
    #[error(
        "this scheme is not allowed; native applications use a reverse-domain scheme such as com.example.app"
    )]
    Scheme,
    /// Plain http to something that is not this machine.
    #[error("plain http is allowed for localhost and loopback addresses only")]
    PlainHttp,
    /// A private-use scheme on a client that is not native.
    #[error("only native clients may use a private-use scheme")]
    PrivateScheme,
    /// A parameter that the authorization response itself uses.
    #[error("its query must not use a name that the authorization response uses")]
    ReservedParameter,
    /// A wildcard.
    #[error("wildcards are not supported; register each redirect URI")]
    Wildcard,
    /// `.` or `..` segments or a backslash.
    #[error("its path must not have dot segments or backslashes")]
    DotSegments,
}

/// Whether `uri` may be registered for a client that is (`native`) or is not a native application.
///
/// # Errors
/// [`RedirectUriError`] naming the rule.
pub fn check(uri: &str, native: bool) -> Result<(), RedirectUriError> {
    use RedirectUriError as E;
    if uri.len() > 2_048
        || !uri.bytes().all(|b| matches!(b, 0x21..=0x7e))
        || uri.contains(['"', '<', '>', '`'])
    {
        return Err(E::Characters);
    }
    if uri.contains('#') {
        return Err(E::Fragment);
    }
    if uri.contains('*') {
        return Err(E::Wildcard);
    }
    let (scheme, rest) = uri.split_once(':').ok_or(E::NotAbsolute)?;
    if scheme.is_empty()
        || !scheme.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"+-.".contains(&b))
    {
        return Err(E::Scheme);
    }
    check_query(rest)?;
    if uri.contains('\\') || rest.split(['/', '?']).any(|part| matches!(part, "." | "..")) {
        return Err(E::DotSegments);
    }
    match scheme {
        "https" => host(rest).map(drop),
        "http" if is_local(host(rest)?) => Ok(()),
        "http" => Err(E::PlainHttp),
        private if private.contains('.') && native => Ok(()),
        private if private.contains('.') => Err(E::PrivateScheme),
        _ => Err(E::Scheme),
    }
}

fn check_query(rest: &str) -> Result<(), RedirectUriError> {
    let query = rest.split_once('?').map_or("", |(_, query)| query);
    let fields = super::Fields::parse(query.as_bytes()).map_err(|_| RedirectUriError::Characters)?;
    if fields.iter().any(|(name, _)| RESERVED.contains(&name)) {
        return Err(RedirectUriError::ReservedParameter);
    }
    Ok(())
}

/// The host of `//authority…`, without port.
fn host(rest: &str) -> Result<&str, RedirectUriError> {
    let authority = rest.strip_prefix("//").ok_or(RedirectUriError::NotAbsolute)?;
    let authority = authority.split(['/', '?']).next().unwrap_or_default();
    if authority.contains('@') {
        return Err(RedirectUriError::UserInfo);
    }
    let host = match authority.strip_prefix('[') {
        Some(literal) => literal.split(']').next().unwrap_or_default(),
        None => authority.split(':').next().unwrap_or_default(),
    };
    if host.is_empty() { Err(RedirectUriError::NotAbsolute) } else { Ok(host) }
}

fn is_local(host: &str) -> bool {
    matches!(host, "localhost" | "127.0.0.1" | "::1")
}

/// Whether the presented URI is the registered one.
pub fn matches(registered: &str, presented: &str) -> bool {
    registered == presented
        || match (loopback_parts(registered), loopback_parts(presented)) {
            (Some(left), Some(right)) => left == right,
            _ => false,
        }
}

/// Host and path of an http URI on a loopback IP literal, the port left out (RFC 8252 §7.3).
fn loopback_parts(uri: &str) -> Option<(&str, &str)> {
    for host in ["http://127.0.0.1", "http://[::1]"] {
        let Some(rest) = uri.strip_prefix(host) else { continue };
        let Some(after) = rest.strip_prefix(':') else {
            return rest.starts_with('/').then_some((host, rest));
        };
        let slash = after.find('/')?;
        let (port, path) = after.split_at_checked(slash)?;
        let port_fits = !port.is_empty() && port.len() <= 5 && port.bytes().all(|b| b.is_ascii_digit());
        return (port_fits && port.parse::<u16>().is_ok()).then_some((host, path));
    }
    None
}

/// The origin (scheme, host, port) of an http(s) URI, for `form-action` and CORS.
pub fn origin(uri: &str) -> Option<&str> {
    let after = uri.strip_prefix("https://").or_else(|| uri.strip_prefix("http://"))?;
    let length = after.find(['/', '?']).unwrap_or(after.len());
    uri.get(..uri.len() - after.len() + length)
}

/// The scheme with its colon, as `form-action` wants it for private-use schemes.
pub fn scheme(uri: &str) -> Option<&str> {
    uri.split_once(':').and_then(|(scheme, _)| uri.get(..=scheme.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_002_a_003_a_004_only_equal_bytes_match() {
        let registered = "https://foo.example.com/cb";
        assert!(matches(registered, registered));
        for other in [
            "https://foo.example.com.evil.tld/cb",
            "https://fooaexample.com/cb",
            "https://foo.example.com:443/cb",
            "HTTPS://FOO.EXAMPLE.COM/CB",
            "https://foo.example.com./cb",
            "https://foo.example.com/cb/",
            "https://foo.example.com/cb/../x",
            "https://foo.example.com/cb?x=1",
            "https://foo.example.com/cb#",
            "",
        ] {
            assert!(!matches(registered, other), "{other}");
        }
    }

    #[test]
    fn a_005_only_the_port_of_a_loopback_literal_may_vary() {
        assert!(matches("http://127.0.0.1/cb", "http://127.0.0.1:51004/cb"));
        assert!(matches("http://[::1]:1/cb", "http://[::1]:51004/cb"));
        for other in [
            "http://127.0.0.1:51004/other",
            "http://localhost:51004/cb",
            "http://127.0.0.1.evil.tld/cb",
            "http://127.0.0.1:99999/cb",
            "http://127.0.0.1:1@evil.tld/cb",
            "http://127.0.0.1:/cb",
            "https://127.0.0.1:51004/cb",
        ] {
            assert!(!matches("http://127.0.0.1/cb", other), "{other}");
        }
        assert!(!matches("http://localhost/cb", "http://localhost:80/cb"));
    }

    #[test]
    fn a_006_a_008_what_cannot_be_registered() {
        use RedirectUriError as E;
        for (uri, rule) in [
            ("javascript:alert(1)", E::Scheme),
            ("JaVaScRiPt:alert(1)", E::Scheme),
            ("data:text/html,x", E::Scheme),
            ("vbscript:x", E::Scheme),
            ("http://app.example/cb", E::PlainHttp),
            ("*", E::Wildcard),
            ("https://*.example/cb", E::Wildcard),
            ("https://c.example/cb?code=x&state=y", E::ReservedParameter),
            ("https://c.example/cb#f", E::Fragment),
            ("https://u:p@c.example/cb", E::UserInfo),
            ("https:///cb", E::NotAbsolute),
            ("/cb", E::NotAbsolute),
            ("https://c.example/a/../b", E::DotSegments),
            ("https://c.example/é", E::Characters),
            ("com.example.app:/cb", E::PrivateScheme),
        ] {
            assert_eq!(check(uri, false), Err(rule), "{uri}");
        }
        assert_eq!(check("com.example.app:/cb", true), Ok(()));
        assert_eq!(check("https://c.example/cb?tenant=1", false), Ok(()));
        assert_eq!(check("http://localhost:3000/cb", false), Ok(()));
    }

    #[test]
    fn origins_stop_before_the_path() {
        assert_eq!(origin("https://c.example:8443/cb?x=1"), Some("https://c.example:8443"));
        assert_eq!(origin("https://c.example?x"), Some("https://c.example"));
        assert_eq!(origin("com.example.app:/cb"), None);
        assert_eq!(scheme("com.example.app:/cb"), Some("com.example.app:"));
    }
}
