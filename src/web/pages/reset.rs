//! `GET` and `POST /reset`: a new password by a one-time link. So far there is one kind, the link that lets an
//! administrator in again (`portico admin recover`).

use actix_web::{HttpRequest, HttpResponse};

use super::password::{Door, show, submit};
use super::visit::{Visit, serve};
use crate::domain::signin::LinkPurpose;
use crate::web::extract::{BodyError, Form, Query};
use crate::web::render::PasswordReason;

const RECOVERY: Door =
    Door { purpose: LinkPurpose::Recover, reason: PasswordReason::Recovery, path: "/reset", in_form: true };

/// Shows the form; the link still works afterwards.
pub async fn get(request: HttpRequest, query: Result<Query, BodyError>) -> HttpResponse {
    serve(&request, query.map(|query| query.0), async |visit: &Visit<'_>| show(visit, &RECOVERY).await).await
}

/// Sets the password, uses up the link and signs in.
pub async fn post(request: HttpRequest, form: Result<Form, BodyError>) -> HttpResponse {
    serve(&request, form.map(|form| form.0), async |visit: &Visit<'_>| submit(visit, &RECOVERY).await).await
}
