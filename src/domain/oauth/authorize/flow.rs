//! A request on its way: answered at once, or kept while a person is asked.
//!
//! From its first step the request lives on the server, bound to the browser that started it;
//! the pages carry only its id.

use std::sync::Arc;

use super::answer::{Answer, PageError, PageReason, Refusal};
use super::code::seal_code;
use super::decide::Decision;
use super::kept::{Browser, FlowView, Next, Outcome, Step};
use super::request::AuthorizeRequest;
use super::stages::{Around, Raw, Validated};
use super::steps::Endpoint;
use crate::domain::clients::Client;
use crate::domain::signin::{self, LiveSession};
use crate::domain::tenants::Tenant;
use crate::domain::{Fault, Services};
use crate::kernel::{Cx, FlowId, ScopeSet, TokenKind, hash_token};
use crate::spec::oauth::{ErrorCode, Fields, OAuthError};
use crate::spec::oidc::Prompt;
use crate::store::flows::{self, FlowRow};
use crate::store::{AuditEvent, consents, insert_audit};

type SessionAndConsent = (Option<LiveSession>, Option<ScopeSet>);

/// The browser's session and what its person has allowed the client.
async fn session_and_consent(
    services: &Services,
    tenant: &Arc<Tenant>,
    cx: &Cx,
    browser: &Browser,
    client: &Client,
) -> Result<SessionAndConsent, Fault> {
    let Some(cookie) = browser.session.clone() else { return Ok((None, None)) };
    let (tenant, limits, now) = (tenant.clone(), services.settings.sessions.clone(), cx.now);
    let touch_limits = limits.clone();
    let (client_id, first_party) = (client.id.clone(), client.metadata.first_party);
    let found = services.db.read(move |conn| {
        let Some(live) = signin::current_session(conn, &tenant, &limits, cookie.expose(), now)? else {
            return Ok((None, None));
        };
        let consent =
            if first_party { None } else { consents::find(conn, tenant.id, live.user.id, &client_id)? };
        Ok((Some(live), consent.map(|row| row.scope)))
    });
    let found = found.await?;
    if let Some(live) = found.0.as_ref().filter(|live| signin::needs_touch(live, &touch_limits, now)) {
        signin::touch_later(&services.db, live, now);
    }
    Ok(found)
}

/// Takes a request in: answers it when nothing is asked of the person, keeps it otherwise.
///
/// # Errors
/// [`Fault`] only; what is wrong with the request is an outcome.
pub async fn begin(
    services: &Services,
    tenant: &Arc<Tenant>,
    cx: &Cx,
    browser: &Browser,
    params: &Fields,
) -> Result<Outcome, Fault> {
    let parsed = match (Raw { params }).parse() {
        Ok(parsed) => parsed,
        Err(refusal) => return Ok(refused(refusal)),
    };
    let known = match parsed.identify(services, tenant).await? {
        Ok(known) => known,
        Err(refusal) => return Ok(refused(refusal)),
    };
    let Validated { client, request } = match known.validate(Endpoint::Authorize, &Around { tenant }) {
        Ok(validated) => validated,
        Err(refusal) => return Ok(refused(refusal)),
    };
    let (session, consented) = session_and_consent(services, tenant, cx, browser, &client).await?;
    let view = FlowView {
        id: FlowId::new(cx.now, &cx.rng),
        request,
        client,
        session,
        consented,
        step: Step::default(),
        began: cx.now,
    };
    let decision = view.decide(tenant, cx);
    if decision == Decision::Issue {
        return Ok(issue(tenant, cx, &view)?.into());
    }
    if let Decision::Refuse(code, text) = decision {
        return Ok(tell(tenant, &view.request, code, text).into());
    }
    if view.request.prompts.has(Prompt::None) {
        let (code, text) = match decision {
            Decision::Login => (ErrorCode::LoginRequired, "nobody is signed in, or not recently enough"),
            Decision::Choose => (ErrorCode::AccountSelectionRequired, "the person must choose an account"),
            _ => (ErrorCode::ConsentRequired, "the person has not allowed this yet"),
        };
        return Ok(tell(tenant, &view.request, code, text).into());
    }
    keep(services, tenant, cx, browser, view, &decision).await
}

fn refused(refusal: Refusal) -> Outcome {
    match refusal {
        Refusal::Page(error) => {
            tracing::info!(target: "portico::authorize", error = %error.error, "request refused on a page");
            Next::Page(error).into()
        }
        Refusal::Client(answer) => Next::Answer(answer).into(),
    }
}

