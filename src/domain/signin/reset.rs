//! Setting a new password with a one-time link: after one was required, or when an administrator is let back
//! in. Everything is checked before the link is used up, so that a password that is refused costs nothing.

use serde_json::json;

use super::link::{self, LinkPurpose};
use super::password::SignedIn;
use super::password_rules::{PasswordProblem, check_new_password};
use super::session::{self, ACR_PASSWORD, NewSession};
use crate::config::Sessions;
use crate::domain::people::check_account;
use crate::domain::tenants::Tenant;
use crate::domain::{Fault, Services, fault_from};
use crate::kernel::{Actor, Cx, Secret, SessionId, TenantId, Transition, UserState, hash_token};
use crate::store::sessions::{self, SessionRow};
use crate::store::users::{self, StateChange, UserRow};
use crate::store::{AuditEvent, Tx, insert_audit, links, throttle};

/// A wish for a new password.
#[derive(Clone, Debug)]
pub struct NewPassword<'a> {
    /// The link's token.
    pub token: &'a str,
    /// What the link must be for.
    pub purpose: LinkPurpose,
    /// The new password, as typed.
    pub password: Secret,
    /// The browser, as it names itself.
    pub user_agent: Option<&'a str>,
    /// The session this browser holds until now.
    pub replaces: Option<SessionId>,
}

/// What came of it.
#[derive(Clone, Debug)]
pub enum PasswordSet {
    /// It is set, earlier sessions and grants are void, and the person is signed in.
    Done(Box<SignedIn>),
    /// This password will not do; the link still works.
    Refused(PasswordProblem),
    /// The link does not work (any more), or not for this account as it stands.
    BadLink,
}

/// Sets a new password and signs the person in.
///
/// # Errors
/// [`Fault`] when the database or the hasher cannot serve; the link then still works.
pub async fn set_new_password(
    services: &Services,
    tenant: &Tenant,
    cx: &Cx,
    wish: NewPassword<'_>,
) -> Result<PasswordSet, Fault> {
    let (id, token, purpose, now) = (tenant.id, wish.token.to_owned(), wish.purpose, cx.now);
    let found = services.db.read(move |conn| link::find(conn, id, &token, purpose, now)).await?;
    let Some(user) = found else { return Ok(PasswordSet::BadLink) };
    if let Err(problem) = check_new_password(&services.settings.passwords, &user, &wish.password) {
        return Ok(PasswordSet::Refused(problem));
    }
    if let Some(old) = &user.password_hash
        && services.hasher.verify(wish.password.clone(), Some(old)).await?.matches
    {
        return Ok(PasswordSet::Refused(PasswordProblem::Same));
    }
    let new_hash = services.hasher.hash(wish.password, &cx.rng).await?;
    let change = Change {
        // The moment after the hash: what was made while it was computed is void, too.
        cx: Cx { actor: Actor::User(user.id), now: services.clock.now(), ..cx.clone() },
        tenant: tenant.id,
        limits: services.settings.sessions.clone(),
        token_hash: hash_token(wish.token),
        purpose: wish.purpose,
        new_hash,
        seen: user,
        user_agent: wish.user_agent.map(str::to_owned),
        replaces: wish.replaces,
    };
    match services.db.write(move |tx| change.run(tx)).await {
        Ok((session, cookie)) => {
            Ok(PasswordSet::Done(Box::new(SignedIn::new(&tenant.keys, session, cookie))))
        }
        Err(Stop::Stale) => Ok(PasswordSet::BadLink),
        Err(Stop::Fault(fault)) => Err(fault),
    }
}

/// Why the write is rolled back.
#[derive(Debug)]
enum Stop {
    /// The link was used, or the account moved, since both were looked at.
    Stale,
    Fault(Fault),
}
fault_from!(Stop);

/// All that the write needs; it owns everything, because the write may be repeated.
struct Change {
    cx: Cx,
    tenant: TenantId,
    limits: Sessions,
    token_hash: String,
    purpose: LinkPurpose,
    new_hash: String,
    seen: UserRow,
    user_agent: Option<String>,
    replaces: Option<SessionId>,
}

impl Change {
    fn run(&self, tx: &mut Tx<'_>) -> Result<(SessionRow, Secret), Stop> {
        let (tenant, now, id) = (self.tenant, self.cx.now, self.seen.id);
        if !links::consume(tx, tenant, &self.token_hash, self.purpose.as_str(), now)? {
            return Err(Stop::Stale);
        }
        self.end_earlier(tx)?;
        self.activate(tx)?;
        users::set_password(tx, tenant, id, &self.new_hash, now)?;
        throttle::clear_account(tx, tenant, &id.to_string())?;
        let user = users::find(tx, tenant, id)?.ok_or(Stop::Stale)?;
        check_account(&user, session::made_after(&user, now)).map_err(|_| Stop::Stale)?;
        let new = NewSession {
            user: &user,
            amr: &["pwd"],
            acr: ACR_PASSWORD,
            user_agent: self.user_agent.as_deref(),
            replaces: self.replaces,
        };
        let (session, cookie) = session::start(tx, &self.cx, tenant, &self.limits, &new)?;
        users::set_last_login(tx, tenant, id, now)?;
        let detail = json!({ "purpose": self.purpose.as_str(), "session": session.id.to_string() });
        for kind in ["password.changed", "login.succeeded"] {
            let event = AuditEvent::new(kind).user(id).detail(detail.clone());
            insert_audit(tx, tenant, &self.cx, &event)?;
        }
        Ok((session, cookie))
    }

    /// Voids what was made under the old password. The account must be as it was when it was looked at.
    fn end_earlier(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        let (tenant, now, id) = (self.tenant, self.cx.now, self.seen.id);
        let user = users::find(tx, tenant, id)?.ok_or(Stop::Stale)?;
        let same = user.state == self.seen.state
            && user.password_hash == self.seen.password_hash
            && user.not_before == self.seen.not_before;
        if !same {
            return Err(Stop::Stale);
        }
        // The mark never moves back, whichever node's clock runs ahead.
        users::void_earlier(tx, tenant, id, now.max(user.not_before))?;
        sessions::end_of_user(tx, tenant, id, "password_changed", now)?;
        Ok(())
    }

    /// A new password makes an account that waited for one active.
    fn activate(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        let from = self.seen.state;
        let transition = match from {
            UserState::Active => return Ok(()),
            UserState::PasswordResetRequired => Transition::PasswordSet,
            _ => Transition::Activate,
        };
        let change = StateChange {
            from,
            to: from.after(transition).ok_or(Stop::Stale)?,
            reason: Some("a new password was set"),
            by: &self.cx.actor.label(),
            at: self.cx.now,
            void_earlier: false,
        };
        if users::change_state(tx, self.tenant, self.seen.id, &change)? { Ok(()) } else { Err(Stop::Stale) }
    }
}
