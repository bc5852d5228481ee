//! A person's claims, and the folding of names.

use serde_json::{Map, Value};

use crate::store::users::UserRow;

/// A person as tokens and pages see them.
#[derive(Clone, Debug)]
pub struct Person<'a>(pub &'a UserRow);

impl Person<'_> {
    /// What to call the person on a page.
    pub fn display_name(&self) -> &str {
        self.0.name.as_deref().unwrap_or(&self.0.username)
    }

    /// The role names.
    pub fn roles(&self) -> Vec<String> {
        serde_json::from_str(&self.0.roles).unwrap_or_default()
    }

    /// The value of one standard claim (OpenID Connect Core §5.1), if the person has it.
    pub fn claim(&self, name: &str) -> Option<Value> {
        let user = self.0;
        match name {
            "name" => user.name.clone().map(Value::from),
            "preferred_username" => Some(user.username.clone().into()),
            "email" => user.email.clone().map(Value::from),
            "email_verified" => user.email.as_ref().map(|_| user.email_verified_at.is_some().into()),
            "updated_at" => Some(user.updated_at.seconds().into()),
            other => {
                let profile: Map<String, Value> = serde_json::from_str(&user.profile).ok()?;
                profile.get(other).cloned()
            }
        }
    }
}

/// The form of a user name or address under which it is unique and found: trimmed, compatibility characters
/// and case folded away. Empty for a text that cannot be a name.
pub fn fold_name(text: &str) -> String {
    let text = text.trim();
    if text.len() > 320 || text.chars().any(char::is_control) {
        return String::new();
    }
    text.chars().map(narrow).filter(|c| !is_invisible(*c)).flat_map(char::to_lowercase).collect()
}

/// Full-width forms (U+FF01 to U+FF5E) fold to ASCII.
fn narrow(c: char) -> char {
    match u32::from(c) {
        wide @ 0xff01..=0xff5e => char::from_u32(wide - 0xfee0).unwrap_or(c),
        _ => c,
    }
}

const fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2064}' | '\u{feff}' | '\u{ad}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_071_all_spellings_fold_to_one() {
        for spelling in ["alice", " Alice ", "ALICE", "ａｌｉｃｅ", "al\u{200b}ice"] {
            assert_eq!(fold_name(spelling), "alice", "{spelling:?}");
        }
        assert_ne!(fold_name("аlice"), "alice", "a Cyrillic letter is another name");
        assert_eq!(fold_name("a\0b"), "");
    }
}
