//! Randomness as a value: the one place that reads the operating system's source.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use rand::rngs::{OsRng, StdRng};
use rand::{RngCore, SeedableRng, TryRngCore};

/// Where random bytes come from: the operating system in production, a seed in tests.
#[derive(Clone)]
pub struct Rng(Source);

#[derive(Clone)]
enum Source {
    System,
    Seeded(Arc<Mutex<StdRng>>),
}

impl Rng {
    /// The operating system's generator.
    pub const fn system() -> Self {
        Self(Source::System)
    }

    /// A repeatable generator for tests; clones continue the same sequence.
    pub fn seeded(seed: u64) -> Self {
        Self(Source::Seeded(Arc::new(Mutex::new(StdRng::seed_from_u64(seed)))))
    }

    /// Fills `bytes` with random values.
    ///
    /// # Panics
    /// When the operating system has no randomness to give: nothing secret may be made then, so the
    /// request ends with 500 instead of a guessable value.
    pub fn fill(&self, bytes: &mut [u8]) {
        match &self.0 {
            #[expect(clippy::expect_used, reason = "no secret may be issued without randomness (R-45)")]
            Source::System => OsRng.try_fill_bytes(bytes).expect("the system's random source failed"),
            Source::Seeded(rng) => rng.lock().unwrap_or_else(PoisonError::into_inner).fill_bytes(bytes),
        }
    }

    /// `N` random bytes.
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.fill(&mut bytes);
        bytes
    }
}

impl fmt::Debug for Rng {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Source::System => "Rng(system)",
            Source::Seeded(_) => "Rng(seeded)",
        })
    }
}
