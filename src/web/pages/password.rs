//! `GET` and `POST /login/password`: the new password that must replace the old one before anything else.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse};

use super::enter::enter;
use super::forms::BrowserForm;
use super::visit::{Shown, Stop, Visit, login_name, serve, targets};
use crate::domain::oauth::authorize::FlowView;
use crate::domain::signin::{self, LinkPurpose, NewPassword, PasswordSet, set_new_password};
use crate::kernel::Secret;
use crate::store::users::UserRow;
use crate::web::call::user_agent;
use crate::web::extract::{BodyError, Form, Query};
use crate::web::render::{ErrorKind, NewPasswordPage, PasswordProblem, PasswordReason};
use crate::web::respond::html;

/// A page that sets a password: what its link is for, and where it lies.
pub(super) struct Door {
    /// What the link must be for.
    pub(super) purpose: LinkPurpose,
    /// Why, as the page tells it.
    pub(super) reason: PasswordReason,
    /// Where the form is sent.
    pub(super) path: &'static str,
    /// Whether the link travels in the form; otherwise a cookie holds it.
    pub(super) in_form: bool,
}

const REQUIRED: Door = Door {
    purpose: LinkPurpose::SetPassword,
    reason: PasswordReason::Required,
    path: "/login/password",
    in_form: false,
};

/// Shows the form to the browser that holds the proof.
pub async fn get(request: HttpRequest, query: Result<Query, BodyError>) -> HttpResponse {
    serve(&request, query.map(|query| query.0), async |visit: &Visit<'_>| show(visit, &REQUIRED).await).await
}

/// Sets the password and goes on with the sign-in.
pub async fn post(request: HttpRequest, form: Result<Form, BodyError>) -> HttpResponse {
    serve(&request, form.map(|form| form.0), async |visit: &Visit<'_>| submit(visit, &REQUIRED).await).await
}

/// Opening a link uses nothing up: mail scanners open links, too.
pub(super) async fn show(visit: &Visit<'_>, door: &Door) -> Shown {
    let token = token(visit, door)?;
    let user = holder(visit, door, &token).await?;
    let view = visit.flow_if_open().await?;
    draw(visit, door, view.as_ref(), (&user, &token), None)
}

pub(super) async fn submit(visit: &Visit<'_>, door: &Door) -> Shown {
    visit.must_be_ours()?;
    if !visit.is_of_this_browser()? {
        return Err(ErrorKind::StaleForm.into());
    }
    let (token, view) = (token(visit, door)?, visit.flow_if_open().await?);
    let agent = user_agent(visit.request);
    let wish = NewPassword {
        token: token.expose(),
        purpose: door.purpose,
        password: Secret::new(visit.one("new_password")?.unwrap_or_default()),
        user_agent: agent.as_deref(),
        replaces: visit.session_beside(view.as_ref()).await?.map(|live| live.session.id),
    };
    let call = &visit.call;
    match set_new_password(call.services(), &call.tenant, &call.cx, wish).await? {
        PasswordSet::Done(signed_in) => {
            let mut answer = enter(visit, view.as_ref(), &signed_in).await;
            visit.clear_cookie(&mut answer, &call.cookies.proof);
            Ok(answer)
        }
        PasswordSet::Refused(problem) => {
            let user = holder(visit, door, &token).await?;
            draw(visit, door, view.as_ref(), (&user, &token), Some(shown_problem(problem)))
        }
        PasswordSet::BadLink => Err(ErrorKind::LinkExpired.into()),
    }
}

fn token(visit: &Visit<'_>, door: &Door) -> Result<Secret, Stop> {
    let sent = if door.in_form {
        visit.one("token")?.map(Secret::new)
    } else {
        visit.cookie(&visit.call.cookies.proof)
    };
    Ok(sent.ok_or(ErrorKind::LinkExpired)?)
}

/// Whose link it is.
async fn holder(visit: &Visit<'_>, door: &Door, token: &Secret) -> Result<UserRow, Stop> {
    let (tenant, now) = (visit.call.tenant.id, visit.call.cx.now);
    let (token, purpose) = (token.clone(), door.purpose);
    let found =
        visit.services().db.read(move |conn| signin::find_link(conn, tenant, token.expose(), purpose, now));
    Ok(found.await.map_err(crate::domain::Fault::from)?.ok_or(ErrorKind::LinkExpired)?)
}

const fn shown_problem(problem: signin::PasswordProblem) -> PasswordProblem {
    match problem {
        signin::PasswordProblem::Missing => PasswordProblem::Missing,
        signin::PasswordProblem::TooShort => PasswordProblem::TooShort,
        signin::PasswordProblem::TooLong => PasswordProblem::TooLong,
        signin::PasswordProblem::Common => PasswordProblem::Common,
        signin::PasswordProblem::Same => PasswordProblem::Same,
    }
}

fn draw(
    visit: &Visit<'_>,
    door: &Door,
    view: Option<&FlowView>,
    (user, token): (&UserRow, &Secret),
    problem: Option<PasswordProblem>,
) -> Shown {
    let form = BrowserForm::new(visit)?;
    let status = if problem.is_some() { StatusCode::BAD_REQUEST } else { StatusCode::OK };
    let shown = NewPasswordPage {
        page: visit.page(view),
        reason: door.reason,
        username: login_name(user).to_owned(),
        token: door.in_form.then(|| token.expose().to_owned()),
        action: visit.path(door.path, &[]),
        csrf: form.csrf.clone(),
        flow: view.map(|view| view.id.to_string()).unwrap_or_default(),
        problem,
        min_length: u64::try_from(visit.services().settings.passwords.min_length).unwrap_or(u64::MAX),
    };
    let mut answer = html(status, &shown.page, shown.render(), &targets(view));
    form.keep(visit, &mut answer);
    Ok(answer)
}
