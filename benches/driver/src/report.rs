//! Rounds of one operation, and the tables of docs/performance.md.

use crate::load::Sample;
use crate::stats::{median, percentile};

/// One round's figures.
#[derive(Debug, Clone, Copy)]
pub struct Round {
    /// CPU milliseconds of the server per operation.
    pub cpu_ms: f64,
    /// Operations per second of wall time.
    pub per_s: f64,
    /// The middle operation's time, milliseconds.
    pub p50_ms: f64,
    /// The 99th percentile, milliseconds.
    pub p99_ms: f64,
    /// The share of its core the server used; far below 1 it waited for the disk, or for the driver.
    pub share: f64,
    /// Resident memory before and after, MB.
    pub memory_mb: (f64, f64),
}

impl Round {
    /// Condenses a sample.
    pub fn of(mut sample: Sample, memory_mb: (f64, f64)) -> Self {
        let ops = sample.ops as f64;
        Self {
            cpu_ms: sample.cpu_s * 1e3 / ops,
            per_s: ops / sample.wall_s,
            p50_ms: f64::from(percentile(&mut sample.micros, 50.0)) / 1e3,
            p99_ms: f64::from(percentile(&mut sample.micros, 99.0)) / 1e3,
            share: sample.cpu_s / sample.wall_s,
            memory_mb,
        }
    }

    /// The median of every figure; memory from the first round's start to the last one's end.
    pub fn middle(rounds: &[Self]) -> Self {
        let of = |pick: fn(&Self) -> f64| median(rounds.iter().map(pick));
        let before = rounds.first().map_or(f64::NAN, |round| round.memory_mb.0);
        let after = rounds.last().map_or(f64::NAN, |round| round.memory_mb.1);
        Self {
            cpu_ms: of(|r| r.cpu_ms),
            per_s: of(|r| r.per_s),
            p50_ms: of(|r| r.p50_ms),
            p99_ms: of(|r| r.p99_ms),
            share: of(|r| r.share),
            memory_mb: (before, after),
        }
    }
}

/// A row of both tables.
#[derive(Debug)]
pub struct Row {
    /// The operation.
    pub label: &'static str,
    /// CPU milliseconds to reach.
    pub goal_ms: Option<f64>,
    /// Portico's rounds.
    pub ours: Vec<Round>,
    /// The peer's rounds.
    pub peer: Vec<Round>,
}

/// The head of the table of one server.
const HEAD: &str = "\
| operation | CPU ms | goal | ratio | ops/s | ops per CPU s | p50 ms | p99 ms | core | RSS MB |
|---|---|---|---|---|---|---|---|---|---|";

/// The table of one server, Portico's when it ran.
pub fn table(rows: &[Row]) -> String {
    let mut lines = vec![HEAD.to_owned()];
    for row in rows {
        let (rounds, goal) = if row.ours.is_empty() { (&row.peer, None) } else { (&row.ours, row.goal_ms) };
        if rounds.is_empty() {
            lines.push(format!("| {} | failed | {} | | | | | | | |", row.label, figure(row.goal_ms)));
            continue;
        }
        let m = Round::middle(rounds);
        lines.push(format!(
            "| {} | {:.3} | {} | {} | {:.0} | {:.0} | {:.2} | {:.2} | {:.0} % | {:.0} → {:.0} |",
            row.label,
            m.cpu_ms,
            figure(goal),
            goal.map_or_else(|| "—".to_owned(), |goal| format!("{:.2} ×", m.cpu_ms / goal)),
            m.per_s,
            1e3 / m.cpu_ms,
            m.p50_ms,
            m.p99_ms,
            m.share * 100.0,
            m.memory_mb.0,
            m.memory_mb.1,
        ));
    }
    lines.join("\n")
}

/// Both servers side by side: CPU of the peer over CPU of Portico, round by round, then the median.
pub fn comparison(rows: &[Row], peer: &str) -> String {
    let mut lines = vec![
        format!(
            "| operation | Portico, CPU ms | {peer}, CPU ms | ratio | ops/s | ops/s of the peer | p99 ms | p99 of the peer |"
        ),
        "|---|---|---|---|---|---|---|---|".to_owned(),
    ];
    for row in rows.iter().filter(|row| !row.ours.is_empty() && !row.peer.is_empty()) {
        let (us, them) = (Round::middle(&row.ours), Round::middle(&row.peer));
        let ratio = median(row.peer.iter().zip(&row.ours).map(|(peer, ours)| peer.cpu_ms / ours.cpu_ms));
        lines.push(format!(
            "| {} | {:.3} | {:.3} | {ratio:.1} × | {:.0} | {:.0} | {:.1} | {:.1} |",
            row.label, us.cpu_ms, them.cpu_ms, us.per_s, them.per_s, us.p99_ms, them.p99_ms
        ));
    }
    lines.join("\n")
}

fn figure(goal: Option<f64>) -> String {
    goal.map_or_else(|| "—".to_owned(), |goal| format!("{goal:.3}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round(cpu_ms: f64) -> Round {
        Round { cpu_ms, per_s: 100.0, p50_ms: 1.0, p99_ms: 2.0, share: 1.0, memory_mb: (10.0, 20.0) }
    }

    #[test]
    fn a_sample_is_divided_by_its_operations() {
        let sample = Sample { ops: 4, wall_s: 2.0, cpu_s: 1.0, micros: vec![1000, 2000, 3000, 9000] };
        let round = Round::of(sample, (1.0, 2.0));
        assert!((round.cpu_ms - 250.0).abs() < 1e-9 && (round.per_s - 2.0).abs() < 1e-9);
        assert!((round.p50_ms - 2.0).abs() < 1e-9 && (round.p99_ms - 9.0).abs() < 1e-9);
    }

    #[test]
    fn ratios_are_taken_round_by_round() {
        let row = Row {
            label: "x",
            goal_ms: Some(0.1),
            ours: vec![round(0.1), round(0.2), round(0.4)],
            peer: vec![round(1.0), round(1.0), round(8.0)],
        };
        assert!(table(std::slice::from_ref(&row)).contains("| x | 0.200 | 0.100 | 2.00 × |"));
        assert!(comparison(&[row], "peer").contains("| 10.0 × |"));
    }

    #[test]
    fn a_failed_row_is_not_left_out() {
        let row = Row { label: "x", goal_ms: None, ours: vec![], peer: vec![] };
        assert!(table(&[row]).contains("| x | failed |"));
    }
}
