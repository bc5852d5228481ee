//! The playground: a relying party that shows each step of a sign-in.

use askama::Template;

use super::{Page, TokenView};

/// What to sign in with. The form carries `issuer`, `client_id`, `client_secret`, `auth_method`, `scope` and
/// `csrf`.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/playground/start.html")]
pub struct PlaygroundStartPage {
    /// Language, brand, nonce.
    pub page: Page,
    /// Where the form is sent.
    pub action: String,
    /// The browser's CSRF token.
    pub csrf: String,
    /// The issuer typed or proposed.
    pub issuer: String,
    /// The client typed or proposed.
    pub client_id: String,
    /// The scope typed or proposed.
    pub scope: String,
    /// Whether the client has a secret, so that its field is open.
    pub with_secret: bool,
    /// Whether the client sends its secret in the body (`client_secret_post`) and not in the header
    /// (`client_secret_basic`). The secret itself is never shown again.
    pub secret_in_body: bool,
    /// The playground's redirect URI, to be registered with a client of one's own.
    pub redirect_uri: String,
    /// Why the last start did not work, in words.
    pub problem: Option<String>,
}

/// The sign-in, step by step. The form carries `do` (see [`PlaygroundTool`]) and `csrf`.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/playground/result.html")]
pub struct PlaygroundResultPage {
    /// Language, brand, nonce.
    pub page: Page,
    /// Where the buttons send.
    pub action: String,
    /// The browser's CSRF token.
    pub csrf: String,
    /// The start page.
    pub restart: String,
    /// Who signed in: the `sub`; empty when nobody was asked who it is.
    pub subject: String,
    /// Why the last button did not work, in words.
    pub problem: Option<String>,
    /// The buttons that make sense now.
    pub tools: Vec<PlaygroundTool>,
    /// The tokens, decoded.
    pub tokens: Vec<TokenView>,
    /// The requests and their answers, in order.
    pub steps: Vec<Step>,
}

/// A sign-in that did not work, told plainly.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/playground/failed.html")]
pub struct PlaygroundFailedPage {
    /// Language, brand, nonce.
    pub page: Page,
    /// The start page.
    pub restart: String,
    /// The registered error code, such as `access_denied`.
    pub error: String,
    /// The `error_description`.
    pub description: Option<String>,
    /// Whether the provider said so; otherwise the application found something that does not fit.
    pub by_provider: bool,
    /// The step that failed.
    pub at: Option<StepKind>,
    /// The requests and their answers so far, in order.
    pub steps: Vec<Step>,
}

/// One request and its answer.
#[derive(Clone, Debug)]
pub struct Step {
    /// What it was for.
    pub kind: StepKind,
    /// The HTTP method; empty where nothing was asked of anybody.
    pub method: String,
    /// The address, without its query; empty where nothing was asked of anybody.
    pub url: String,
    /// Query or form parameters, or header lines, with secrets already shortened; or what was checked.
    pub sent: Vec<(String, String)>,
    /// The status of the answer; none where the browser carried it.
    pub status: Option<u16>,
    /// The answer for people: pretty JSON, or parameters one a line.
    pub answer: String,
}

impl Step {
    pub(super) fn failed(&self) -> bool {
        self.status.is_some_and(|status| status >= 400)
    }
}

/// What a request was for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepKind {
    /// Reading the provider's metadata.
    Discovery,
    /// Reading the provider's public keys.
    Keys,
    /// The browser is sent to sign in.
    Authorize,
    /// The browser came back.
    Callback,
    /// The code became tokens.
    Token,
    /// The ID token was checked.
    Verify,
    /// Asking about the person.
    Userinfo,
    /// New tokens for a refresh token.
    Refresh,
    /// Asking about a token.
    Introspect,
    /// Ending a token.
    Revoke,
}

impl StepKind {
    pub(super) const fn title_key(self) -> &'static str {
        match self {
            Self::Discovery => "step-discovery",
            Self::Keys => "step-keys",
            Self::Authorize => "step-authorize",
            Self::Callback => "step-callback",
            Self::Token => "step-token",
            Self::Verify => "step-verify",
            Self::Userinfo => "step-userinfo",
            Self::Refresh => "step-refresh",
            Self::Introspect => "step-introspect",
            Self::Revoke => "step-revoke",
        }
    }

    pub(super) const fn note_key(self) -> &'static str {
        match self {
            Self::Discovery => "step-discovery-note",
            Self::Keys => "step-keys-note",
            Self::Authorize => "step-authorize-note",
            Self::Callback => "step-callback-note",
            Self::Token => "step-token-note",
            Self::Verify => "step-verify-note",
            Self::Userinfo => "step-userinfo-note",
            Self::Refresh => "step-refresh-note",
            Self::Introspect => "step-introspect-note",
            Self::Revoke => "step-revoke-note",
        }
    }
}

/// A button of the result page: the values of `do`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlaygroundTool {
    /// `userinfo`
    Userinfo,
    /// `refresh`
    Refresh,
    /// `introspect`
    Introspect,
    /// `revoke`
    Revoke,
    /// `logout`
    Logout,
}

impl PlaygroundTool {
    /// Every button, in the order shown.
    pub const ALL: [Self; 5] = [Self::Userinfo, Self::Refresh, Self::Introspect, Self::Revoke, Self::Logout];

    /// What the form sends as `do`.
    pub const fn value(self) -> &'static str {
        match self {
            Self::Userinfo => "userinfo",
            Self::Refresh => "refresh",
            Self::Introspect => "introspect",
            Self::Revoke => "revoke",
            Self::Logout => "logout",
        }
    }

    /// Reads what a form sent.
    pub fn parse(value: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|tool| tool.value() == value)
    }

    const fn key(self) -> &'static str {
        match self {
            Self::Userinfo => "tool-userinfo",
            Self::Refresh => "tool-refresh",
            Self::Introspect => "tool-introspect",
            Self::Revoke => "tool-revoke",
            Self::Logout => "sign-out",
        }
    }
}
