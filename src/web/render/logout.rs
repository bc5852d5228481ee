//! Signing out: the question (OpenID Connect RP-Initiated Logout §2) and the end.

use askama::Template;

use super::Page;

/// "Do you want to sign out?" The form carries `decision=allow` or `decision=deny`, `csrf` and `flow`.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/logout/confirm.html")]
pub struct LogoutPage {
    /// Language, brand, nonce.
    pub page: Page,
    /// The application that asked for it.
    pub app: Option<String>,
    /// Who is signed in.
    pub username: String,
    /// Where the form is sent.
    pub action: String,
    /// The browser's CSRF token.
    pub csrf: String,
    /// The logout request that waits; may be empty.
    pub flow: String,
}

/// "You are signed out."
#[derive(Clone, Debug, Template)]
#[template(path = "pages/logout/done.html")]
pub struct LoggedOutPage {
    /// Language, brand, nonce.
    pub page: Page,
}
