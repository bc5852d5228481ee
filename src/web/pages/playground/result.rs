//! `GET /playground/result`: what happened. `POST /playground/result`: the buttons.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse};

use super::failure::{Failure, Problem};
use super::run::{Run, Stage, Tokens};
use super::visit::Visit;
use crate::kernel::Timestamp;
use crate::web::extract::{BodyError, Form};
use crate::web::render::{
    Page, PlaygroundFailedPage, PlaygroundResultPage, PlaygroundTool, Step, StepKind, TokenRole, TokenView,
};
use crate::web::respond::{html, see_other};

/// The page of this browser's run.
pub async fn get(request: HttpRequest) -> HttpResponse {
    show(&request, None).await.unwrap_or_else(|refusal| refusal)
}

/// Does what a button says, and shows the result again.
pub async fn post(request: HttpRequest, form: Result<Form, BodyError>) -> HttpResponse {
    press(&request, form).await.unwrap_or_else(|refusal| refusal)
}

async fn press(request: &HttpRequest, form: Result<Form, BodyError>) -> Result<HttpResponse, HttpResponse> {
    let visit = Visit::open(request).await?;
    let form = form.ok().filter(|form| visit.is_own_form(form));
    let tool = form.and_then(|form| PlaygroundTool::parse(form.get("do").ok()??));
    let Some(tool) = tool else { return show(request, Some(Problem::Form)).await };
    let (key, now) = (visit.key(), visit.call.cx.now);
    if let Some(away) = visit.playground.tool(&key, tool, now).await {
        return Ok(see_other(away.as_str()));
    }
    // What is new stands at the end of the page, and what went wrong at its beginning.
    let worked = visit.playground.run(&key, now).is_some_and(|run| run.problem.is_none());
    Ok(see_other(&visit.path(if worked { "/result#latest" } else { "/result" })))
}

async fn show(request: &HttpRequest, refused: Option<Problem>) -> Result<HttpResponse, HttpResponse> {
    let visit = Visit::open(request).await?;
    let now = visit.call.cx.now;
    let Some(run) = visit.playground.run(&visit.key(), now) else {
        let text = "this sign-in is not known here, or was a while ago";
        let forgotten = Failure::own(StepKind::Callback, "forgotten", text);
        return Ok(failed(&visit, request, &forgotten, Vec::new()));
    };
    let answer = match &run.stage {
        Stage::Away(_) => see_other(&visit.path("")),
        Stage::Failed(failure) => failed(&visit, request, failure, run.steps.clone()),
        Stage::SignedIn(tokens) => signed_in(&visit, request, &run, tokens, refused.as_ref()),
    };
    visit.playground.told(&visit.key(), run, now);
    Ok(answer)
}

fn signed_in(
    visit: &Visit,
    request: &HttpRequest,
    run: &Run,
    tokens: &Tokens,
    refused: Option<&Problem>,
) -> HttpResponse {
    let page = visit.call.page(request, None);
    let shown = PlaygroundResultPage {
        action: visit.path("/result"),
        csrf: visit.csrf(),
        restart: visit.path(""),
        subject: tokens.subject.clone(),
        problem: refused.or(run.problem.as_ref()).map(|problem| problem.text(&page)),
        tools: tools(run, tokens),
        tokens: decoded(&page, tokens, visit.call.cx.now),
        steps: run.steps.clone(),
        page,
    };
    let status = if refused.is_some() { StatusCode::FORBIDDEN } else { StatusCode::OK };
    html(status, &shown.page, shown.render(), &[])
}

/// The buttons that have something to work with. Introspection is there for public clients, too: pressing it
/// tells why it is not for them.
fn tools(run: &Run, tokens: &Tokens) -> Vec<PlaygroundTool> {
    let more = run.metadata.additional_metadata();
    let works = |tool: &PlaygroundTool| match tool {
        PlaygroundTool::Userinfo => run.metadata.userinfo_endpoint().is_some(),
        PlaygroundTool::Refresh => tokens.refresh.is_some(),
        PlaygroundTool::Introspect => more.introspection_endpoint.is_some(),
        PlaygroundTool::Revoke => more.revocation_endpoint.is_some(),
        PlaygroundTool::Logout => more.end_session_endpoint.is_some(),
    };
    PlaygroundTool::ALL.into_iter().filter(works).collect()
}

fn decoded(page: &Page, tokens: &Tokens, now: Timestamp) -> Vec<TokenView> {
    let id = tokens.id.as_ref().map(|id| (TokenRole::Id, id.to_string()));
    let access = Some((TokenRole::Access, tokens.access.expose().to_owned()));
    let refresh = tokens.refresh.as_ref().map(|token| (TokenRole::Refresh, token.expose().to_owned()));
    let all = [id, access, refresh].into_iter().flatten();
    all.map(|(role, raw)| TokenView::decode(page, role, &raw, now)).collect()
}

fn failed(visit: &Visit, request: &HttpRequest, failure: &Failure, steps: Vec<Step>) -> HttpResponse {
    let shown = PlaygroundFailedPage {
        page: visit.call.page(request, None),
        restart: visit.path(""),
        error: failure.error.clone(),
        description: failure.description.clone(),
        by_provider: failure.by_provider,
        at: Some(failure.at),
        steps,
    };
    visit.send(html(StatusCode::OK, &shown.page, shown.render(), &[]))
}
