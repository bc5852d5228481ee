//! `authorization_code` (RFC 6749 §4.1.3, RFC 7636 §4.6).
//!
//! Everything is validated first; then inserting the grant under the id that the code carries is the one
//! conditional statement that makes the code single use. A second use revokes everything the first one
//! issued (RFC 9700 §4.2.4).

use super::Request;
use super::response::{FromGrant, TokenResponse, respond};
use crate::domain::clients::ClientKind;
use crate::domain::oauth::OAuthFailure;
use crate::domain::oauth::authorize::{CodeContent, is_assigned, open_code};
use crate::domain::people::{check_account, check_state};
use crate::domain::{Fault, Services};
use crate::kernel::{Cx, Timestamp};
use crate::spec::oauth::{GrantType, OAuthError, pkce};
use crate::store::grants::{self, GrantRow};
use crate::store::{AuditEvent, consents, insert_audit, sessions, users};

pub(super) async fn exchange(request: &Request<'_>) -> Result<TokenResponse, OAuthFailure> {
    let content = check_code(request)?;
    check_person(request, &content).await?;
    let grant = new_grant(request, &content);
    let refresh_token = (grant.generation >= 0).then(|| request.tenant.keys.refresh_token(&grant.id, 0));
    match redeem(request, &grant, content.issued_at).await? {
        Redeemed::Once => {}
        Redeemed::Again => return Err(OAuthError::invalid_grant("this code was used before").into()),
        Redeemed::Void => {
            let error = OAuthError::invalid_grant("the sign-in behind this code is over");
            return Err(error.detail("account changed meanwhile").into());
        }
    }
    let from = FromGrant {
        grant: &grant,
        scope: grant.scope.clone(),
        nonce: content.nonce,
        refresh_token,
        kind: GrantType::AuthorizationCode.as_str(),
    };
    Ok(respond(request, from)?)
}

/// Checks everything that the code itself can tell.
fn check_code(request: &Request<'_>) -> Result<CodeContent, OAuthError> {
    let code = request.required("code")?;
    let content = open_code(request.services, request.tenant, request.cx, code)
        .ok_or_else(|| OAuthError::invalid_grant("the code is unknown or has expired"))?;
    if content.client != request.client.id {
        return Err(
            OAuthError::invalid_grant("the code is unknown or has expired").detail("another client's code")
        );
    }
    if request.params.get("redirect_uri")? != Some(&content.redirect_uri) {
        return Err(OAuthError::invalid_grant("redirect_uri is not the one the code was sent to"));
    }
    check_pkce(request, &content)?;
    Ok(content)
}

fn check_pkce(request: &Request<'_>, content: &CodeContent) -> Result<(), OAuthError> {
    match (&content.code_challenge, request.params.get("code_verifier")?) {
        (Some(challenge), Some(verifier)) if pkce::answers(verifier, challenge) => Ok(()),
        (Some(_), Some(_)) => {
            Err(OAuthError::invalid_grant("code_verifier does not answer the code_challenge"))
        }
        (Some(_), None) => Err(OAuthError::invalid_request("code_verifier is missing")),
        // A verifier without a challenge is the mark of a downgrade (RFC 9700 §4.8.2).
        (None, Some(_)) => Err(OAuthError::invalid_grant("code_verifier is sent, but no code_challenge was")),
        (None, None) => Ok(()),
    }
}

