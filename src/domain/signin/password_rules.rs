//! Which new passwords are accepted (NIST SP 800-63B §3.1.1.2): long enough, not too long, not one that is
//! guessed first. No rules about kinds of characters.

use crate::config::Passwords;
use crate::domain::people::fold_name;
use crate::kernel::Secret;
use crate::store::users::UserRow;

/// The most bytes a password may have, however few characters they make: nothing longer is ever hashed
///
pub const MOST_BYTES: usize = 4096;

/// The longest piece whose repetition counts as no password.
const PIECE: usize = 8;

/// The fewest different characters of a password.
const FEWEST_KINDS: usize = 5;

/// Rows of keys, and what everybody counts with.
const ROWS: [&str; 5] =
    ["0123456789012345678901234567890", "abcdefghijklmnopqrstuvwxyz", "qwertyuiop", "asdfghjkl", "zxcvbnm"];

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
    if password.expose().chars().count() < rules.min_length {
        return Err(PasswordProblem::TooShort);
    }
    if is_common(user, password.expose()) { Err(PasswordProblem::Common) } else { Ok(()) }
}

fn is_common(user: &UserRow, password: &str) -> bool {
    let folded: Vec<char> = password.chars().flat_map(char::to_lowercase).collect();
    let mut kinds = folded.clone();
    kinds.sort_unstable();
    kinds.dedup();
    if kinds.len() < FEWEST_KINDS || (1..=PIECE).any(|length| repeats(&folded, length)) {
        return true;
    }
    let text: String = folded.iter().collect();
    let rest = without_rows(&text);
    let names = own_names(user);
    // What is left when rows of keys and the person's names are taken away must still be something.
    let left = names.iter().fold(rest, |text, name| text.replace(name.as_str(), ""));
    left.chars().count() < FEWEST_KINDS
}

fn repeats(text: &[char], length: usize) -> bool {
    text.len() >= 2 * length && text.iter().zip(text.iter().skip(length)).all(|(a, b)| a == b)
}

/// The text without runs of four or more keys that lie in a row, in either direction.
fn without_rows(text: &str) -> String {
    let rows: Vec<Vec<char>> =
        ROWS.iter().flat_map(|row| [row.chars().collect::<Vec<_>>(), row.chars().rev().collect()]).collect();
    let follows = |a: char, b: char| {
        rows.iter().any(|row| row.iter().zip(row.iter().skip(1)).any(|(x, y)| (*x, *y) == (a, b)))
    };
    let mut kept = String::new();
    let mut run = String::new();
    for c in text.chars() {
        if !run.chars().next_back().is_some_and(|last| follows(last, c)) {
            keep_short(&mut kept, &run);
            run.clear();
        }
        run.push(c);
    }
    keep_short(&mut kept, &run);
    kept
}

fn keep_short(kept: &mut String, run: &str) {
    if run.chars().count() < 4 {
        kept.push_str(run);
    }
}

/// The longest first, so that an address goes before the name it begins with.
fn own_names(user: &UserRow) -> Vec<String> {
    let mut names = vec![user.username_key.clone()];
    if let Some(email) = &user.email_key {
        names.push(email.clone());
        names.extend(email.split('@').map(str::to_owned));
    }
    if let Some(name) = &user.name {
        names.push(fold_name(name));
        names.extend(name.split_whitespace().map(fold_name));
    }
    names.retain(|name| name.chars().count() >= 3);
    names.sort_by_key(|name| std::cmp::Reverse(name.len()));
    names
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
        assert_eq!(judge("correct horse battery staple"), None);
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
