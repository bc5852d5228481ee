//! `GET /`: the tenant's start page. `/account` and `/.well-known/change-password` lead there.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse};

use super::visit::{Shown, Visit, login_name, serve};
use crate::domain::people::Person;
use crate::domain::signin::LiveSession;
use crate::web::extract::{BodyError, Query};
use crate::web::render::{HomePage, WelcomePage};
use crate::web::respond::{html, see_other};

/// Who is signed in, or the way to sign in.
pub async fn get(request: HttpRequest, query: Result<Query, BodyError>) -> HttpResponse {
    serve(&request, query.map(|query| query.0), show).await
}

/// The person's own pages begin at the start page.
pub async fn account(request: HttpRequest, query: Result<Query, BodyError>) -> HttpResponse {
    serve(&request, query.map(|query| query.0), async |visit: &Visit<'_>| Ok(visit.home())).await
}

/// Where password managers send people (W3C, A Well-Known URL for Changing Passwords §2).
pub async fn change_password(request: HttpRequest, query: Result<Query, BodyError>) -> HttpResponse {
    let page = async |visit: &Visit<'_>| Ok(see_other(&visit.path("/account", &[])));
    serve(&request, query.map(|query| query.0), page).await
}

async fn show(visit: &Visit<'_>) -> Shown {
    Ok(match visit.session().await? {
        Some(live) => signed_in(visit, &live),
        None => welcome(visit),
    })
}

fn signed_in(visit: &Visit<'_>, live: &LiveSession) -> HttpResponse {
    let shown = HomePage {
        page: visit.page(None),
        name: Person(&live.user).display_name().to_owned(),
        login: login_name(&live.user).to_owned(),
        action: visit.path("/logout", &[]),
        csrf: visit.csrf_of(live),
        playground: playground(visit),
    };
    html(StatusCode::OK, &shown.page, shown.render(), &[])
}

fn welcome(visit: &Visit<'_>) -> HttpResponse {
    let login = visit.path("/login", &[]);
    let shown = WelcomePage { page: visit.page(None), login, playground: playground(visit) };
    html(StatusCode::OK, &shown.page, shown.render(), &[])
}

/// The playground is the server's, not a tenant's.
fn playground(visit: &Visit<'_>) -> Option<String> {
    visit.call.web.dev.then(|| format!("{}/playground", visit.call.web.root()))
}
