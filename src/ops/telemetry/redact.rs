//! What may never stand in a log line.
//!
//! The first rule is that secrets are not logged: they live in types that do not print themselves. This is
//! the second: a field whose name says "secret" is not written, and a value that looks like one of our
//! credentials or like a JWT is cut out of whatever text it is in.

use std::borrow::Cow;

/// What stands in its place.
pub(super) const REDACTED: &str = "[redacted]";

/// A field is sensitive when one of the words of its name is one of these.
const WORDS: [&str; 20] = [
    "password",
    "passwd",
    "passphrase",
    "pin",
    "otp",
    "totp",
    "secret",
    "secrets",
    "token",
    "tokens",
    "code",
    "codes",
    "cookie",
    "cookies",
    "authorization",
    "assertion",
    "verifier",
    "credential",
    "credentials",
    "jwt",
];

/// Names with such a word that are known to be harmless.
const HARMLESS: [&str; 6] =
    ["status_code", "error_code", "exit_code", "token_type", "token_kind", "code_challenge_method"];

/// Whether the value of a field of this name is withheld.
pub fn is_sensitive(name: &str) -> bool {
    if HARMLESS.contains(&name) {
        return false;
    }
    name.split(['_', '.', '-', ' ']).any(|word| WORDS.iter().any(|known| known.eq_ignore_ascii_case(word)))
}

/// The text without anything that looks like a credential.
pub fn scrub(text: &str) -> Cow<'_, str> {
    let mut clean: Option<String> = None;
    let mut kept = 0;
    let mut at = 0;
    while let Some(found) = next_mark(text, at) {
        let end = credential_end(text, found);
        if let Some(end) = end {
            let out = clean.get_or_insert_with(String::new);
            out.push_str(text.get(kept..found).unwrap_or_default());
            out.push_str(REDACTED);
            kept = end;
        }
        at = end.unwrap_or(found + 1);
    }
    match clean {
        None => Cow::Borrowed(text),
        Some(mut out) => {
            out.push_str(text.get(kept..).unwrap_or_default());
            Cow::Owned(out)
        }
    }
}

/// Where the next `pt?_` (kernel's token prefixes) or `eyJ` (a JSON header in base64url) begins.
fn next_mark(text: &str, from: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    (from..bytes.len()).find(|at| match bytes.get(*at..) {
        Some([b'p', b't', kind, b'_', ..]) => kind.is_ascii_lowercase(),
        Some([b'e', b'y', b'J', ..]) => true,
        _ => false,
    })
}

/// The end of the run of base64url characters and dots at `from`, when it is long enough to be a secret.
fn credential_end(text: &str, from: usize) -> Option<usize> {
    let run = text.as_bytes().get(from..)?;
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~');
    let length = run.iter().take_while(|byte| is_part(byte)).count();
    (length >= 20).then_some(from + length)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::{Rng, TokenKind};

    #[test]
    fn names_are_judged_by_their_words() {
        for name in [
            "password",
            "new_password",
            "client_secret",
            "id_token",
            "code",
            "user_code",
            "Set-Cookie",
            "otp",
        ] {
            assert!(is_sensitive(name), "{name}");
        }
        for name in ["status_code", "decode_time", "encoded", "tokenizer", "client_id", "route", "pinned"] {
            assert!(!is_sensitive(name), "{name}");
        }
    }

    #[test]
    fn our_credentials_and_jwts_are_cut_out_of_any_text() {
        let rng = Rng::seeded(3);
        let kinds = [TokenKind::Code, TokenKind::Refresh, TokenKind::Session, TokenKind::ClientSecret];
        for kind in kinds {
            let token = kind.random(&rng);
            let line = format!("before {} after {}.", token.expose(), token.expose());
            let clean = scrub(&line);
            assert!(!clean.contains(token.expose()), "{clean}");
            assert!(clean.starts_with("before [redacted] after [redacted]"), "{clean}");
        }
        let jwt = "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhIn0.c2ln";
        assert_eq!(scrub(&format!("<{jwt}>")), "<[redacted]>");
        assert_eq!(
            scrub("ptarmigan and eyJ are words, ptc_ too; é"),
            "ptarmigan and eyJ are words, ptc_ too; é"
        );
    }
}
