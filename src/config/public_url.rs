//! The address under which everyone reaches this server.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

use super::value::{Raw, Setting, excerpt, quoted};

/// The issuer of the default tenant (OpenID Connect Discovery 1.0 §3, RFC 8414 §2): https, or http on
/// this machine only; no user, query, fragment or trailing slash. Normalised (RFC 3986 §6.2.2, §6.2.3):
/// scheme and host in lower case, no default port, so that equal issuers are equal strings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicUrl {
    text: String,
    host: String,
    path: String,
    https: bool,
}

impl PublicUrl {
    /// Reads and normalises an address.
    ///
    /// # Errors
    /// One sentence naming the first thing that is wrong.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (scheme, rest) = text.split_once("://").ok_or_else(|| {
            format!("expected an address such as \"https://id.example.com\", found {}", excerpt(text))
        })?;
        let https = match scheme.to_ascii_lowercase().as_str() {
            "https" => true,
            "http" => false,
            _ => return Err(format!("the scheme must be https, found {}", excerpt(scheme))),
        };
        if let Some(part) = rest.chars().find(|c| matches!(c, '?' | '#' | '@' | '\\')) {
            return Err(format!("a user, query or fragment is not allowed (there is a \"{part}\")"));
        }
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let (name, port) = split_port(authority)?;
        let name = normal_host(name)?;
        if !https && !matches!(name.as_str(), "localhost" | "127.0.0.1" | "[::1]") {
            return Err("plain http is only allowed for localhost, 127.0.0.1 and [::1]; use https".to_owned());
        }
        check_path(path)?;
        let host = match port {
            Some(port) if port != if https { 443 } else { 80 } => format!("{name}:{port}"),
            _ => name,
        };
        let scheme = if https { "https" } else { "http" };
        Ok(Self { text: format!("{scheme}://{host}{path}"), host, path: path.to_owned(), https })
    }

    /// Where a server without configuration lives: `http://localhost:8080`.
    pub fn local() -> Self {
        let host = "localhost:8080".to_owned();
        Self { text: format!("http://{host}"), host, path: String::new(), https: false }
    }

    /// The whole address, without a slash at the end.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Host and, unless it is the scheme's own, port: what a browser sends as `Host` (RFC 9110 §7.2).
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Empty, or a path that begins with a slash and does not end with one.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Scheme and host: what a browser sends as `Origin` (RFC 6454 §6.2).
    pub fn origin(&self) -> &str {
        self.text.strip_suffix(self.path.as_str()).unwrap_or(&self.text)
    }

    /// Whether the scheme is https; if not, the host is this machine.
    pub fn is_https(&self) -> bool {
        self.https
    }
}

/// `host`, `host:port`, `[v6]` or `[v6]:port`.
fn split_port(authority: &str) -> Result<(&str, Option<u16>), String> {
    let after_host = authority.rfind(']').unwrap_or(0);
    match authority.rfind(':').filter(|colon| *colon > after_host || after_host == 0) {
        None => Ok((authority, None)),
        Some(colon) => {
            let (name, port) = authority.split_at(colon);
            let digits = port.trim_start_matches(':');
            let number = digits.bytes().all(|b| b.is_ascii_digit()).then(|| digits.parse().ok()).flatten();
            match number {
                Some(number) if number > 0 => Ok((name, Some(number))),
                _ => Err(format!("expected a port between 1 and 65535, found {}", excerpt(digits))),
            }
        }
    }
}

