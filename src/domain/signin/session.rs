//! Browser sessions: begun by a sign-in, ended by time, by their owner or by whoever may end them.

use std::time::Duration;

use crate::config::Sessions;
use crate::domain::people::check_account;
use crate::domain::tenants::Tenant;
use crate::kernel::{Cx, Secret, SessionId, TenantId, Timestamp, TokenKind, hash_token};
use crate::store::sessions::{self, SessionRow};
use crate::store::users::UserRow;
use crate::store::{AuditEvent, Conn, Db, StoreError, Tx, insert_audit};

/// The authentication context of a sign-in with a password alone.
pub const ACR_PASSWORD: &str = "urn:portico:acr:pwd";

/// How old the last-seen mark may grow before it is renewed.
const TOUCH_EVERY: Duration = Duration::from_secs(60);

/// The most of a `User-Agent` that is kept.
const USER_AGENT: usize = 256;

/// A session that is good now, with its person.
#[derive(Clone, Debug)]
pub struct LiveSession {
    /// The session.
    pub session: SessionRow,
    /// Who signed in.
    pub user: UserRow,
}

/// The session a cookie stands for. Whatever is wrong with the cookie, the session or the account, the
/// browser is anonymous then; text that is no session token costs no query.
///
/// # Errors
/// [`StoreError`] of the query.
pub fn current(
    conn: &mut Conn,
    tenant: &Tenant,
    limits: &Sessions,
    cookie: &str,
    now: Timestamp,
) -> Result<Option<LiveSession>, StoreError> {
    if TokenKind::Session.decode(cookie).is_err() || !tenant.enabled {
        return Ok(None);
    }
    let found = sessions::find_by_token(conn, tenant.id, &hash_token(cookie))?;
    Ok(found
        .map(|(session, user)| LiveSession { session, user })
        .filter(|live| live.lasts(limits, now) && live.session.created_at > tenant.not_before)
        .filter(|live| check_account(&live.user, live.session.created_at).is_ok()))
}

impl LiveSession {
    /// Neither ended nor past its limits.
    fn lasts(&self, limits: &Sessions, now: Timestamp) -> bool {
        let session = &self.session;
        session.ended_at.is_none()
            && now < session.expires_at
            && now.since(session.created_at) < limits.absolute
            && now.since(session.last_seen_at) < limits.idle
    }
}

/// Whether a session's last-seen mark is due to be renewed: after a minute, or a quarter of a shorter idle
/// limit.
pub fn needs_touch(live: &LiveSession, limits: &Sessions, now: Timestamp) -> bool {
    now.since(live.session.last_seen_at) >= TOUCH_EVERY.min(limits.idle / 4)
}

/// Renews the last-seen mark without making the request wait for it.
pub fn touch_later(db: &Db, live: &LiveSession, now: Timestamp) {
    let (tenant, id) = (live.session.tenant, live.session.id);
    db.write_soon(move |tx| sessions::touch(tx, tenant, id, now));
}

/// What a new session is made of.
#[derive(Clone, Copy, Debug)]
pub struct NewSession<'a> {
    /// Who proved who they are, just now.
    pub user: &'a UserRow,
    /// By what means (RFC 8176).
    pub amr: &'a [&'a str],
    /// The authentication context reached.
    pub acr: &'a str,
    /// The browser, as it names itself.
    pub user_agent: Option<&'a str>,
    /// The session this browser held until now, whoever it belonged to.
    pub replaces: Option<SessionId>,
}

/// Begins a session. The cookie is new at every sign-in and the old one is dead, in the same
/// transaction. When the same person proves themselves again, the session itself goes on under its `sid`, so
/// that what other applications hold of it does not end; anybody else's session in this browser ends. Tells
/// the row and the cookie's value.
///
/// # Errors
/// [`StoreError`] of the query.
pub fn start(
    tx: &mut Tx<'_>,
    cx: &Cx,
    tenant: TenantId,
    limits: &Sessions,
    new: &NewSession<'_>,
) -> Result<(SessionRow, Secret), StoreError> {
    let earlier = match new.replaces {
        Some(id) => sessions::find(tx, tenant, id)?,
        None => None,
    };
    let goes_on = earlier.filter(|old| old.user == new.user.id && old.ended_at.is_none());
    let cookie = TokenKind::Session.random(&cx.rng);
    let row = SessionRow {
        tenant,
        id: goes_on.as_ref().map_or_else(|| SessionId::new(cx.now, &cx.rng), |old| old.id),
        token_hash: hash_token(cookie.expose()),
        user: new.user.id,
        auth_time: cx.now,
        amr: new.amr.join(" "),
        acr: new.acr.to_owned(),
        user_agent: new.user_agent.map(|agent| agent.chars().take(USER_AGENT).collect()),
        ip: cx.ip.map(|ip| ip.to_string()),
        created_at: made_after(new.user, cx.now),
        last_seen_at: cx.now,
        expires_at: cx.now.plus(limits.absolute),
        ended_at: None,
        end_reason: None,
    };
    if goes_on.is_some() && sessions::renew(tx, tenant, &row)? {
        return Ok((row, cookie));
    }
    if let Some(id) = new.replaces {
        end(tx, cx, tenant, id, "replaced")?;
    }
    sessions::insert(tx, tenant, &row)?;
    Ok((row, cookie))
}

/// The moment something made now for `user` counts from: after whatever was voided up to this microsecond,
/// so that a new password does not void the session it begins.
pub(super) fn made_after(user: &UserRow, now: Timestamp) -> Timestamp {
    now.max(user.not_before.plus(Duration::from_micros(1)))
}

/// Ends a session and records why; `false` when it had ended already or is not there.
///
/// # Errors
/// [`StoreError`] of the query.
pub fn end(
    tx: &mut Tx<'_>,
    cx: &Cx,
    tenant: TenantId,
    id: SessionId,
    reason: &str,
) -> Result<bool, StoreError> {
    if !sessions::end(tx, tenant, id, reason, cx.now)? {
        return Ok(false);
    }
    let detail = serde_json::json!({ "session": id.to_string(), "reason": reason });
    let mut event = AuditEvent::new("session.ended").detail(detail);
    event.user = sessions::find(tx, tenant, id)?.map(|row| row.user);
    insert_audit(tx, tenant, cx, &event)?;
    Ok(true)
}