/// Asks the guard about the person and the session behind the code. What ends the account after this look is
/// asked for again in the write; what ends the session, client, tenant or consent voids the grant at its use.
async fn check_person(request: &Request<'_>, content: &CodeContent) -> Result<(), OAuthFailure> {
    let (tenant, session_id) = (request.tenant.id, content.session);
    let (user_id, made) = (content.user, content.issued_at);
    let asked_for_consent = (!request.client.metadata.first_party).then(|| request.client.id.clone());
    let (session, user, consent) = request
        .services
        .db
        .read(move |conn| {
            let session = sessions::find(conn, tenant, session_id)?;
            let user = users::find(conn, tenant, user_id)?;
            let consent = match &asked_for_consent {
                Some(client) => consents::not_before(conn, tenant, user_id, client)?,
                None => None,
            };
            Ok((session, user, consent))
        })
        .await?;
    let over = |why: &str| OAuthError::invalid_grant("the sign-in behind this code is over").detail(why);
    let session = session.ok_or_else(|| over("session gone"))?;
    let user = user.ok_or_else(|| over("account gone"))?;
    if session.ended_at.is_some() || request.cx.now >= session.expires_at {
        return Err(over("session ended").into());
    }
    check_account(&user, made).map_err(|blocked| over(&format!("{blocked:?}")))?;
    let voided = |mark: Timestamp| made <= mark;
    if voided(request.client.not_before) || voided(request.tenant.not_before) {
        return Err(over("client or tenant was disabled").into());
    }
    if consent.is_some_and(voided) {
        return Err(over("consent withdrawn").into());
    }
    if !is_assigned(request.client, &user) {
        return Err(over("not assigned").into());
    }
    Ok(())
}

fn new_grant(request: &Request<'_>, content: &CodeContent) -> GrantRow {
    let now = request.cx.now;
    let has_refresh = request.client.may_use(GrantType::RefreshToken);
    let expires_at = if has_refresh {
        now.plus(request.services.settings.tokens.refresh_absolute)
    } else {
        now.plus(request.services.settings.tokens.access_lifetime)
    };
    GrantRow {
        tenant: request.tenant.id,
        id: content.grant,
        client: content.client.clone(),
        user: content.user,
        session: Some(content.session.to_string()),
        scope: content.scope.clone(),
        auth_time: content.auth_time,
        acr: content.acr.clone(),
        amr: content.amr.clone(),
        generation: if has_refresh { 0 } else { -1 },
        rotated_at: now,
        idle_expires_at: idle_end(request.services, request.client.kind, now),
        expires_at,
        created_at: now,
        revoked_at: None,
        revoke_reason: None,
    }
}

/// Until when a refresh token given out at `now` must be used.
pub(super) fn idle_end(services: &Services, kind: ClientKind, now: Timestamp) -> Timestamp {
    let tokens = &services.settings.tokens;
    now.plus(if kind == ClientKind::Native { tokens.refresh_idle_native } else { tokens.refresh_idle })
}

/// What became of a code.
enum Redeemed {
    /// Its grant was made.
    Once,
    /// It was redeemed before; what that gave is revoked.
    Again,
    /// The account stopped, or its password changed, since the code was looked at.
    Void,
}

/// Stores the grant, or, when the code was redeemed before, revokes what it became. The account is asked once
/// more in the same transaction, so that nothing slips in beside a change of it.
async fn redeem(request: &Request<'_>, grant: &GrantRow, made: Timestamp) -> Result<Redeemed, Fault> {
    let (grant, cx) = (grant.clone(), request.cx.clone());
    request
        .services
        .db
        .write::<_, Fault, _>(move |tx| {
            let account = users::hold(tx, grant.tenant, grant.user)?;
            if account.is_none_or(|(state, mark)| check_state(state, mark, made).is_err()) {
                return Ok(Redeemed::Void);
            }
            if grants::insert_once(tx, grant.tenant, &grant)? {
                return Ok(Redeemed::Once);
            }
            reused(tx, &cx, &grant)?;
            Ok(Redeemed::Again)
        })
        .await
}

fn reused(tx: &mut crate::store::Tx<'_>, cx: &Cx, grant: &GrantRow) -> Result<(), Fault> {
    if grants::revoke(tx, grant.tenant, grant.id, "code reused", cx.now)? {
        let event = AuditEvent::new("code.reused").user(grant.user).client(&grant.client);
        insert_audit(tx, grant.tenant, cx, &event)?;
    }
    Ok(())
}
