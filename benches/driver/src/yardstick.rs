//! Costs of this machine that explain the figures: a bare Argon2id hash, a flush to the disk.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::time::Instant;

use argon2::{Algorithm, Argon2, Block, Params, Version};

use crate::cpu::Reading;
use crate::stats::median;

/// Argon2id with given parameters on memory that is allocated once: the floor of a password login.
pub struct Hash {
    argon2: Argon2<'static>,
    memory: Vec<Block>,
    /// `m=…,t=…,p=…`, memory in KiB.
    pub parameters: String,
}

impl Hash {
    /// The parameters of a stored hash, or 46 MiB, one pass, one lane without one.
    ///
    /// # Errors
    /// Parameters Argon2 refuses.
    pub fn like(stored: Option<&str>) -> Result<Self, String> {
        let parameters = stored.and_then(|phc| phc.split('$').find(|part| part.starts_with("m=")));
        let parameters = parameters.unwrap_or("m=47104,t=1,p=1").to_owned();
        let number = |name: &str| {
            let found = parameters.split(',').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
            found.and_then(|text| text.parse::<u32>().ok()).ok_or_else(|| format!("{name} in {parameters:?}"))
        };
        let params =
            Params::new(number("m")?, number("t")?, number("p")?, Some(32)).map_err(|e| e.to_string())?;
        let memory = vec![Block::default(); params.block_count()];
        Ok(Self { argon2: Argon2::new(Algorithm::Argon2id, Version::V0x13, params), memory, parameters })
    }

    /// CPU milliseconds of one hash: the median of nine after one that touches the memory.
    pub fn cost_ms(&mut self) -> f64 {
        let (me, mut out) = (std::process::id(), [0u8; 32]);
        let mut once = || {
            let before = Reading::take(me);
            let hashed = self.argon2.hash_password_into_with_memory(
                b"correct horse",
                b"sixteen byte salt",
                &mut out,
                &mut self.memory,
            );
            let spent = Reading::take(me).since(&before) as f64 / 1e6;
            hashed.map_or(f64::NAN, |()| spent)
        };
        once();
        median((0..9).map(|_| once()))
    }
}

/// Milliseconds of wall time to append 4 KiB to a file in `dir` and flush it: the median of 200.
///
/// # Errors
/// The directory cannot be written.
pub fn flush_ms(dir: &Path) -> Result<f64, String> {
    let path = dir.join("flush");
    let mut file = File::create(&path).map_err(|e| format!("{}: {e}", path.display()))?;
    let mut times = Vec::new();
    for _ in 0..200 {
        let begun = Instant::now();
        file.write_all(&[7; 4096])
            .and_then(|()| file.sync_data())
            .map_err(|e| format!("{}: {e}", path.display()))?;
        times.push(begun.elapsed().as_secs_f64() * 1e3);
    }
    fs::remove_file(&path).map_err(|e| e.to_string())?;
    Ok(median(times))
}

/// The processor's name and the number of cores seen.
pub fn machine() -> String {
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(':'))
        .map(|(_, name)| name.trim());
    let cores = info.lines().filter(|line| line.starts_with("processor")).count();
    format!("{} cores, {}", cores, model.unwrap_or("unknown processor"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_come_from_a_stored_hash() {
        let mut hash = Hash::like(Some("$argon2id$v=19$m=64,t=2,p=1$c2FsdA$aGFzaA")).unwrap();
        assert_eq!(hash.parameters, "m=64,t=2,p=1");
        assert!(hash.cost_ms() >= 0.0);
        assert!(Hash::like(Some("$argon2id$m=1,t=0,p=1$")).is_err());
    }
}
