//! The stages a request passes through. Each type can only be made from the one before, so no check can be
//! skipped.

use std::sync::Arc;

use super::answer::{Answer, PageError, PageReason, Refusal};
use super::request::AuthorizeRequest;
use super::steps::{Endpoint, STEPS};
use crate::domain::clients::Client;
use crate::domain::tenants::Tenant;
use crate::domain::{Fault, Services};
use crate::kernel::{ClientId, ScopeSet};
use crate::spec::oauth::{ErrorCode, Fields, GrantType, OAuthError, ResponseMode};
use crate::spec::oidc::Prompts;

/// The parameters as sent.
pub struct Raw<'a> {
    /// Of the query or the form.
    pub params: &'a Fields,
}

/// The parameters that say who asks and where the answer goes, each sent once.
pub struct Parsed<'a> {
    params: &'a Fields,
    client_id: ClientId,
    redirect_uri: Option<&'a str>,
}

/// The client is known and the redirect URI is its own: from here on it can be told what is wrong.
pub struct ClientKnown<'a> {
    /// All parameters.
    pub params: &'a Fields,
    /// The client.
    pub client: Arc<Client>,
    /// The request as far as the steps have filled it.
    pub draft: AuthorizeRequest,
}

/// A request that passed every step, and its client.
pub struct Validated {
    /// The client.
    pub client: Arc<Client>,
    /// The request.
    pub request: AuthorizeRequest,
}

/// Everything a step may look at besides the request.
pub struct Around<'a> {
    /// The tenant.
    pub tenant: &'a Tenant,
}

fn page(reason: PageReason, error: OAuthError) -> Refusal {
    Refusal::Page(PageError { reason, error })
}

impl<'a> Raw<'a> {
    /// Reads the parameters that no error may be sent to a client without.
    pub fn parse(self) -> Result<Parsed<'a>, Refusal> {
        let once =
            |name: &str| self.params.get(name).map_err(|doubled| page(PageReason::Request, doubled.into()));
        let client_id = once("client_id")?
            .ok_or_else(|| page(PageReason::Request, OAuthError::invalid_request("client_id is missing")))?;
        if client_id.len() > 255 || !client_id.bytes().all(|b| (0x21..=0x7e).contains(&b)) {
            return Err(page(PageReason::Request, OAuthError::invalid_request("client_id is malformed")));
        }
        Ok(Parsed {
            params: self.params,
            client_id: ClientId::from_text(client_id),
            redirect_uri: once("redirect_uri")?,
        })
    }
}

impl<'a> Parsed<'a> {
    /// Finds the client and matches the redirect URI, byte for byte.
    pub async fn identify(
        self,
        services: &Services,
        tenant: &Tenant,
    ) -> Result<Result<ClientKnown<'a>, Refusal>, Fault> {
        let Some(client) = services.registry.client(tenant.id, &self.client_id).await? else {
            let error = OAuthError::new(ErrorCode::UnauthorizedClient, "no client has this client_id");
            return Ok(Err(page(PageReason::Client, error)));
        };
        if !client.enabled {
            let error = OAuthError::new(ErrorCode::UnauthorizedClient, "this client is disabled");
            return Ok(Err(page(PageReason::Client, error)));
        }
        let redirect_uri = match self.redirect_uri {
            Some(uri) if client.has_redirect_uri(uri) => uri.to_owned(),
            Some(_) => {
                let text = "redirect_uri is not one of those registered for this client";
                return Ok(Err(page(PageReason::Redirect, OAuthError::invalid_request(text))));
            }
            None => {
                let text = "redirect_uri is missing; it must be sent and equal a registered one";
                return Ok(Err(page(PageReason::Redirect, OAuthError::invalid_request(text))));
            }
        };
        let draft = AuthorizeRequest {
            client_id: client.id.clone(),
            redirect_uri,
            response_mode: ResponseMode::Query,
            scope: ScopeSet::default(),
            state: None,
            nonce: None,
            prompts: Prompts::default(),
            max_age: None,
            login_hint: None,
            hinted_sub: None,
            ui_locales: None,
            code_challenge: None,
        };
        Ok(Ok(ClientKnown { params: self.params, client, draft }))
    }
}

impl ClientKnown<'_> {
    /// Runs the steps of `endpoint`, in the table's order; the first refusal is the answer.
    pub fn validate(mut self, endpoint: Endpoint, around: &Around<'_>) -> Result<Validated, Refusal> {
        for step in STEPS.iter().filter(|step| step.at.contains(&endpoint)) {
            if let Err(error) = (step.check)(&mut self, around) {
                let error = error.detail(format_args!("step {}", step.name));
                tracing::info!(target: "portico::authorize", client = %self.client.id, %error, "request refused");
                return Err(Refusal::Client(Answer::error(&self.draft, &error, &around.tenant.issuer)));
            }
        }
        Ok(Validated { client: self.client, request: self.draft })
    }

    /// A parameter that may be sent once.
    pub fn param(&self, name: &str) -> Result<Option<&str>, OAuthError> {
        Ok(self.params.get(name)?)
    }

    /// Whether the client may use the authorization code grant.
    pub fn may_ask_for_codes(&self) -> bool {
        self.client.may_use(GrantType::AuthorizationCode)
    }
}
