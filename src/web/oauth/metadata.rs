//! Discovery (OpenID Connect Discovery §4, RFC 8414 §3) and `/jwks` (RFC 7517), answered from memory even while
//! the database is away.

use std::sync::Arc;

use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
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
    let known = request.headers().get(IF_NONE_MATCH).is_some_and(|tag| tag.as_bytes() == etag.as_bytes());
    let mut answer = if known {
        HttpResponse::NotModified().insert_header((CACHE_CONTROL, "public, max-age=300")).finish()
    } else {
        HttpResponse::Ok()
            .insert_header((CONTENT_TYPE, "application/jwk-set+json"))
            .insert_header((CACHE_CONTROL, "public, max-age=300"))
            .insert_header((ETAG, etag))
            .body(tenant.ring.jwks_json().to_vec())
    };
    allow_everyone(&mut answer);
    answer
}
