//! What goes back: to the client, or onto a page when the client cannot be trusted with it.

use super::AuthorizeRequest;
use crate::spec::oauth::{OAuthError, ResponseMode};

/// An authorization response, on its way to the client (RFC 6749 §4.1.2, RFC 9207).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// A redirect URI that was checked against the registration.
    pub redirect_uri: String,
    /// How it travels.
    pub response_mode: ResponseMode,
    /// `code` or `error` …, `state`, `iss`, in this order.
    pub params: Vec<(&'static str, String)>,
}

impl Answer {
    /// A response that carries a code.
    pub fn code(request: &AuthorizeRequest, code: &str, issuer: &str) -> Self {
        Self::new(request, vec![("code", code.to_owned())], issuer)
    }

    /// A response that carries an error.
    pub fn error(request: &AuthorizeRequest, error: &OAuthError, issuer: &str) -> Self {
        let params = vec![
            ("error", error.code.as_str().to_owned()),
            ("error_description", error.description.clone().into_owned()),
        ];
        Self::new(request, params, issuer)
    }

    fn new(request: &AuthorizeRequest, mut params: Vec<(&'static str, String)>, issuer: &str) -> Self {
        if let Some(state) = &request.state {
            params.push(("state", state.clone()));
        }
        params.push(("iss", issuer.to_owned()));
        Self { redirect_uri: request.redirect_uri.clone(), response_mode: request.response_mode, params }
    }
}

/// What sort of page tells of an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PageReason {
    /// The client is unknown or disabled.
    Client,
    /// The redirect URI is not the client's.
    Redirect,
    /// The request cannot be read.
    Request,
    /// The kept request is over, or another browser's.
    Gone,
}

/// An error that is shown on a page and sent nowhere (RFC 6749 §4.1.2.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageError {
    /// What sort.
    pub reason: PageReason,
    /// What it is, in the protocol's words.
    pub error: OAuthError,
}

/// Why a request goes no further.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The client or its redirect URI is not to be trusted: a page, never a redirect.
    Page(PageError),
    /// The client is told.
    Client(Answer),
}
