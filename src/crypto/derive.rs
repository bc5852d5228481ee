//! One secret, many purposes: HKDF-SHA256 (RFC 5869).

use aws_lc_rs::hkdf;
use zeroize::Zeroizing;

/// The 256-bit key for one purpose. Keys of different `salt` or `purpose` say nothing about each other.
#[expect(clippy::expect_used, reason = "HKDF-SHA256 refuses only outputs over 8,160 bytes; this one has 32")]
pub(super) fn subkey(secret: &[u8], salt: &[u8], purpose: &str) -> Zeroizing<[u8; 32]> {
    let mut key = Zeroizing::new([0; 32]);
    hkdf::Salt::new(hkdf::HKDF_SHA256, salt)
        .extract(secret)
        .expand(&[purpose.as_bytes()], hkdf::HKDF_SHA256)
        .and_then(|okm| okm.fill(key.as_mut_slice()))
        .expect("32 bytes are within HKDF's bounds");
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn purposes_and_salts_separate_keys() {
        let a = subkey(b"secret", b"salt", "a");
        assert_eq!(a, subkey(b"secret", b"salt", "a"));
        assert_ne!(a, subkey(b"secret", b"salt", "b"));
        assert_ne!(a, subkey(b"secret", b"tlas", "a"));
        assert_ne!(a, subkey(b"tercet", b"salt", "a"));
    }
}
