//! Scope values (RFC 6749 §3.3).

use std::fmt;

use serde::{Deserialize, Serialize};

/// The most scope words a request may carry.
const MOST: usize = 64;

/// A set of scope words, each once, in the order first given.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ScopeSet(Vec<String>);

/// Why a `scope` parameter is not a scope set.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScopeError {
    /// A character outside RFC 6749's `scope-token`.
    #[error("scope has a character that RFC 6749 section 3.3 does not allow")]
    Character,
    /// More words than any honest request has.
    #[error("scope has more than {MOST} values")]
    TooMany,
}

impl ScopeSet {
    /// Reads a space-delimited scope parameter; doubled words count once.
    ///
    /// # Errors
    /// [`ScopeError`] on a character outside `scope-token` or too many words.
    pub fn parse(text: &str) -> Result<Self, ScopeError> {
        let mut words: Vec<String> = Vec::new();
        for word in text.split(' ').filter(|word| !word.is_empty()) {
            if !word.bytes().all(|b| matches!(b, 0x21 | 0x23..=0x5b | 0x5d..=0x7e)) {
                return Err(ScopeError::Character);
            }
            if words.iter().any(|known| known == word) {
                continue;
            }
            if words.len() == MOST {
                return Err(ScopeError::TooMany);
            }
            words.push(word.to_owned());
        }
        Ok(Self(words))
    }

    /// Whether the word is in the set.
    pub fn contains(&self, word: &str) -> bool {
        self.0.iter().any(|known| known == word)
    }

    /// Whether every word of `self` is in `other`.
    pub fn is_subset(&self, other: &Self) -> bool {
        self.0.iter().all(|word| other.contains(word))
    }

    /// The words of `self` that are also in `other`, in the order of `self`.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        Self(self.0.iter().filter(|word| other.contains(word)).cloned().collect())
    }

    /// Both sets together, in order.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        let mut words = self.0.clone();
        words.extend(other.0.iter().filter(|word| !self.contains(word)).cloned());
        Self(words)
    }

    /// The words, in order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// Whether no word is in the set.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for ScopeSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, word) in self.0.iter().enumerate() {
            if at > 0 {
                f.write_str(" ")?;
            }
            f.write_str(word)?;
        }
        Ok(())
    }
}

impl From<ScopeSet> for String {
    fn from(scope: ScopeSet) -> Self {
        scope.to_string()
    }
}

impl TryFrom<String> for ScopeSet {
    type Error = ScopeError;
    fn try_from(text: String) -> Result<Self, ScopeError> {
        Self::parse(&text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_is_kept_and_doubles_fold() {
        let scope = ScopeSet::parse("openid  email openid").unwrap();
        assert_eq!(scope.to_string(), "openid email");
        assert!(scope.contains("email") && !scope.contains("mail"));
    }

    #[test]
    fn bad_characters_and_floods_are_refused() {
        assert_eq!(ScopeSet::parse("a\"b"), Err(ScopeError::Character));
        assert_eq!(ScopeSet::parse("a\tb"), Err(ScopeError::Character));
        let flood = (0..65).map(|n| n.to_string()).collect::<Vec<_>>().join(" ");
        assert_eq!(ScopeSet::parse(&flood), Err(ScopeError::TooMany));
    }
}
