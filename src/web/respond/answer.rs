//! Authorization responses on their way (RFC 6749 §4.1.2; OAuth 2.0 Form Post Response Mode), and the way to
//! the next page.

use actix_web::http::StatusCode;
use actix_web::http::header::SET_COOKIE;
use actix_web::{HttpRequest, HttpResponse};

use super::html::{error_page, html, see_other};
use crate::domain::oauth::authorize::{Answer, Next, Outcome, PageError, PageReason};
use crate::spec::oauth::{ResponseMode, encode, redirect_uri};
use crate::web::call::Call;
use crate::web::render::{ErrorKind, FormPostPage};

/// Follows an outcome: sets the browser cookie it made, and goes where it says.
pub fn follow(call: &Call, request: &HttpRequest, outcome: Outcome) -> HttpResponse {
    let mut response = respond_next(call, request, outcome.next);
    if let Some(cookie) = &outcome.new_browser
        && let Some(header) = call.cookies.set(&call.cookies.browser, cookie, None)
    {
        response.headers_mut().append(SET_COOKIE, header);
    }
    response
}

/// Goes where a request goes next.
pub fn respond_next(call: &Call, request: &HttpRequest, next: Next) -> HttpResponse {
    let base = call.base();
    match next {
        Next::Login(flow) => see_other(&format!("{base}/login?flow={flow}")),
        Next::Choose(flow) => see_other(&format!("{base}/login/account?flow={flow}")),
        Next::Consent(flow) => see_other(&format!("{base}/consent?flow={flow}")),
        Next::Answer(answer) => send(call, request, &answer),
        Next::Page(error) => page(call, request, &error),
    }
}

fn page(call: &Call, request: &HttpRequest, error: &PageError) -> HttpResponse {
    let kind = match error.reason {
        PageReason::Client => ErrorKind::UnknownClient,
        PageReason::Redirect => ErrorKind::BadRedirect,
        PageReason::Request => ErrorKind::BadRequest,
        PageReason::Gone => ErrorKind::FlowExpired,
    };
    let detail = format!("{}: {}", error.error.code, error.error.description);
    error_page(call, request, kind, Some(detail))
}

fn send(call: &Call, request: &HttpRequest, answer: &Answer) -> HttpResponse {
    let query = || {
        let pairs: Vec<String> =
            answer.params.iter().map(|(name, value)| format!("{name}={}", encode(value))).collect();
        pairs.join("&")
    };
    match answer.response_mode {
        ResponseMode::Query => {
            let join = if answer.redirect_uri.contains('?') { '&' } else { '?' };
            see_other(&format!("{}{join}{}", answer.redirect_uri, query()))
        }
        ResponseMode::Fragment => see_other(&format!("{}#{}", answer.redirect_uri, query())),
        ResponseMode::FormPost => form_post(call, request, answer),
    }
}

fn form_post(call: &Call, request: &HttpRequest, answer: &Answer) -> HttpResponse {
    let page = call.page(request, None);
    let target = form_target(&answer.redirect_uri);
    let host = redirect_uri::origin(&answer.redirect_uri)
        .and_then(|origin| origin.split_once("://"))
        .map_or_else(|| answer.redirect_uri.clone(), |(_, host)| host.to_owned());
    let fields = answer.params.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    let shown = FormPostPage { page, action: answer.redirect_uri.clone(), host, fields };
    let body = shown.render();
    html(StatusCode::OK, &shown.page, body, &[target])
}

/// What `form-action` must name so that a form may end at this redirect URI.
pub fn form_target(uri: &str) -> &str {
    redirect_uri::origin(uri).or_else(|| redirect_uri::scheme(uri)).unwrap_or_default()
}
