//! `POST /token` (RFC 6749 §3.2).

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse};

use super::client::credentials;
use crate::domain::oauth::OAuthFailure;
use crate::domain::oauth::token::token;
use crate::kernel::{Actor, ClientId};
use crate::spec::oauth::Fields;
use crate::web::call::Call;
use crate::web::extract::{BodyError, Form};
use crate::web::middleware::Operation;
use crate::web::respond::{allow_client_origin, body_error, json, no_call_json, oauth_failure};

/// Exchanges a grant for tokens.
pub async fn post(request: HttpRequest, form: Result<Form, BodyError>) -> HttpResponse {
    let form = match form {
        Ok(form) => form,
        Err(error) => return body_error(&error),
    };
    let call = match Call::open(&request).await {
        Ok(call) => call,
        Err(no_call) => return no_call_json(&no_call),
    };
    let mut named = None;
    let mut answer = match exchange(&call, &request, &form, &mut named).await {
        Ok(body) => json(StatusCode::OK, body),
        Err(failure) => oauth_failure(&failure),
    };
    let client = match &named {
        Some(id) => call.services().registry.client(call.tenant.id, id).await.ok().flatten(),
        None => None,
    };
    allow_client_origin(&mut answer, &request, client.as_deref());
    answer
}

async fn exchange(
    call: &Call,
    request: &HttpRequest,
    form: &Fields,
    named: &mut Option<ClientId>,
) -> Result<Vec<u8>, OAuthFailure> {
    let credentials = credentials(request, form)?;
    let id = ClientId::from_text(credentials.named());
    let response =
        token(call.services(), &call.tenant, &call.cx, &call.web.limiter, &credentials, form).await;
    Operation::of(request).set_actor(Actor::Client(id.clone()));
    *named = Some(id);
    let response = response?;
    (call.web.signals.tokens)(response.grant);
    Ok(response.to_json()?)
}
