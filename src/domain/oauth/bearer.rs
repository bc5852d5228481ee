//! An access token that somebody presents: opened, and everything that may have ended it asked.

use std::sync::Arc;

use super::issue::{AccessClaims, grant_of_jti, open_access_token};
use super::standing;
use crate::domain::clients::Client;
use crate::domain::tenants::Tenant;
use crate::domain::{Fault, Services};
use crate::kernel::{ClientId, Cx, Timestamp};
use crate::spec::oauth::GrantType;
use crate::store::grants::{self, Standing};
use crate::store::revoked_tokens;

/// A token that is good at this moment.
pub struct Presented {
    /// What it says.
    pub claims: AccessClaims,
    /// The client it was issued to.
    pub client: Arc<Client>,
    /// The grant and person behind it; none for client_credentials.
    pub standing: Option<Standing>,
}

/// Why a token is not good. The caller is told no more than `invalid_token`.
#[derive(Debug, thiserror::Error)]
pub enum BearerError {
    /// Not a token of this tenant, expired, revoked, or its grant fell.
    #[error("the access token is invalid: {0}")]
    Invalid(String),
    /// The token does not allow this.
    #[error("the access token lacks the scope {0}")]
    Scope(&'static str),
    /// Our own.
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// Opens a token and asks whether it is good now: on every node, with no cache between a revocation and the
/// answer.
pub(super) async fn present(
    services: &Services,
    tenant: &Tenant,
    cx: &Cx,
    token: &str,
) -> Result<Presented, BearerError> {
    let invalid = |why: &str| BearerError::Invalid(why.to_owned());
    let claims =
        open_access_token(services, tenant, cx, token).ok_or_else(|| invalid("unknown or expired"))?;
    let grant = grant_of_jti(&claims.jti).ok_or_else(|| invalid("foreign jti"))?;
    let known = services.registry.client(tenant.id, &ClientId::from_text(&claims.client_id)).await?;
    let client = known.filter(|client| client.enabled).ok_or_else(|| invalid("client gone or disabled"))?;
    let (tenant_id, jti) = (tenant.id, claims.jti.clone());
    let (revoked, standing) = services
        .db
        .read(move |conn| {
            let revoked = revoked_tokens::contains(conn, tenant_id, &jti)?;
            let standing = match grant {
                Some(grant) if !revoked => grants::standing(conn, tenant_id, grant)?,
                _ => None,
            };
            Ok((revoked, standing))
        })
        .await
        .map_err(Fault::from)?;
    if revoked {
        return Err(invalid("revoked"));
    }
    match (&standing, grant) {
        (Some(standing), _) => standing::check(standing, &client, tenant)
            .map_err(|fallen| BearerError::Invalid(format!("{fallen:?}")))?,
        (None, Some(_)) => return Err(invalid("grant gone")),
        (None, None) => {
            let made = Timestamp::from_seconds(claims.iat.saturating_add(1));
            let void = made <= client.not_before || made <= tenant.not_before;
            if void || !tenant.enabled || !client.may_use(GrantType::ClientCredentials) {
                return Err(invalid("client or tenant was disabled"));
            }
        }
    }
    Ok(Presented { claims, client, standing })
}
