//! Which passwords are accepted (NIST SP 800-63B §3.1.1.2): long ones that nobody would try first. No rules
//! about kinds of characters.

use std::collections::HashSet;
use std::sync::LazyLock;

use crate::config::Passwords;

use super::fold_name;

/// Passwords that head every published list, longest variants included.
const COMMON: &str = include_str!("common_passwords.txt");
/// Names shorter than this are part of too many words to be forbidden.
const SHORTEST_NAME: usize = 4;
/// Fewer different characters than this are a pattern, however long.
const FEWEST_DIFFERENT: usize = 5;
/// The product's own name is the first that is tried.
const PRODUCT: &str = "portico";
/// What fingers run along.
const RUNS: [&str; 6] = [
    "abcdefghijklmnopqrstuvwxyz",
    "01234567890123456789012345678901234567890",
    "qwertyuiopasdfghjklzxcvbnm",
    "qwertzuiopasdfghjklyxcvbnm",
    "azertyuiopqsdfghjklmwxcvbn",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik,9ol.0p;/",
];

static LIST: LazyLock<HashSet<&str>> =
    LazyLock::new(|| COMMON.lines().map(str::trim).filter(|line| !line.is_empty()).collect());

/// Why a password is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WeakPassword {
    /// Too few characters.
    #[error("the password must have at least {0} characters")]
    Short(usize),
    /// Too many characters.
    #[error("the password must have at most {0} characters")]
    Long(usize),
    /// The name of the account or of the product is in it.
    #[error("the password must not contain the user name, the e-mail address or the name of this service")]
    Name,
    /// On the list of common ones, or a pattern.
    #[error("this password is among the first that are tried; choose another")]
    Common,
}

/// Whether a password may be set. `names` are the account's user name and address.
///
/// # Errors
/// [`WeakPassword`] naming the rule.
pub fn check_password(rules: &Passwords, password: &str, names: &[&str]) -> Result<(), WeakPassword> {
    // Bytes first: an endless text is not even counted.
    if password.len() > rules.max_length.saturating_mul(4) {
        return Err(WeakPassword::Long(rules.max_length));
    }
    let length = password.chars().count();
    if length < rules.min_length {
        return Err(WeakPassword::Short(rules.min_length));
    }
    if length > rules.max_length {
        return Err(WeakPassword::Long(rules.max_length));
    }
    let folded = password.to_lowercase();
    if names.iter().flat_map(|name| name_parts(name)).any(|name| folded.contains(&name)) {
        return Err(WeakPassword::Name);
    }
    if is_common(&folded) { Err(WeakPassword::Common) } else { Ok(()) }
}

/// A name and, of an address, the part before the `@`.
fn name_parts(name: &str) -> Vec<String> {
    let name = fold_name(name);
    let local = name.split('@').next().unwrap_or_default().to_owned();
    [PRODUCT.to_owned(), name, local]
        .into_iter()
        .filter(|name| name.chars().count() >= SHORTEST_NAME)
        .collect()
}

fn is_common(folded: &str) -> bool {
    let different: HashSet<char> = folded.chars().collect();
    // What is hung on at the end ("…123!") adds nothing, unless it is most of the password.
    let stem = folded.trim_end_matches(|c: char| c.is_ascii_digit() || c.is_ascii_punctuation());
    let stem = if stem.len() * 2 >= folded.len() { stem } else { folded };
    different.len() < FEWEST_DIFFERENT || is_pattern(folded) || is_pattern(stem)
}

fn is_pattern(text: &str) -> bool {
    let known = |text: &str| LIST.contains(text) || is_run(text);
    known(text) || repeated(text).is_some_and(|unit| unit.len() <= 4 || known(unit))
}

/// Part of one of [`RUNS`], forwards or backwards.
fn is_run(text: &str) -> bool {
    let backwards: String = text.chars().rev().collect();
    RUNS.iter().any(|run| run.contains(text) || run.contains(&backwards))
}

/// The shortest text that, said again and again, is the whole; `None` when there is none. The password has
/// at most some hundred bytes here.
fn repeated(text: &str) -> Option<&str> {
    let comes_again =
        |length: &usize| text.bytes().zip(text.bytes().skip(*length)).all(|(here, later)| here == later);
    (1..=text.len() / 2).find(comes_again).and_then(|length| text.get(..length))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(password: &str) -> Result<(), WeakPassword> {
        check_password(&Passwords::default(), password, &["ada.lovelace@example.com", "ada"])
    }

    #[test]
    fn length_is_counted_in_characters() {
        assert_eq!(judged("fourteen chars"), Err(WeakPassword::Short(15)));
        assert_eq!(judged("ü1ä2ö3ß4é5è6ê7â"), Ok(()));
        assert_eq!(judged(&"aB3$x".repeat(26)), Err(WeakPassword::Long(128)));
        assert_eq!(judged(&"x".repeat(10_000_000)), Err(WeakPassword::Long(128)));
    }

    #[test]
    fn names_are_not_passwords() {
        assert_eq!(judged("I am Ada.Lovelace of London"), Err(WeakPassword::Name));
        assert_eq!(judged("open PORTICO please now"), Err(WeakPassword::Name));
        assert_eq!(judged("canada is a country far away"), Ok(()), "a short name is part of many words");
    }

    #[test]
    fn patterns_and_the_usual_suspects_are_refused() {
        for weak in [
            "passwordpassword",
            "PasswordPassword123!",
            "123456789012345",
            "987654321098765",
            "qwertyuiopasdfg",
            "aaaaaaaaaaaaaaaaaa",
            "abcabcabcabcabc",
            "abcdefghijklmnop",
            "1qaz2wsx3edc4rfv",
            "iloveyouiloveyou",
        ] {
            assert_eq!(judged(weak), Err(WeakPassword::Common), "{weak}");
        }
        assert_eq!(judged("correct horse battery staple 7"), Ok(()));
        assert_eq!(judged("Pelican-3-harbour-lantern-110866"), Ok(()));
    }
}
