//! `GET` and `POST /logout`: RP-initiated logout (OpenID Connect RP-Initiated Logout 1.0) and the sign-out
//! button of our own pages.
//!
//! A request without a valid, current hint for this very session is answered with a question. The
//! question's form carries the request's parameters on, and they are checked again when it comes back.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse};

use super::visit::{Shown, Visit, login_name, serve};
use crate::domain::oauth::logout::{self, LogoutRequest};
use crate::domain::signin::LiveSession;
use crate::web::extract::{BodyError, Form, Query};
use crate::web::render::{ErrorKind, LoggedOutPage, LogoutPage};
use crate::web::respond::{form_target, html, see_other};

/// The longest query a POST is turned into.
const LONGEST: usize = 6 * 1024;

/// A logout request.
pub async fn get(request: HttpRequest, query: Result<Query, BodyError>) -> HttpResponse {
    serve(&request, query.map(|query| query.0), ask).await
}

/// The answer to the question, the sign-out button, or a logout request by a form.
pub async fn post(
    request: HttpRequest,
    query: Result<Query, BodyError>,
    form: Result<Form, BodyError>,
) -> HttpResponse {
    let fields = match (query, form) {
        (Ok(query), Ok(form)) => Ok(query.0.joined(form.0)),
        (Err(error), _) | (_, Err(error)) => Err(error),
    };
    serve(&request, fields, answer).await
}

async fn read(visit: &Visit<'_>, live: Option<&LiveSession>) -> Result<LogoutRequest, super::visit::Stop> {
    let call = &visit.call;
    Ok(logout::read(call.services(), &call.tenant, &call.cx, live, &visit.fields).await??)
}

async fn ask(visit: &Visit<'_>) -> Shown {
    let live = visit.session().await?;
    let wish = read(visit, live.as_ref()).await?;
    match live {
        Some(live) if wish.confirm => draw(visit, &live, &wish),
        live => leave(visit, live, wish.redirect).await,
    }
}

async fn answer(visit: &Visit<'_>) -> Shown {
    let decision = visit.one("decision")?;
    if decision.is_none() && visit.one("csrf")?.is_none() {
        return by_form(visit).await;
    }
    visit.must_be_ours()?;
    let Some(live) = visit.session().await? else { return ask(visit).await };
    visit.must_be_of(&live)?;
    match decision {
        Some("allow") => {
            let wish = read(visit, Some(&live)).await?;
            leave(visit, Some(live), wish.redirect).await
        }
        Some("deny") => Ok(visit.home()),
        _ => Err(ErrorKind::BadRequest.into()),
    }
}

/// A form from another site brings no `SameSite=Lax` cookie, so one without a session is asked to come again
/// by GET, which does.
async fn by_form(visit: &Visit<'_>) -> Shown {
    let query = visit.fields.to_query();
    if visit.call.browser.session.is_none() && query.len() <= LONGEST {
        return Ok(see_other(&format!("{}/logout?{query}", visit.call.base())));
    }
    ask(visit).await
}

fn draw(visit: &Visit<'_>, live: &LiveSession, wish: &LogoutRequest) -> Shown {
    let mut carried = Vec::new();
    if let Some(client) = &wish.client {
        carried.push(("client_id", client.id.as_str()));
    }
    for name in ["post_logout_redirect_uri", "state"] {
        carried.extend(visit.one(name)?.map(|value| (name, value)));
    }
    let shown = LogoutPage {
        page: visit.page(None),
        app: wish.client.as_ref().map(|client| client.name.clone()),
        username: login_name(&live.user).to_owned(),
        action: visit.path("/logout", &carried),
        csrf: visit.csrf_of(live),
        flow: String::new(),
    };
    let targets: Vec<&str> = wish.redirect.as_deref().map(form_target).into_iter().collect();
    Ok(html(StatusCode::OK, &shown.page, shown.render(), &targets))
}

async fn leave(visit: &Visit<'_>, live: Option<LiveSession>, redirect: Option<String>) -> Shown {
    if let Some(live) = &live {
        logout::end(visit.services(), &visit.cx_of(live), live).await?;
    }
    let mut answer = match redirect {
        Some(uri) => see_other(&uri),
        None => {
            let shown = LoggedOutPage { page: visit.page(None) };
            html(StatusCode::OK, &shown.page, shown.render(), &[])
        }
    };
    visit.clear_cookie(&mut answer, &visit.call.cookies.session);
    Ok(answer)
}
