//! A token response (RFC 6749 §5.1), and making one from a grant.

use serde::Serialize;

use super::Request;
use crate::domain::Fault;
use crate::domain::oauth::issue::{
    Authentication, NewAccess, NewId, new_access_token, new_id_token, session_name, subject,
};
use crate::kernel::{ScopeSet, Secret};
use crate::store::grants::GrantRow;

/// What the client gets.
#[derive(Clone, Debug)]
pub struct TokenResponse {
    /// The access token.
    pub access_token: Secret,
    /// Its lifetime in seconds.
    pub expires_in: u64,
    /// The refresh token.
    pub refresh_token: Option<Secret>,
    /// The ID token.
    pub id_token: Option<Secret>,
    /// What was granted.
    pub scope: ScopeSet,
    /// The grant type, for the metrics.
    pub grant: &'static str,
}

#[derive(Serialize)]
struct Wire<'a> {
    access_token: &'a str,
    token_type: &'static str,
    expires_in: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id_token: Option<&'a str>,
    #[serde(skip_serializing_if = "str::is_empty")]
    scope: &'a str,
}

impl TokenResponse {
    /// The JSON of RFC 6749 §5.1.
    ///
    /// # Errors
    /// Never in practice; a fault of the serialiser.
    pub fn to_json(&self) -> Result<Vec<u8>, Fault> {
        let wire = Wire {
            access_token: self.access_token.expose(),
            token_type: "Bearer",
            expires_in: self.expires_in,
            refresh_token: self.refresh_token.as_ref().map(Secret::expose),
            id_token: self.id_token.as_ref().map(Secret::expose),
            scope: &self.scope.to_string(),
        };
        serde_json::to_vec(&wire).map_err(Fault::internal)
    }
}

/// What a grant's tokens are made from, beside the grant.
pub(super) struct FromGrant<'a> {
    pub grant: &'a GrantRow,
    /// What this response's tokens allow: the grant's scope or less.
    pub scope: ScopeSet,
    pub nonce: Option<String>,
    pub refresh_token: Option<Secret>,
    pub kind: &'static str,
}

/// Signs the tokens of a grant. Runs after the commit.
pub(super) fn respond(request: &Request<'_>, from: FromGrant<'_>) -> Result<TokenResponse, Fault> {
    let Request { services, tenant, client, cx, .. } = *request;
    let grant = from.grant;
    let sid = grant.session.as_deref().map(|session| session_name(tenant, client, session));
    let authentication = Authentication {
        time: grant.auth_time.seconds(),
        acr: &grant.acr,
        amr: &grant.amr,
        sid: sid.as_deref(),
    };
    let expires_in = services.settings.tokens.access_lifetime.as_secs();
    let sub = subject(tenant, client, grant.user);
    let access = NewAccess {
        sub: sub.clone(),
        grant: Some(grant.id),
        scope: &from.scope,
        authentication: Some(authentication),
        lifetime: i64::try_from(expires_in).unwrap_or(600),
    };
    let access_token = new_access_token(services, tenant, client, cx, access)?;
    let id_token = if from.scope.contains("openid") {
        let new = NewId { sub, authentication, nonce: from.nonce, access_token: &access_token };
        Some(new_id_token(services, tenant, client, cx, new)?)
    } else {
        None
    };
    Ok(TokenResponse {
        access_token,
        expires_in,
        refresh_token: from.refresh_token,
        id_token,
        scope: from.scope,
        grant: from.kind,
    })
}
