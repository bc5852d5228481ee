//! FLOOR 1: keys and what is done with them.
//!
//! What lives here: the master key and the sealing of database values, a tenant's signing keys and
//! the JWTs made with them (RFC 7515, 7517, 7518, 7519, 7638, 8037, 9068), the tenant's symmetric secrets
//! (codes, refresh tokens, CSRF tokens, pairwise subjects) and password hashing (RFC 9106).
//!
//! What does not: no database (`store` keeps the rows this folder seals), no decision about when a key is
//! rotated or how long a token lives (`domain`), no third party's key (`spec` reads those), no HTTP.
//!
//! The arithmetic is aws-lc-rs; josekit's signer and verifier traits are implemented on top of it (`jose`),
//! so that whatever JOSE structure josekit knows can be made with Portico's keys. Two things in aws-lc-rs
//! draw randomness by themselves, from the system and not from [`crate::kernel::Rng`]: the making of key
//! pairs, and the per-signature values of ECDSA and RSA-PSS. A seeded `Rng` cannot repeat those, by intent.

mod aead;
mod alg;
mod argon;
mod compact;
mod derive;
mod hash_pool;
mod jose;
mod jwk;
mod jwt;
mod lifetime;
mod master;
mod master_file;
mod password;
mod ring;
mod signing_key;
mod strict_json;
mod tenant_keys;
mod verified_cache;

#[cfg(test)]
mod attacks;

pub use aead::OpenError;
pub use alg::{KeyFamily, SigningAlg};
pub use argon::{HashParams, HashParamsError};
pub use compact::CompactJws;
pub use hash_pool::{HashLimits, HasherBusy};
pub use jose::{KeySigner, TYP_ACCESS_TOKEN, TYP_JWT, TYP_LOGOUT_TOKEN};
pub use jwt::{JwtError, sign, verify_own, verify_own_cached};
pub use lifetime::{Lifetime, LifetimeError};
pub use master::{MasterKey, Place, WrongMasterKey};
pub use master_file::MasterKeyError;
pub use password::{PasswordHasher, Verdict};
pub use ring::{KeyRing, KeyState, RingError, RingKey};
pub use signing_key::{KeyError, SigningKey};
pub use strict_json::{StrictJsonError, parse_object};
pub use tenant_keys::{TenantKeys, TenantSecret};
pub use verified_cache::VerifiedCache;
