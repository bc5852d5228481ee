//! The pieces of the authorization code flow the scenarios share: PKCE, request lines, codes, JOSE headers,
//! HTML forms and cookies.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use crate::http::{Answer, encode};
use crate::target::Target;

/// What every code flow of the bench asks for.
pub const SCOPE: &str = "openid%20profile%20email%20offline_access";

/// A PKCE verifier for operation `n` and its S256 challenge (RFC 7636 §4).
pub fn pkce(n: u64) -> (String, String) {
    let verifier = format!("bench-verifier-{n:0>28}");
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()));
    (verifier, challenge)
}

/// Path and query of an authorization request; `redirect_uri` is already encoded.
pub fn authorize_path(
    target: &Target,
    client_id: &str,
    redirect_uri: &str,
    challenge: &str,
    state: u64,
) -> String {
    format!(
        "{}?response_type=code&client_id={}&redirect_uri={redirect_uri}&scope={SCOPE}&state={state}\
         &nonce=n-{state}&code_challenge={challenge}&code_challenge_method=S256",
        target.at.authorize,
        encode(client_id),
    )
}

/// The code of a redirect to the client.
///
/// # Errors
/// Anything but a redirect to `redirect_uri` with a code and the `state` that was sent.
pub fn code_of<'a>(answer: &Answer<'a>, redirect_uri: &str, state: u64) -> Result<&'a str, String> {
    let location = answer.header("location").unwrap_or_default();
    let query = location.strip_prefix(redirect_uri).and_then(|rest| rest.strip_prefix('?'));
    let query = query.filter(|_| matches!(answer.status, 302 | 303));
    let Some(query) = query else {
        return Err(format!("expected a redirect with a code, got {}", answer.describe()));
    };
    let parameter = |name: &str| query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
    if parameter("state").and_then(|text| text.parse().ok()) != Some(state) {
        return Err(format!("expected state {state}, got {}", answer.describe()));
    }
    parameter("code").ok_or_else(|| format!("expected a code, got {}", answer.describe()))
}

/// Checks that compact JWS are signed with one algorithm. Headers repeat, so each is decoded once.
#[derive(Debug)]
pub struct AlgCheck {
    wanted: &'static str,
    good: Vec<String>,
}

impl AlgCheck {
    /// Expects `wanted`, the `alg` of RFC 7518 §3.1 or RFC 8037 §3.1.
    pub fn new(wanted: &'static str) -> Self {
        Self { wanted, good: Vec::new() }
    }

    /// # Errors
    /// A token that is not a compact JWS, or is signed with something else.
    pub fn check(&mut self, token: &str) -> Result<(), String> {
        let header = token.split('.').next().unwrap_or_default();
        if token.split('.').count() != 3 {
            return Err(format!("not a signed JWT: {token}"));
        }
        if self.good.iter().any(|known| known == header) {
            return Ok(());
        }
        let decoded = URL_SAFE_NO_PAD.decode(header).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        let decoded = decoded.unwrap_or_default();
        if crate::http::json_member(&decoded, "alg") != Some(self.wanted) {
            return Err(format!("wanted a token signed with {}, its header is {decoded}", self.wanted));
        }
        self.good.push(header.to_owned());
        Ok(())
    }
}

/// A POST form found in a page.
#[derive(Debug, PartialEq, Eq)]
pub struct Form {
    /// Its `action`, or nothing when it posts to its own address.
    pub action: Option<String>,
    /// Name and value of its hidden inputs.
    pub hidden: Vec<(String, String)>,
}

/// The first POST form of a page that has an input named `field`.
pub fn form_with(page: &str, field: &str) -> Option<Form> {
    page.split("<form").skip(1).find_map(|rest| {
        let (tag, rest) = rest.split_once('>')?;
        let inner = rest.split("</form").next().unwrap_or_default();
        let inputs: Vec<&str> = inner.split("<input").skip(1).filter_map(|i| i.split('>').next()).collect();
        let named = inputs.iter().any(|input| attribute(input, "name").as_deref() == Some(field));
        let posts = attribute(tag, "method").is_some_and(|method| method.eq_ignore_ascii_case("post"));
        if !named || !posts {
            return None;
        }
        let hidden = inputs.iter().filter(|input| attribute(input, "type").as_deref() == Some("hidden"));
        let hidden =
            hidden.filter_map(|i| Some((attribute(i, "name")?, attribute(i, "value").unwrap_or_default())));
        Some(Form { action: attribute(tag, "action"), hidden: hidden.collect() })
    })
}

