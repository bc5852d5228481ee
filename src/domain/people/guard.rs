//! The one guard (S1-15): login, refresh, introspection, userinfo and every later door ask here whether an
//! account may act and whether what it holds is still good.

use crate::kernel::{Timestamp, UserState};
use crate::store::users::UserRow;

/// Why an account, or something made for it, is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blocked {
    /// The account is not in a state that may act.
    State(UserState),
    /// What is presented was made before a change that voided it.
    Void,
}

/// Whether the account may act, and whether something made for it at `made_at` is still good.
///
/// # Errors
/// [`Blocked`] with the reason, for the log; callers tell strangers nothing of it.
pub fn check_account(user: &UserRow, made_at: Timestamp) -> Result<(), Blocked> {
    check_state(user.state, user.not_before, made_at)
}

/// The same, of the two columns it depends on.
///
/// # Errors
/// As [`check_account`].
pub fn check_state(state: UserState, not_before: Timestamp, made_at: Timestamp) -> Result<(), Blocked> {
    if !state.may_act() {
        return Err(Blocked::State(state));
    }
    if made_at <= not_before {
        return Err(Blocked::Void);
    }
    Ok(())
}
