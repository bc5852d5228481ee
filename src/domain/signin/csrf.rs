//! Whom a form belongs to: the CSRF token of one browser or session is of no use in another.

use crate::crypto::TenantKeys;
use crate::kernel::{TokenKind, hash_token};
use crate::store::sessions::SessionRow;

/// The owner of the forms on a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormOwner(String);

impl FormOwner {
    /// Before sign-in: the browser that holds this cookie. `None` when the cookie is not one of ours.
    pub fn browser(cookie: &str) -> Option<Self> {
        TokenKind::Browser.decode(cookie).ok()?;
        Some(Self(hash_token(cookie)))
    }

    /// After sign-in: the session.
    pub fn session(session: &SessionRow) -> Self {
        Self(session.token_hash.clone())
    }

    /// The owner's name in storage: for a browser, the hash that flows are kept under.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The value for the form's `csrf` field.
    pub fn token(&self, keys: &TenantKeys) -> String {
        keys.csrf(&self.0)
    }

    /// Whether the `csrf` field that came back is this owner's.
    pub fn accepts(&self, keys: &TenantKeys, value: &str) -> bool {
        keys.check_csrf(&self.0, value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::TenantSecret;
    use crate::kernel::{Rng, TenantId, Timestamp};

    #[test]
    fn a_064_a_form_is_accepted_from_its_own_browser_only() {
        let rng = Rng::seeded(1);
        let id = TenantId::new(Timestamp::from_seconds(1), &rng);
        let keys = TenantKeys::derive(id, &TenantSecret::generate(&rng));
        let cookie = TokenKind::Browser.random(&rng);
        let owner = FormOwner::browser(cookie.expose()).unwrap();
        let other = FormOwner::browser(TokenKind::Browser.random(&rng).expose()).unwrap();
        assert!(owner.accepts(&keys, &owner.token(&keys)));
        assert!(!owner.accepts(&keys, &other.token(&keys)));
        assert!(!owner.accepts(&keys, "") && !owner.accepts(&keys, owner.as_str()));
        assert_eq!(FormOwner::browser("anything"), None);
        assert_eq!(FormOwner::browser(TokenKind::Session.random(&rng).expose()), None);
    }
}
