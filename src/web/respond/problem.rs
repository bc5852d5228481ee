//! Errors of protocol endpoints as JSON (RFC 6749 §5.2, RFC 6750 §3).

use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_TYPE, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use actix_web::{HttpResponse, HttpResponseBuilder};
use serde_json::json;

use crate::domain::Fault;
use crate::domain::oauth::{BearerError, OAuthFailure};
use crate::spec::oauth::{ErrorCode, OAuthError};
use crate::web::call::NoCall;
use crate::web::extract::BodyError;

/// A JSON answer that nobody keeps.
pub fn json(status: StatusCode, body: impl Into<Vec<u8>>) -> HttpResponse {
    HttpResponseBuilder::new(status)
        .insert_header((CONTENT_TYPE, HeaderValue::from_static("application/json")))
        .insert_header(("cache-control", "no-store"))
        .insert_header(("pragma", "no-cache"))
        .body(body.into())
}

fn error_json(status: StatusCode, code: ErrorCode, description: &str) -> HttpResponse {
    json(status, json!({ "error": code.as_str(), "error_description": description }).to_string())
}

/// A failure of the token, introspection or revocation endpoint.
pub fn oauth_failure(failure: &OAuthFailure) -> HttpResponse {
    match failure {
        OAuthFailure::Refused(error) => {
            tracing::info!(target: "portico::oauth", %error, "refused");
            refused(error)
        }
        OAuthFailure::Wait(span) => {
            let mut answer = error_json(
                StatusCode::TOO_MANY_REQUESTS,
                ErrorCode::TemporarilyUnavailable,
                "too many failed requests from this client; wait before the next one",
            );
            answer.headers_mut().insert(RETRY_AFTER, seconds(*span));
            answer
        }
        OAuthFailure::Fault(fault) => fault_json(fault),
    }
}

/// A refusal in the protocol's words.
fn refused(error: &OAuthError) -> HttpResponse {
    let status = match error.code {
        ErrorCode::InvalidClient => StatusCode::UNAUTHORIZED,
        _ => StatusCode::BAD_REQUEST,
    };
    let mut answer = error_json(status, error.code, &error.description);
    if status == StatusCode::UNAUTHORIZED {
        answer.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"portico\""));
    }
    answer
}

/// Our own fault: 503 when it passes, 500 when it does not; the log has the cause, the answer has not.
pub fn fault_json(fault: &Fault) -> HttpResponse {
    if fault.is_passing() {
        tracing::warn!(target: "portico::fault", error = %fault, "temporarily unavailable");
        let text = "temporarily unavailable; try again shortly";
        let mut answer = error_json(StatusCode::SERVICE_UNAVAILABLE, ErrorCode::TemporarilyUnavailable, text);
        answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("2"));
        return answer;
    }
    tracing::error!(target: "portico::fault", error = %fault, "internal error");
    error_json(
        StatusCode::INTERNAL_SERVER_ERROR,
        ErrorCode::ServerError,
        "internal error; the log has the reason",
    )
}

/// A failure of a resource that takes bearer tokens (RFC 6750 §3). `None` means that no token was sent.
pub fn bearer_error(error: Option<&BearerError>) -> HttpResponse {
    let challenge = |status: StatusCode, code: Option<(ErrorCode, &str)>, extra: &str| {
        let (header, mut answer) = match code {
            None => ("Bearer realm=\"portico\"".to_owned(), json(status, "")),
            Some((code, text)) => (
                format!("Bearer realm=\"portico\", error=\"{code}\", error_description=\"{text}\"{extra}"),
                error_json(status, code, text),
            ),
        };
        if let Ok(value) = HeaderValue::from_str(&header) {
            answer.headers_mut().insert(WWW_AUTHENTICATE, value);
        }
        answer
    };
    match error {
        None => challenge(StatusCode::UNAUTHORIZED, None, ""),
        Some(BearerError::Invalid(why)) => {
            tracing::info!(target: "portico::oauth", why, "bearer token refused");
            let text = "the access token is invalid, expired or revoked";
            challenge(StatusCode::UNAUTHORIZED, Some((ErrorCode::InvalidToken, text)), "")
        }
        Some(BearerError::Scope(scope)) => {
            let text = "the access token does not have the scope this needs";
            let extra = format!(", scope=\"{scope}\"");
            challenge(StatusCode::FORBIDDEN, Some((ErrorCode::InsufficientScope, text)), &extra)
        }
        Some(BearerError::Fault(fault)) => fault_json(fault),
    }
}

/// A request to such a resource that is wrong in itself (RFC 6750 §3.1 `invalid_request`).
pub fn bearer_request_error(error: &OAuthError) -> HttpResponse {
    let mut answer = refused(error);
    let text = format!(
        "Bearer realm=\"portico\", error=\"{}\", error_description=\"{}\"",
        error.code, error.description
    );
    if let Ok(value) = HeaderValue::from_str(&text) {
        answer.headers_mut().insert(WWW_AUTHENTICATE, value);
    }
    answer
}

/// A body or query that cannot be read.
pub fn body_error(error: &BodyError) -> HttpResponse {
    use actix_web::ResponseError as _;
    error_json(error.status_code(), ErrorCode::InvalidRequest, &error.to_string())
}

/// No tenant answers here, or a fault before the handler began.
pub fn no_call_json(no_call: &NoCall) -> HttpResponse {
    match no_call {
        NoCall::NoTenant => {
            error_json(StatusCode::NOT_FOUND, ErrorCode::InvalidRequest, "no issuer lives here")
        }
        NoCall::Fault(fault) => fault_json(fault),
    }
}

fn seconds(span: Duration) -> HeaderValue {
    HeaderValue::from(span.as_secs().max(1))
}
