//! Password hashing for requests: Argon2id off the async threads, bounded, and the same for everybody.
//!
//! A password is hashed as the bytes given: no folding, no cutting, NUL allowed (NIST SP 800-63B §3.1.1.2
//! permits normalising but then a change of Unicode's tables could lock people out). Who calls judges
//! lengths.

use super::argon::{HashParams, HashParamsError, Hasher};
use super::hash_pool::{HashLimits, HasherBusy, Pool};
use crate::kernel::{Rng, Secret};

/// What a check found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Whether the password is the right one.
    pub matches: bool,
    /// Whether it matches a hash of other costs than today's, which should now be replaced.
    pub needs_rehash: bool,
}

/// Hashes and checks passwords.
#[derive(Debug)]
pub struct PasswordHasher {
    hasher: Hasher,
    pool: Pool,
}

impl PasswordHasher {
    /// A hasher with today's costs.
    ///
    /// # Errors
    /// [`HashParamsError`] when the costs are out of bounds.
    pub fn new(params: HashParams, limits: HashLimits) -> Result<Self, HashParamsError> {
        Ok(Self { hasher: Hasher::new(params)?, pool: Pool::new(limits) })
    }

    /// The PHC string to store for a new password, with a fresh salt of 16 bytes.
    ///
    /// # Errors
    /// [`HasherBusy`] when too many are waiting.
    pub async fn hash(&self, password: Secret, rng: &Rng) -> Result<String, HasherBusy> {
        let (hasher, salt) = (self.hasher.clone(), rng.bytes());
        self.pool.run(move |memory| hasher.hash(password.expose().as_bytes(), &salt, memory)).await
    }

    /// Whether `password` is the one behind `stored`. For an unknown user give `None`: the same work is
    /// done, and the answer is no.
    ///
    /// # Errors
    /// [`HasherBusy`] when too many are waiting.
    pub async fn verify(&self, password: Secret, stored: Option<&str>) -> Result<Verdict, HasherBusy> {
        let (hasher, stored) = (self.hasher.clone(), stored.map(str::to_owned));
        self.pool
            .run(move |memory| hasher.verify(password.expose().as_bytes(), stored.as_deref(), memory))
            .await
    }

    /// As [`Self::hash`], on the calling thread and without a queue: for the command line.
    pub fn hash_blocking(&self, password: &Secret, rng: &Rng) -> String {
        self.hasher.hash(password.expose().as_bytes(), &rng.bytes(), &mut Vec::new())
    }

    /// How many calls wait for their turn now, for the metrics.
    pub fn waiting(&self) -> usize {
        self.pool.waiting()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_password_is_hashed_and_recognised() {
        let params = HashParams { memory_kib: 64, iterations: 1, parallelism: 1 };
        let limits = HashLimits { max_parallel: 0, queue_length: 4, queue_wait: Duration::from_secs(60) };
        let hasher = PasswordHasher::new(params, limits).unwrap();
        let rng = Rng::seeded(1);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let stored = hasher.hash(Secret::new("hunter2"), &rng).await.unwrap();
            assert!(stored.starts_with("$argon2id$v=19$m=64,t=1,p=1$"), "{stored}");
            assert_ne!(stored, hasher.hash(Secret::new("hunter2"), &rng).await.unwrap(), "fresh salt");
            assert_ne!(stored, hasher.hash_blocking(&Secret::new("hunter2"), &rng));
            let right = hasher.verify(Secret::new("hunter2"), Some(&stored)).await.unwrap();
            assert_eq!(right, Verdict { matches: true, needs_rehash: false });
            assert!(!hasher.verify(Secret::new("Hunter2"), Some(&stored)).await.unwrap().matches);
            assert!(!hasher.verify(Secret::new("hunter2"), None).await.unwrap().matches);
        });
    }

    /// The work is the same, so the times are: interleaved, by their medians, and tried again when the
    /// machine was busy.
    #[test]
    fn a_069_an_unknown_name_takes_as_long_as_a_wrong_password() {
        let params = HashParams { memory_kib: 4096, iterations: 2, parallelism: 1 };
        let limits = HashLimits { max_parallel: 1, queue_length: 4, queue_wait: Duration::from_secs(60) };
        let hasher = PasswordHasher::new(params, limits).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let stored = hasher.hash_blocking(&Secret::new("right"), &Rng::seeded(1));
        let ratio = || {
            let (mut known, mut unknown) = (Vec::new(), Vec::new());
            for _ in 0..41 {
                for (hash, times) in [(Some(stored.as_str()), &mut known), (None, &mut unknown)] {
                    #[expect(clippy::disallowed_methods, reason = "a stopwatch of a test")]
                    let began = std::time::Instant::now();
                    let verdict = runtime.block_on(hasher.verify(Secret::new("wrong"), hash)).unwrap();
                    times.push(began.elapsed());
                    assert!(!verdict.matches);
                }
            }
            known.sort();
            unknown.sort();
            known[20].as_secs_f64() / unknown[20].as_secs_f64()
        };
        let ratios: Vec<f64> = (0..5).map(|_| ratio()).collect();
        assert!(ratios.iter().any(|ratio| (0.9..1.1).contains(ratio)), "{ratios:?}");
    }
}
