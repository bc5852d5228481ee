//! What may go wrong, as the pages tell it.

use openidconnect::{
    ClaimsVerificationError, ConfigurationError, DiscoveryError, ErrorResponse, RequestTokenError,
    UserInfoError,
};
use serde_json::Value;

use crate::gateways::fetch::FetchError;
use crate::web::render::{Page, StepKind};

/// A step that did not work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Failure {
    /// The registered error code, or a word of the playground's own.
    pub error: String,
    /// More words.
    pub description: Option<String>,
    /// The step.
    pub at: StepKind,
    /// Whether the provider said so; otherwise the application itself stopped.
    pub by_provider: bool,
}

impl Failure {
    /// The application stopped by itself.
    pub(super) fn own(at: StepKind, error: &str, description: impl Into<String>) -> Self {
        Self { error: error.to_owned(), description: Some(description.into()), at, by_provider: false }
    }

    /// The provider answered with an error object (RFC 6749 §5.2).
    fn told(at: StepKind, answer: &Value) -> Self {
        let text = |name: &str| answer.get(name).and_then(Value::as_str).map(str::to_owned);
        match text("error") {
            Some(error) => Self { error, description: text("error_description"), at, by_provider: true },
            None => Self::own(at, "invalid_response", "the answer is no error object"),
        }
    }

    fn unanswered(at: StepKind, error: FetchError) -> Self {
        Self::own(at, "no_answer", error.to_string())
    }

    pub(super) fn discovery(error: DiscoveryError<FetchError>) -> Self {
        let at = StepKind::Discovery;
        match error {
            DiscoveryError::Request(error) => Self::unanswered(at, error),
            DiscoveryError::Response(status, ..) => {
                Self::own(at, "invalid_response", format!("the provider's metadata answers {status}"))
            }
            DiscoveryError::Validation(text) => Self::own(at, "issuer_mismatch", text),
            other => Self::own(at, "invalid_response", other.to_string()),
        }
    }

    pub(super) fn request<T: ErrorResponse>(at: StepKind, error: RequestTokenError<FetchError, T>) -> Self {
        match error {
            RequestTokenError::ServerResponse(answer) => {
                Self::told(at, &serde_json::to_value(&answer).unwrap_or_default())
            }
            RequestTokenError::Request(error) => Self::unanswered(at, error),
            other => Self::own(at, "invalid_response", other.to_string()),
        }
    }

    pub(super) fn userinfo(error: UserInfoError<FetchError>) -> Self {
        let at = StepKind::Userinfo;
        match error {
            UserInfoError::Request(error) => Self::unanswered(at, error),
            UserInfoError::Response(status, body, _) => match serde_json::from_slice(&body) {
                Ok(answer) => Self::told(at, &answer),
                Err(_) => Self::own(at, "invalid_response", format!("userinfo answers {status}")),
            },
            other => Self::own(at, "invalid_response", other.to_string()),
        }
    }

    pub(super) fn status(at: StepKind, status: u16, body: &[u8]) -> Self {
        match serde_json::from_slice(body) {
            Ok(answer) => Self::told(at, &answer),
            Err(_) => Self::own(at, "invalid_response", format!("the provider answers {status}")),
        }
    }

    pub(super) fn id_token(error: &ClaimsVerificationError) -> Self {
        Self::own(StepKind::Verify, "invalid_id_token", error.to_string())
    }

    pub(super) fn no_endpoint(at: StepKind, error: &ConfigurationError) -> Self {
        Self::own(at, "invalid_metadata", error.to_string())
    }
}

/// Why a form or a button did nothing; told on the page where it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Problem {
    /// The form was not made for this browser, or is too old.
    Form,
    /// Not an issuer of this server; its address.
    Issuer(String),
    /// No client was named.
    Client,
    /// Introspection by a client without a secret.
    Public,
    /// Nothing to do it with: no such token, no such endpoint.
    Tool,
    /// A request that failed.
    Failed(Failure),
}

impl Problem {
    /// In the page's language; the provider's own words stay as they are.
    pub(super) fn text(&self, page: &Page) -> String {
        match self {
            Self::Form => page.t("playground-problem-form"),
            Self::Issuer(address) => page.t1("playground-problem-issuer", "name", address),
            Self::Client => page.t("playground-problem-client"),
            Self::Public => page.t("playground-problem-public"),
            Self::Tool => page.t("playground-problem-tool"),
            Self::Failed(failure) => match &failure.description {
                Some(description) => format!("{}: {description}", failure.error),
                None => failure.error.clone(),
            },
        }
    }
}

impl From<Failure> for Problem {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}
