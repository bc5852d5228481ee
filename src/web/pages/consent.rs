//! `GET` and `POST /consent`: may this application have this?

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse};

use super::visit::{Shown, Visit, login_name, serve, targets};
use crate::domain::oauth::authorize::{FlowView, Next, consent, resume};
use crate::domain::signin::LiveSession;
use crate::web::extract::{BodyError, Form, Query};
use crate::web::render::{ConsentPage, ErrorKind, Lasts};
use crate::web::respond::{html, redirect_host};

const DAY: u64 = 24 * 60 * 60;

/// Shows what is asked for; goes on when nothing is (any more).
pub async fn get(request: HttpRequest, query: Result<Query, BodyError>) -> HttpResponse {
    serve(&request, query.map(|query| query.0), show).await
}

/// Allows or refuses what the kept request asks for. Fields that would say something else are not read
///
pub async fn post(request: HttpRequest, form: Result<Form, BodyError>) -> HttpResponse {
    serve(&request, form.map(|form| form.0), submit).await
}

async fn show(visit: &Visit<'_>) -> Shown {
    let (call, view) = (&visit.call, visit.need_flow().await?);
    let next = resume(call.services(), &call.tenant, &call.cx, &call.browser, view.id).await?;
    match (next, &view.session) {
        (Next::Consent(_), Some(live)) => Ok(draw(visit, &view, live)),
        (next, _) => Ok(visit.follow(next)),
    }
}

async fn submit(visit: &Visit<'_>) -> Shown {
    visit.must_be_ours()?;
    let view = visit.need_flow().await?;
    let Some(live) = &view.session else { return visit.resume(&view).await };
    visit.must_be_of(live)?;
    let allowed = match visit.one("decision")? {
        Some("allow") => true,
        Some("deny") => false,
        _ => return Err(ErrorKind::BadRequest.into()),
    };
    let (call, cx) = (&visit.call, visit.cx_of(live));
    let next = consent(call.services(), &call.tenant, &cx, &call.browser, view.id, allowed).await?;
    Ok(visit.follow(next))
}

fn draw(visit: &Visit<'_>, view: &FlowView, live: &LiveSession) -> HttpResponse {
    let shown = ConsentPage {
        page: visit.page(Some(view)),
        app: view.client.name.clone(),
        username: login_name(&live.user).to_owned(),
        scopes: view.request.scope.iter().map(str::to_owned).collect(),
        lasts: lasts(visit, view),
        redirect_host: redirect_host(&view.request.redirect_uri).to_owned(),
        policy: None,
        terms: None,
        action: visit.path("/consent", &[]),
        csrf: visit.csrf_of(live),
        flow: view.id.to_string(),
    };
    html(StatusCode::OK, &shown.page, shown.render(), &targets(Some(view)))
}

/// Tokens fall with the session, unless they may be used while the person is away (OpenID Connect Core §11).
fn lasts(visit: &Visit<'_>, view: &FlowView) -> Lasts {
    if view.request.scope.contains("offline_access") {
        Lasts::Days((visit.services().settings.tokens.refresh_absolute.as_secs() / DAY).max(1))
    } else {
        Lasts::Session
    }
}
