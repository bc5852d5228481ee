//! `refresh_token` (RFC 6749 §6) with rotation and reuse detection (RFC 9700 §4.14.2).
//!
//! A family is one row, its tokens are derived from the row's id and generation (docs/decisions/0003). The
//! present generation rotates by one conditional statement. Its immediate predecessor, sent again within
//! the grace by the same client, gets the same successor, so a lost answer costs nobody a sign-in and there
//! is never more than one lineage. Anything older means theft: the family ends.

use super::Request;
use super::authorization_code::idle_end;
use super::response::{FromGrant, TokenResponse, respond};
use crate::domain::Fault;
use crate::domain::oauth::{OAuthFailure, standing};
use crate::kernel::{GrantId, ScopeSet, Secret};
use crate::spec::oauth::{ErrorCode, GrantType, OAuthError};
use crate::store::grants::{self, Standing};
use crate::store::{AuditEvent, insert_audit};

/// What the presented token is to its family.
enum Place {
    /// The head.
    Present,
    /// The one before the head, within the grace.
    Graced,
    /// Older: stolen or replayed.
    Reused,
}

pub(super) async fn exchange(request: &Request<'_>) -> Result<TokenResponse, OAuthFailure> {
    let token = request.required("refresh_token")?;
    let (grant, generation) =
        request.tenant.keys.open_refresh(token).ok_or_else(|| unusable("not a token"))?;
    let mut standing = find(request, grant).await?;
    let scope = narrowed(request, &standing.grant.scope)?;
    let mut generation = i64::from(generation);
    // At most twice: whoever loses the race for the head finds itself in the grace, or revoked.
    for _ in 0..2 {
        match place(request, &standing, generation) {
            Place::Present => {
                if rotate(request, &standing).await? {
                    generation += 1;
                    return answer(request, standing, scope, generation);
                }
                standing = find(request, grant).await?;
            }
            Place::Graced => {
                generation = standing.grant.generation;
                return answer(request, standing, scope, generation);
            }
            Place::Reused => {
                revoke(request, &standing).await?;
                return Err(unusable("used before").into());
            }
        }
    }
    Err(unusable("lost the race twice").into())
}

fn unusable(detail: &str) -> OAuthError {
    OAuthError::invalid_grant("the refresh token is unknown, expired, revoked or was used before")
        .detail(detail)
}

/// The family, if it still stands and is this client's.
async fn find(request: &Request<'_>, id: GrantId) -> Result<Standing, OAuthFailure> {
    let tenant = request.tenant.id;
    let found = request.services.db.read(move |conn| grants::standing(conn, tenant, id)).await?;
    let standing = found.ok_or_else(|| unusable("unknown family"))?;
    if standing.grant.client != request.client.id {
        return Err(unusable("another client's token").into());
    }
    standing::check(&standing, request.client, request.tenant)
        .map_err(|fallen| unusable(&format!("{fallen:?}")))?;
    let now = request.cx.now;
    if standing.grant.generation < 0
        || now >= standing.grant.expires_at
        || now >= standing.grant.idle_expires_at
    {
        return Err(unusable("expired").into());
    }
    Ok(standing)
}

fn place(request: &Request<'_>, standing: &Standing, generation: i64) -> Place {
    let head = standing.grant.generation;
    if generation == head {
        return Place::Present;
    }
    let grace = request.services.settings.tokens.refresh_retry_grace;
    let (now, rotated) = (request.cx.now, standing.grant.rotated_at);
    // Both ways: a clock that was set back must not open the window again.
    let recent = now.since(rotated) <= grace && rotated.since(now) <= grace;
    if generation + 1 == head && !grace.is_zero() && recent { Place::Graced } else { Place::Reused }
}

async fn rotate(request: &Request<'_>, standing: &Standing) -> Result<bool, Fault> {
    let (tenant, id) = (request.tenant.id, standing.grant.id);
    let (generation, now) = (standing.grant.generation, request.cx.now);
    let idle = idle_end(request.services, request.client.kind, now);
    request
        .services
        .db
        .write::<_, Fault, _>(move |tx| Ok(grants::rotate(tx, tenant, id, generation, now, idle)?))
        .await
}

async fn revoke(request: &Request<'_>, standing: &Standing) -> Result<(), Fault> {
    let (grant, cx) = (standing.grant.clone(), request.cx.clone());
    request
        .services
        .db
        .write::<_, Fault, _>(move |tx| {
            if grants::revoke(tx, grant.tenant, grant.id, "refresh token reused", cx.now)? {
                let event = AuditEvent::new("refresh_token.reused").user(grant.user).client(&grant.client);
                insert_audit(tx, grant.tenant, &cx, &event)?;
            }
            Ok(())
        })
        .await
}

/// The scope asked for, which may be less than granted and never more (RFC 6749 §6).
fn narrowed(request: &Request<'_>, granted: &ScopeSet) -> Result<ScopeSet, OAuthError> {
    let Some(text) = request.params.get("scope")? else { return Ok(granted.clone()) };
    let asked =
        ScopeSet::parse(text).map_err(|error| OAuthError::new(ErrorCode::InvalidScope, error.to_string()))?;
    if !asked.is_subset(granted) {
        return Err(OAuthError::new(ErrorCode::InvalidScope, "more scope is asked for than was granted"));
    }
    Ok(asked)
}

fn answer(
    request: &Request<'_>,
    standing: Standing,
    scope: ScopeSet,
    generation: i64,
) -> Result<TokenResponse, OAuthFailure> {
    let generation =
        u32::try_from(generation).map_err(|_| Fault::internal("a refresh family ran out of generations"))?;
    let refresh_token: Secret = request.tenant.keys.refresh_token(&standing.grant.id, generation);
    let from = FromGrant {
        grant: &standing.grant,
        scope,
        nonce: None,
        refresh_token: Some(refresh_token),
        kind: GrantType::RefreshToken.as_str(),
    };
    Ok(respond(request, from)?)
}
