//! What one tenant keeps secret besides its signing keys: everything follows from 32 random bytes.

use std::fmt;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::aead::{Aead, bind};
use super::derive::subkey;
use crate::kernel::{GrantId, Rng, Secret, SecretBytes, TenantId, Timestamp, TokenKind, UserId};

const MAC: usize = 32;

/// The 32 random bytes a tenant's keys follow from; stored sealed by the master key. Replacing them ends
/// every code, refresh token and client secret of the tenant and changes its pairwise subjects.
#[derive(Clone, Debug)]
pub struct TenantSecret(SecretBytes);

impl TenantSecret {
    /// A new secret.
    pub fn generate(rng: &Rng) -> Self {
        Self(SecretBytes::new(rng.bytes::<32>()))
    }

    /// The secret as it was stored; `None` unless it has 32 bytes.
    pub fn from_bytes(bytes: SecretBytes) -> Option<Self> {
        (bytes.expose().len() == 32).then_some(Self(bytes))
    }

    /// The bytes to seal and store.
    pub fn expose(&self) -> &[u8] {
        self.0.expose()
    }
}

/// A tenant's symmetric keys, one for each purpose, derived once by HKDF-SHA256 (RFC 5869).
pub struct TenantKeys {
    tenant: TenantId,
    code: Aead,
    access: Aead,
    refresh: hmac::Key,
    pairwise: hmac::Key,
    csrf: hmac::Key,
    name: hmac::Key,
    client_secret: hmac::Key,
    device: hmac::Key,
}

impl TenantKeys {
    /// Derives the keys.
    pub fn derive(tenant: TenantId, secret: &TenantSecret) -> Self {
        let raw = |purpose: &str| subkey(secret.expose(), tenant.as_bytes(), purpose);
        let mac = |purpose: &str| hmac::Key::new(hmac::HMAC_SHA256, raw(purpose).as_slice());
        Self {
            tenant,
            code: Aead::in_transit(&raw("portico code 1")),
            access: Aead::in_transit(&raw("portico access token 1")),
            refresh: mac("portico refresh token 1"),
            pairwise: mac("portico pairwise subject 1"),
            csrf: mac("portico csrf 1"),
            name: mac("portico name 1"),
            client_secret: mac("portico client secret 1"),
            device: mac("portico device 1"),
        }
    }

    /// An authorization code that carries `content` sealed (RFC 6749 §4.1.2).
    pub fn seal_code(&self, content: &[u8], rng: &Rng) -> Secret {
        TokenKind::Code.encode(&self.code.seal(&self.bound(b"code"), content, rng))
    }

    /// What [`Self::seal_code`] put in; `None` for everything else.
    pub fn open_code(&self, code: &str) -> Option<SecretBytes> {
        self.code.open(&self.bound(b"code"), &TokenKind::Code.decode(code).ok()?).ok()
    }

    /// An opaque access token that carries `content` sealed (RFC 6749 §1.4).
    pub fn seal_access(&self, content: &[u8], rng: &Rng) -> Secret {
        TokenKind::Access.encode(&self.access.seal(&self.bound(b"access"), content, rng))
    }

    /// What [`Self::seal_access`] put in; `None` for everything else.
    pub fn open_access(&self, token: &str) -> Option<SecretBytes> {
        self.access.open(&self.bound(b"access"), &TokenKind::Access.decode(token).ok()?).ok()
    }

    fn bound(&self, purpose: &[u8]) -> Vec<u8> {
        bind(&[purpose, self.tenant.as_bytes()])
    }

    /// The refresh token of a grant's `generation`: always the same one, so that an answer that was lost on
    /// the way can be given again without having been stored.
    pub fn refresh_token(&self, grant: &GrantId, generation: u32) -> Secret {
        let mut body = Vec::with_capacity(20 + MAC);
        body.extend_from_slice(grant.as_bytes());
        body.extend_from_slice(&generation.to_be_bytes());
        let tag = hmac::sign(&self.refresh, &body);
        body.extend_from_slice(tag.as_ref());
        TokenKind::Refresh.encode(&body)
    }

    /// Grant and generation of a refresh token this tenant issued; `None` for everything else.
    pub fn open_refresh(&self, token: &str) -> Option<(GrantId, u32)> {
        let body = TokenKind::Refresh.decode(token).ok()?;
        let (named, tag) = body.split_at_checked(20)?;
        hmac::verify(&self.refresh, named, tag).ok()?;
        let (grant, generation) = named.split_first_chunk::<16>()?;
        Some((GrantId::from_bytes(*grant), u32::from_be_bytes(generation.try_into().ok()?)))
    }

