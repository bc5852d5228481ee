//! A process of its own for tests that look at the process: its memory, its log, its time.

use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

const MARK: &str = "PORTICO_TEST_ALONE";

/// What a test wrote in the process it had to itself.
pub struct Run {
    /// Standard output.
    pub out: String,
    /// Standard error: the log.
    pub log: String,
}

/// Runs the test again in a process of its own and tells what it wrote; `None` in that process.
///
/// # Panics
/// When it fails there.
pub fn apart(module: &str, name: &str, environment: &[(&str, &str)]) -> Option<Run> {
    if std::env::var_os(MARK).is_some() {
        return None;
    }
    let module = module.split_once("::").map_or("", |(_, inside)| inside);
    let test = format!("{module}::{name}");
    let program = std::env::current_exe().expect("the test's own file");
    let run = Command::new(program)
        .args(["--exact", &test, "--nocapture", "--test-threads=1"])
        .env(MARK, "1")
        .envs(environment.iter().copied())
        .output()
        .expect("a process");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (out, log) = (text(&run.stdout), text(&run.stderr));
    assert!(run.status.success() && out.contains("1 passed"), "{test}\n{out}\n{log}");
    Some(Run { out, log })
}

/// Whether this is the process the test has to itself; if it is not, the test has run there by now.
pub fn alone(module: &str, name: &str) -> bool {
    apart(module, name, &[]).is_none()
}

/// Bytes of memory this process holds now.
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("VmRSS");
    line.trim().trim_end_matches(" kB").parse::<usize>().expect("a number") * 1024
}

/// Runs `work` and tells the most memory held meanwhile beyond what was held before, in bytes.
pub async fn growth<T>(work: impl Future<Output = T>) -> (T, usize) {
    let before = resident();
    let (most, done) = (Arc::new(AtomicUsize::new(before)), Arc::new(AtomicBool::new(false)));
    let (seen, over) = (most.clone(), done.clone());
    let watch = std::thread::spawn(move || {
        while !over.load(Ordering::Relaxed) {
            seen.fetch_max(resident(), Ordering::Relaxed);
            std::thread::sleep(std::time::Duration::from_millis(2));
        }
    });
    let value = work.await;
    done.store(true, Ordering::Relaxed);
    watch.join().expect("the watch");
    (value, most.load(Ordering::Relaxed).saturating_sub(before))
}
