//! Argon2id (RFC 9106) in memory that is handed in, so that it can be used again.

use std::fmt;

use argon2::password_hash::PasswordHash;
use argon2::{Algorithm, Argon2, Block, Params, Version};
use aws_lc_rs::constant_time::verify_slices_are_equal;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use zeroize::Zeroizing;

use super::password::Verdict;

const OUTPUT: usize = 32;
/// Imported hashes that ask for more than this are not computed: 1 GiB of memory, 64 passes.
const MOST_MEMORY_KIB: u32 = 1 << 20;
const MOST_ITERATIONS: u32 = 64;
/// Blocks (of 1 KiB) to reserve at least. glibc keeps freed memory of up to 32 MiB for itself; larger
/// reservations are mapped, and go back to the system when a worker ends. Pages not touched cost nothing.
const MAPPED_BLOCKS: usize = 33 * 1024;

/// The cost of a password hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HashParams {
    /// Memory in KiB.
    pub memory_kib: u32,
    /// Passes over the memory.
    pub iterations: u32,
    /// Lanes; they are computed one after the other.
    pub parallelism: u32,
}

/// The cost parameters are outside Argon2's bounds, or Portico's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "password hashing takes 8 KiB for each lane to 1 GiB of memory, 1 to 64 iterations and 1 to 255 lanes"
)]
pub struct HashParamsError;

/// Argon2id with checked parameters.
#[derive(Clone)]
pub(super) struct Hasher {
    argon: Argon2<'static>,
}

impl Hasher {
    pub(super) fn new(params: HashParams) -> Result<Self, HashParamsError> {
        let HashParams { memory_kib, iterations, parallelism } = params;
        if memory_kib > MOST_MEMORY_KIB || iterations > MOST_ITERATIONS || parallelism > 255 {
            return Err(HashParamsError);
        }
        let params = Params::new(memory_kib, iterations, parallelism, Some(OUTPUT));
        let params = params.map_err(|_| HashParamsError)?;
        Ok(Self { argon: Argon2::new(Algorithm::Argon2id, Version::V0x13, params) })
    }

    /// The PHC string of `password` with `salt`.
    pub(super) fn hash(&self, password: &[u8], salt: &[u8; 16], memory: &mut Vec<Block>) -> String {
        let params = self.argon.params();
        let output = compute(&self.argon, password, salt, OUTPUT, memory);
        format!(
            "$argon2id$v=19$m={},t={},p={}${}${}",
            params.m_cost(),
            params.t_cost(),
            params.p_cost(),
            STANDARD_NO_PAD.encode(salt),
            STANDARD_NO_PAD.encode(output.as_slice()),
        )
    }

    /// Whether `password` is the one `stored` was made from. Without a usable `stored` the answer is no,
    /// after the same work.
    pub(super) fn verify(&self, password: &[u8], stored: Option<&str>, memory: &mut Vec<Block>) -> Verdict {
        let Some(stored) = stored.and_then(Stored::read) else {
            let output = compute(&self.argon, password, &[0; 16], OUTPUT, memory);
            // Never equal, and the compiler may not know.
            let matches = verify_slices_are_equal(&output, &[]).is_ok();
            return Verdict { matches, needs_rehash: false };
        };
        let output = compute(&stored.argon, password, &stored.salt, stored.output.len(), memory);
        let matches = verify_slices_are_equal(&output, &stored.output).is_ok();
        Verdict { matches, needs_rehash: matches && !self.is_current(&stored) }
    }

    fn is_current(&self, stored: &Stored) -> bool {
        let cost = |params: &Params| (params.m_cost(), params.t_cost(), params.p_cost());
        stored.modern
            && cost(stored.argon.params()) == cost(self.argon.params())
            && stored.output.len() == OUTPUT
            && stored.salt.len() >= 16
    }
}

impl fmt::Debug for Hasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let params = self.argon.params();
        write!(f, "argon2id(m={} KiB, t={}, p={})", params.m_cost(), params.t_cost(), params.p_cost())
    }
}

/// A stored hash, taken apart.
struct Stored {
    argon: Argon2<'static>,
    salt: Vec<u8>,
    output: Vec<u8>,
    modern: bool,
}

impl Stored {
    /// Reads a PHC string of the Argon2 family; `None` for others and for absurd costs.
    fn read(text: &str) -> Option<Self> {
        let hash = PasswordHash::new(text).ok()?;
        let algorithm = Algorithm::try_from(hash.algorithm).ok()?;
        // Strings from before version 19 do not name one.
        let version = hash.version.map_or(Ok(Version::V0x10), Version::try_from).ok()?;
        let params = Params::try_from(&hash).ok()?;
        if params.m_cost() > MOST_MEMORY_KIB || params.t_cost() > MOST_ITERATIONS || params.p_cost() > 255 {
            return None;
        }
        let mut buffer = [0; 64];
        let salt = hash.salt?.decode_b64(&mut buffer).ok()?.to_vec();
        let output = hash.hash?.as_bytes().to_vec();
        if salt.len() < argon2::MIN_SALT_LEN || output.len() < 16 {
            return None;
        }
        let modern = algorithm == Algorithm::Argon2id && version == Version::V0x13;
        Some(Self { argon: Argon2::new(algorithm, version, params), salt, output, modern })
    }
}

