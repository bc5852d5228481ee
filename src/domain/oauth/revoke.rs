//! Token revocation (RFC 7009).

use super::client_auth::{Credentials, authenticate};
use super::issue::open_access_token;
use super::{FailureLimiter, OAuthFailure};
use crate::domain::tenants::Tenant;
use crate::domain::{Fault, Services};
use crate::kernel::{Actor, Cx, Timestamp, TokenKind};
use crate::spec::oauth::{Fields, OAuthError};
use crate::store::{AuditEvent, grants, insert_audit, revoked_tokens};

/// Revokes a token of the calling client: a refresh token with its whole family, an access token alone.
/// Unknown tokens and other clients' are passed over in silence (§2.2).
///
/// # Errors
/// `invalid_client`, `invalid_request`; a fault, and then nothing was revoked.
pub async fn revoke(
    services: &Services,
    tenant: &Tenant,
    cx: &Cx,
    limiter: &FailureLimiter,
    credentials: &Credentials,
    params: &Fields,
) -> Result<(), OAuthFailure> {
    let named = credentials.named();
    if let Some(wait) = limiter.wait(tenant.id, named, cx.ip, cx.now) {
        return Err(OAuthFailure::Wait(wait));
    }
    let client = authenticate(services, tenant, cx, credentials).await.inspect_err(|failure| {
        if matches!(failure, OAuthFailure::Refused(_)) {
            limiter.failed(tenant.id, named, cx.ip, cx.now);
        }
    })?;
    let cx = &Cx { actor: Actor::Client(client.id.clone()), ..cx.clone() };
    let token = params
        .get("token")
        .map_err(OAuthError::from)?
        .ok_or_else(|| OAuthError::invalid_request("token is missing"))?;
    // The hint is only a hint (§2.1): the token itself tells what it is.
    if token.starts_with(TokenKind::Refresh.prefix()) {
        let Some((id, _)) = tenant.keys.open_refresh(token) else { return Ok(()) };
        return Ok(refresh_family(services, tenant, cx, &client.id, id).await?);
    }
    let Some(claims) = open_access_token(services, tenant, cx, token) else { return Ok(()) };
    if claims.client_id != client.id.as_str() {
        return Ok(());
    }
    let tenant_id = tenant.id;
    services
        .db
        .write::<_, Fault, _>(move |tx| {
            let until = Timestamp::from_seconds(claims.exp);
            Ok(revoked_tokens::insert(tx, tenant_id, &claims.jti, until)?)
        })
        .await?;
    Ok(())
}

async fn refresh_family(
    services: &Services,
    tenant: &Tenant,
    cx: &Cx,
    client: &crate::kernel::ClientId,
    id: crate::kernel::GrantId,
) -> Result<(), Fault> {
    let (tenant_id, client, cx) = (tenant.id, client.clone(), cx.clone());
    services
        .db
        .write::<_, Fault, _>(move |tx| {
            let Some(standing) = grants::standing(tx, tenant_id, id)? else { return Ok(()) };
            if standing.grant.client == client
                && grants::revoke(tx, tenant_id, id, "revoked by client", cx.now)?
            {
                let event = AuditEvent::new("grant.revoked").user(standing.grant.user).client(&client);
                insert_audit(tx, tenant_id, &cx, &event)?;
            }
            Ok(())
        })
        .await
}
