//! Which new passwords are accepted on the pages: the rules of `people`, and the words that tell of them.

use crate::config::Passwords;
use crate::domain::people::{WeakPassword, check_password};
use crate::kernel::Secret;
use crate::store::users::UserRow;

/// The most bytes a password may have, however few characters they make: nothing longer is ever hashed
///
pub const MOST_BYTES: usize = 4096;

/// What is wrong with a new password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PasswordProblem {
    /// Nothing was typed.
    Missing,
    /// Fewer characters than the least.
    TooShort,
    /// More than the most.
    TooLong,
    /// Guessed among the first: the person's own name, a repetition, a row of keys.
    Common,
    /// The one that must be replaced.
    Same,
}

impl PasswordProblem {
    /// Every problem.
    pub const ALL: [Self; 5] = [Self::Missing, Self::TooShort, Self::TooLong, Self::Common, Self::Same];

    /// The key of its text in `locales/`.
    pub const fn text_key(self) -> &'static str {
        match self {
            Self::Missing => "password-missing",
            Self::TooShort => "password-short",
            Self::TooLong => "password-long",
            Self::Common => "password-common",
            Self::Same => "password-same",
        }
    }
}

/// Whether a typed password is longer than any that was ever accepted; it is then not hashed.
pub(super) fn is_too_long(rules: &Passwords, password: &Secret) -> bool {
    let text = password.expose();
    text.len() > MOST_BYTES || text.chars().count() > rules.max_length
}

/// Whether `user` may have this password, as far as it can be said without the old one.
///
/// # Errors
/// The first [`PasswordProblem`].
pub fn check_new_password(
    rules: &Passwords,
    user: &UserRow,
    password: &Secret,
) -> Result<(), PasswordProblem> {
    if password.expose().is_empty() {
        return Err(PasswordProblem::Missing);
    }
    if is_too_long(rules, password) {
        return Err(PasswordProblem::TooLong);
    }
    let parts = user.name.as_deref().unwrap_or_default().split_whitespace();
    let names: Vec<&str> =
        [Some(user.username.as_str()), user.email.as_deref()].into_iter().flatten().chain(parts).collect();
    match check_password(rules, password.expose(), &names) {
        Ok(()) => Ok(()),
        Err(WeakPassword::Short(_)) => Err(PasswordProblem::TooShort),
        Err(WeakPassword::Long(_)) => Err(PasswordProblem::TooLong),
        Err(WeakPassword::Name | WeakPassword::Common) => Err(PasswordProblem::Common),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::{Rng, TenantId, Timestamp, UserId, UserState};

    fn alice() -> UserRow {
        let (now, rng) = (Timestamp::from_seconds(1), Rng::seeded(1));
        UserRow {
            tenant: TenantId::new(now, &rng),
            id: UserId::new(now, &rng),
            username: "Alice".to_owned(),
            username_key: "alice".to_owned(),
            email: Some("alice.liddell@example.com".to_owned()),
            email_key: Some("alice.liddell@example.com".to_owned()),
            email_verified_at: None,
            name: Some("Alice Pleasance Liddell".to_owned()),
            profile: "{}".to_owned(),
            roles: "[]".to_owned(),
            state: UserState::Active,
            state_reason: None,
            state_changed_by: "system".to_owned(),
            state_changed_at: now,
            password_hash: None,
            password_changed_at: None,
            not_before: Timestamp::from_micros(0),
            last_login_at: None,
            created_at: now,
            updated_at: now,
        }
    }

    fn judge(password: &str) -> Option<PasswordProblem> {
        check_new_password(&Passwords::default(), &alice(), &Secret::new(password)).err()
    }

    #[test]
    fn lengths_count_characters_and_nothing_is_cut() {
        assert_eq!(judge(""), Some(PasswordProblem::Missing));
        assert_eq!(judge("short but fine"), Some(PasswordProblem::TooShort));
        assert_eq!(judge("длинный пароль!"), None, "fifteen characters, more bytes");
        let long: String = ('a'..='z').cycle().step_by(7).take(128).collect();
        assert_eq!(judge(&long), None);
        assert_eq!(judge(&format!("{long}x")), Some(PasswordProblem::TooLong));
        assert_eq!(judge("plum orbit lantern sixteen"), None);
        assert_eq!(judge("correct horse battery staple"), Some(PasswordProblem::Common), "the famous one");
        assert_eq!(judge("nul \0 inside is fine"), None);
    }

    #[test]
    fn what_is_guessed_first_is_refused() {
        for common in [
            "aaaaaaaaaaaaaaaaaaaa",
            "abcabcabcabcabcabc",
            "passwordpassword",
            "123456789012345",
            "9876543210987654",
            "qwertyuiopasdfghjkl",
            "Abcdefghijklmnop1",
            "alice.liddell@example.com",
            "AliceLiddellAlice12",
            "alicealicealicealice",
        ] {
            assert_eq!(judge(common), Some(PasswordProblem::Common), "{common}");
        }
    }
}
