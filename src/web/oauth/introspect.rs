//! `POST /introspect` (RFC 7662 §2).

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse};

use super::client::credentials;
use crate::domain::Fault;
use crate::domain::oauth::{OAuthFailure, introspect};
use crate::web::call::Call;
use crate::web::extract::{BodyError, Form};
use crate::web::respond::{body_error, json, no_call_json, oauth_failure};

/// Tells an entitled client about a token.
pub async fn post(request: HttpRequest, form: Result<Form, BodyError>) -> HttpResponse {
    let form = match form {
        Ok(form) => form,
        Err(error) => return body_error(&error),
    };
    let call = match Call::open(&request).await {
        Ok(call) => call,
        Err(no_call) => return no_call_json(&no_call),
    };
    match ask(&call, &request, &form).await {
        Ok(body) => json(StatusCode::OK, body),
        Err(failure) => oauth_failure(&failure),
    }
}

async fn ask(call: &Call, request: &HttpRequest, form: &Form) -> Result<Vec<u8>, OAuthFailure> {
    let credentials = credentials(request, form)?;
    let answer =
        introspect(call.services(), &call.tenant, &call.cx, &call.web.limiter, &credentials, form).await?;
    serde_json::to_vec(&answer).map_err(|error| OAuthFailure::Fault(Fault::internal(error)))
}
