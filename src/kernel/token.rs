//! Opaque credentials on the wire: a typed prefix, the body, and a checksum.
//!
//! The prefix lets a secret scanner recognise a leaked one and keeps kinds from crossing; the
//! checksum refuses a mistyped or cut one before any look-up.

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::{Rng, Secret};

const CHECKSUM: usize = 4;

/// The kinds of opaque credential; each has its own prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TokenKind {
    /// An authorization code (RFC 6749 §4.1.2).
    Code,
    /// A refresh token (RFC 6749 §1.5).
    Refresh,
    /// An opaque access token (RFC 6749 §1.4).
    Access,
    /// A generated client secret (RFC 6749 §2.3.1).
    ClientSecret,
    /// The session cookie's value.
    Session,
    /// The cookie that ties unfinished sign-ins to one browser.
    Browser,
    /// A mark left on a device that has signed in before.
    Device,
    /// A one-time link (recovery of an administrator, password reset).
    Link,
}

/// Why a string is not a token of the expected kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a well-formed token of this kind")]
pub struct TokenError;

impl TokenKind {
    /// The prefix, underscore included.
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::Code => "ptc_",
            Self::Refresh => "ptr_",
            Self::Access => "pta_",
            Self::ClientSecret => "pts_",
            Self::Session => "ptz_",
            Self::Browser => "ptb_",
            Self::Device => "ptd_",
            Self::Link => "ptl_",
        }
    }

    /// Prints `body` as a token of this kind.
    pub fn encode(self, body: &[u8]) -> Secret {
        let mut bytes = Vec::with_capacity(body.len() + CHECKSUM);
        bytes.extend_from_slice(body);
        bytes.extend_from_slice(&self.checksum(body));
        let mut text = String::with_capacity(4 + bytes.len() * 4 / 3 + 4);
        text.push_str(self.prefix());
        URL_SAFE_NO_PAD.encode_string(&bytes, &mut text);
        Secret::new(text)
    }

    /// A fresh token of 256 random bits.
    pub fn random(self, rng: &Rng) -> Secret {
        self.encode(&rng.bytes::<32>())
    }

    /// The body of a token of this kind.
    ///
    /// # Errors
    /// When the prefix is another one, the text is not canonical base64url or the checksum differs.
    pub fn decode(self, text: &str) -> Result<Vec<u8>, TokenError> {
        let encoded = text.strip_prefix(self.prefix()).ok_or(TokenError)?;
        let mut bytes = URL_SAFE_NO_PAD.decode(encoded).map_err(|_| TokenError)?;
        let body_length = bytes.len().checked_sub(CHECKSUM).ok_or(TokenError)?;
        let checksum = bytes.split_off(body_length);
        if checksum != self.checksum(&bytes) {
            return Err(TokenError);
        }
        Ok(bytes)
    }

    fn checksum(self, body: &[u8]) -> [u8; CHECKSUM] {
        let mut context = digest::Context::new(&digest::SHA256);
        context.update(self.prefix().as_bytes());
        context.update(body);
        let mut sum = [0; CHECKSUM];
        for (to, from) in sum.iter_mut().zip(context.finish().as_ref()) {
            *to = *from;
        }
        sum
    }
}

/// SHA-256 of a token, in base64url: the only form of a random credential that is stored.
///
/// A fast hash is right here: the input has 256 random bits, so there is nothing to guess.
pub fn hash_token(token: &str) -> String {
    URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, token.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_round_trips_only_as_its_own_kind() {
        let token = TokenKind::Refresh.encode(b"some body");
        assert_eq!(TokenKind::Refresh.decode(token.expose()).as_deref(), Ok(&b"some body"[..]));
        assert_eq!(TokenKind::Code.decode(token.expose()), Err(TokenError));
    }

    #[test]
    fn a_032_every_small_change_is_refused() {
        let token = TokenKind::Session.random(&Rng::seeded(7));
        let text = token.expose();
        assert!(TokenKind::Session.decode(text).is_ok());
        assert!(TokenKind::Session.decode(&text[..text.len() - 1]).is_err());
        assert!(TokenKind::Session.decode(&format!("{text}A")).is_err());
        assert!(TokenKind::Session.decode(&text[4..]).is_err());
        for (at, byte) in text.bytes().enumerate() {
            let flipped =
                if byte.is_ascii_lowercase() { byte.to_ascii_uppercase() } else { byte.to_ascii_lowercase() };
            if flipped != byte {
                let mut bytes = text.as_bytes().to_vec();
                bytes[at] = flipped;
                assert!(TokenKind::Session.decode(std::str::from_utf8(&bytes).unwrap()).is_err());
            }
        }
    }
}
