//! What is still needed of the person: named checks, asked in order (OpenID Connect Core §3.1.2.3, §3.1.2.4).

use std::time::Duration;

use super::kept::Step;
use super::request::AuthorizeRequest;
use crate::domain::clients::Client;
use crate::domain::oauth::issue::subject;
use crate::domain::people::Person;
use crate::domain::signin::LiveSession;
use crate::domain::tenants::Tenant;
use crate::kernel::{Cx, ScopeSet, Timestamp};
use crate::spec::oauth::ErrorCode;
use crate::spec::oidc::Prompt;
use crate::store::users::UserRow;

/// What comes next for a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// The person must prove who they are.
    Login,
    /// The person must say which account.
    Choose,
    /// The person must allow these scopes.
    Consent,
    /// The request must be refused.
    Refuse(ErrorCode, &'static str),
    /// Nothing: issue the code.
    Issue,
}

/// What a decision looks at.
pub struct Facts<'a> {
    /// The tenant.
    pub tenant: &'a Tenant,
    /// The client.
    pub client: &'a Client,
    /// The request.
    pub request: &'a AuthorizeRequest,
    /// What has happened to it so far; nothing for a request that has just come in.
    pub step: &'a Step,
    /// When it began.
    pub began: Timestamp,
    /// The browser's session.
    pub session: Option<&'a LiveSession>,
    /// What this person has allowed this client before.
    pub consented: Option<&'a ScopeSet>,
}

/// Whether the person may use the client at all.
pub fn is_assigned(client: &Client, user: &UserRow) -> bool {
    let allowed = &client.metadata.allowed_roles;
    allowed.is_empty() || Person(user).roles().iter().any(|role| allowed.contains(role))
}

/// What comes next. With `prompt=none` the caller turns every question into its error code.
pub fn decide(facts: &Facts<'_>, cx: &Cx) -> Decision {
    let Some(live) = facts.session.filter(|live| is_fresh(facts, live, cx)) else { return Decision::Login };
    if let Some(sub) = &facts.request.hinted_sub
        && *sub != subject(facts.tenant, facts.client, live.user.id)
    {
        // Who signs in as somebody else than the hint names is not asked for ever (Core §3.1.2.2).
        return if signed_in_since(facts, live) {
            Decision::Refuse(ErrorCode::LoginRequired, "another person signed in than id_token_hint names")
        } else {
            Decision::Login
        };
    }
    if facts.request.prompts.has(Prompt::SelectAccount) && !has_chosen(facts, live) {
        return Decision::Choose;
    }
    if !is_assigned(facts.client, &live.user) {
        return Decision::Refuse(ErrorCode::AccessDenied, "this person is not assigned to this client");
    }
    if needs_consent(facts, live) { Decision::Consent } else { Decision::Issue }
}

/// How far apart nodes' clocks may be.
const SKEW: Duration = Duration::from_secs(10);

/// Whether the person signed in after the request began: with another cookie than it came with, because every
/// sign-in sets a new one. The clock is asked only for requests that came without their cookies.
fn signed_in_since(facts: &Facts<'_>, live: &LiveSession) -> bool {
    !facts.step.is_new()
        && facts.step.found.as_deref() != Some(live.session.token_hash.as_str())
        && live.session.auth_time.plus(SKEW) >= facts.began
}

/// Whether the person said which account to go on with: by choosing it, or by signing in to it just now.
fn has_chosen(facts: &Facts<'_>, live: &LiveSession) -> bool {
    signed_in_since(facts, live) || facts.step.chosen == Some(live.session.id)
}

/// Whether the authentication is as recent as the request wants. `prompt=login` and a `max_age` that
/// has run out are met only by an authentication after the request began. Ages are counted in whole seconds,
/// as the client counts them, and an authentication that lies in the future is not recent.
fn is_fresh(facts: &Facts<'_>, live: &LiveSession, cx: &Cx) -> bool {
    let since_began = signed_in_since(facts, live);
    if facts.request.prompts.has(Prompt::Login) && !since_began {
        return false;
    }
    let Some(max_age) = facts.request.max_age else { return true };
    let authenticated = live.session.auth_time;
    let age = cx.now.seconds().saturating_sub(authenticated.seconds());
    let recent = authenticated <= cx.now.plus(SKEW) && u64::try_from(age).unwrap_or(0) <= max_age;
    since_began || (max_age > 0 && recent)
}

fn needs_consent(facts: &Facts<'_>, live: &LiveSession) -> bool {
    if facts.step.consented == Some(live.session.id) {
        return false;
    }
    if facts.request.prompts.has(Prompt::Consent) {
        return true;
    }
    let covered = facts.consented.is_some_and(|scope| facts.request.scope.is_subset(scope));
    !facts.client.metadata.first_party && !covered
}
