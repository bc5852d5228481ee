//! What a process tree has used, read from procfs: CPU in nanoseconds and resident memory.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

/// Nanoseconds in one tick of `/proc/PID/stat`: USER_HZ is 100 on every Linux worth measuring.
const TICK_NS: u64 = 10_000_000;

/// A reading of a process tree's CPU clocks.
#[derive(Debug, Default)]
pub struct Reading {
    /// Time on a CPU by thread, from schedstat.
    threads: HashMap<u32, u64>,
    /// The same for the whole tree with the threads that have ended, but only to the tick.
    ticks: u64,
}

impl Reading {
    /// Reads the clocks of `root` and of everything it started.
    pub fn take(root: u32) -> Self {
        let mut reading = Self::default();
        for pid in tree(root) {
            reading.ticks += stat_ticks(pid).unwrap_or(0);
            for tid in numbers_in(&format!("/proc/{pid}/task")) {
                let used = fs::read_to_string(format!("/proc/{pid}/task/{tid}/schedstat"));
                let used = used.ok().and_then(|text| text.split(' ').next()?.parse().ok());
                reading.threads.insert(tid, used.unwrap_or(0));
            }
        }
        reading
    }

    /// CPU nanoseconds since `earlier`: exact while every thread of then is still there, and to the tick
    /// when one has ended, since its schedstat ended with it.
    pub fn since(&self, earlier: &Self) -> u64 {
        if earlier.threads.keys().all(|tid| self.threads.contains_key(tid)) {
            let before = |tid| earlier.threads.get(tid).copied().unwrap_or(0);
            self.threads.iter().map(|(tid, now)| now.saturating_sub(before(tid))).sum()
        } else {
            self.ticks.saturating_sub(earlier.ticks) * TICK_NS
        }
    }
}

/// Resident memory of the tree in MB (10^6 bytes).
pub fn resident_mb(root: u32) -> f64 {
    let kib: f64 = tree(root).into_iter().filter_map(vm_rss_kib).sum();
    kib * 1024.0 / 1e6
}

fn vm_rss_kib(pid: u32) -> Option<f64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.split_whitespace().next()?.parse().ok()
}

/// utime + stime + those of children already waited for (proc_pid_stat(5), fields 14 to 17).
fn stat_ticks(pid: u32) -> Option<u64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The second field is the name in parentheses and may hold spaces.
    let fields = stat.rsplit_once(')')?.1;
    Some(fields.split_whitespace().skip(11).take(4).filter_map(|field| field.parse::<u64>().ok()).sum())
}

fn tree(root: u32) -> Vec<u32> {
    let mut found = vec![root];
    let mut next = 0;
    while let Some(pid) = found.get(next).copied() {
        for tid in numbers_in(&format!("/proc/{pid}/task")) {
            let children = fs::read_to_string(format!("/proc/{pid}/task/{tid}/children")).unwrap_or_default();
            found.extend(children.split_whitespace().filter_map(|child| child.parse::<u32>().ok()));
        }
        next += 1;
    }
    found
}

fn numbers_in(folder: &str) -> Vec<u32> {
    let Ok(entries) = fs::read_dir(Path::new(folder)) else { return Vec::new() };
    entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_shows_on_the_clock() {
        let me = std::process::id();
        let before = Reading::take(me);
        let mut sum = 0u64;
        for n in 0..20_000_000u64 {
            sum = std::hint::black_box(sum.wrapping_mul(31).wrapping_add(n));
        }
        std::hint::black_box(sum);
        let used = Reading::take(me).since(&before);
        assert!(used > 1_000_000, "{used} ns");
        assert!(resident_mb(me) > 0.5);
    }

    #[test]
    fn a_thread_that_ended_is_counted_in_ticks() {
        let before = Reading { threads: [(1, 5), (2, 7)].into(), ticks: 3 };
        let after = Reading { threads: [(1, 9), (3, 4)].into(), ticks: 8 };
        assert_eq!(after.since(&before), 5 * TICK_NS);
        let after = Reading { threads: [(1, 9), (2, 8), (3, 4)].into(), ticks: 8 };
        assert_eq!(after.since(&before), 4 + 1 + 4);
    }
}
