//! The small bodies of errors that no handler worded: JSON for programs, a page for people.

use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::body::{BodySize, BoxBody, MessageBody as _};
use actix_web::http::StatusCode;
use actix_web::http::header::{
    ACCEPT, ACCEPT_LANGUAGE, ALLOW, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderMap, HeaderValue,
    RETRY_AFTER,
};
use serde_json::json;

use super::target::VERBS;
use crate::kernel::RequestId;

/// What an error page may show.
#[derive(Clone, Debug)]
pub struct ErrorPage {
    /// The status of the answer.
    pub status: u16,
    /// The operation id, for a report to the operator.
    pub operation_id: RequestId,
    /// The browser's `Accept-Language`, when it sent a readable one.
    pub accept_language: Option<String>,
}

/// A drawn page.
#[derive(Clone, Debug)]
pub struct RenderedPage {
    /// The whole document.
    pub html: String,
    /// The page's own Content-Security-Policy; the empty one when `None`.
    pub csp: Option<String>,
}

/// Who draws error pages: `app` hands in the designed one.
pub type PageRenderer = Arc<dyn Fn(&ErrorPage) -> RenderedPage + Send + Sync>;

/// The plainest page there is; used until a designed one is handed in.
pub fn plain_page(page: &ErrorPage) -> RenderedPage {
    let reason = reason(page.status);
    let html = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>{status} {reason}</title>\
         <h1>{reason}</h1><p>Operation <code>{id}</code></p></html>",
        status = page.status,
        id = page.operation_id,
    );
    RenderedPage { html, csp: None }
}

fn reason(status: u16) -> &'static str {
    StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason()).unwrap_or("Error")
}

/// What the request said about the answer it wants; kept because the request is gone when it is needed.
#[derive(Clone, Debug)]
pub(super) struct Wish {
    json: bool,
    language: Option<HeaderValue>,
}

impl Wish {
    /// JSON when `Accept` names it and does not name HTML.
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let accept = headers.get(ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let json = accept.contains("json") && !accept.contains("text/html");
        Self { json, language: headers.get(ACCEPT_LANGUAGE).cloned() }
    }
}

/// Whether the edge should word this answer: an error without a body. An empty 401 is left alone, for its
/// header says it all (RFC 6750 §3).
pub(super) fn needs_body(response: &HttpResponse<BoxBody>) -> bool {
    let status = response.status();
    (status.is_client_error() || status.is_server_error())
        && status != StatusCode::UNAUTHORIZED
        && matches!(response.body().size(), BodySize::None | BodySize::Sized(0))
        && !response.headers().contains_key(CONTENT_TYPE)
}

/// An answer of the edge's own, still without a body.
pub(super) fn bare(status: StatusCode) -> HttpResponse<BoxBody> {
    let mut response = HttpResponse::new(status);
    let headers = response.headers_mut();
    if status == StatusCode::METHOD_NOT_ALLOWED {
        headers.insert(ALLOW, HeaderValue::from_static(VERBS));
    }
    if status == StatusCode::SERVICE_UNAVAILABLE {
        headers.insert(RETRY_AFTER, HeaderValue::from_static("1"));
    }
    response
}

/// Gives an empty error a body that fits the request.
pub(super) fn word(
    response: HttpResponse<BoxBody>,
    id: RequestId,
    wish: &Wish,
    page: &PageRenderer,
) -> HttpResponse<BoxBody> {
    let status = response.status().as_u16();
    let (body, content_type, csp) = if wish.json {
        let error = reason(status).to_ascii_lowercase().replace([' ', '-'], "_");
        let text = json!({ "error": error, "operation_id": id.to_string() }).to_string();
        (text, "application/json", None)
    } else {
        let language = wish.language.as_ref().and_then(|value| value.to_str().ok()).map(str::to_owned);
        let drawn = page(&ErrorPage { status, operation_id: id, accept_language: language });
        (drawn.html, "text/html; charset=utf-8", drawn.csp)
    };
    let mut response = response.set_body(BoxBody::new(body));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    if let Some(Ok(csp)) = csp.map(|csp| HeaderValue::from_str(&csp)) {
        headers.insert(CONTENT_SECURITY_POLICY, csp);
    }
    response
}
