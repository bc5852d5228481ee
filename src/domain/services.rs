//! What every domain function may lean on; built once by `app`.

use std::sync::Arc;

use super::tenants::Registry;
use crate::config::{Limits, Login, Passwords, Sessions, Tokens};
use crate::crypto::{MasterKey, PasswordHasher, VerifiedCache};
use crate::kernel::{Clock, Rng};
use crate::store::Db;

/// The settings that domain rules read.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// Lifetimes and algorithms of tokens.
    pub tokens: Tokens,
    /// Limits of sessions and of unfinished sign-ins.
    pub sessions: Sessions,
    /// Rules for passwords.
    pub passwords: Passwords,
    /// Limits on failed sign-ins.
    pub login: Login,
    /// Limits on requests.
    pub limits: Limits,
    /// Bits of a new RSA key.
    pub rsa_bits: u32,
}

/// The floor below, ready for use.
pub struct Services {
    /// The database.
    pub db: Db,
    /// The key that seals secrets at rest.
    pub master: Arc<MasterKey>,
    /// Checks and makes password hashes.
    pub hasher: PasswordHasher,
    /// Tenants and clients, kept in memory with exact invalidation.
    pub registry: Registry,
    /// Own tokens whose signature was already checked.
    pub verified: VerifiedCache,
    /// Where "now" comes from.
    pub clock: Clock,
    /// Where randomness comes from.
    pub rng: Rng,
    /// The rules' numbers.
    pub settings: Settings,
}
