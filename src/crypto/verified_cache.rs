//! Remembers tokens whose signature was found good.

use aws_lc_rs::digest;
use quick_cache::sync::Cache;

use super::ring::KeyRing;

/// A bounded memory of verified tokens, shared by all tenants. It knows only that a signature was good
/// under one exact set of keys: whether the token has expired or been revoked is asked anew each time.
pub struct VerifiedCache(Cache<[u8; 32], ()>);

impl VerifiedCache {
    /// Room for `tokens`; each takes about 70 bytes.
    pub fn new(tokens: usize) -> Self {
        Self(Cache::new(tokens))
    }

    /// What stands for `token` here: a hash over it and the ring's keys. A ring that lost a key has another
    /// generation, so nothing verified before counts any more.
    pub(super) fn mark(ring: &KeyRing, token: &str) -> [u8; 32] {
        let mut context = digest::Context::new(&digest::SHA256);
        context.update(ring.generation());
        context.update(token.as_bytes());
        let mut mark = [0; 32];
        mark.iter_mut().zip(context.finish().as_ref()).for_each(|(to, from)| *to = *from);
        mark
    }

    pub(super) fn contains(&self, mark: &[u8; 32]) -> bool {
        self.0.get(mark).is_some()
    }

    pub(super) fn insert(&self, mark: [u8; 32]) {
        self.0.insert(mark, ());
    }

    /// Remembers a token that was signed here just now, so that its signature need not be computed again.
    pub fn remember(&self, ring: &KeyRing, token: &str) {
        self.insert(Self::mark(ring, token));
    }

    /// How many tokens are remembered.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl std::fmt::Debug for VerifiedCache {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "VerifiedCache({} tokens)", self.len())
    }
}