/// Runs Argon2 in `memory`, which grows as needed and is not cleared: the first pass writes every block
/// before it reads it.
#[expect(
    clippy::expect_used,
    reason = "parameters, salt and lengths were checked, and no request brings a password of 4 GiB"
)]
fn compute(
    argon: &Argon2<'_>,
    password: &[u8],
    salt: &[u8],
    length: usize,
    memory: &mut Vec<Block>,
) -> Zeroizing<Vec<u8>> {
    let blocks = argon.params().block_count();
    if memory.len() < blocks {
        // A fresh allocation, because growing would copy the old content.
        *memory = Vec::with_capacity(blocks.max(MAPPED_BLOCKS));
        memory.resize(blocks, Block::new());
    }
    let mut output = Zeroizing::new(vec![0; length]);
    argon
        .hash_password_into_with_memory(password, salt, &mut output, memory)
        .expect("checked parameters are accepted");
    output
}

#[cfg(test)]
mod tests {
    use argon2::password_hash::PasswordVerifier as _;

    use super::*;

    const CHEAP: HashParams = HashParams { memory_kib: 64, iterations: 2, parallelism: 1 };

    fn hasher(params: HashParams) -> Hasher {
        Hasher::new(params).unwrap()
    }

    #[test]
    fn the_crate_accepts_our_string_whatever_the_memory_held_before() {
        let mut memory = Vec::new();
        for parallelism in [1, 2] {
            let hasher = hasher(HashParams { parallelism, ..CHEAP });
            hasher.hash(b"first, to leave traces", &[9; 16], &mut memory);
            for password in ["correct horse", "with\0nul", "пароль 🐎", ""] {
                let stored = hasher.hash(password.as_bytes(), &[1; 16], &mut memory);
                let parsed = PasswordHash::new(&stored).unwrap();
                assert!(Argon2::default().verify_password(password.as_bytes(), &parsed).is_ok(), "{stored}");
                let verdict = hasher.verify(password.as_bytes(), Some(&stored), &mut memory);
                assert_eq!(verdict, Verdict { matches: true, needs_rehash: false });
            }
        }
    }

    #[test]
    fn nothing_is_cut_off_a_password() {
        let (hasher, mut memory) = (hasher(CHEAP), Vec::new());
        let long = "a".repeat(5_000);
        let stored = hasher.hash(long.as_bytes(), &[1; 16], &mut memory);
        let verdict = |text: &str, memory: &mut _| hasher.verify(text.as_bytes(), Some(&stored), memory);
        assert!(verdict(&long, &mut memory).matches);
        assert!(!verdict(&long[1..], &mut memory).matches);
        assert!(!verdict(&format!("{long}\0"), &mut memory).matches);
    }

    #[test]
    fn other_costs_and_variants_verify_and_ask_for_a_new_hash() {
        let (current, mut memory) = (hasher(CHEAP), Vec::new());
        let older = hasher(HashParams { memory_kib: 32, ..CHEAP }).hash(b"pw", &[1; 16], &mut memory);
        assert_eq!(
            current.verify(b"pw", Some(&older), &mut memory),
            Verdict { matches: true, needs_rehash: true }
        );
        assert!(!current.verify(b"no", Some(&older), &mut memory).needs_rehash);
        // From the test vectors of the reference implementation (argon2i, version 16, m=2^8, t=2, p=1).
        let ancient = "$argon2i$m=256,t=2,p=1$c29tZXNhbHQ$/U3YPXYsSb3q9XxHvc0MLxur+GP960kN9j7emXX8zwY";
        let verdict = current.verify(b"password", Some(ancient), &mut memory);
        assert_eq!(verdict, Verdict { matches: true, needs_rehash: true });
    }

    #[test]
    fn a_068_what_cannot_be_checked_is_no_match_and_costs_the_same_work() {
        let (hasher, mut memory) = (hasher(CHEAP), Vec::new());
        for stored in
            [None, Some(""), Some("x"), Some("$2b$12$abc"), Some("$argon2id$v=19$m=64,t=2,p=1$AAAA")]
        {
            memory.clear();
            let verdict = hasher.verify(b"", stored, &mut memory);
            assert_eq!(verdict, Verdict { matches: false, needs_rehash: false });
            assert_eq!(memory.len(), 64, "the hash was computed for {stored:?}");
        }
        let greedy = "$argon2id$v=19$m=4194304,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA";
        assert!(!hasher.verify(b"", Some(greedy), &mut memory).matches);
        assert_eq!(memory.len(), 64, "an absurd cost is not paid");
    }

    #[test]
    fn absurd_parameters_are_refused_at_start() {
        for bad in
            [(7, 1, 1), (64, 0, 1), (64, 1, 0), (64, 65, 1), (2 << 20, 1, 1), (8, 1, 2), (1 << 20, 1, 256)]
        {
            let (memory_kib, iterations, parallelism) = bad;
            let params = HashParams { memory_kib, iterations, parallelism };
            assert_eq!(Hasher::new(params).err(), Some(HashParamsError), "{bad:?}");
        }
    }
}
