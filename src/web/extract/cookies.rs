//! The `Cookie` header, read strictly (RFC 6265 §4.2.1).

use actix_web::http::header::{COOKIE, HeaderMap};

/// The cookies of one request. Malformed pairs are passed over; a name that occurs twice is nobody's:
/// a sub-domain or a network attacker may have planted one of the two, so neither is believed.
#[derive(Clone, Copy, Debug)]
pub struct Cookies<'a>(&'a HeaderMap);

impl<'a> Cookies<'a> {
    /// The cookies among `headers`; over HTTP/2 they may come in several headers (RFC 9113 §8.2.3).
    pub fn of(headers: &'a HeaderMap) -> Self {
        Self(headers)
    }

    /// The value of the cookie `name`, when it was sent exactly once and is well formed.
    pub fn get(&self, name: &str) -> Option<&'a str> {
        let mut found = self.pairs().filter(|(key, _)| *key == name);
        let (_, value) = found.next()?;
        if found.next().is_some() || !value.bytes().all(is_cookie_octet) {
            return None;
        }
        Some(value)
    }

    fn pairs(&self) -> impl Iterator<Item = (&'a str, &'a str)> + use<'a> {
        self.0
            .get_all(COOKIE)
            .filter_map(|header| header.to_str().ok())
            .flat_map(|text| text.split(';'))
            .filter_map(|pair| pair.trim_matches([' ', '\t']).split_once('='))
    }
}

/// `cookie-octet`: no white space, quotes, comma, semicolon, backslash or control character.
fn is_cookie_octet(byte: u8) -> bool {
    matches!(byte, 0x21 | 0x23..=0x2b | 0x2d..=0x3a | 0x3c..=0x5b | 0x5d..=0x7e)
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn cookie(headers: &[&str], name: &str) -> Option<String> {
        let request = headers.iter().fold(TestRequest::default(), |request, value| {
            request.append_header((COOKIE, (*value).to_owned()))
        });
        Cookies::of(request.to_http_request().headers()).get(name).map(str::to_owned)
    }

    #[test]
    fn one_value_is_believed() {
        assert_eq!(cookie(&["a=1; __Host-s=ptz_x; b=2"], "__Host-s").as_deref(), Some("ptz_x"));
        assert_eq!(cookie(&["a=1", "__Host-s=y"], "__Host-s").as_deref(), Some("y"));
        assert_eq!(cookie(&["a=b=c"], "a").as_deref(), Some("b=c"));
        assert_eq!(cookie(&["__host-s=y"], "__Host-s"), None);
    }

    #[test]
    fn a_058_a_doubled_cookie_is_nobodys() {
        assert_eq!(cookie(&["s=first; s=planted"], "s"), None);
        assert_eq!(cookie(&["s=first", "s=first"], "s"), None);
    }

    #[test]
    fn malformed_pairs_are_not_repaired() {
        assert_eq!(cookie(&["s=\"quoted\""], "s"), None);
        assert_eq!(cookie(&["s=a b"], "s"), None);
        assert_eq!(cookie(&["s; t=1"], "s"), None);
    }
}
