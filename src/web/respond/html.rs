//! Pages as answers: content type, policy, redirects.

use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderValue, LOCATION, RETRY_AFTER};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};

use crate::domain::Fault;
use crate::kernel::locale::Locale;
use crate::web::call::{self, Call, NoCall};
use crate::web::middleware::Operation;
use crate::web::render::{ErrorKind, ErrorPage, Page};

/// A page. `form_targets` are the origins that its form's answer may redirect to: Chromium applies
/// `form-action` to the redirect after a POST.
pub fn html(status: StatusCode, page: &Page, body: String, form_targets: &[&str]) -> HttpResponse {
    let mut targets = String::new();
    for target in form_targets {
        targets.push(' ');
        targets.push_str(target);
    }
    let policy = format!(
        "default-src 'none'; script-src 'nonce-{}'; style-src 'self'; img-src 'self'; font-src 'self'; \
         connect-src 'self'; form-action 'self'{targets}; frame-ancestors 'none'; base-uri 'none'",
        page.nonce
    );
    let mut answer = HttpResponseBuilder::new(status);
    answer
        .insert_header((CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")))
        .insert_header(("cache-control", "no-store"))
        .insert_header(("content-language", page.locale.tag()));
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        answer.insert_header((CONTENT_SECURITY_POLICY, policy));
    }
    answer.body(body)
}

/// 303, so that a form is never sent on.
pub fn see_other(location: &str) -> HttpResponse {
    match HeaderValue::from_str(location) {
        Ok(location) => HttpResponse::SeeOther()
            .insert_header((LOCATION, location))
            .insert_header(("cache-control", "no-store"))
            .finish(),
        Err(_) => HttpResponse::InternalServerError().finish(),
    }
}

/// The page of an error of a known tenant.
pub fn error_page(
    call: &Call,
    request: &HttpRequest,
    kind: ErrorKind,
    detail: Option<String>,
) -> HttpResponse {
    let page = call.page(request, None);
    kind_page(page, kind, call.cx.request_id.to_string(), detail)
}

fn kind_page(page: Page, kind: ErrorKind, operation_id: String, detail: Option<String>) -> HttpResponse {
    let status = StatusCode::from_u16(kind.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut shown = ErrorPage::new(page, kind, operation_id);
    shown.detail = detail;
    let body = shown.render();
    let mut answer = html(status, &shown.page, body, &[]);
    if kind == ErrorKind::Unavailable {
        answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("2"));
    }
    answer
}

/// The page for a request that never became a call.
pub fn no_call_page(no_call: &NoCall, request: &HttpRequest) -> HttpResponse {
    let kind = match no_call {
        NoCall::NoTenant => ErrorKind::NotFound,
        NoCall::Fault(fault) => fault_kind(fault),
    };
    let mut page = Page::new(call::locale(request, None), String::new(), "Portico");
    if let Ok(web) = call::state(request) {
        web.root().clone_into(&mut page.root);
        web.root().clone_into(&mut page.base);
    }
    kind_page(page, kind, Operation::of(request).id().to_string(), None)
}

/// What a fault looks like to a person; the cause goes to the log.
pub fn fault_kind(fault: &Fault) -> ErrorKind {
    if fault.is_passing() {
        tracing::warn!(target: "portico::fault", error = %fault, "temporarily unavailable");
        ErrorKind::Unavailable
    } else {
        tracing::error!(target: "portico::fault", error = %fault, "internal error");
        ErrorKind::Internal
    }
}

/// The designed error page for statuses that the edge itself answers with.
pub fn edge_page(status: u16, locale: Locale, root: &str, operation_id: String) -> (String, Option<String>) {
    let kind = match status {
        404 | 405 => ErrorKind::NotFound,
        429 => ErrorKind::TooMany,
        503 => ErrorKind::Unavailable,
        400..=499 => ErrorKind::BadRequest,
        _ => ErrorKind::Internal,
    };
    let mut page = Page::new(locale, String::new(), "Portico");
    root.clone_into(&mut page.root);
    root.clone_into(&mut page.base);
    let policy = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; \
                  frame-ancestors 'none'; base-uri 'none'";
    (ErrorPage::new(page, kind, operation_id).render(), Some(policy.to_owned()))
}
