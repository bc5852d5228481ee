//! What may be a mail address, a user name, a display name or the name of a role.
//!
//! Every check walks the text once, so that no input makes it slow. Control characters are refused
//! everywhere: a name ends up in headers, mails and log lines.

use super::fold_name;

/// The longest address: RFC 5321 §4.5.3.1.3 allows a path of 256 with its brackets.
const LONGEST_EMAIL: usize = 254;
/// The longest part before the `@` (RFC 5321 §4.5.3.1.1).
const LONGEST_LOCAL: usize = 64;
/// The longest user name, in bytes.
const LONGEST_NAME: usize = 255;

/// Whether the text is a mail address: `local@domain` without quotes, comments and address literals
/// (RFC 5321 §4.1.2 without its rare forms; letters of any language as in RFC 6531).
pub fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.split_once('@') else { return false };
    let allowed = |c: char| c.is_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c);
    text.len() <= LONGEST_EMAIL
        && (1..=LONGEST_LOCAL).contains(&local.len())
        && local.chars().all(allowed)
        && local.split('.').all(|atom| !atom.is_empty())
        && domain.split('.').all(is_label)
        && !mixes_scripts(local)
}

fn is_label(label: &str) -> bool {
    (1..=63).contains(&label.len())
        && label.chars().all(|c| c.is_alphanumeric() || c == '-')
        && !label.starts_with('-')
        && !label.ends_with('-')
        && !mixes_scripts(label)
}

/// Whether the text may be the user name of somebody with this address. A name with an `@` must be one's
/// own address: otherwise one could take another's before they come.
pub fn is_username(text: &str, email: &str) -> bool {
    let key = fold_name(text);
    if !key.is_empty() && key == fold_name(email) {
        return true;
    }
    let allowed = |c: char| c.is_alphanumeric() || "._-+~'".contains(c);
    !key.is_empty() && text.len() <= LONGEST_NAME && text.chars().all(allowed) && !mixes_scripts(text)
}

/// Whether the text may stand on a page as somebody's or something's name.
pub fn is_display_name(text: &str) -> bool {
    !text.trim().is_empty() && text.len() <= 4 * LONGEST_NAME && !text.chars().any(is_unprintable)
}

/// Whether the text may be the name of a role: 1 to 64 of `a-z 0-9 . _ : -`.
pub fn is_role(text: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._:-".contains(&b);
    (1..=64).contains(&text.len()) && text.bytes().all(allowed)
}

/// Control characters, and the marks that turn the direction of what follows them.
fn is_unprintable(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Latin together with Greek, Cyrillic, Armenian or Cherokee: scripts whose letters look alike, so that two
/// names could not be told apart (Unicode TR 39 §5.1).
fn mixes_scripts(text: &str) -> bool {
    let latin = |c: char| c.is_ascii_alphabetic() || matches!(c, '\u{c0}'..='\u{24f}');
    let alike = |c: char| matches!(c, '\u{370}'..='\u{3ff}' | '\u{400}'..='\u{52f}' | '\u{530}'..='\u{58f}' | '\u{13a0}'..='\u{13ff}');
    text.chars().any(latin) && text.chars().any(alike)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_told_from_what_only_looks_like_one() {
        for good in ["a@b", "ada.lovelace+x@example.com", "o'neil@example.org", "jörg@müller.example"] {
            assert!(is_email(good), "{good}");
        }
        for bad in [
            "",
            "a",
            "@b",
            "a@",
            "a@b@c",
            "a b@c.d",
            "a@b\r\nBcc: c@d",
            "a,b@c.d",
            "a@b,c@d",
            ".a@b.c",
            "a..b@c.d",
            "a@b..c",
            "a@-b.c",
            "a@[127.0.0.1]",
            "\"a\"@b.c",
            "a@b.c.",
            "<a@b.c>",
            "а\u{0}@b.c",
        ] {
            assert!(!is_email(bad), "{bad:?}");
        }
        assert!(!is_email(&format!("{}@b.c", "a".repeat(65))));
    }

    #[test]
    fn a_075_nobody_takes_the_name_of_another() {
        assert!(is_username("ada", "ada@example.com"));
        assert!(is_username(" Ada@Example.com", "ada@example.com"), "one's own address");
        assert!(!is_username("bob@example.com", "ada@example.com"), "another's address");
        assert!(!is_username("аdmin", "ada@example.com"), "a Cyrillic letter among Latin ones");
        assert!(!is_username("ad\u{200b}min", "ada@example.com"), "an invisible character");
        assert!(is_username("админ", "ada@example.com"), "a name in one script");
    }

    #[test]
    fn a_188_hostile_lengths_are_answered_at_once() {
        let long = format!("{}@{}", "a.".repeat(200_000), "b-".repeat(200_000));
        assert!(!is_email(&long) && !is_username(&long, "a@b.c"));
    }
}
