//! What follows every sign-in: the cookies, and the way on.

use actix_web::HttpResponse;

use super::visit::{Shown, Visit};
use crate::domain::oauth::authorize::{Browser, FlowView, resume};
use crate::domain::signin::{LinkPurpose, SignedIn};
use crate::kernel::{Actor, Secret};
use crate::web::middleware::Operation;
use crate::web::respond::see_other;

/// Seconds a device mark is kept: as long as it is good for.
const DEVICE: u64 = 180 * 24 * 60 * 60;

/// Gives the browser its new session and goes on: with the request that waits, or to the start page. The
/// session exists, so its cookie is set even when the way on fails.
pub(super) async fn enter(visit: &Visit<'_>, view: Option<&FlowView>, signed_in: &SignedIn) -> HttpResponse {
    (visit.call.web.signals.login)("succeeded");
    Operation::of(visit.request).set_actor(Actor::User(signed_in.session.user));
    let mut answer = onward(visit, view, signed_in).await.unwrap_or_else(|stop| visit.stopped(stop));
    let names = &visit.call.cookies;
    visit.set_cookie(&mut answer, &names.session, &signed_in.cookie, None);
    visit.set_cookie(&mut answer, &names.device, &signed_in.device, Some(DEVICE));
    answer
}

async fn onward(visit: &Visit<'_>, view: Option<&FlowView>, signed_in: &SignedIn) -> Shown {
    let Some(view) = view else { return Ok(visit.home()) };
    let (call, cookie) = (&visit.call, signed_in.cookie.clone());
    let browser = Browser { session: Some(cookie), browser: call.browser.browser.clone() };
    let next = resume(call.services(), &call.tenant, &call.cx, &browser, view.id).await?;
    Ok(visit.follow(next))
}

/// 303 to where the new password is set. The proof travels in a cookie of its own, never in the address.
pub(super) fn demand_password(visit: &Visit<'_>, view: Option<&FlowView>, proof: &Secret) -> HttpResponse {
    (visit.call.web.signals.login)("must_set_password");
    let flow = view.map(|view| view.id.to_string());
    let query: Vec<(&str, &str)> = flow.iter().map(|id| ("flow", id.as_str())).collect();
    let mut answer = see_other(&visit.path("/login/password", &query));
    let lifetime = LinkPurpose::SetPassword.lifetime().as_secs();
    visit.set_cookie(&mut answer, &visit.call.cookies.proof, proof, Some(lifetime));
    answer
}