fn tell(tenant: &Tenant, request: &AuthorizeRequest, code: ErrorCode, text: &'static str) -> Next {
    Next::Answer(Answer::error(request, &OAuthError::new(code, text), &tenant.issuer))
}

fn issue(tenant: &Tenant, cx: &Cx, view: &FlowView) -> Result<Next, Fault> {
    let live = view.session.as_ref().ok_or_else(|| Fault::internal("a code without a session"))?;
    let code = seal_code(tenant, cx, &view.request, live)?;
    Ok(Next::Answer(Answer::code(&view.request, code.expose(), &tenant.issuer)))
}

async fn keep(
    services: &Services,
    tenant: &Tenant,
    cx: &Cx,
    browser: &Browser,
    view: FlowView,
    decision: &Decision,
) -> Result<Outcome, Fault> {
    let new_browser = browser.hash().is_none().then(|| TokenKind::Browser.random(&cx.rng));
    let browser_hash = match &new_browser {
        Some(cookie) => hash_token(cookie.expose()),
        None => browser.hash().unwrap_or_default(),
    };
    let found = view.session.as_ref().map(|live| live.session.token_hash.clone());
    let step = Step { kept: true, found, ..Step::default() };
    let row = FlowRow {
        tenant: tenant.id,
        id: view.id,
        browser_hash,
        request: serde_json::to_string(&view.request).map_err(Fault::internal)?,
        step: serde_json::to_string(&step).map_err(Fault::internal)?,
        created_at: cx.now,
        expires_at: cx.now.plus(services.settings.sessions.flow_lifetime),
    };
    let (tenant_id, most) = (tenant.id, i64::from(services.settings.sessions.flows_per_browser));
    services.db.write::<_, Fault, _>(move |tx| Ok(flows::insert(tx, tenant_id, &row, most)?)).await?;
    let next = match decision {
        Decision::Choose => Next::Choose(view.id),
        Decision::Consent => Next::Consent(view.id),
        _ => Next::Login(view.id),
    };
    Ok(Outcome { next, new_browser })
}

/// A kept request, for a page to show; `None` when it is over, unknown or another browser's.
///
/// # Errors
/// [`Fault`].
pub async fn look(
    services: &Services,
    tenant: &Arc<Tenant>,
    cx: &Cx,
    browser: &Browser,
    id: FlowId,
) -> Result<Option<FlowView>, Fault> {
    let Some(hash) = browser.hash() else { return Ok(None) };
    let (tenant_id, now) = (tenant.id, cx.now);
    let found = services.db.read(move |conn| flows::find(conn, tenant_id, id, &hash, now)).await?;
    let Some(row) = found else { return Ok(None) };
    let request: AuthorizeRequest = serde_json::from_str(&row.request).map_err(Fault::internal)?;
    let step: Step = serde_json::from_str(&row.step).map_err(Fault::internal)?;
    let client = services.registry.client(tenant.id, &request.client_id).await?;
    let Some(client) =
        client.filter(|client| client.enabled && client.has_redirect_uri(&request.redirect_uri))
    else {
        return Ok(None);
    };
    let (session, consented) = session_and_consent(services, tenant, cx, browser, &client).await?;
    Ok(Some(FlowView { id, request, client, session, consented, step, began: row.created_at }))
}

/// Goes on with a kept request: to the next question, or, when there is none, back to the client, once.
///
/// # Errors
/// [`Fault`].
pub async fn resume(
    services: &Services,
    tenant: &Arc<Tenant>,
    cx: &Cx,
    browser: &Browser,
    id: FlowId,
) -> Result<Next, Fault> {
    let Some(view) = look(services, tenant, cx, browser, id).await? else { return Ok(gone()) };
    match view.decide(tenant, cx) {
        Decision::Login => Ok(Next::Login(id)),
        Decision::Choose => Ok(Next::Choose(id)),
        Decision::Consent => Ok(Next::Consent(id)),
        Decision::Refuse(code, text) => {
            finish(services, tenant, cx, browser, &view, tell(tenant, &view.request, code, text)).await
        }
        Decision::Issue => {
            let next = issue(tenant, cx, &view)?;
            finish(services, tenant, cx, browser, &view, next).await
        }
    }
}

fn gone() -> Next {
    Next::Page(PageError {
        reason: PageReason::Gone,
        error: OAuthError::invalid_request(
            "this sign-in is no longer open: it was finished, took too long, or was started in another browser",
        ),
    })
}

