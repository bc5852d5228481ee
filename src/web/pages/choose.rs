//! `GET` and `POST /login/account`: which account to go on with (`prompt=select_account`).

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse};

use super::visit::{Shown, Visit, login_name, serve, targets};
use crate::domain::oauth::authorize::{FlowView, Next, choose};
use crate::domain::people::Person;
use crate::domain::signin::LiveSession;
use crate::web::extract::{BodyError, Form, Query};
use crate::web::render::{Account, ChooseAccountPage, ErrorKind};
use crate::web::respond::{html, see_other};

/// Shows who is signed in here.
pub async fn get(request: HttpRequest, query: Result<Query, BodyError>) -> HttpResponse {
    serve(&request, query.map(|query| query.0), show).await
}

/// Goes on as that account, or lets another one sign in.
pub async fn post(request: HttpRequest, form: Result<Form, BodyError>) -> HttpResponse {
    serve(&request, form.map(|form| form.0), submit).await
}

async fn show(visit: &Visit<'_>) -> Shown {
    let view = visit.need_flow().await?;
    match (view.next(&visit.call.tenant, &visit.call.cx), &view.session) {
        (Next::Choose(_), Some(live)) => Ok(draw(visit, &view, live)),
        _ => visit.resume(&view).await,
    }
}

async fn submit(visit: &Visit<'_>) -> Shown {
    visit.must_be_ours()?;
    let view = visit.need_flow().await?;
    let Some(live) = &view.session else { return visit.resume(&view).await };
    visit.must_be_of(live)?;
    match visit.one("account")? {
        Some("other") => {
            let query = [("flow", view.id.to_string()), ("account", "other".to_owned())];
            Ok(see_other(
                &visit.path("/login", &query.each_ref().map(|(name, value)| (*name, value.as_str()))),
            ))
        }
        Some(id) if id == live.session.id.to_string() => {
            let call = &visit.call;
            let next =
                choose(call.services(), &call.tenant, &visit.cx_of(live), &call.browser, view.id).await?;
            Ok(visit.follow(next))
        }
        _ => Err(ErrorKind::BadRequest.into()),
    }
}

fn draw(visit: &Visit<'_>, view: &FlowView, live: &LiveSession) -> HttpResponse {
    let account = Account {
        id: live.session.id.to_string(),
        name: Person(&live.user).display_name().to_owned(),
        login: login_name(&live.user).to_owned(),
    };
    let shown = ChooseAccountPage {
        page: visit.page(Some(view)),
        app: Some(view.client.name.clone()),
        accounts: vec![account],
        action: visit.path("/login/account", &[]),
        csrf: visit.csrf_of(live),
        flow: view.id.to_string(),
    };
    html(StatusCode::OK, &shown.page, shown.render(), &targets(Some(view)))
}
