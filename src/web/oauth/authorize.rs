//! `GET` and `POST /authorize` (OpenID Connect Core §3.1.2.1).

use actix_web::{HttpRequest, HttpResponse, ResponseError as _};

use crate::domain::oauth::authorize::begin;
use crate::spec::oauth::Fields;
use crate::web::call::Call;
use crate::web::extract::{BodyError, Form, Query};
use crate::web::render::ErrorKind;
use crate::web::respond::{error_page, fault_kind, follow, no_call_page, see_other};

/// The longest query a POST is turned into.
const LONGEST: usize = 6 * 1024;

/// By the URL.
pub async fn get(request: HttpRequest, query: Result<Query, BodyError>) -> HttpResponse {
    take(&request, query.map(|query| query.0)).await
}

/// By a form. A form from another site brings no `SameSite=Lax` cookie, so one without a session is asked
/// to come again by GET, which does.
pub async fn post(
    request: HttpRequest,
    query: Result<Query, BodyError>,
    form: Result<Form, BodyError>,
) -> HttpResponse {
    let params = match (query, form) {
        (Ok(query), Ok(form)) => Ok(query.0.joined(form.0)),
        (Err(error), _) | (_, Err(error)) => Err(error),
    };
    if let (Ok(params), Ok(call)) = (&params, Call::open(&request).await)
        && call.browser.session.is_none()
    {
        let query = params.to_query();
        if query.len() <= LONGEST {
            return see_other(&format!("{}/authorize?{query}", call.base()));
        }
    }
    take(&request, params).await
}

async fn take(request: &HttpRequest, params: Result<Fields, BodyError>) -> HttpResponse {
    let call = match Call::open(request).await {
        Ok(call) => call,
        Err(no_call) => return no_call_page(&no_call, request),
    };
    let params = match params {
        Ok(params) => params,
        Err(error) => {
            let mut answer = error_page(&call, request, ErrorKind::BadRequest, Some(error.to_string()));
            *answer.status_mut() = error.status_code();
            return answer;
        }
    };
    match begin(call.services(), &call.tenant, &call.cx, &call.browser, &params).await {
        Ok(outcome) => follow(&call, request, outcome),
        Err(fault) => error_page(&call, request, fault_kind(&fault), None),
    }
}
