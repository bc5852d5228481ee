//! The authorization code: a sealed value that costs no write (docs/decisions/0001).
//!
//! It carries the id of the grant that redeeming it will make; inserting that grant is its single use. Codes
//! are sealed with the tenant's key, so a code of another tenant does not open.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::request::AuthorizeRequest;
use crate::domain::signin::LiveSession;
use crate::domain::tenants::Tenant;
use crate::domain::{Fault, Services};
use crate::kernel::{ClientId, Cx, GrantId, ScopeSet, Secret, SessionId, Timestamp, UserId};

/// What a code carries.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CodeContent {
    /// The grant that redeeming it makes.
    #[serde(rename = "g")]
    pub grant: GrantId,
    /// The client it was issued to.
    #[serde(rename = "c")]
    pub client: ClientId,
    /// The redirect URI it was sent to.
    #[serde(rename = "r")]
    pub redirect_uri: String,
    /// The person.
    #[serde(rename = "u")]
    pub user: UserId,
    /// The session.
    #[serde(rename = "s")]
    pub session: SessionId,
    /// What was granted.
    #[serde(rename = "o")]
    pub scope: ScopeSet,
    /// The request's nonce.
    #[serde(rename = "n", default, skip_serializing_if = "Option::is_none")]
    pub nonce: Option<String>,
    /// The PKCE challenge.
    #[serde(rename = "p", default, skip_serializing_if = "Option::is_none")]
    pub code_challenge: Option<String>,
    /// When the person authenticated.
    #[serde(rename = "t")]
    pub auth_time: Timestamp,
    /// How well.
    #[serde(rename = "a")]
    pub acr: String,
    /// By what means.
    #[serde(rename = "m")]
    pub amr: String,
    /// When it was made.
    #[serde(rename = "i")]
    pub issued_at: Timestamp,
}

/// Seals a code for a request and the session that answers it.
pub(super) fn seal_code(
    tenant: &Tenant,
    cx: &Cx,
    request: &AuthorizeRequest,
    live: &LiveSession,
) -> Result<Secret, Fault> {
    let content = CodeContent {
        grant: GrantId::new(cx.now, &cx.rng),
        client: request.client_id.clone(),
        redirect_uri: request.redirect_uri.clone(),
        user: live.user.id,
        session: live.session.id,
        scope: request.scope.clone(),
        nonce: request.nonce.clone(),
        code_challenge: request.code_challenge.clone(),
        auth_time: live.session.auth_time,
        acr: live.session.acr.clone(),
        amr: live.session.amr.clone(),
        issued_at: cx.now,
    };
    let bytes = serde_json::to_vec(&content).map_err(Fault::internal)?;
    Ok(tenant.keys.seal_code(&bytes, &cx.rng))
}

/// How far another node's clock may be ahead of ours, as for access tokens.
const SKEW: Duration = Duration::from_secs(10);

/// What a code of this tenant carries, if its time is not over nor still to come (a clock that was set back
/// must not lengthen its life, A-195); `None` for everything else.
pub fn open_code(services: &Services, tenant: &Tenant, cx: &Cx, code: &str) -> Option<CodeContent> {
    let opened = tenant.keys.open_code(code)?;
    let content: CodeContent = serde_json::from_slice(opened.expose()).ok()?;
    let end = content.issued_at.plus(services.settings.tokens.code_lifetime);
    (cx.now <= end && content.issued_at <= cx.now.plus(SKEW)).then_some(content)
}
