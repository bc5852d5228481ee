//! `GET` and `POST /userinfo` (OpenID Connect Core §5.3): the token in the header, or in the body of a POST.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse};

use crate::domain::Fault;
use crate::domain::oauth::{self, BearerError};
use crate::kernel::Secret;
use crate::spec::oauth::{ErrorCode, Fields, OAuthError};
use crate::web::call::Call;
use crate::web::extract::{Authorization, BodyError, Form};
use crate::web::respond::{
    allow_client_origin, allow_known_origin, bearer_error, bearer_request_error, body_error, json,
    no_call_json,
};

/// Claims for the token in the header.
pub async fn get(request: HttpRequest) -> HttpResponse {
    answer(&request, &Fields::default()).await
}

/// Claims for the token in the header or in the form.
pub async fn post(request: HttpRequest, form: Result<Form, BodyError>) -> HttpResponse {
    match form {
        Ok(form) => answer(&request, &form).await,
        Err(error) => body_error(&error),
    }
}

async fn answer(request: &HttpRequest, form: &Fields) -> HttpResponse {
    let call = match Call::open(request).await {
        Ok(call) => call,
        Err(no_call) => return no_call_json(&no_call),
    };
    let told = match bearer_token(request, form) {
        Ok(Some(token)) => tell(&call, request, &token).await,
        Ok(None) => Err(bearer_error(None)),
        Err(error) => Err(bearer_request_error(&error)),
    };
    match told {
        Ok(answer) => answer,
        Err(mut refusal) => {
            allow_known_origin(&mut refusal, request, &call).await;
            refusal
        }
    }
}

async fn tell(call: &Call, request: &HttpRequest, token: &Secret) -> Result<HttpResponse, HttpResponse> {
    let (claims, client) = oauth::userinfo(call.services(), &call.tenant, &call.cx, token.expose())
        .await
        .map_err(|error| bearer_error(Some(&error)))?;
    let body = serde_json::to_vec(&claims)
        .map_err(|error| bearer_error(Some(&BearerError::Fault(Fault::internal(error)))))?;
    let mut answer = json(StatusCode::OK, body);
    allow_client_origin(&mut answer, request, Some(&client));
    Ok(answer)
}

/// One method of sending the token, never the URL (RFC 6750 §2, §2.3).
fn bearer_token(request: &HttpRequest, form: &Fields) -> Result<Option<Secret>, OAuthError> {
    let invalid = |text: &'static str| OAuthError::new(ErrorCode::InvalidRequest, text);
    let in_query = request.query_string().split('&').any(|pair| pair.starts_with("access_token"));
    if in_query {
        return Err(invalid("the access token must not be sent in the URL"));
    }
    let in_header = match Authorization::of(request.headers()) {
        Ok(Authorization::Bearer(token)) => Some(token),
        Ok(_) => None,
        Err(_) => return Err(invalid("the Authorization header is malformed")),
    };
    let in_form = form.get("access_token")?.map(Secret::new);
    if in_header.is_some() && in_form.is_some() {
        return Err(invalid("the access token is sent in more than one way"));
    }
    Ok(in_header.or(in_form))
}
