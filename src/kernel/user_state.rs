//! The seven states of a person's account (S1-13) and the moves between them (S1-14).

use std::fmt;

use serde::{Deserialize, Serialize};

/// Where an account stands; there are no boolean flags beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UserState {
    /// Made by an administrator or an import; no credential was ever set.
    Created,
    /// Signed up; the address is not proved yet.
    Unverified,
    /// May do nothing but set a new password.
    PasswordResetRequired,
    /// May sign in.
    Active,
    /// Stopped for now by an administrator or a rule.
    Suspended,
    /// Left; kept for the record.
    Deactivated,
    /// Removed from view; can be restored until it is erased.
    Deleted,
}

/// A move between states, as an administrator or a flow asks for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Transition {
    /// A first credential was set on an account whose address needs proof.
    AwaitVerification,
    /// The address is proved, or an administrator vouches, or a stop is lifted.
    Activate,
    /// A new password was set by its owner.
    PasswordSet,
    /// The password may no longer be used.
    RequirePasswordReset,
    /// Stop for now.
    Suspend,
    /// End the relationship.
    Deactivate,
    /// Soft delete (S1-18).
    Delete,
    /// Undo a soft delete; the account comes back deactivated, so nothing opens by itself.
    Restore,
}

impl UserState {
    /// Every state, in the order of a life.
    pub const ALL: [Self; 7] = [
        Self::Created,
        Self::Unverified,
        Self::PasswordResetRequired,
        Self::Active,
        Self::Suspended,
        Self::Deactivated,
        Self::Deleted,
    ];

    /// The stored and printed name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Unverified => "unverified",
            Self::PasswordResetRequired => "password_reset_required",
            Self::Active => "active",
            Self::Suspended => "suspended",
            Self::Deactivated => "deactivated",
            Self::Deleted => "deleted",
        }
    }

    /// The state of that name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }

    /// The state after `transition`, or `None` when it is not allowed from here.
    pub const fn after(self, transition: Transition) -> Option<Self> {
        use Transition as T;
        use UserState as S;
        Some(match (self, transition) {
            (S::Created, T::AwaitVerification) => S::Unverified,
            (
                S::Created | S::Unverified | S::PasswordResetRequired | S::Suspended | S::Deactivated,
                T::Activate,
            )
            | (S::PasswordResetRequired, T::PasswordSet) => S::Active,
            (S::Created | S::Unverified | S::Active | S::Suspended, T::RequirePasswordReset) => {
                S::PasswordResetRequired
            }
            (S::Created | S::Unverified | S::PasswordResetRequired | S::Active, T::Suspend) => S::Suspended,
            (
                S::Created | S::Unverified | S::PasswordResetRequired | S::Active | S::Suspended,
                T::Deactivate,
            )
            | (S::Deleted, T::Restore) => S::Deactivated,
            (S::Deleted, _) => return None,
            (_, T::Delete) => S::Deleted,
            _ => return None,
        })
    }

    /// Whether tokens and sessions of an account in this state still work: the guard's answer (S1-15).
    pub const fn may_act(self) -> bool {
        matches!(self, Self::Active)
    }
}

impl TryFrom<String> for UserState {
    type Error = &'static str;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or("not a user state")
    }
}

impl fmt::Display for UserState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_active_may_act() {
        let acting: Vec<_> = UserState::ALL.into_iter().filter(|state| state.may_act()).collect();
        assert_eq!(acting, [UserState::Active]);
    }

    #[test]
    fn deleted_comes_back_only_through_restore_and_only_deactivated() {
        assert_eq!(UserState::Deleted.after(Transition::Activate), None);
        assert_eq!(UserState::Deleted.after(Transition::Restore), Some(UserState::Deactivated));
        assert_eq!(UserState::Suspended.after(Transition::PasswordSet), None);
    }

    #[test]
    fn names_round_trip() {
        for state in UserState::ALL {
            assert_eq!(UserState::parse(state.as_str()), Some(state));
        }
        assert_eq!(UserState::parse("Active"), None);
    }
}
