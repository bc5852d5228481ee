//! `GET` and `POST /login`: name and password, for a request that waits or for one's own account.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse};

use super::enter::{demand_password, enter};
use super::forms::BrowserForm;
use super::visit::{Shown, Stop, Visit, login_name, retry_after, serve, targets};
use crate::domain::Fault;
use crate::domain::oauth::authorize::{FlowView, Next, cancel};
use crate::domain::signin::{Attempt, SignIn, sign_in};
use crate::kernel::Secret;
use crate::web::call::user_agent;
use crate::web::extract::{BodyError, Form, Query};
use crate::web::render::{ErrorKind, LoginPage, LoginProblem};
use crate::web::respond::{fault_kind, html};

/// The longest name that is shown again; no account has a longer one.
const LONGEST_NAME: usize = 320;

/// Shows the form, or goes on when nobody needs to sign in.
pub async fn get(request: HttpRequest, query: Result<Query, BodyError>) -> HttpResponse {
    serve(&request, query.map(|query| query.0), show).await
}

/// Signs in.
pub async fn post(request: HttpRequest, form: Result<Form, BodyError>) -> HttpResponse {
    serve(&request, form.map(|form| form.0), submit).await
}

async fn show(visit: &Visit<'_>) -> Shown {
    let Some(view) = visit.flow().await? else {
        return match visit.session().await? {
            Some(_) => Ok(visit.home()),
            None => draw(visit, None, State::default()),
        };
    };
    let another = visit.one("account")? == Some("other");
    match view.next(&visit.call.tenant, &visit.call.cx) {
        Next::Login(_) => {}
        Next::Choose(_) if another => {}
        _ => return visit.resume(&view).await,
    }
    let username = view.request.login_hint.clone().or_else(|| asked_again(visit, &view));
    draw(visit, Some(&view), State { username: username.unwrap_or_default(), ..State::default() })
}

/// The name of the person signed in here who must prove it again (`prompt=login`, `max_age`). A hint may mean
/// somebody else, so then nobody is presumed.
fn asked_again(visit: &Visit<'_>, view: &FlowView) -> Option<String> {
    let live = view.session.as_ref().filter(|_| view.request.hinted_sub.is_none())?;
    let wants_login = matches!(view.next(&visit.call.tenant, &visit.call.cx), Next::Login(_));
    wants_login.then(|| login_name(&live.user).to_owned())
}

async fn submit(visit: &Visit<'_>) -> Shown {
    visit.must_be_ours()?;
    let view = visit.flow().await?;
    let username: String = visit.one("username")?.unwrap_or_default().chars().take(LONGEST_NAME).collect();
    if !visit.is_of_this_browser()? {
        let problem = Some(LoginProblem::Stale);
        return draw(
            visit,
            view.as_ref(),
            State { username, problem, ..State::status(StatusCode::FORBIDDEN) },
        );
    }
    if visit.one("decision")? == Some("deny") {
        return go_back(visit, view.as_ref()).await;
    }
    let password = visit.one("password")?.map(Secret::new);
    let (username_missing, password_missing) = (username.trim().is_empty(), password.is_none());
    match password.filter(|_| !username_missing) {
        Some(password) => attempt(visit, view.as_ref(), username, password).await,
        None => {
            let status = State::status(StatusCode::BAD_REQUEST);
            draw(visit, view.as_ref(), State { username, username_missing, password_missing, ..status })
        }
    }
}

async fn go_back(visit: &Visit<'_>, view: Option<&FlowView>) -> Shown {
    let Some(view) = view else { return Ok(visit.home()) };
    let call = &visit.call;
    let next = cancel(call.services(), &call.tenant, &call.cx, &call.browser, view.id).await?;
    Ok(visit.follow(next))
}

