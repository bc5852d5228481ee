//! Authorization responses on their way (RFC 6749 §4.1.2; OAuth 2.0 Form Post Response Mode), and the way to
//! the next page.

use actix_web::http::StatusCode;
use actix_web::http::header::SET_COOKIE;
use actix_web::{HttpRequest, HttpResponse};

use super::html::{error_page, html, see_other};
use crate::domain::oauth::authorize::{Answer, Next, Outcome, PageError, PageReason};
use crate::kernel::FlowId;
use crate::spec::oauth::{ResponseMode, encode, redirect_uri};
use crate::web::call::{Call, chosen_locale};
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
    let ask =
        |path: &str, flow: FlowId| see_other(&own_path(call, request, path, &[("flow", &flow.to_string())]));
    match next {
        Next::Login(flow) => ask("/login", flow),
        Next::Choose(flow) => ask("/login/account", flow),
        Next::Consent(flow) => ask("/consent", flow),
        Next::Answer(answer) => send(call, request, &answer),
        Next::Page(error) => page(call, request, &error),
    }
}

/// An address of this tenant, in the language this request asked for.
pub fn own_path(call: &Call, request: &HttpRequest, path: &str, query: &[(&str, &str)]) -> String {
    let chosen = chosen_locale(request).map(|locale| ("ui_locales", locale.tag()));
    let mut address = format!("{}{path}", call.base());
    for (at, (name, value)) in query.iter().copied().chain(chosen).enumerate() {
        address.push(if at == 0 { '?' } else { '&' });
        address.push_str(&format!("{name}={}", encode(value)));
    }
    address
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
    let host = redirect_host(&answer.redirect_uri).to_owned();
    let fields = answer.params.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    let shown = FormPostPage { page, action: answer.redirect_uri.clone(), host, fields };
    let body = shown.render();
    html(StatusCode::OK, &shown.page, body, &[target])
}

/// Where a redirect URI leads, as a person is told.
pub fn redirect_host(uri: &str) -> &str {
    redirect_uri::origin(uri).and_then(|origin| origin.split_once("://")).map_or(uri, |(_, host)| host)
}

/// What `form-action` must name so that a form may end at this redirect URI. A source expression has no
/// form for an IPv6 address (CSP Level 3 §2.3.1), nor for what would end a directive: their scheme stands in.
pub fn form_target(uri: &str) -> &str {
    let plain = |origin: &&str| origin.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._:/".contains(&b));
    redirect_uri::origin(uri).filter(plain).or_else(|| redirect_uri::scheme(uri)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_target_is_one_source_expression() {
        for (uri, target) in [
            ("https://c.example:8443/cb?x=1", "https://c.example:8443"),
            ("http://127.0.0.1:51004/cb", "http://127.0.0.1:51004"),
            ("http://[::1]:51004/cb", "http:"),
            ("https://c.example;script-src/cb", "https:"),
            ("com.example.app:/cb", "com.example.app:"),
        ] {
            assert_eq!(form_target(uri), target);
        }
    }
}