/// An attribute of a tag, with the five predefined entities undone.
fn attribute(tag: &str, name: &str) -> Option<String> {
    let mut rest = tag;
    loop {
        let at = rest.find(name)?;
        let starts = rest.get(..at)?.ends_with(char::is_whitespace);
        rest = rest.get(at + name.len()..)?;
        let Some(value) = rest.strip_prefix('=').filter(|_| starts) else { continue };
        let quote = value.chars().next()?;
        let raw = match quote {
            '"' | '\'' => value.get(1..)?.split(quote).next()?,
            _ => value.split(char::is_whitespace).next()?,
        };
        let undone =
            raw.replace("&#x2F;", "/").replace("&#x27;", "'").replace("&#39;", "'").replace("&#38;", "&");
        let undone = undone.replace("&quot;", "\"").replace("&lt;", "<").replace("&gt;", ">");
        return Some(undone.replace("&amp;", "&"));
    }
}

/// A browser's cookies for one origin, without paths: the flows of the bench never need them apart.
#[derive(Debug, Default, Clone)]
pub struct Jar(Vec<(String, String)>);

impl Jar {
    /// Keeps or drops what an answer sets.
    pub fn take(&mut self, answer: &Answer<'_>) {
        for line in answer.headers("set-cookie") {
            let mut parts = line.split(';');
            let Some((name, value)) = parts.next().and_then(|pair| pair.split_once('=')) else { continue };
            self.0.retain(|(known, _)| known != name.trim());
            let gone = parts.any(|part| part.trim().eq_ignore_ascii_case("max-age=0")) || value.is_empty();
            if !gone {
                self.0.push((name.trim().to_owned(), value.to_owned()));
            }
        }
    }

    /// The `Cookie` header line, or nothing.
    pub fn line(&self) -> String {
        if self.0.is_empty() {
            return String::new();
        }
        let pairs: Vec<String> = self.0.iter().map(|(name, value)| format!("{name}={value}")).collect();
        format!("Cookie: {}\r\n", pairs.join("; "))
    }

    /// The newest cookie whose name contains `part`.
    pub fn find(&self, part: &str) -> Option<(&str, &str)> {
        self.0
            .iter()
            .rev()
            .find(|(name, _)| name.contains(part))
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_challenge_is_rfc_7636s_and_the_verifier_long_enough() {
        let (verifier, challenge) = pkce(7);
        assert_eq!((verifier.len(), challenge.len()), (43, 43));
        assert_ne!(pkce(8).1, challenge);
    }

    #[test]
    fn a_login_form_is_read() {
        let page = r#"<form action="/search"><input name=q></form><form class="x" method="post"
            action="/login?a=1&amp;b=2"><input type="hidden" name="csrf" value="t&#x2F;k"><input type=hidden name='flow' value='f'>
            <input name="username"><input type="password" name="password"></form>"#;
        let form = form_with(page, "password").unwrap();
        assert_eq!(form.action.as_deref(), Some("/login?a=1&b=2"));
        assert_eq!(form.hidden, [("csrf".into(), "t/k".into()), ("flow".into(), "f".into())]);
        assert!(form_with(page, "code").is_none());
    }

    #[test]
    fn a_code_is_taken_only_from_the_right_redirect() {
        let bytes =
            |to: &str| format!("HTTP/1.1 303 x\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n").into_bytes();
        let good = bytes("https://rp.example.com/cb?code=abc&state=9&iss=x");
        let good = Answer::parse(&good).unwrap().unwrap();
        assert_eq!(code_of(&good, "https://rp.example.com/cb", 9), Ok("abc"));
        assert!(code_of(&good, "https://rp.example.com/cb", 8).is_err());
        let login = bytes("/login?flow=1");
        assert!(code_of(&Answer::parse(&login).unwrap().unwrap(), "https://rp.example.com/cb", 9).is_err());
    }

    #[test]
    fn algorithms_are_told_apart() {
        let token = format!("{}.e30.x", URL_SAFE_NO_PAD.encode(r#"{"typ":"JWT","alg":"EdDSA"}"#));
        assert!(AlgCheck::new("EdDSA").check(&token).is_ok());
        assert!(AlgCheck::new("ES256").check(&token).is_err());
        assert!(AlgCheck::new("EdDSA").check("opaque").is_err());
    }
}
