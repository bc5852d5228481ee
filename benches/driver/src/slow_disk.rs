//! A disk that takes its time: a small library put before the C library that delays each flush. It shows whether
//! waiting writers share one flush, which a fast disk hides.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const SOURCE: &str = r"
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static void wait_a_little(void) {
    struct timespec time = { MICROS / 1000000, (MICROS % 1000000) * 1000L };
    nanosleep(&time, 0);
}
int fsync(int file) { wait_a_little(); return (int) syscall(SYS_fsync, file); }
int fdatasync(int file) { wait_a_little(); return (int) syscall(SYS_fdatasync, file); }
";

/// Compiles the library into `dir`; it goes into `LD_PRELOAD` of a server.
///
/// # Errors
/// The C compiler is missing or fails.
pub fn library(dir: &Path, delay_ms: f64) -> Result<PathBuf, String> {
    let (source, library) = (dir.join("slow_disk.c"), dir.join("slow_disk.so"));
    fs::write(&source, SOURCE).map_err(|e| format!("{}: {e}", source.display()))?;
    let micros = format!("-DMICROS={}", (delay_ms * 1e3) as u64);
    let output = Command::new("cc")
        .args(["-O1", "-shared", "-fPIC", &micros, "-o"])
        .arg(&library)
        .arg(&source)
        .output();
    let output = output.map_err(|e| format!("cc: {e}"))?;
    if output.status.success() {
        Ok(library)
    } else {
        Err(format!("cc: {}", String::from_utf8_lossy(&output.stderr)))
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;

    use super::*;

    /// Only run as a child of the test below, with the library before it.
    #[test]
    fn flush_once() {
        if let Some(path) = std::env::var_os("SLOW_DISK_FILE") {
            File::create(path).unwrap().sync_data().unwrap();
        }
    }

    #[test]
    fn a_flush_takes_its_time() {
        let dir = std::env::temp_dir().join(format!("portico-bench-slow-{}", std::process::id()));
        fs::create_dir_all(&dir).unwrap();
        let library = library(&dir, 300.0).unwrap();
        let begun = std::time::Instant::now();
        let status = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "slow_disk::tests::flush_once"])
            .env("LD_PRELOAD", library)
            .env("SLOW_DISK_FILE", dir.join("file"))
            .stdout(std::process::Stdio::null())
            .status();
        let took = begun.elapsed();
        fs::remove_dir_all(&dir).unwrap();
        assert!(status.unwrap().success());
        assert!(took.as_millis() >= 300, "{took:?}");
    }
}
