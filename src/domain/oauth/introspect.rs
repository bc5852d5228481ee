//! Token introspection (RFC 7662).

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::bearer::{BearerError, present};
use super::client_auth::{Credentials, authenticate};
use super::issue::subject;
use super::{AccessClaims, FailureLimiter, OAuthFailure, standing};
use crate::domain::clients::Client;
use crate::domain::tenants::Tenant;
use crate::domain::{Fault, Services};
use crate::kernel::{Cx, TokenKind};
use crate::spec::oauth::{ErrorCode, Fields, OAuthError};
use crate::store::grants;

/// Tells an entitled client about a token; everybody else, and about everything else, `active: false`.
///
/// # Errors
/// `invalid_client` for callers that cannot prove themselves; a fault.
pub async fn introspect(
    services: &Services,
    tenant: &Tenant,
    cx: &Cx,
    limiter: &FailureLimiter,
    credentials: &Credentials,
    params: &Fields,
) -> Result<Map<String, Value>, OAuthFailure> {
    let named = credentials.named();
    if let Some(wait) = limiter.wait(tenant.id, named, cx.ip, cx.now) {
        return Err(OAuthFailure::Wait(wait));
    }
    let caller = authenticate(services, tenant, cx, credentials).await.inspect_err(|failure| {
        if matches!(failure, OAuthFailure::Refused(_)) {
            limiter.failed(tenant.id, named, cx.ip, cx.now);
        }
    })?;
    if caller.is_public() {
        return Err(OAuthError::new(ErrorCode::InvalidClient, "a public client cannot introspect").into());
    }
    let token = params
        .get("token")
        .map_err(OAuthError::from)?
        .ok_or_else(|| OAuthError::invalid_request("token is missing"))?;
    let active = if token.starts_with(TokenKind::Refresh.prefix()) {
        refresh_token(services, tenant, cx, &caller, token).await?
    } else {
        access_token(services, tenant, cx, &caller, token).await?
    };
    Ok(active.unwrap_or_else(|| Map::from_iter([("active".to_owned(), Value::Bool(false))])))
}

/// A client may ask about its own tokens, and about those for an audience it stands for (§4).
fn is_entitled(caller: &Client, claims: &AccessClaims) -> bool {
    claims.client_id == caller.id.as_str()
        || claims.aud.has(caller.id.as_str())
        || caller.metadata.introspection_audiences.iter().any(|audience| claims.aud.has(audience))
}

async fn access_token(
    services: &Services,
    tenant: &Tenant,
    cx: &Cx,
    caller: &Client,
    token: &str,
) -> Result<Option<Map<String, Value>>, Fault> {
    let presented = match present(services, tenant, cx, token).await {
        Ok(presented) => presented,
        Err(BearerError::Fault(fault)) => return Err(fault),
        Err(_) => return Ok(None),
    };
    if !is_entitled(caller, &presented.claims) {
        return Ok(None);
    }
    let Ok(Value::Object(mut answer)) = serde_json::to_value(&presented.claims) else {
        return Err(Fault::internal("claims are not an object"));
    };
    answer.insert("active".to_owned(), true.into());
    answer.insert("token_type".to_owned(), "Bearer".into());
    // The name is what the scope `profile` is for; without it pairwise subjects could be joined by it.
    if let Some(standing) = presented.standing.as_ref().filter(|_| presented.claims.scope.contains("profile"))
    {
        answer.insert("username".to_owned(), standing.user.username.clone().into());
    }
    Ok(Some(answer))
}

async fn refresh_token(
    services: &Services,
    tenant: &Tenant,
    cx: &Cx,
    caller: &Arc<Client>,
    token: &str,
) -> Result<Option<Map<String, Value>>, Fault> {
    let Some((id, generation)) = tenant.keys.open_refresh(token) else { return Ok(None) };
    let tenant_id = tenant.id;
    let Some(found) = services.db.read(move |conn| grants::standing(conn, tenant_id, id)).await? else {
        return Ok(None);
    };
    let grant = &found.grant;
    let over = cx.now >= grant.expires_at || cx.now >= grant.idle_expires_at;
    if grant.client != caller.id
        || grant.generation != i64::from(generation)
        || over
        || standing::check(&found, caller, tenant).is_err()
    {
        return Ok(None);
    }
    let end = grant.expires_at.min(grant.idle_expires_at);
    let answer = json!({
        "active": true,
        "token_type": "refresh_token",
        "iss": *tenant.issuer,
        "sub": subject(tenant, caller, grant.user),
        "client_id": grant.client.as_str(),
        "scope": grant.scope.to_string(),
        "iat": grant.rotated_at.seconds(),
        "exp": end.seconds(),
    });
    let Value::Object(mut answer) = answer else { return Ok(None) };
    if grant.scope.contains("profile") {
        answer.insert("username".to_owned(), found.user.username.clone().into());
    }
    Ok(Some(answer))
}
