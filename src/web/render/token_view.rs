//! A token laid open for people: what stands in it and what it means. Nothing is verified here; whoever
//! relies on a token checks it elsewhere.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

use super::{Page, Stamp};
use crate::kernel::Timestamp;

/// A token of the playground.
#[derive(Clone, Debug)]
pub struct TokenView {
    /// What it is for.
    pub role: TokenRole,
    /// The token as sent.
    pub raw: String,
    /// The JOSE header, pretty; empty when the token is not a JWT.
    pub header: String,
    /// The claims, each explained; empty when the token is not a JWT.
    pub claims: Vec<Claim>,
}

/// What a token is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenRole {
    /// Tells the application who signed in.
    Id,
    /// Opens an API.
    Access,
    /// Gets new tokens.
    Refresh,
}

/// A line of the claims.
#[derive(Clone, Debug)]
pub struct Claim {
    /// The claim's name.
    pub name: String,
    /// Its value; JSON where it is no plain text.
    pub value: String,
    /// What it means, in the page's language; empty for claims of one's own.
    pub meaning: String,
    /// For moments: the date, and how far it is from now.
    pub moment: Option<String>,
}

impl TokenView {
    /// Decodes a token for a page; `now` says whether moments lie ahead or behind. A token that is not a
    /// signed JWT (RFC 7515 §3.1) is shown as it is.
    pub fn decode(page: &Page, role: TokenRole, raw: &str, now: Timestamp) -> Self {
        let (header, claims) = match jwt(raw) {
            Some((header, claims)) => (
                serde_json::to_string_pretty(&header).unwrap_or_default(),
                claims.iter().map(|(name, value)| Claim::new(page, name, value, now)).collect(),
            ),
            None => (String::new(), Vec::new()),
        };
        Self { role, raw: raw.to_owned(), header, claims }
    }

    pub(super) const fn title_key(&self) -> &'static str {
        match self.role {
            TokenRole::Id => "token-id",
            TokenRole::Access => "token-access",
            TokenRole::Refresh => "token-refresh",
        }
    }

    pub(super) const fn note_key(&self) -> &'static str {
        match self.role {
            TokenRole::Id => "token-id-note",
            TokenRole::Access => "token-access-note",
            TokenRole::Refresh => "token-refresh-note",
        }
    }
}

impl Claim {
    fn new(page: &Page, name: &str, value: &Value, now: Timestamp) -> Self {
        let meaning = meaning_key(name).map(|key| page.t(key)).unwrap_or_default();
        let seconds = value.as_i64().filter(|_| is_moment(name));
        let moment = seconds.map(|seconds| moment(page, Timestamp::from_seconds(seconds), now));
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        Self { name: name.to_owned(), value, meaning, moment }
    }
}

fn jwt(raw: &str) -> Option<(Map<String, Value>, Map<String, Value>)> {
    let mut parts = raw.split('.');
    let (header, claims, _signature) = (parts.next()?, parts.next()?, parts.next()?);
    let part = |text: &str| serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).ok()?).ok();
    if parts.next().is_some() { None } else { Some((part(header)?, part(claims)?)) }
}

fn is_moment(name: &str) -> bool {
    matches!(name, "exp" | "iat" | "nbf" | "auth_time" | "updated_at")
}

/// `2025-11-22 03:33:00 UTC (in 5 minutes)`.
fn moment(page: &Page, at: Timestamp, now: Timestamp) -> String {
    let (ahead, behind) = (at.since(now).as_secs(), now.since(at).as_secs());
    if ahead == behind {
        return format!("\u{2066}{}\u{2069} ({})", Stamp::from(at).text, page.t("moment-now"));
    }
    let (seconds, keys) = if ahead > 0 {
        (ahead, ["in-seconds", "in-minutes", "in-hours", "in-days"])
    } else {
        (behind, ["ago-seconds", "ago-minutes", "ago-hours", "ago-days"])
    };
    let [in_seconds, in_minutes, in_hours, in_days] = keys;
    let (count, key) = match seconds {
        0..120 => (seconds, in_seconds),
        120..7200 => (seconds / 60, in_minutes),
        7200..172_800 => (seconds / 3600, in_hours),
        _ => (seconds / 86_400, in_days),
    };
    format!("\u{2066}{}\u{2069} ({})", Stamp::from(at).text, page.tn(key, count))
}

/// RFC 7519 §4.1, OpenID Connect Core §2 and §5.1, RFC 9068 §2.2.
fn meaning_key(name: &str) -> Option<&'static str> {
    Some(match name {
        "iss" => "claim-iss",
        "sub" => "claim-sub",
        "aud" => "claim-aud",
        "exp" => "claim-exp",
        "iat" => "claim-iat",
        "nbf" => "claim-nbf",
        "jti" => "claim-jti",
        "auth_time" => "claim-auth-time",
        "nonce" => "claim-nonce",
        "acr" => "claim-acr",
        "amr" => "claim-amr",
        "azp" | "client_id" => "claim-client",
        "at_hash" | "c_hash" | "s_hash" => "claim-hash",
        "sid" => "claim-sid",
        "scope" => "claim-scope",
        "name" => "claim-name",
        "email" => "claim-email",
        "email_verified" => "claim-email-verified",
        "preferred_username" => "claim-username",
        "updated_at" => "claim-updated",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::locale::Locale;

    #[test]
    fn moments_are_explained_and_rubbish_is_shown_as_it_is() {
        let page = Page::new(Locale::En, "n", "t");
        let part = |json: &str| URL_SAFE_NO_PAD.encode(json);
        let raw =
            format!("{}.{}.sig", part(r#"{"alg":"ES256"}"#), part(r#"{"exp":1300,"aud":["a"],"x":"y"}"#));
        let token = TokenView::decode(&page, TokenRole::Id, &raw, Timestamp::from_seconds(1000));
        let claim = |name: &str| token.claims.iter().find(|claim| claim.name == name).unwrap();
        assert_eq!(claim("aud").value, r#"["a"]"#);
        assert_eq!(
            claim("exp").moment.as_deref(),
            Some("\u{2066}1970-01-01 00:21:40 UTC\u{2069} (in 5 minutes)")
        );
        assert_eq!((claim("x").value.as_str(), claim("x").moment.as_deref()), ("y", None));
        for rubbish in ["", "opaque", "a.b", "a.b.c", "....", &format!("{raw}.x.y")] {
            assert!(
                TokenView::decode(&page, TokenRole::Access, rubbish, Timestamp::default()).claims.is_empty()
            );
        }
    }
}
