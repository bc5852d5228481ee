//! The page of everything that went wrong and cannot be sent to an application.

use askama::Template;

use super::{Link, Page, safe_link};

/// What happened, what to do, the operation id, and always a way on.
#[derive(Clone, Debug, Template)]
#[template(path = "pages/error/error.html")]
pub struct ErrorPage {
    /// Language, brand, nonce.
    pub page: Page,
    /// The words.
    pub text: ErrorText,
    /// For the people who run the application, in English; nothing secret. Behind a fold.
    pub detail: Option<String>,
    /// The id that is also in the log line.
    pub operation_id: String,
    /// Seconds until it is worth trying again (also in `Retry-After`).
    pub retry_after: Option<u64>,
    /// The way back; without one the page leads to the tenant's start page.
    pub back: Option<Link>,
}

/// The errors a person can meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// The application's request cannot be accepted, and it cannot be told (RFC 6749 §4.1.2.1).
    BadRequest,
    /// The application is not registered here, or stopped.
    UnknownClient,
    /// The address to return to is not one the application registered.
    BadRedirect,
    /// The flow ran out or was finished before.
    FlowExpired,
    /// The flow belongs to another browser, or cookies are blocked.
    OtherBrowser,
    /// The form's CSRF token is missing or old.
    StaleForm,
    /// A single-use link was used, replaced or ran out.
    LinkExpired,
    /// The right password, but the account may not sign in.
    AccountBlocked,
    /// Signed in, but without the right to see this.
    Forbidden,
    /// Nothing is here.
    NotFound,
    /// Too many requests.
    TooMany,
    /// Something Portico needs does not answer.
    Unavailable,
    /// An unknown error; nothing about it is told but the operation id.
    Internal,
}

/// The three texts of an error, as keys.
#[derive(Clone, Copy, Debug)]
pub struct ErrorText {
    title: &'static str,
    what: &'static str,
    next: &'static str,
}

impl ErrorKind {
    /// Every kind.
    pub const ALL: [Self; 13] = [
        Self::BadRequest,
        Self::UnknownClient,
        Self::BadRedirect,
        Self::FlowExpired,
        Self::OtherBrowser,
        Self::StaleForm,
        Self::LinkExpired,
        Self::AccountBlocked,
        Self::Forbidden,
        Self::NotFound,
        Self::TooMany,
        Self::Unavailable,
        Self::Internal,
    ];

    /// The status of the answer.
    pub const fn status(self) -> u16 {
        match self {
            Self::BadRequest
            | Self::UnknownClient
            | Self::BadRedirect
            | Self::FlowExpired
            | Self::OtherBrowser
            | Self::LinkExpired => 400,
            Self::StaleForm | Self::AccountBlocked | Self::Forbidden => 403,
            Self::NotFound => 404,
            Self::TooMany => 429,
            Self::Unavailable => 503,
            Self::Internal => 500,
        }
    }

    const fn text(self) -> ErrorText {
        let (title, what, next) = match self {
            Self::BadRequest => ("error-request", "error-request-what", "error-tell-app"),
            Self::UnknownClient => ("error-client", "error-client-what", "error-tell-app"),
            Self::BadRedirect => ("error-redirect", "error-redirect-what", "error-tell-app"),
            Self::FlowExpired => ("error-flow", "error-flow-what", "error-start-again"),
            Self::OtherBrowser => ("error-browser", "error-browser-what", "error-browser-next"),
            Self::StaleForm => ("error-form", "error-form-what", "error-form-next"),
            Self::LinkExpired => ("error-link", "error-link-what", "error-link-next"),
            Self::AccountBlocked => ("error-account", "error-account-what", "error-ask-admin"),
            Self::Forbidden => ("error-forbidden", "error-forbidden-what", "error-ask-admin"),
            Self::NotFound => ("error-not-found", "error-not-found-what", "error-not-found-next"),
            Self::TooMany => ("error-too-many", "error-too-many-what", "error-too-many-next"),
            Self::Unavailable => ("error-unavailable", "error-unavailable-what", "error-later"),
            Self::Internal => ("error-internal", "error-internal-what", "error-internal-next"),
        };
        ErrorText { title, what, next }
    }
}

impl ErrorPage {
    /// The page of an error, leading to the tenant's start page.
    pub fn new(page: Page, kind: ErrorKind, operation_id: impl Into<String>) -> Self {
        let operation_id = operation_id.into();
        Self { page, text: kind.text(), detail: None, operation_id, retry_after: None, back: None }
    }

    fn wait_text(&self) -> Option<String> {
        self.retry_after.map(|seconds| self.page.wait(seconds))
    }

    fn back_link(&self) -> Option<&Link> {
        self.back.as_ref().filter(|link| safe_link(&link.href).is_some())
    }
}
