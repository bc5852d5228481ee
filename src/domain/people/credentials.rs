//! Setting a password, and the way back in for an administrator who lost theirs.

use std::time::Duration;

use crate::domain::Fault;
use crate::kernel::{Cx, Secret, TokenKind, Transition, UserId, UserState, hash_token};
use crate::store::links::LinkRow;
use crate::store::users;
use crate::store::{AuditEvent, Tx, insert_audit, links, sessions, throttle};

use super::{ADMIN_ROLE, Person, change_state};

/// How long a recovery link works.
pub const RECOVERY_LIFE: Duration = Duration::from_secs(15 * 60);
/// The purpose of a recovery link.
pub const RECOVERY: &str = "recover";

/// Who sets a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PasswordSetter {
    /// The account's owner, who proved it: ends a required reset.
    Owner,
    /// Somebody else: a required reset stays required.
    Administrator,
}

/// Stores the hash of a password that was checked before, ends every session and grant made until `cx.now`,
/// and moves the account on where a password was all it lacked. `false` when there is no such account.
/// A session made for the owner in the same request needs a later moment than `cx.now`.
///
/// # Errors
/// [`Fault`] of the database.
pub fn set_password(
    tx: &mut Tx<'_>,
    cx: &Cx,
    user: UserId,
    hash: &str,
    by: PasswordSetter,
) -> Result<bool, Fault> {
    let Some(row) = users::find(tx, cx.tenant, user)? else { return Ok(false) };
    if !users::set_password(tx, cx.tenant, user, hash, cx.now)? {
        return Ok(false);
    }
    users::void_earlier(tx, cx.tenant, user, cx.now.max(row.not_before))?;
    sessions::end_of_user(tx, cx.tenant, user, "password_changed", cx.now)?;
    insert_audit(tx, cx.tenant, cx, &AuditEvent::new("user.password_changed").user(user))?;
    let next = match (row.state, by) {
        (UserState::Created, _) => Some(Transition::AwaitVerification),
        (UserState::PasswordResetRequired, PasswordSetter::Owner) => Some(Transition::PasswordSet),
        _ => None,
    };
    if let Some(transition) = next {
        change_state(tx, cx, user, transition, None)?;
    }
    Ok(true)
}

/// What became of a wish for a recovery link.
#[derive(Debug)]
pub enum Recovery {
    /// The token for the link, told once. An older link stops working.
    Link(Secret),
    /// There is no such account.
    NotFound,
    /// The account is not an administrator's: others have the usual ways.
    NotAdmin,
    /// The account was stopped or has left; a link would not help.
    Stopped(UserState),
}

/// Makes a one-time link for an administrator who is locked out, and lifts the delay on their sign-ins.
///
/// # Errors
/// [`Fault`] of the database.
pub fn recover(tx: &mut Tx<'_>, cx: &Cx, user: UserId) -> Result<Recovery, Fault> {
    let Some(row) = users::find(tx, cx.tenant, user)? else { return Ok(Recovery::NotFound) };
    if !Person(&row).roles().iter().any(|role| role == ADMIN_ROLE) {
        return Ok(Recovery::NotAdmin);
    }
    if matches!(row.state, UserState::Suspended | UserState::Deactivated | UserState::Deleted) {
        return Ok(Recovery::Stopped(row.state));
    }
    let token = TokenKind::Link.random(&cx.rng);
    let link = LinkRow {
        tenant: cx.tenant,
        token_hash: hash_token(token.expose()),
        purpose: RECOVERY.to_owned(),
        user,
        created_at: cx.now,
        expires_at: cx.now.plus(RECOVERY_LIFE),
        used_at: None,
    };
    links::insert(tx, cx.tenant, &link)?;
    throttle::clear_account(tx, cx.tenant, &user.to_string())?;
    insert_audit(tx, cx.tenant, cx, &AuditEvent::new("admin.recovery_link").user(user))?;
    Ok(Recovery::Link(token))
}
