//! A tenant's signing keys, and which of them signs.

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::alg::{KeyFamily, SigningAlg};
use super::jose::KeySigner;
use super::signing_key::{KeyError, SigningKey};

/// A key's stage in its life. It is published before it signs, so that relying parties that cache the key
/// set have it in time, and it verifies after it has stopped signing (OpenID Connect Core §10.1.1, A-194).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum KeyState {
    /// Signs.
    Active,
    /// Announced; does not sign yet. It verifies, because another node may already sign with it.
    Published,
    /// No longer signs; still verifies.
    Retired,
}

impl KeyState {
    /// The stored name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Published => "published",
            Self::Retired => "retired",
        }
    }

    /// The state of that name.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Active, Self::Published, Self::Retired].into_iter().find(|state| state.as_str() == text)
    }
}

impl fmt::Display for KeyState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A key and its state.
#[derive(Clone, Debug)]
pub struct RingKey {
    /// The key.
    pub key: Arc<SigningKey>,
    /// Its stage.
    pub state: KeyState,
}

/// Why keys do not make a ring.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RingError {
    /// Two keys of a family claim to sign.
    #[error("two {0} keys are active; exactly one may be")]
    TwoActive(KeyFamily),
    /// The same key is there twice.
    #[error("the key {0} is in the ring twice")]
    Duplicate(String),
    /// A key refused.
    #[error(transparent)]
    Key(#[from] KeyError),
}

struct Entry {
    ring_key: RingKey,
    signers: Vec<KeySigner>,
}

/// A tenant's signing keys. A ring never changes: a rotation makes a new one.
pub struct KeyRing {
    entries: Vec<Entry>,
    jwks: Arc<[u8]>,
    etag: String,
    generation: [u8; 32],
}

impl KeyRing {
    /// A ring of `keys`; the active ones come first in the published set. A family without an active key
    /// cannot sign, and says so when asked.
    ///
    /// # Errors
    /// [`RingError`] when two keys of a family are active or a key is there twice.
    pub fn new(mut keys: Vec<RingKey>) -> Result<Self, RingError> {
        keys.sort_by_key(|ring_key| ring_key.state);
        let mut entries: Vec<Entry> = Vec::with_capacity(keys.len());
        for ring_key in keys {
            check(&entries, &ring_key)?;
            let signers = ring_key.key.family().algs().iter();
            let signers =
                signers.map(|&alg| KeySigner::new(ring_key.key.clone(), alg)).collect::<Result<_, _>>()?;
            entries.push(Entry { ring_key, signers });
        }
        let published: Vec<&Value> = entries.iter().map(|entry| entry.ring_key.key.public_jwk()).collect();
        let jwks: Arc<[u8]> = json!({ "keys": published }).to_string().into_bytes().into();
        let sum = digest::digest(&digest::SHA256, &jwks);
        let etag = format!("\"{}\"", URL_SAFE_NO_PAD.encode(sum.as_ref().get(..16).unwrap_or_default()));
        let mut generation = [0; 32];
        generation.iter_mut().zip(sum.as_ref()).for_each(|(to, from)| *to = *from);
        Ok(Self { entries, jwks, etag, generation })
    }

    /// The active key for `alg`, ready to sign; `None` when its family has none.
    pub fn signer(&self, alg: SigningAlg) -> Option<&KeySigner> {
        self.entries
            .iter()
            .filter(|entry| entry.ring_key.state == KeyState::Active)
            .flat_map(|entry| &entry.signers)
            .find(|signer| signer.alg() == alg)
    }

    /// The key named `kid` with `alg`, for verifying; `None` when there is none or it is of another family.
    pub fn verifier(&self, kid: &str, alg: SigningAlg) -> Option<&KeySigner> {
        let entry = self.entries.iter().find(|entry| entry.ring_key.key.kid() == kid)?;
        entry.signers.iter().find(|signer| signer.alg() == alg)
    }