/// A DNS name in ASCII (RFC 1123 §2.1) or an IP address, in the one form browsers use.
fn normal_host(name: &str) -> Result<String, String> {
    let wrong = || format!("{} is not a host name or address", excerpt(name));
    if let Some(inside) = name.strip_prefix('[') {
        let address: Ipv6Addr = inside.strip_suffix(']').and_then(|a| a.parse().ok()).ok_or_else(wrong)?;
        return Ok(format!("[{address}]"));
    }
    if !name.is_ascii() {
        return Err(format!("{}: write international names in their \"xn--\" form", excerpt(name)));
    }
    let name = name.to_ascii_lowercase();
    let label_ok = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    // A last label of digits makes browsers read the whole as an IPv4 address, in forms nobody expects.
    let numeric = name.rsplit('.').next().is_some_and(|last| last.bytes().all(|b| b.is_ascii_digit()));
    let good = if numeric { name.parse::<Ipv4Addr>().is_ok() } else { name.split('.').all(label_ok) };
    if good && name.len() <= 253 { Ok(name) } else { Err(wrong()) }
}

/// Plain segments only: what is compared byte by byte must have one spelling.
fn check_path(path: &str) -> Result<(), String> {
    if path.is_empty() {
        return Ok(());
    }
    if path.ends_with('/') {
        return Err("remove the slash at the end".to_owned());
    }
    let plain = |c: char| c.is_ascii_alphanumeric() || "-._~".contains(c);
    let segment_ok = |s: &str| !s.is_empty() && s != "." && s != ".." && s.chars().all(plain);
    if path.split('/').skip(1).all(segment_ok) {
        Ok(())
    } else {
        Err(format!("the path {} may hold only letters, digits and -._~", excerpt(path)))
    }
}

impl fmt::Display for PublicUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Setting for PublicUrl {
    const REQUIRED: bool = true;

    fn kind() -> String {
        "https address".to_owned()
    }

    fn parse(raw: &Raw) -> Result<Self, String> {
        Self::parse(raw.text()?)
    }

    fn show(&self) -> String {
        quoted(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_normalised() {
        for (given, text, host) in [
            ("https://id.example.com", "https://id.example.com", "id.example.com"),
            ("HTTPS://ID.Example.COM:443", "https://id.example.com", "id.example.com"),
            ("https://id.example.com:8443/auth", "https://id.example.com:8443/auth", "id.example.com:8443"),
            ("http://localhost:80", "http://localhost", "localhost"),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080", "127.0.0.1:8080"),
            ("http://[0:0::1]:8080", "http://[::1]:8080", "[::1]:8080"),
            ("https://[2001:DB8::1]", "https://[2001:db8::1]", "[2001:db8::1]"),
        ] {
            let url = PublicUrl::parse(given).unwrap();
            assert_eq!((url.as_str(), url.host()), (text, host));
            assert_eq!(url.is_https(), text.starts_with("https:"));
        }
        let url = PublicUrl::parse("https://a.example/x/y").unwrap();
        assert_eq!((url.origin(), url.path()), ("https://a.example", "/x/y"));
        assert_eq!(PublicUrl::parse(PublicUrl::local().as_str()), Ok(PublicUrl::local()));
    }

    #[test]
    fn dangerous_or_ambiguous_addresses_are_refused() {
        for text in [
            "",
            "id.example.com",
            "ftp://id.example.com",
            "https://",
            "https:///x",
            "https://:443",
            "http://id.example.com",
            "http://localhost.example.com",
            "http://127.0.0.2",
            "http://[::2]",
            "http://2130706433",
            "https://127.1",
            "https://1.2.3.04",
            "https://[::1",
            "https://::1",
            "https://a.example/",
            "https://a.example/x/",
            "https://a.example//x",
            "https://a.example/../x",
            "https://a.example/%78",
            "https://a.example?x",
            "https://a.example#x",
            "https://u@a.example",
            "https://u:p@a.example",
            "https://a.example:0",
            "https://a.example:65536",
            "https://a.example:",
            "https://a.example:+1",
            "https://a..example",
            "https://-a.example",
            "https://bücher.example",
            "https://a b.example",
            "https://a.example\\x",
            "https://[::1]x",
            "https://[::1]x:80",
        ] {
            assert!(PublicUrl::parse(text).is_err(), "{text}");
        }
    }
}
