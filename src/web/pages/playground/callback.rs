//! `GET /playground/callback`: the browser comes back.

use actix_web::{HttpRequest, HttpResponse};

use super::visit::Visit;
use crate::web::extract::{BodyError, Query};
use crate::web::respond::{body_error, see_other};

/// Takes the answer to its end and goes on to the result, so that no code stays in the address bar.
pub async fn get(request: HttpRequest, query: Result<Query, BodyError>) -> HttpResponse {
    let query = match query {
        Ok(query) => query,
        Err(error) => return body_error(&error),
    };
    let visit = match Visit::open(&request).await {
        Ok(visit) => visit,
        Err(refusal) => return refusal,
    };
    visit.playground.callback(&visit.key(), &query, visit.call.cx.now).await;
    visit.send(see_other(&visit.path("/result")))
}
