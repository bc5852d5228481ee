//! UserInfo (OpenID Connect Core §5.3).

use std::sync::Arc;

use serde_json::{Map, Value};

use super::bearer::{BearerError, present};
use crate::domain::Services;
use crate::domain::clients::Client;
use crate::domain::people::Person;
use crate::domain::tenants::Tenant;
use crate::kernel::Cx;
use crate::spec::oidc::claims_of_scope;

/// The claims that the token's scopes allow, and the client that asks.
///
/// # Errors
/// [`BearerError`]: an invalid token, one without `openid`, or a fault.
pub async fn userinfo(
    services: &Services,
    tenant: &Tenant,
    cx: &Cx,
    token: &str,
) -> Result<(Map<String, Value>, Arc<Client>), BearerError> {
    let presented = present(services, tenant, cx, token).await?;
    let claims = &presented.claims;
    if !claims.scope.contains("openid") {
        return Err(BearerError::Scope("openid"));
    }
    let standing =
        presented.standing.as_ref().ok_or_else(|| BearerError::Invalid("no person behind it".to_owned()))?;
    let person = Person(&standing.user);
    let mut answer = Map::new();
    answer.insert("sub".to_owned(), claims.sub.clone().into());
    for name in claims.scope.iter().flat_map(claims_of_scope) {
        if let Some(value) = person.claim(name) {
            answer.insert((*name).to_owned(), value);
        }
    }
    Ok((answer, presented.client))
}
