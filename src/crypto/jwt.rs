//! Portico's own JWTs: signing, and recognising them again (RFC 7519, RFC 8725).

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::alg::SigningAlg;
use super::compact::CompactJws;
use super::ring::KeyRing;
use super::signing_key::KeyError;
use super::verified_cache::VerifiedCache;

/// The longest token of our own that is looked at, in bytes.
const LONGEST: usize = 16 * 1024;

/// Why a JWT was not made or not accepted. The texts are for the log; a client is told `invalid_token`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JwtError {
    /// Longer than allowed.
    #[error("the token is too long")]
    TooLong,
    /// Not three parts.
    #[error("not a JWS in compact form")]
    Shape,
    /// A part is not canonical base64url.
    #[error("a part is not canonical base64url")]
    Encoding,
    /// The header is not an unambiguous JSON object with textual members.
    #[error("the header is not acceptable JSON")]
    Header,
    /// The header has `crit` or `b64`.
    #[error("the header asks for an extension")]
    Critical,
    /// `alg` is not one Portico signs with, or not one for the named key.
    #[error("the algorithm is not acceptable")]
    Algorithm,
    /// `kid` is missing or names no key of this tenant.
    #[error("the key is not one of this tenant's")]
    UnknownKey,
    /// `typ` is another one: a token of another kind (RFC 8725 §3.11).
    #[error("the token is of another type")]
    Type,
    /// The signature is not the key's.
    #[error("the signature is wrong")]
    Signature,
    /// The claims are not an unambiguous JSON object of the expected form.
    #[error("the claims are not acceptable JSON of the expected form")]
    Claims,
    /// The tenant has no active key for this algorithm.
    #[error("no active key signs {0}")]
    NoKey(SigningAlg),
    /// The claims could not be written as JSON.
    #[error("the claims cannot be written as JSON")]
    Unwritable,
    /// The key failed.
    #[error(transparent)]
    Key(#[from] KeyError),
}

/// Signs `claims` with the tenant's active key for `alg`.
///
/// # Errors
/// [`JwtError::NoKey`] when the tenant has none; [`JwtError::Unwritable`] or [`JwtError::Key`] on a fault.
pub fn sign<T: Serialize + ?Sized>(
    ring: &KeyRing,
    alg: SigningAlg,
    typ: &str,
    claims: &T,
) -> Result<String, JwtError> {
    let signer = ring.signer(alg).ok_or(JwtError::NoKey(alg))?;
    let mut payload = Vec::with_capacity(512);
    serde_json::to_writer(&mut payload, claims).map_err(|_| JwtError::Unwritable)?;
    Ok(signer.compact(typ, &payload)?)
}

/// The claims of a token this tenant signed as `typ`. Time is not judged: see [`super::Lifetime`].
///
/// # Errors
/// [`JwtError`] for everything that is not such a token.
pub fn verify_own<T: DeserializeOwned>(ring: &KeyRing, token: &str, typ: &str) -> Result<T, JwtError> {
    verify(ring, token, typ, None)
}

/// As [`verify_own`], remembering good signatures so that a token seen again is not computed again.
///
/// # Errors
/// As [`verify_own`].
pub fn verify_own_cached<T: DeserializeOwned>(
    ring: &KeyRing,
    token: &str,
    typ: &str,
    cache: &VerifiedCache,
) -> Result<T, JwtError> {
    verify(ring, token, typ, Some(cache))
}

fn verify<T: DeserializeOwned>(
    ring: &KeyRing,
    token: &str,
    typ: &str,
    cache: Option<&VerifiedCache>,
) -> Result<T, JwtError> {
    let jws = CompactJws::parse(token, LONGEST)?;
    let alg = SigningAlg::parse(jws.alg()).ok_or(JwtError::Algorithm)?;
    if jws.typ() != Some(typ) {
        return Err(JwtError::Type);
    }
    let kid = jws.kid().ok_or(JwtError::UnknownKey)?;
    let signer = ring.verifier(kid, alg).ok_or(JwtError::UnknownKey)?;
    let seen = cache.map(|cache| (cache, VerifiedCache::mark(ring, token)));
    if !seen.as_ref().is_some_and(|(cache, mark)| cache.contains(mark)) {
        if !signer.key().verify(alg, jws.signing_input().as_bytes(), jws.signature()) {
            return Err(JwtError::Signature);
        }
        if let Some((cache, mark)) = seen {
            cache.insert(mark);
        }
    }
    jws.claims()
}