/// Takes the request out of the table; only the one who does may answer it.
async fn finish(
    services: &Services,
    tenant: &Tenant,
    cx: &Cx,
    browser: &Browser,
    view: &FlowView,
    next: Next,
) -> Result<Next, Fault> {
    let Some(hash) = browser.hash() else { return Ok(gone()) };
    let (tenant_id, id, now) = (tenant.id, view.id, cx.now);
    let taken =
        services.db.write::<_, Fault, _>(move |tx| Ok(flows::take(tx, tenant_id, id, &hash, now)?)).await?;
    Ok(if taken { next } else { gone() })
}

/// The person went back to the application instead of signing in.
///
/// # Errors
/// [`Fault`].
pub async fn cancel(
    services: &Services,
    tenant: &Arc<Tenant>,
    cx: &Cx,
    browser: &Browser,
    id: FlowId,
) -> Result<Next, Fault> {
    let Some(view) = look(services, tenant, cx, browser, id).await? else { return Ok(gone()) };
    let denied =
        tell(tenant, &view.request, ErrorCode::AccessDenied, "the person went back without signing in");
    finish(services, tenant, cx, browser, &view, denied).await
}

/// The person chose to go on as the account that is signed in.
///
/// # Errors
/// [`Fault`].
pub async fn choose(
    services: &Services,
    tenant: &Arc<Tenant>,
    cx: &Cx,
    browser: &Browser,
    id: FlowId,
) -> Result<Next, Fault> {
    let Some(view) = look(services, tenant, cx, browser, id).await? else { return Ok(gone()) };
    let Some(live) = &view.session else { return Ok(Next::Login(id)) };
    let step = Step { chosen: Some(live.session.id), ..view.step.clone() };
    set_step(services, tenant, browser, id, &step).await?;
    resume(services, tenant, cx, browser, id).await
}

async fn set_step(
    services: &Services,
    tenant: &Tenant,
    browser: &Browser,
    id: FlowId,
    step: &Step,
) -> Result<bool, Fault> {
    let Some(hash) = browser.hash() else { return Ok(false) };
    let tenant_id = tenant.id;
    let step = serde_json::to_string(step).map_err(Fault::internal)?;
    services.db.write::<_, Fault, _>(move |tx| Ok(flows::set_step(tx, tenant_id, id, &hash, &step)?)).await
}

/// The person allowed or refused what the kept request asks for (A-103: nothing else can be allowed here).
///
/// # Errors
/// [`Fault`].
pub async fn consent(
    services: &Services,
    tenant: &Arc<Tenant>,
    cx: &Cx,
    browser: &Browser,
    id: FlowId,
    allowed: bool,
) -> Result<Next, Fault> {
    let Some(view) = look(services, tenant, cx, browser, id).await? else { return Ok(gone()) };
    let (Some(live), Some(hash)) = (view.session.clone(), browser.hash()) else { return Ok(Next::Login(id)) };
    if view.decide(tenant, cx) != Decision::Consent {
        return resume(services, tenant, cx, browser, id).await;
    }
    if !allowed {
        let denied = tell(tenant, &view.request, ErrorCode::AccessDenied, "the person refused");
        return finish(services, tenant, cx, browser, &view, denied).await;
    }
    let asked = view.request.scope.clone();
    let step = Step { consented: Some(live.session.id), ..view.step.clone() };
    let step = serde_json::to_string(&step).map_err(Fault::internal)?;
    let (tenant_id, client, cx_in) = (tenant.id, view.client.id.clone(), cx.clone());
    let stored = services.db.write::<_, Fault, _>(move |tx| {
        if !flows::set_step(tx, tenant_id, id, &hash, &step)? {
            return Ok(false);
        }
        let earlier = consents::find(tx, tenant_id, live.user.id, &client)?;
        let scope = earlier.map(|row| row.scope).unwrap_or_default().union(&asked);
        consents::put(tx, tenant_id, live.user.id, &client, &scope, cx_in.now)?;
        let event = AuditEvent::new("consent.granted").user(live.user.id).client(&client);
        insert_audit(
            tx,
            tenant_id,
            &cx_in,
            &event.detail(serde_json::json!({ "scope": scope.to_string() })),
        )?;
        Ok(true)
    });
    if !stored.await? {
        return Ok(gone());
    }
    resume(services, tenant, cx, browser, id).await
}
