//! Signing in: sessions, the password check and its limits, setting a new password.

mod limits;
mod networks;
mod parallel;
mod password;
mod reset;
mod sessions;

use std::sync::Arc;
use std::time::Duration;

use portico::domain::Services;
use portico::domain::signin::{self, Attempt, LiveSession, SignIn, SignedIn};
use portico::kernel::{Clock, Cx, Rng, Secret, Timestamp, UserId, UserState};
use portico::store::users::{self, StateChange};
use portico::testkit::{TestServices, services_everywhere};

/// A password that is right in these tests, and one that never is.
const RIGHT: &str = "plum orbit lantern sixteen";
const WRONG: &str = "incorrect horse battery staple";

/// A kit on each kind of database.
async fn kits() -> Vec<TestServices> {
    let now = Timestamp::from_seconds(1_800_000_000);
    services_everywhere(|| (Clock::frozen(now), Rng::seeded(2))).await
}

fn attempt<'a>(name: &'a str, password: &str) -> Attempt<'a> {
    Attempt {
        name,
        password: Secret::new(password),
        user_agent: Some("Test/1.0"),
        replaces: None,
        device: None,
        exempt_loopback: false,
    }
}

/// A try from nowhere in particular, so that no network counts.
async fn try_in(kit: &TestServices, name: &str, password: &str) -> SignIn {
    sign_in(kit, &kit.cx(), attempt(name, password)).await
}

async fn sign_in(kit: &TestServices, cx: &Cx, attempt: Attempt<'_>) -> SignIn {
    signin::sign_in(&kit.services, &kit.tenant, cx, attempt).await.expect("no fault")
}

async fn enter(kit: &TestServices, name: &str, password: &str) -> SignedIn {
    done(try_in(kit, name, password).await)
}

fn done(outcome: SignIn) -> SignedIn {
    match outcome {
        SignIn::Done(signed_in) => *signed_in,
        other => panic!("not signed in: {other:?}"),
    }
}

/// The outcome as a stranger sees it.
fn shown(outcome: &SignIn) -> String {
    match outcome {
        SignIn::Done(_) => "done".to_owned(),
        SignIn::MustSetPassword { .. } => "must set password".to_owned(),
        other => format!("{other:?}"),
    }
}

async fn current(kit: &TestServices, cookie: &str) -> Option<LiveSession> {
    let (tenant, cookie) = (kit.tenant.clone(), cookie.to_owned());
    let (limits, now) = (kit.services.settings.sessions.clone(), kit.services.clock.now());
    kit.read(move |conn| signin::current_session(conn, &tenant, &limits, &cookie, now)).await
}

/// Moves an account as an administrator does, voiding what it holds.
async fn move_to(kit: &TestServices, user: UserId, to: UserState) {
    let (tenant, at) = (kit.tenant.id, kit.services.clock.now());
    let moved = kit.write(move |tx| {
        let from = users::find(tx, tenant, user)?.unwrap().state;
        let change = StateChange { from, to, reason: None, by: "operator", at, void_earlier: true };
        users::change_state(tx, tenant, user, &change)
    });
    assert!(moved.await);
}

/// How many passwords were checked and found wrong.
async fn recorded(kit: &TestServices, kind: &'static str) -> usize {
    let tenant = kit.tenant.id;
    let all = kit.read(move |conn| portico::store::list_audit(conn, tenant, None, 100_000)).await;
    all.iter().filter(|event| event.kind == kind).count()
}

fn advance(kit: &TestServices, span: Duration) {
    kit.services.clock.advance(span);
}

/// For changing a setting before the first request.
fn settings(kit: &mut TestServices) -> &mut Services {
    Arc::get_mut(&mut kit.services).expect("nobody else has it yet")
}