    /// The mark left on a device where `user` signed in `at` that moment. It proves nothing but that.
    pub fn device_token(&self, user: &UserId, at: Timestamp) -> Secret {
        let mut body = Vec::with_capacity(24 + MAC);
        body.extend_from_slice(user.as_bytes());
        body.extend_from_slice(&at.micros().to_be_bytes());
        let tag = hmac::sign(&self.device, &body);
        body.extend_from_slice(tag.as_ref());
        TokenKind::Device.encode(&body)
    }

    /// User and moment of a mark this tenant left; `None` for everything else.
    pub fn open_device(&self, token: &str) -> Option<(UserId, Timestamp)> {
        let body = TokenKind::Device.decode(token).ok()?;
        let (named, tag) = body.split_at_checked(24)?;
        hmac::verify(&self.device, named, tag).ok()?;
        let (user, at) = named.split_first_chunk::<16>()?;
        Some((UserId::from_bytes(*user), Timestamp::from_micros(i64::from_be_bytes(at.try_into().ok()?))))
    }

    /// The subject a user has towards one sector (OpenID Connect Core §8.1): steady, and of no use for
    /// linking accounts between sectors.
    pub fn pairwise_sub(&self, sector: &str, user: &UserId) -> String {
        mac(&self.pairwise, &[sector.as_bytes(), user.as_bytes()])
    }

    /// The name a session has towards one sector, for the same reason.
    pub fn pairwise_sid(&self, sector: &str, session: &str) -> String {
        mac(&self.pairwise, &[b"sid", sector.as_bytes(), session.as_bytes()])
    }

    /// The value a form must bring back. `owner` is what the form belongs to: the hash of the session, or of
    /// the cookie that holds an unfinished sign-in.
    pub fn csrf(&self, owner: &str) -> String {
        mac(&self.csrf, &[owner.as_bytes()])
    }

    /// Whether `value` is [`Self::csrf`] of `owner`, in constant time.
    pub fn check_csrf(&self, owner: &str, value: &str) -> bool {
        same(&self.csrf(owner), value)
    }

    /// What stands for a typed user name in throttle rows: people type passwords into that field, so the
    /// text itself is not kept. The caller normalises the name first.
    pub fn name_key(&self, name: &str) -> String {
        mac(&self.name, &[name.as_bytes()])
    }

    /// The stored form of a generated client secret. A fast hash is right: it has 256 random bits, and a
    /// slow one would cost every token request its time (RFC 6819 §5.1.4.1.3).
    pub fn client_secret_hash(&self, secret: &str) -> String {
        mac(&self.client_secret, &[secret.as_bytes()])
    }

    /// Whether `stored` is [`Self::client_secret_hash`] of `secret`, in constant time.
    pub fn client_secret_matches(&self, secret: &str, stored: &str) -> bool {
        same(&self.client_secret_hash(secret), stored)
    }
}

fn mac(key: &hmac::Key, parts: &[&[u8]]) -> String {
    URL_SAFE_NO_PAD.encode(hmac::sign(key, &bind(parts)))
}

fn same(expected: &str, given: &str) -> bool {
    verify_slices_are_equal(expected.as_bytes(), given.as_bytes()).is_ok()
}

