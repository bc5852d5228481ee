//! RP-initiated logout (OpenID Connect RP-Initiated Logout 1.0).

use std::sync::Arc;

use super::issue::{IdClaims, open_id_token_hint, session_name, subject};
use crate::domain::clients::Client;
use crate::domain::signin::{LiveSession, end_session};
use crate::domain::tenants::Tenant;
use crate::domain::{Fault, Services};
use crate::kernel::{ClientId, Cx};
use crate::spec::oauth::{ErrorCode, Fields, OAuthError};

/// What a logout request asks for, once it has been checked.
#[derive(Clone, Debug)]
pub struct LogoutRequest {
    /// The client that asks, if it is known.
    pub client: Option<Arc<Client>>,
    /// Where the browser goes afterwards, `state` included; one of the client's registered URIs.
    pub redirect: Option<String>,
    /// Whether the person is asked first: without a valid, current hint for this very session, yes.
    pub confirm: bool,
}

/// Checks a logout request. A redirect that is not registered is refused on a page (§3).
///
/// # Errors
/// The inner error is shown on a page and never sent anywhere.
pub async fn read(
    services: &Services,
    tenant: &Tenant,
    cx: &Cx,
    session: Option<&LiveSession>,
    params: &Fields,
) -> Result<Result<LogoutRequest, OAuthError>, Fault> {
    let (hint, named) = match hint_and_client(tenant, params) {
        Ok(read) => read,
        Err(error) => return Ok(Err(error)),
    };
    let client = match &named {
        Some(id) => services.registry.client(tenant.id, id).await?.filter(|client| client.enabled),
        None => None,
    };
    if named.is_some() && client.is_none() {
        let error = OAuthError::new(ErrorCode::UnauthorizedClient, "the client is unknown or disabled");
        return Ok(Err(error));
    }
    let redirect = match redirect(params, client.as_deref()) {
        Ok(redirect) => redirect,
        Err(error) => return Ok(Err(error)),
    };
    let confirmed = match (&hint, &client, session) {
        (Some(hint), Some(client), Some(live)) => is_this_session(tenant, cx, hint, client, live),
        // Nobody is signed in here: there is nothing to confirm.
        (_, _, None) => true,
        _ => false,
    };
    Ok(Ok(LogoutRequest { client, redirect, confirm: !confirmed }))
}

/// Ends the browser's session; the applications' tokens fall with it, unless they may outlive it.
///
/// # Errors
/// [`Fault`].
pub async fn end(services: &Services, cx: &Cx, live: &LiveSession) -> Result<(), Fault> {
    let (tenant, id, cx) = (live.session.tenant, live.session.id, cx.clone());
    let ended =
        services.db.write::<_, Fault, _>(move |tx| Ok(end_session(tx, &cx, tenant, id, "signed_out")?));
    ended.await.map(drop)
}

type HintAndClient = (Option<IdClaims>, Option<ClientId>);

fn hint_and_client(tenant: &Tenant, params: &Fields) -> Result<HintAndClient, OAuthError> {
    let client_id = params.get("client_id")?;
    let hint =
        match params.get("id_token_hint")? {
            None => None,
            Some(text) => Some(open_id_token_hint(tenant, text).ok_or_else(|| {
                OAuthError::invalid_request("id_token_hint is not an ID token of this issuer")
            })?),
        };
    if let (Some(hint), Some(id)) = (&hint, client_id)
        && hint.aud != id
    {
        return Err(OAuthError::invalid_request("id_token_hint was issued to another client"));
    }
    let named = hint.as_ref().map(|hint| hint.aud.as_str()).or(client_id).map(ClientId::from_text);
    Ok((hint, named))
}

fn redirect(params: &Fields, client: Option<&Client>) -> Result<Option<String>, OAuthError> {
    let Some(uri) = params.get("post_logout_redirect_uri")? else { return Ok(None) };
    let client = client.ok_or_else(|| {
        OAuthError::invalid_request("post_logout_redirect_uri needs an id_token_hint or a client_id")
    })?;
    if !client.metadata.post_logout_redirect_uris.iter().any(|registered| registered == uri) {
        return Err(OAuthError::invalid_request(
            "post_logout_redirect_uri is not registered for this client",
        ));
    }
    let Some(state) = params.get("state")? else { return Ok(Some(uri.to_owned())) };
    let join = if uri.contains('?') { '&' } else { '?' };
    Ok(Some(format!("{uri}{join}state={}", crate::spec::oauth::encode(state))))
}

/// Whether the hint is current and names exactly this session; an expired one is accepted with a question.
fn is_this_session(tenant: &Tenant, cx: &Cx, hint: &IdClaims, client: &Client, live: &LiveSession) -> bool {
    let current = cx.now.seconds() < hint.exp;
    let same_person = hint.sub == subject(tenant, client, live.user.id);
    let same_session = hint.sid == Some(session_name(tenant, client, &live.session.id.to_string()));
    current && same_person && same_session
}