    /// The algorithms this ring can sign with now, for the metadata.
    pub fn signing_algs(&self) -> Vec<SigningAlg> {
        SigningAlg::ALL.into_iter().filter(|&alg| self.signer(alg).is_some()).collect()
    }

    /// The keys, active first.
    pub fn keys(&self) -> impl Iterator<Item = &RingKey> {
        self.entries.iter().map(|entry| &entry.ring_key)
    }

    /// The JWK Set (RFC 7517 §5) of all keys, rendered once.
    pub fn jwks_json(&self) -> &Arc<[u8]> {
        &self.jwks
    }

    /// A strong entity tag for the JWK Set, quotes included (RFC 9110 §8.8.3).
    pub fn etag(&self) -> &str {
        &self.etag
    }

    /// Changes whenever the keys do, so that what was verified with a withdrawn key is forgotten.
    pub(super) fn generation(&self) -> &[u8; 32] {
        &self.generation
    }
}

fn check(entries: &[Entry], new: &RingKey) -> Result<(), RingError> {
    for RingKey { key, state } in entries.iter().map(|entry| &entry.ring_key) {
        if key.kid() == new.key.kid() {
            return Err(RingError::Duplicate(key.kid().to_owned()));
        }
        if *state == KeyState::Active && new.state == KeyState::Active && key.family() == new.key.family() {
            return Err(RingError::TwoActive(key.family()));
        }
    }
    Ok(())
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.keys()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(family: KeyFamily, state: KeyState) -> RingKey {
        RingKey { key: Arc::new(SigningKey::generate(family, 2048).unwrap()), state }
    }

    #[test]
    fn only_the_active_key_signs_and_all_are_published() {
        let retired = key(KeyFamily::Ec, KeyState::Retired);
        let active = key(KeyFamily::Ec, KeyState::Active);
        let coming = key(KeyFamily::Ec, KeyState::Published);
        let ring = KeyRing::new(vec![retired.clone(), active.clone(), coming.clone()]).unwrap();
        assert_eq!(ring.signer(SigningAlg::Es256).unwrap().key().kid(), active.key.kid());
        assert!(ring.signer(SigningAlg::Rs256).is_none());
        assert_eq!(ring.signing_algs(), [SigningAlg::Es256]);
        let jwks: Value = serde_json::from_slice(ring.jwks_json()).unwrap();
        let kids: Vec<_> = jwks["keys"].as_array().unwrap().iter().map(|jwk| jwk["kid"].clone()).collect();
        assert_eq!(kids, [active.key.kid(), coming.key.kid(), retired.key.kid()]);
        assert!(!String::from_utf8_lossy(ring.jwks_json()).contains("\"d\""), "no private member");
        for ring_key in [&retired, &active, &coming] {
            assert!(ring.verifier(ring_key.key.kid(), SigningAlg::Es256).is_some());
        }
    }

    #[test]
    fn two_active_keys_of_a_family_are_refused() {
        let keys = vec![key(KeyFamily::Okp, KeyState::Active), key(KeyFamily::Okp, KeyState::Active)];
        assert_eq!(KeyRing::new(keys).err(), Some(RingError::TwoActive(KeyFamily::Okp)));
        let one = key(KeyFamily::Okp, KeyState::Active);
        let twice = vec![one.clone(), RingKey { state: KeyState::Retired, ..one }];
        assert!(matches!(KeyRing::new(twice), Err(RingError::Duplicate(_))));
    }

    #[test]
    fn the_tag_follows_the_keys() {
        let one = key(KeyFamily::Okp, KeyState::Active);
        let ring = KeyRing::new(vec![one.clone()]).unwrap();
        let same = KeyRing::new(vec![one.clone()]).unwrap();
        let more = KeyRing::new(vec![one, key(KeyFamily::Ec, KeyState::Active)]).unwrap();
        assert_eq!(ring.etag(), same.etag());
        assert_ne!(ring.etag(), more.etag());
        assert_ne!(ring.generation(), more.generation());
    }
}
