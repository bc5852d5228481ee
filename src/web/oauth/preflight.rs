//! `OPTIONS` of the endpoints that browser applications call (Fetch §3.2.2).

use actix_web::http::header::ORIGIN;
use actix_web::{HttpRequest, HttpResponse};

use crate::web::call::Call;
use crate::web::respond::{no_call_json, preflight};

/// Allows origins that some client of the tenant registered; which client it is, the request itself tells.
pub async fn options(request: HttpRequest) -> HttpResponse {
    let call = match Call::open(&request).await {
        Ok(call) => call,
        Err(no_call) => return no_call_json(&no_call),
    };
    let Some(origin) = request.headers().get(ORIGIN).and_then(|origin| origin.to_str().ok()) else {
        return preflight(&request, false);
    };
    let allowed = call.services().registry.allows_origin(call.tenant.id, origin).await.unwrap_or(false);
    preflight(&request, allowed)
}
