//! `POST /revoke` (RFC 7009 §2).

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse};

use super::client::credentials;
use crate::domain::oauth::{OAuthFailure, revoke};
use crate::kernel::ClientId;
use crate::web::call::Call;
use crate::web::extract::{BodyError, Form};
use crate::web::respond::{allow_client_origin, body_error, json, no_call_json, oauth_failure};

/// Revokes a token of the calling client.
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
    let mut answer = match revoked(&call, &request, &form, &mut named).await {
        Ok(()) => json(StatusCode::OK, ""),
        Err(failure) => oauth_failure(&failure),
    };
    let client = match &named {
        Some(id) => call.services().registry.client(call.tenant.id, id).await.ok().flatten(),
        None => None,
    };
    allow_client_origin(&mut answer, &request, client.as_deref());
    answer
}

async fn revoked(
    call: &Call,
    request: &HttpRequest,
    form: &Form,
    named: &mut Option<ClientId>,
) -> Result<(), OAuthFailure> {
    let credentials = credentials(request, form)?;
    *named = Some(ClientId::from_text(credentials.named()));
    revoke(call.services(), &call.tenant, &call.cx, &call.web.limiter, &credentials, form).await
}
