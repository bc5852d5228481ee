//! The consent page: who, what in words, for how long, and where the browser goes next.

use askama::Template;

use super::{Page, safe_link};

/// One decision: the form carries `decision=allow` or `decision=deny`, `csrf` and `flow`.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/consent/consent.html")]
pub struct ConsentPage {
    /// Language, brand, nonce.
    pub page: Page,
    /// The application that asks.
    pub app: String,
    /// Who would allow it, as they know themselves.
    pub username: String,
    /// The scope words asked for, in order; each is told in words.
    pub scopes: Vec<String>,
    /// For how long.
    pub lasts: Lasts,
    /// The host the browser goes to after either button.
    pub redirect_host: String,
    /// The application's privacy policy (RFC 7591 `policy_uri`).
    pub policy: Option<String>,
    /// The application's terms (RFC 7591 `tos_uri`).
    pub terms: Option<String>,
    /// Where the form is sent.
    pub action: String,
    /// The browser's CSRF token.
    pub csrf: String,
    /// The flow that waits for the decision.
    pub flow: String,
}

/// How long a permission holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lasts {
    /// As long as the person is signed in.
    Session,
    /// So many days, also while they are away (`offline_access`).
    Days(u64),
    /// Until the person takes it back.
    UntilRevoked,
}

/// A scope as the page tells it.
struct ScopeLine {
    title: String,
    detail: String,
    /// The title is the scope word itself, because nobody gave words for it.
    verbatim: bool,
}

impl ConsentPage {
    fn scope_lines(&self) -> Vec<ScopeLine> {
        self.scopes.iter().map(|scope| self.scope_line(scope)).collect()
    }

    /// OpenID Connect Core §5.4 and §11 in words; any other scope as it is.
    fn scope_line(&self, scope: &str) -> ScopeLine {
        let (title, detail) = match scope {
            "openid" => ("scope-openid", "scope-openid-detail"),
            "profile" => ("scope-profile", "scope-profile-detail"),
            "email" => ("scope-email", "scope-email-detail"),
            "address" => ("scope-address", "scope-address-detail"),
            "phone" => ("scope-phone", "scope-phone-detail"),
            "offline_access" => ("scope-offline", "scope-offline-detail"),
            other => {
                let detail = self.page.t("scope-other-detail");
                return ScopeLine { title: other.to_owned(), detail, verbatim: true };
            }
        };
        ScopeLine { title: self.page.t(title), detail: self.page.t(detail), verbatim: false }
    }

    fn lasts_text(&self) -> String {
        match self.lasts {
            Lasts::Session => self.page.t("consent-session"),
            Lasts::Days(days) => self.page.tn("consent-days", days),
            Lasts::UntilRevoked => self.page.t("consent-until-revoked"),
        }
    }

    fn policy_link(&self) -> Option<&str> {
        self.policy.as_deref().and_then(safe_link)
    }

    fn terms_link(&self) -> Option<&str> {
        self.terms.as_deref().and_then(safe_link)
    }
}
