//! Proof Key for Code Exchange (RFC 7636), S256 only.

use aws_lc_rs::{constant_time, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

fn unreserved(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'~'))
}

/// Whether a text can be an S256 `code_challenge`: the base64url of 32 bytes (§4.2).
pub fn is_challenge(text: &str) -> bool {
    text.len() == 43 && URL_SAFE_NO_PAD.decode(text).is_ok_and(|bytes| bytes.len() == 32)
}

/// Whether a text can be a `code_verifier`: 43 to 128 unreserved characters (§4.1).
pub fn is_verifier(text: &str) -> bool {
    (43..=128).contains(&text.len()) && unreserved(text)
}

/// Whether `verifier` answers `challenge` (§4.6).
pub fn answers(verifier: &str, challenge: &str) -> bool {
    let computed = URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, verifier.as_bytes()));
    is_verifier(verifier)
        && constant_time::verify_slices_are_equal(computed.as_bytes(), challenge.as_bytes()).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    #[test]
    fn the_rfc_s_own_example_holds() {
        assert!(answers(VERIFIER, CHALLENGE));
        assert!(!answers(CHALLENGE, CHALLENGE));
        assert!(!answers("", CHALLENGE));
    }

    #[test]
    fn a_024_other_shapes_are_no_challenge() {
        assert!(is_challenge(CHALLENGE));
        for bad in [&CHALLENGE[1..], &format!("{CHALLENGE}="), &"a".repeat(129), &CHALLENGE.replace('-', "+")]
        {
            assert!(!is_challenge(bad), "{bad}");
        }
    }
}
