//! Proving a client (RFC 6749 §2.3): one file per method, one method per client, one method per request.

mod client_secret;

use std::sync::Arc;

use super::OAuthFailure;
use crate::domain::Services;
use crate::domain::clients::Client;
use crate::domain::tenants::Tenant;
use crate::kernel::{ClientId, Cx, Secret};
use crate::spec::oauth::{AuthMethod, OAuthError};

/// What a request brought to prove its client.
#[derive(Clone, Debug, Default)]
pub struct Credentials {
    /// From the Authorization header: identifier and secret.
    pub basic: Option<(String, Secret)>,
    /// `client_id` of the body.
    pub client_id: Option<String>,
    /// `client_secret` of the body.
    pub client_secret: Option<Secret>,
    /// Whether the body has `client_assertion` or `client_assertion_type`.
    pub assertion: bool,
}

impl Credentials {
    /// The one method used, and the identifier it names.
    fn method(&self) -> Result<(AuthMethod, &str), OAuthError> {
        if self.assertion {
            return Err(if self.basic.is_some() || self.client_secret.is_some() {
                OAuthError::invalid_request("more than one client authentication method is used")
            } else {
                OAuthError::invalid_client("client assertions are not accepted")
            });
        }
        match (&self.basic, &self.client_id, &self.client_secret) {
            (Some(_), _, Some(_)) => {
                Err(OAuthError::invalid_request("more than one client authentication method is used"))
            }
            (Some((id, _)), Some(body), None) if id != body => {
                Err(OAuthError::invalid_request("client_id differs from the Authorization header"))
            }
            (Some((id, _)), _, None) => Ok((AuthMethod::ClientSecretBasic, id)),
            (None, Some(id), Some(_)) => Ok((AuthMethod::ClientSecretPost, id)),
            (None, Some(id), None) => Ok((AuthMethod::None, id)),
            (None, None, _) => Err(OAuthError::invalid_client("no client is named")),
        }
    }

    /// The identifier named, for counting failures.
    pub fn named(&self) -> &str {
        self.basic.as_ref().map(|(id, _)| id).or(self.client_id.as_ref()).map_or("", String::as_str)
    }
}

/// Proves the client, by the one method it is registered for.
///
/// # Errors
/// `invalid_client` for every reason alike, `invalid_request` for more than one method.
pub async fn authenticate(
    services: &Services,
    tenant: &Tenant,
    cx: &Cx,
    credentials: &Credentials,
) -> Result<Arc<Client>, OAuthFailure> {
    let (method, id) = credentials.method()?;
    let known = services.registry.client(tenant.id, &ClientId::from_text(id)).await?;
    let client = known.ok_or_else(|| OAuthError::invalid_client("unknown client"))?;
    if !client.enabled {
        return Err(OAuthError::invalid_client("disabled client").into());
    }
    if client.metadata.token_endpoint_auth_method != method {
        let registered = client.metadata.token_endpoint_auth_method.as_str();
        let detail = format!("registered for {registered}, used {}", method.as_str());
        return Err(OAuthError::invalid_client(detail).into());
    }
    let secret = match method {
        AuthMethod::None => return Ok(client),
        AuthMethod::ClientSecretBasic => credentials.basic.as_ref().map(|(_, secret)| secret),
        AuthMethod::ClientSecretPost => credentials.client_secret.as_ref(),
    };
    let secret = secret.ok_or_else(|| OAuthError::invalid_client("no secret"))?;
    client_secret::check(tenant, &client, secret, cx.now)?;
    Ok(client)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::oauth::ErrorCode;

    #[test]
    fn a_040_two_methods_at_once_are_refused() {
        let basic = Some(("a".to_owned(), Secret::new("s")));
        let both =
            Credentials { basic: basic.clone(), client_secret: Some(Secret::new("s")), ..Default::default() };
        assert_eq!(both.method().unwrap_err().code, ErrorCode::InvalidRequest);
        let other =
            Credentials { basic: basic.clone(), client_id: Some("b".to_owned()), ..Default::default() };
        assert_eq!(other.method().unwrap_err().code, ErrorCode::InvalidRequest);
        let asserted = Credentials { basic, assertion: true, ..Default::default() };
        assert_eq!(asserted.method().unwrap_err().code, ErrorCode::InvalidRequest);
    }
}
