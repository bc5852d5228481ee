//! Authenticated encryption with a fixed layout: version byte, 12-byte nonce, ciphertext, 16-byte tag.

use aws_lc_rs::aead::{AES_256_GCM, AES_256_GCM_SIV, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};

use crate::kernel::{Rng, SecretBytes};

const TAG: usize = 16;

/// Why a sealed value did not open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// Shorter than the shortest sealed value: cut, or never sealed.
    #[error("the sealed value is cut short")]
    Short,
    /// Another layout than this build knows.
    #[error("the sealed value has the unknown version {0}")]
    Version(u8),
    /// Altered, moved from another row, or sealed with another key. Which one cannot be told.
    #[error("the sealed value does not open with this key in this place")]
    Refused,
}

/// A key with its algorithm and version byte.
pub(super) struct Aead {
    key: LessSafeKey,
    version: u8,
}

impl Aead {
    /// AES-256-GCM (NIST SP 800-38D), for values at rest. Nonces are random, so one key should seal fewer
    /// than 2^32 values: no installation has that many secrets.
    pub(super) fn at_rest(key: &[u8; 32]) -> Self {
        Self { key: unbound(&AES_256_GCM, key), version: 1 }
    }

    /// AES-256-GCM-SIV (RFC 8452), for values sealed on every request: a busy tenant passes 2^32 codes
    /// within months, and here a repeated random nonce gives nothing away.
    pub(super) fn in_transit(key: &[u8; 32]) -> Self {
        Self { key: unbound(&AES_256_GCM_SIV, key), version: 2 }
    }

    #[expect(clippy::expect_used, reason = "refused only over 64 GiB, which does not fit in memory here")]
    pub(super) fn seal(&self, bound_to: &[u8], plain: &[u8], rng: &Rng) -> Vec<u8> {
        let nonce: [u8; NONCE_LEN] = rng.bytes();
        let mut sealed = Vec::with_capacity(1 + NONCE_LEN + plain.len() + TAG);
        sealed.push(self.version);
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(plain);
        let (_, body) = sealed.split_at_mut(1 + NONCE_LEN);
        let tag = self
            .key
            .seal_in_place_separate_tag(Nonce::assume_unique_for_key(nonce), Aad::from(bound_to), body)
            .expect("the plaintext is far below the algorithm's limit");
        sealed.extend_from_slice(tag.as_ref());
        sealed
    }

    pub(super) fn open(&self, bound_to: &[u8], sealed: &[u8]) -> Result<SecretBytes, OpenError> {
        let (version, rest) = sealed.split_first().ok_or(OpenError::Short)?;
        if *version != self.version {
            return Err(OpenError::Version(*version));
        }
        let (nonce, body) = rest.split_at_checked(NONCE_LEN).ok_or(OpenError::Short)?;
        let plain_length = body.len().checked_sub(TAG).ok_or(OpenError::Short)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| OpenError::Short)?;
        let mut plain = body.to_vec();
        self.key.open_in_place(nonce, Aad::from(bound_to), &mut plain).map_err(|_| OpenError::Refused)?;
        plain.truncate(plain_length);
        Ok(SecretBytes::new(plain))
    }
}

#[expect(clippy::expect_used, reason = "refused only for another length; the type says 32 bytes")]
fn unbound(algorithm: &'static aws_lc_rs::aead::Algorithm, key: &[u8; 32]) -> LessSafeKey {
    LessSafeKey::new(UnboundKey::new(algorithm, key).expect("AES-256 takes 32 bytes"))
}

/// Joins parts so that no two lists of parts give the same bytes: each is preceded by its length.
pub(super) fn bind(parts: &[&[u8]]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(parts.iter().map(|part| part.len() + 8).sum());
    for part in parts {
        bytes.extend_from_slice(&(part.len() as u64).to_be_bytes());
        bytes.extend_from_slice(part);
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_changed_byte_is_refused() {
        for aead in [Aead::at_rest(&[7; 32]), Aead::in_transit(&[7; 32])] {
            let rng = Rng::seeded(1);
            let sealed = aead.seal(b"place", b"plain", &rng);
            assert_eq!(aead.open(b"place", &sealed).unwrap().expose(), b"plain");
            assert_ne!(sealed, aead.seal(b"place", b"plain", &rng), "nonces are fresh");
            assert_eq!(aead.open(b"elsewhere", &sealed), Err(OpenError::Refused));
            for at in 0..sealed.len() {
                let mut changed = sealed.clone();
                changed[at] ^= 1;
                assert!(aead.open(b"place", &changed).is_err(), "byte {at}");
                assert!(aead.open(b"place", &sealed[..at]).is_err(), "cut at {at}");
            }
        }
    }

    #[test]
    fn an_empty_value_seals_and_opens() {
        let aead = Aead::at_rest(&[1; 32]);
        let sealed = aead.seal(b"", b"", &Rng::seeded(1));
        assert_eq!(aead.open(b"", &sealed).unwrap().expose(), b"");
    }

    #[test]
    fn parts_cannot_slide_into_each_other() {
        assert_ne!(bind(&[b"ab", b"c"]), bind(&[b"a", b"bc"]));
        assert_ne!(bind(&[b"a"]), bind(&[b"a", b""]));
    }
}
