//! The token endpoint (RFC 6749 §3.2): one file per grant.

mod authorization_code;
mod client_credentials;
mod refresh_token;
mod response;

pub use response::TokenResponse;

use super::client_auth::{Credentials, authenticate};
use super::{FailureLimiter, OAuthFailure};
use crate::domain::Services;
use crate::domain::clients::Client;
use crate::domain::tenants::Tenant;
use crate::kernel::{Actor, Cx};
use crate::spec::oauth::{ErrorCode, Fields, GrantType, OAuthError};

/// One request at the endpoint, its client proved.
struct Request<'a> {
    services: &'a Services,
    tenant: &'a Tenant,
    client: &'a Client,
    cx: &'a Cx,
    params: &'a Fields,
}

impl Request<'_> {
    /// A parameter that must be sent once.
    fn required(&self, name: &str) -> Result<&str, OAuthError> {
        self.params.get(name)?.ok_or_else(|| OAuthError::invalid_request(format!("{name} is missing")))
    }
}

/// Exchanges a grant for tokens.
///
/// # Errors
/// The registered errors of RFC 6749 §5.2; a wait after too many failures; a fault.
pub async fn token(
    services: &Services,
    tenant: &Tenant,
    cx: &Cx,
    limiter: &FailureLimiter,
    credentials: &Credentials,
    params: &Fields,
) -> Result<TokenResponse, OAuthFailure> {
    let named = credentials.named();
    if let Some(wait) = limiter.wait(tenant.id, named, cx.ip, cx.now) {
        return Err(OAuthFailure::Wait(wait));
    }
    let result = exchange(services, tenant, cx, credentials, params).await;
    if let Err(OAuthFailure::Refused(error)) = &result
        && matches!(error.code, ErrorCode::InvalidClient | ErrorCode::InvalidGrant)
    {
        limiter.failed(tenant.id, named, cx.ip, cx.now);
    }
    result
}

async fn exchange(
    services: &Services,
    tenant: &Tenant,
    cx: &Cx,
    credentials: &Credentials,
    params: &Fields,
) -> Result<TokenResponse, OAuthFailure> {
    let client = authenticate(services, tenant, cx, credentials).await?;
    let name = params
        .get("grant_type")
        .map_err(OAuthError::from)?
        .ok_or_else(|| OAuthError::invalid_request("grant_type is missing"))?;
    let grant = GrantType::parse(name).ok_or_else(|| {
        OAuthError::new(ErrorCode::UnsupportedGrantType, "this grant_type is not supported")
    })?;
    if !client.may_use(grant) {
        let text = format!("this client is not registered for the {name} grant");
        return Err(OAuthError::new(ErrorCode::UnauthorizedClient, text).into());
    }
    // No resource is known yet (RFC 8707 §2): passing one over would give a token that is good elsewhere.
    if params.all("resource").next().is_some() {
        return Err(OAuthError::new(ErrorCode::InvalidTarget, "no such resource is known").into());
    }
    let cx = &Cx { actor: Actor::Client(client.id.clone()), ..cx.clone() };
    let request = Request { services, tenant, client: &client, cx, params };
    match grant {
        GrantType::AuthorizationCode => authorization_code::exchange(&request).await,
        GrantType::RefreshToken => refresh_token::exchange(&request).await,
        GrantType::ClientCredentials => client_credentials::exchange(&request),
    }
}
