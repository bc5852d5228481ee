//! `client_credentials` (RFC 6749 §4.4): a client for itself. Reads nothing and writes nothing.

use super::Request;
use super::response::TokenResponse;
use crate::domain::oauth::OAuthFailure;
use crate::domain::oauth::issue::{NewAccess, new_access_token};
use crate::kernel::ScopeSet;
use crate::spec::oauth::{ErrorCode, GrantType, OAuthError};
use crate::spec::oidc::STANDARD_SCOPES;

pub(super) fn exchange(request: &Request<'_>) -> Result<TokenResponse, OAuthFailure> {
    let client = request.client;
    if client.is_public() {
        let text = "a public client cannot use client_credentials";
        return Err(OAuthError::new(ErrorCode::UnauthorizedClient, text).into());
    }
    let scope = scope(request)?;
    let expires_in = request.services.settings.tokens.client_credentials_lifetime.as_secs();
    let access = NewAccess {
        sub: client.id.as_str().to_owned(),
        grant: None,
        scope: &scope,
        authentication: None,
        lifetime: i64::try_from(expires_in).unwrap_or(600),
    };
    let access_token = new_access_token(request.services, request.tenant, client, request.cx, access)?;
    Ok(TokenResponse {
        access_token,
        expires_in,
        refresh_token: None,
        id_token: None,
        scope,
        grant: GrantType::ClientCredentials.as_str(),
    })
}

/// Scopes about a person make no sense without one.
fn scope(request: &Request<'_>) -> Result<ScopeSet, OAuthError> {
    let invalid = |text: String| OAuthError::new(ErrorCode::InvalidScope, text);
    let registered = &request.client.metadata.scope;
    let Some(text) = request.params.get("scope")? else {
        let own: Vec<&str> = registered.iter().filter(|word| !STANDARD_SCOPES.contains(word)).collect();
        return Ok(ScopeSet::parse(&own.join(" ")).unwrap_or_default());
    };
    let asked = ScopeSet::parse(text).map_err(|error| invalid(error.to_string()))?;
    if let Some(word) = asked.iter().find(|word| STANDARD_SCOPES.contains(word)) {
        return Err(invalid(format!("the scope {word} is about a person; client_credentials has none")));
    }
    if let Some(word) = asked.iter().find(|word| !registered.contains(word)) {
        return Err(invalid(format!("the scope {word} is not registered for this client")));
    }
    Ok(asked)
}