async fn attempt(visit: &Visit<'_>, view: Option<&FlowView>, username: String, password: Secret) -> Shown {
    let (agent, device) = (user_agent(visit.request), visit.cookie(&visit.call.cookies.device));
    let attempt = Attempt {
        name: &username,
        password,
        user_agent: agent.as_deref(),
        replaces: visit.session_beside(view).await?.map(|live| live.session.id),
        device: device.as_ref().map(Secret::expose),
        exempt_loopback: visit.call.web.dev,
    };
    let call = &visit.call;
    match sign_in(call.services(), &call.tenant, &call.cx, attempt).await {
        Ok(SignIn::Done(signed_in)) => Ok(enter(visit, view, &signed_in).await),
        Ok(SignIn::MustSetPassword { proof, .. }) => Ok(demand_password(visit, view, &proof)),
        Ok(refused) => draw(visit, view, refusal(visit, username, &refused)),
        Err(fault) => draw(visit, view, State { username, ..unavailable(fault)? }),
    }
}

/// How a refused try looks; nothing in it depends on whether there is such an account.
fn refusal(visit: &Visit<'_>, username: String, refused: &SignIn) -> State {
    let (signal, status, problem) = match refused {
        SignIn::Wait(span) => {
            let seconds = span.as_secs() + u64::from(span.subsec_nanos() > 0);
            ("throttled", StatusCode::TOO_MANY_REQUESTS, LoginProblem::Wait(seconds.max(1)))
        }
        SignIn::TooLong => ("failed", StatusCode::BAD_REQUEST, LoginProblem::Wrong),
        _ => ("failed", StatusCode::UNAUTHORIZED, LoginProblem::Wrong),
    };
    (visit.call.web.signals.login)(signal);
    State { username, problem: Some(problem), ..State::status(status) }
}

/// A fault that passes leaves the form on the screen; any other one is an error page.
fn unavailable(fault: Fault) -> Result<State, Stop> {
    let kind = fault_kind(&fault);
    if kind != ErrorKind::Unavailable {
        return Err(kind.into());
    }
    let problem = Some(LoginProblem::Unavailable);
    Ok(State { problem, ..State::status(StatusCode::SERVICE_UNAVAILABLE) })
}

/// What the form shows of the last try.
struct State {
    status: StatusCode,
    username: String,
    username_missing: bool,
    password_missing: bool,
    problem: Option<LoginProblem>,
}

impl Default for State {
    fn default() -> Self {
        Self::status(StatusCode::OK)
    }
}

impl State {
    const fn status(status: StatusCode) -> Self {
        Self {
            status,
            username: String::new(),
            username_missing: false,
            password_missing: false,
            problem: None,
        }
    }

    const fn retry_after(&self) -> Option<u64> {
        match self.problem {
            Some(LoginProblem::Wait(seconds)) => Some(seconds),
            Some(LoginProblem::Unavailable) => Some(2),
            _ => None,
        }
    }
}

fn draw(visit: &Visit<'_>, view: Option<&FlowView>, state: State) -> Shown {
    let form = BrowserForm::new(visit)?;
    let (status, retry) = (state.status, state.retry_after());
    let shown = LoginPage {
        page: visit.page(view),
        app: view.map(|view| view.client.name.clone()),
        again: view.is_some_and(|view| asked_again(visit, view).is_some()),
        action: visit.path("/login", &[]),
        csrf: form.csrf.clone(),
        flow: view.map(|view| view.id.to_string()).unwrap_or_default(),
        username: state.username,
        username_missing: state.username_missing,
        password_missing: state.password_missing,
        problem: state.problem,
        can_cancel: view.is_some(),
        forgot: None,
        signup: None,
    };
    let mut answer = html(status, &shown.page, shown.render(), &targets(view));
    if let Some(seconds) = retry {
        retry_after(&mut answer, seconds);
    }
    form.keep(visit, &mut answer);
    Ok(answer)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::HasherBusy;

    #[test]
    fn r_09_a_check_that_cannot_be_made_keeps_the_form_and_says_when_to_come_again() {
        let state = unavailable(Fault::from(HasherBusy)).unwrap();
        assert_eq!((state.status.as_u16(), state.problem), (503, Some(LoginProblem::Unavailable)));
        assert_eq!(state.retry_after(), Some(2));
        assert!(matches!(unavailable(Fault::internal("x")), Err(Stop::Page(ErrorKind::Internal, None))));
    }
}
