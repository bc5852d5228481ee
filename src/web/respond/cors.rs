//! Cross-origin reading: everybody may read metadata, a client's own origins the token and userinfo
//! answers, nobody anything else, and never with credentials.

use actix_web::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, HeaderName, HeaderValue, ORIGIN, VARY,
};
use actix_web::{HttpRequest, HttpResponse};

use crate::domain::clients::Client;
use crate::web::call::Call;

const CORP: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

/// Public documents may be read from anywhere.
pub fn allow_everyone(response: &mut HttpResponse) {
    let headers = response.headers_mut();
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(CORP, HeaderValue::from_static("cross-origin"));
}

/// A client's registered origins may read its answers.
pub fn allow_client_origin(response: &mut HttpResponse, request: &HttpRequest, client: Option<&Client>) {
    let text = request.headers().get(ORIGIN).and_then(|origin| origin.to_str().ok());
    let allowed = text.is_some_and(|text| client.is_some_and(|client| client.allows_origin(text)));
    allow_origin_if(response, request, allowed);
}

/// An error that names no client may be read by every origin that some client of the tenant registered: it says
/// nothing secret, and without it a browser application sees a failed network.
pub async fn allow_known_origin(response: &mut HttpResponse, request: &HttpRequest, call: &Call) {
    let text = request.headers().get(ORIGIN).and_then(|origin| origin.to_str().ok());
    let known = match text {
        Some(origin) => call.services().registry.allows_origin(call.tenant.id, origin).await.unwrap_or(false),
        None => false,
    };
    allow_origin_if(response, request, known);
}

fn allow_origin_if(response: &mut HttpResponse, request: &HttpRequest, allowed: bool) {
    let headers = response.headers_mut();
    headers.append(VARY, HeaderValue::from_static("Origin"));
    if let Some(origin) = request.headers().get(ORIGIN).filter(|_| allowed) {
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
        headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("WWW-Authenticate"));
        headers.insert(CORP, HeaderValue::from_static("cross-origin"));
    }
}

/// The answer to a preflight from a registered origin (`allowed`) or another one.
pub fn preflight(request: &HttpRequest, allowed: bool) -> HttpResponse {
    let mut response = HttpResponse::NoContent().finish();
    let headers = response.headers_mut();
    headers.append(VARY, HeaderValue::from_static("Origin"));
    if let Some(origin) = request.headers().get(ORIGIN).filter(|_| allowed) {
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
        headers.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, POST"));
        headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static("Authorization, Content-Type"));
        headers.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
    }
    response
}