impl fmt::Debug for TenantKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TenantKeys({})", self.tenant)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    fn tenant(rng: &Rng) -> (TenantKeys, TenantId, TenantSecret) {
        let (id, secret) = (TenantId::new(Timestamp::from_seconds(1), rng), TenantSecret::generate(rng));
        (TenantKeys::derive(id, &secret), id, secret)
    }

    #[test]
    fn codes_and_access_tokens_open_only_as_what_they_are() {
        let rng = Rng::seeded(1);
        let (keys, id, secret) = tenant(&rng);
        let (other, ..) = tenant(&rng);
        let code = keys.seal_code(b"content", &rng);
        let access = keys.seal_access(b"content", &rng);
        assert_eq!(keys.open_code(code.expose()).unwrap().expose(), b"content");
        assert_eq!(keys.open_access(access.expose()).unwrap().expose(), b"content");
        assert_ne!(code.expose(), keys.seal_code(b"content", &rng).expose());
        assert!(TenantKeys::derive(id, &secret).open_code(code.expose()).is_some(), "after a restart");
        assert_eq!(other.open_code(code.expose()), None, "another tenant's");
        let body = TokenKind::Code.decode(code.expose()).unwrap();
        assert_eq!(keys.open_access(TokenKind::Access.encode(&body).expose()), None, "re-labelled");
        for at in 0..body.len() {
            let mut forged = body.clone();
            forged[at] ^= 0x80;
            assert_eq!(keys.open_code(TokenKind::Code.encode(&forged).expose()), None, "byte {at}");
        }
        assert_eq!(keys.open_code(TokenKind::Code.encode(b"").expose()), None);
    }

    #[test]
    fn the_same_secret_in_another_tenant_makes_other_keys() {
        let rng = Rng::seeded(2);
        let (keys, _, secret) = tenant(&rng);
        let moved = TenantKeys::derive(TenantId::new(Timestamp::from_seconds(9), &rng), &secret);
        assert_eq!(moved.open_code(keys.seal_code(b"x", &rng).expose()), None);
        assert_ne!(moved.csrf("s"), keys.csrf("s"));
    }

    #[test]
    fn a_refresh_token_is_steady_and_cannot_be_made_up() {
        let rng = Rng::seeded(3);
        let (keys, ..) = tenant(&rng);
        let (other, ..) = tenant(&rng);
        let grant = GrantId::new(Timestamp::from_seconds(1), &rng);
        let token = keys.refresh_token(&grant, 7);
        assert_eq!(token, keys.refresh_token(&grant, 7));
        assert_ne!(token, keys.refresh_token(&grant, 8));
        assert_eq!(keys.open_refresh(token.expose()), Some((grant, 7)));
        assert_eq!(other.open_refresh(token.expose()), None);
        let body = TokenKind::Refresh.decode(token.expose()).unwrap();
        for at in 0..body.len() {
            let mut forged = body.clone();
            forged[at] ^= 1;
            assert_eq!(keys.open_refresh(TokenKind::Refresh.encode(&forged).expose()), None, "byte {at}");
        }
        for cut in [0, 19, 20, 51] {
            assert_eq!(keys.open_refresh(TokenKind::Refresh.encode(&body[..cut]).expose()), None);
        }
    }

    #[test]
    fn a_device_mark_names_its_user_and_cannot_be_made_up() {
        let rng = Rng::seeded(6);
        let (keys, ..) = tenant(&rng);
        let (other, ..) = tenant(&rng);
        let (user, at) = (UserId::new(Timestamp::from_seconds(1), &rng), Timestamp::from_micros(77));
        let mark = keys.device_token(&user, at);
        assert_eq!(keys.open_device(mark.expose()), Some((user, at)));
        assert_eq!(other.open_device(mark.expose()), None);
        let body = TokenKind::Device.decode(mark.expose()).unwrap();
        for at in 0..body.len() {
            let mut forged = body.clone();
            forged[at] ^= 1;
            assert_eq!(keys.open_device(TokenKind::Device.encode(&forged).expose()), None, "byte {at}");
        }
    }

    #[test]
    fn pairwise_subjects_differ_by_sector_and_user_and_stay() {
        let rng = Rng::seeded(4);
        let (keys, id, secret) = tenant(&rng);
        let user = UserId::new(Timestamp::from_seconds(1), &rng);
        let sub = keys.pairwise_sub("rp.example", &user);
        assert_eq!(sub, TenantKeys::derive(id, &secret).pairwise_sub("rp.example", &user));
        assert_ne!(sub, keys.pairwise_sub("other.example", &user));
        assert_ne!(sub, keys.pairwise_sub("rp.example", &UserId::new(Timestamp::from_seconds(1), &rng)));
        assert!(sub.len() <= 255, "OpenID Connect Core §2");
    }

    #[test]
    fn keyed_values_answer_to_their_own_purpose_only() {
        let rng = Rng::seeded(5);
        let (keys, ..) = tenant(&rng);
        assert!(keys.check_csrf("session", &keys.csrf("session")));
        assert!(!keys.check_csrf("session", &keys.csrf("another")));
        assert!(!keys.check_csrf("session", &keys.name_key("session")));
        assert!(!keys.check_csrf("session", ""));
        let stored = keys.client_secret_hash("secret");
        assert!(keys.client_secret_matches("secret", &stored));
        assert!(!keys.client_secret_matches("Secret", &stored));
        assert!(!keys.client_secret_matches(&stored, &stored), "the stored form is no credential (A-192)");
        assert_eq!(TenantSecret::from_bytes(SecretBytes::new(*b"short")).map(|_| ()), None);
    }
}
