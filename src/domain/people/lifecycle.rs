//! Moves between the states of an account (S1-14), each with everything that follows from it in the same
//! transaction: sessions and grants end (S1-16, S1-17), the audit trail tells of it.

use crate::domain::Fault;
use crate::kernel::{Cx, Transition, UserId, UserState};
use crate::store::users::{self, StateChange, UserRow};
use crate::store::{AuditEvent, StoreError, Tx, insert_audit, roles, sessions};

use super::{ADMIN_ROLE, Person};

/// What became of a move.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StateOutcome {
    /// The account moved.
    Changed {
        /// Where it was.
        from: UserState,
        /// Where it is now.
        to: UserState,
    },
    /// The table of states has no such move from here.
    NotAllowed {
        /// Where it is.
        from: UserState,
    },
    /// It is the last active administrator: nobody could let anyone in again.
    LastAdmin,
    /// There is no such account.
    NotFound,
}

/// Moves an account. Whatever it comes to but `Active` ends every session and grant made until now.
///
/// # Errors
/// [`Fault`] of the database.
pub fn change_state(
    tx: &mut Tx<'_>,
    cx: &Cx,
    user: UserId,
    transition: Transition,
    reason: Option<&str>,
) -> Result<StateOutcome, Fault> {
    let Some(row) = users::find(tx, cx.tenant, user)? else { return Ok(StateOutcome::NotFound) };
    let from = row.state;
    let Some(to) = from.after(transition) else { return Ok(StateOutcome::NotAllowed { from }) };
    if from == UserState::Active && is_last_admin(tx, cx, &row)? {
        return Ok(StateOutcome::LastAdmin);
    }
    let by = cx.actor.label();
    // The mark up to which things are void never moves back, whichever node's clock runs ahead.
    let at = cx.now.max(row.not_before);
    let change = StateChange { from, to, reason, by: &by, at, void_earlier: !to.may_act() };
    if !users::change_state(tx, cx.tenant, user, &change)? {
        // Somebody else moved the account since it was read: judge it again, from its new state.
        return Err(StoreError::Serialization.into());
    }
    if !to.may_act() {
        sessions::end_of_user(tx, cx.tenant, user, to.as_str(), cx.now)?;
    }
    let detail = serde_json::json!({ "from": from.as_str(), "to": to.as_str(), "reason": reason });
    insert_audit(tx, cx.tenant, cx, &AuditEvent::new(event_of(transition)).user(user).detail(detail))?;
    Ok(StateOutcome::Changed { from, to })
}

/// Whether no other administrator is active. The rows it looks at stay locked until the end of the
/// transaction, so two administrators cannot remove each other at the same moment.
fn is_last_admin(tx: &mut Tx<'_>, cx: &Cx, row: &UserRow) -> Result<bool, Fault> {
    if !Person(row).roles().iter().any(|role| role == ADMIN_ROLE) {
        return Ok(false);
    }
    let active = roles::lock_active_holders(tx, cx.tenant, ADMIN_ROLE)?;
    Ok(active.iter().all(|admin| *admin == row.id))
}

const fn event_of(transition: Transition) -> &'static str {
    match transition {
        Transition::AwaitVerification => "user.awaiting_verification",
        Transition::Activate => "user.activated",
        Transition::PasswordSet => "user.password_reset",
        Transition::RequirePasswordReset => "user.password_reset_required",
        Transition::Suspend => "user.suspended",
        Transition::Deactivate => "user.deactivated",
        Transition::Delete => "user.deleted",
        Transition::Restore => "user.restored",
    }
}
