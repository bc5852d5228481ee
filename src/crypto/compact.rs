//! A JWS in compact form, taken apart strictly (RFC 7515 §3.1, RFC 8725 §3).
//!
//! Nothing is believed here yet: this only decides what the parts are. Header members that name a key or a
//! place to fetch one (`jwk`, `jku`, `x5c`, `x5u`) are never looked at, so they cannot matter (A-049).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::jwt::JwtError;
use super::strict_json::parse_object;

/// A compact JWS whose signature has not been judged.
#[derive(Debug)]
pub struct CompactJws<'a> {
    header: Map<String, Value>,
    signing_input: &'a str,
    payload: &'a str,
    signature: Vec<u8>,
}

impl<'a> CompactJws<'a> {
    /// Takes `token` apart. `longest` bounds it in bytes, before anything is decoded.
    ///
    /// # Errors
    /// [`JwtError`] unless there are exactly three parts of canonical base64url, an unambiguous JSON object
    /// as header with a textual `alg`, and neither `crit` nor `b64` in it: Portico knows no extension, so
    /// every critical one is unknown (RFC 7515 §4.1.11, RFC 7797 §6).
    pub fn parse(token: &'a str, longest: usize) -> Result<Self, JwtError> {
        if token.len() > longest {
            return Err(JwtError::TooLong);
        }
        let (signing_input, signature) = token.rsplit_once('.').ok_or(JwtError::Shape)?;
        let (header, payload) = signing_input.split_once('.').ok_or(JwtError::Shape)?;
        if payload.contains('.') {
            return Err(JwtError::Shape);
        }
        let header: Map<String, Value> = parse_object(&decode(header)?).map_err(|_| JwtError::Header)?;
        if header.contains_key("crit") || header.contains_key("b64") {
            return Err(JwtError::Critical);
        }
        if ["alg", "typ", "kid"].iter().any(|name| header.get(*name).is_some_and(|value| !value.is_string()))
        {
            return Err(JwtError::Header);
        }
        let signature = decode(signature)?;
        Ok(Self { header, signing_input, payload, signature })
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.header.get(name).and_then(Value::as_str)
    }

    /// `alg`, or the empty text, which no algorithm is called.
    pub fn alg(&self) -> &str {
        self.text("alg").unwrap_or_default()
    }

    /// `kid`.
    pub fn kid(&self) -> Option<&str> {
        self.text("kid")
    }

    /// `typ`, as written.
    pub fn typ(&self) -> Option<&str> {
        self.text("typ")
    }

    /// What the signature is over.
    pub fn signing_input(&self) -> &'a str {
        self.signing_input
    }

    /// The signature's bytes.
    pub fn signature(&self) -> &[u8] {
        &self.signature
    }

    /// The claims. Call it after the signature was found good.
    ///
    /// # Errors
    /// [`JwtError`] when the payload is not an unambiguous JSON object of the form `T`.
    pub fn claims<T: DeserializeOwned>(&self) -> Result<T, JwtError> {
        parse_object(&decode(self.payload)?).map_err(|_| JwtError::Claims)
    }
}

/// Canonical base64url only: no padding, no blanks, no left-over bits, so a token has one spelling.
fn decode(part: &str) -> Result<Vec<u8>, JwtError> {
    URL_SAFE_NO_PAD.decode(part).map_err(|_| JwtError::Encoding)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(header: &str) -> Result<String, JwtError> {
        let token = format!("{}.e30.", URL_SAFE_NO_PAD.encode(header));
        CompactJws::parse(&token, 1000).map(|jws| jws.alg().to_owned())
    }

    #[test]
    fn a_054_headers_that_ask_for_more_are_refused() {
        assert_eq!(parse(r#"{"alg":"ES256","jku":"https://evil.example"}"#).as_deref(), Ok("ES256"));
        for bad in [
            r#"{"alg":"ES256","crit":["exp"]}"#,
            r#"{"alg":"ES256","crit":[]}"#,
            r#"{"alg":"ES256","crit":null}"#,
            r#"{"alg":"ES256","b64":false,"crit":["b64"]}"#,
            r#"{"alg":"ES256","b64":false}"#,
            r#"{"alg":"ES256","b64":true}"#,
        ] {
            assert_eq!(parse(bad), Err(JwtError::Critical), "{bad}");
        }
        for bad in [r#"{"alg":["ES256"]}"#, r#"{"alg":"a","kid":1}"#, r#"{"alg":"a","alg":"b"}"#, "[]", "x"] {
            assert_eq!(parse(bad), Err(JwtError::Header), "{bad}");
        }
    }

    #[test]
    fn a_053_other_shapes_are_refused_before_decoding() {
        let refused = |token: &str| CompactJws::parse(token, 16_384).err();
        assert_eq!(refused(&".".repeat(1 << 20)), Some(JwtError::TooLong));
        for bad in ["", "a", "a.b", "a.b.c.d", "a.b.c.d.e", "....", &".".repeat(16_384)] {
            assert_eq!(refused(bad), Some(JwtError::Shape), "{bad:.20}");
        }
        for bad in ["e30=.e30.AA", "e30.e30.AA==", "e30.e30.A", "e30.e30.AB", "e 30.e30.AA", "e30.e30.+/"] {
            assert_eq!(refused(bad), Some(JwtError::Encoding), "{bad}");
        }
        assert_eq!(refused(r#"{"payload":"e30","signatures":[]}"#), Some(JwtError::Shape));
    }
}
