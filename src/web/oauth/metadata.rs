//! Discovery (OpenID Connect Discovery §4, RFC 8414 §3) and `/jwks` (RFC 7517), answered from memory even while
//! the database is away.

use std::sync::Arc;

use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, HeaderValue, IF_NONE_MATCH};
use actix_web::{HttpRequest, HttpResponse};

use crate::domain::tenants::Tenant;
use crate::web::call::{self, NoCall};
use crate::web::respond::{allow_everyone, no_call_json};

/// The tenant, as it is or, when the database cannot be read, as it was last seen.
async fn tenant(request: &HttpRequest) -> Result<Arc<Tenant>, NoCall> {
    let web = call::state(request)?;
    let slug = call::slug(request).ok_or(NoCall::NoTenant)?;
    let found = match web.services.registry.tenant(&slug).await {
        Ok(found) => found,
        Err(fault) => match web.services.registry.tenant_from_memory(&slug) {
            Some(kept) => Some(kept),
            None => return Err(NoCall::Fault(fault)),
        },
    };
    found.filter(|tenant| tenant.enabled).ok_or(NoCall::NoTenant)
}

/// The provider metadata.
pub async fn discovery(request: HttpRequest) -> HttpResponse {
    match tenant(&request).await {
        Ok(tenant) => {
            let mut answer = HttpResponse::Ok()
                .insert_header((CONTENT_TYPE, "application/json"))
                .insert_header((CACHE_CONTROL, "public, max-age=300"))
                .body(tenant.discovery.to_vec());
            allow_everyone(&mut answer);
            answer
        }
        Err(no_call) => no_call_json(&no_call),
    }
}

/// The public keys. Clients may keep them for five minutes; a key is announced longer than that before it
/// signs.
pub async fn jwks(request: HttpRequest) -> HttpResponse {
    let tenant = match tenant(&request).await {
        Ok(tenant) => tenant,
        Err(no_call) => return no_call_json(&no_call),
    };
    let etag = tenant.ring.etag();
    let mut answer = if is_known(&request, etag) {
        HttpResponse::NotModified().finish()
    } else {
        HttpResponse::Ok()
            .insert_header((CONTENT_TYPE, "application/jwk-set+json"))
            .body(tenant.ring.jwks_json().to_vec())
    };
    // A 304 carries them too (RFC 9110 §15.4.5).
    let headers = answer.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=300"));
    if let Ok(etag) = HeaderValue::from_str(etag) {
        headers.insert(ETAG, etag);
    }
    allow_everyone(&mut answer);
    answer
}

/// Whether the asker has this document: by weak comparison, for a cache on the way may have weakened the tag
/// (RFC 9110 §13.1.2).
fn is_known(request: &HttpRequest, etag: &str) -> bool {
    let sent = request.headers().get_all(IF_NONE_MATCH).filter_map(|value| value.to_str().ok());
    let mut tags = sent.flat_map(|value| value.split(',')).map(str::trim);
    tags.any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == etag)
}
