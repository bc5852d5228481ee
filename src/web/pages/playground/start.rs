//! `GET /playground`: the form. `POST /playground`: off to sign in.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse};

use super::failure::Problem;
use super::run::ClientSpec;
use super::visit::Visit;
use crate::kernel::Secret;
use crate::spec::oauth::{Doubled, Fields};
use crate::web::extract::{BodyError, Form};
use crate::web::render::PlaygroundStartPage;
use crate::web::respond::{html, see_other};

/// The form, with what was typed last.
pub async fn get(request: HttpRequest) -> HttpResponse {
    show(&request).await.unwrap_or_else(|refusal| refusal)
}

/// Reads the form, asks the provider for its metadata and sends the browser there.
pub async fn post(request: HttpRequest, form: Result<Form, BodyError>) -> HttpResponse {
    start(&request, form).await.unwrap_or_else(|refusal| refusal)
}

async fn show(request: &HttpRequest) -> Result<HttpResponse, HttpResponse> {
    let visit = Visit::open(request).await?;
    let playground = &visit.playground;
    let last = playground.run(&visit.key(), visit.call.cx.now).map(|run| run.spec);
    let spec = last.unwrap_or_else(|| playground.proposal());
    Ok(page(&visit, request, spec, None))
}

async fn start(request: &HttpRequest, form: Result<Form, BodyError>) -> Result<HttpResponse, HttpResponse> {
    let visit = Visit::open(request).await?;
    let playground = &visit.playground;
    let read = form.ok().filter(|form| visit.is_own_form(form)).and_then(|form| read(&form).ok());
    let Some(spec) = read else {
        return Ok(page(&visit, request, playground.proposal(), Some(Problem::Form)));
    };
    let cx = &visit.call.cx;
    match playground.start(&visit.key(), spec.clone(), cx.now, &cx.rng).await {
        Ok(url) => Ok(see_other(url.as_str())),
        Err(problem) => Ok(page(&visit, request, spec, Some(problem))),
    }
}

/// What was typed, without the white space that came along by copying.
fn read(form: &Fields) -> Result<ClientSpec, Doubled> {
    let text = |name: &str| form.get(name).map(|value| value.unwrap_or_default().trim().to_owned());
    let secret = text("client_secret")?;
    Ok(ClientSpec {
        issuer: text("issuer")?.trim_end_matches('/').to_owned(),
        client_id: text("client_id")?,
        secret: (!secret.is_empty()).then(|| Secret::new(secret)),
        secret_in_body: form.get("secret_in_body")?.is_some(),
        scope: text("scope")?,
    })
}

fn page(visit: &Visit, request: &HttpRequest, spec: ClientSpec, problem: Option<Problem>) -> HttpResponse {
    let page = visit.call.page(request, None);
    let status = match &problem {
        None => StatusCode::OK,
        Some(Problem::Form) => StatusCode::FORBIDDEN,
        Some(Problem::Failed(_)) => StatusCode::BAD_GATEWAY,
        Some(_) => StatusCode::BAD_REQUEST,
    };
    let shown = PlaygroundStartPage {
        action: visit.path(""),
        csrf: visit.csrf(),
        issuer: spec.issuer,
        client_id: spec.client_id,
        scope: spec.scope,
        with_secret: spec.secret.is_some(),
        secret_in_body: spec.secret_in_body,
        redirect_uri: visit.playground.redirect_uri(),
        problem: problem.map(|problem| problem.text(&page)),
        page,
    };
    // The way from here leads through pages of this same origin and back to it: 'self' is enough.
    visit.send(html(status, &shown.page, shown.render(), &[]))
}
