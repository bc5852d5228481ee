//! The closed loop: N keep-alive connections, each with one operation under way, all driven by one thread
//! that never blocks on a socket: it looks at all of them, and naps when nothing has come. So a server's answer never
//! has to wake a sleeping client, which would be charged to the server.

use std::net::SocketAddr;
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::connection::Connection;
use crate::cpu::Reading;
use crate::http::Answer;
use crate::target::Target;

/// What an answer led to.
#[derive(Debug, PartialEq, Eq)]
pub enum Step {
    /// The operation goes on: its next request is in the buffer.
    Next,
    /// The operation is complete.
    Done,
}

/// One kind of operation. `slot` is the connection; a slot has one operation under way at a time.
pub trait Scenario {
    /// Called before each round, outside the measurement: makes the tokens a round needs.
    ///
    /// # Errors
    /// Why the round cannot start.
    fn prepare(&mut self, _target: &Target, _plan: &Plan) -> Result<(), String> {
        Ok(())
    }

    /// Whether what [`Scenario::prepare`] made can be used only once, so that a warm-up must be short.
    fn once_only(&self) -> bool {
        false
    }

    /// Writes the first request of a new operation; `false` when nothing is left to do.
    fn begin(&mut self, slot: usize, out: &mut Vec<u8>) -> bool;

    /// Judges an answer, and writes the next request if the operation has one.
    ///
    /// # Errors
    /// What is wrong with the answer; the run ends there.
    fn answer(&mut self, slot: usize, answer: &Answer<'_>, out: &mut Vec<u8>) -> Result<Step, String>;
}

/// How long and how wide to run.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// Keep-alive connections.
    pub connections: usize,
    /// Time before the measurement.
    pub warm_up: Duration,
    /// Time of the measurement.
    pub measure: Duration,
}

/// What a run measured.
#[derive(Debug, Default)]
pub struct Sample {
    /// Completed operations.
    pub ops: u64,
    /// Wall time, seconds.
    pub wall_s: f64,
    /// CPU of the server's tree, seconds.
    pub cpu_s: f64,
    /// Time of each operation, microseconds.
    pub micros: Vec<u32>,
}

/// How long to look away when nothing has come. The kernel rounds it up to some 60 µs, in which a server
/// answers few of its 16 connections, so that it never runs dry; but its core's sibling thread is left alone.
const NAP: Duration = Duration::from_micros(1);

/// Warms up, then measures for the plan's time or until the scenario has nothing left.
///
/// # Errors
/// The first wrong answer, broken connection or hang.
pub fn measure(target: &Target, scenario: &mut dyn Scenario, plan: &Plan) -> Result<Sample, String> {
    let mut pool = Pool::open(target, plan.connections)?;
    let warm_up = if scenario.once_only() { plan.warm_up / 10 } else { plan.warm_up };
    let begun = Instant::now();
    pool.drive(scenario, |_| begun.elapsed() < warm_up)?;
    pool.micros.clear();
    let (before, start) = (Reading::take(target.pid), Instant::now());
    pool.drive(scenario, |_| start.elapsed() < plan.measure)?;
    let (wall, cpu) = (start.elapsed(), Reading::take(target.pid).since(&before));
    let micros = std::mem::take(&mut pool.micros);
    if micros.is_empty() {
        return Err("no operation was completed in the measured time".to_owned());
    }
    pool.drain(scenario)?;
    Ok(Sample { ops: micros.len() as u64, wall_s: wall.as_secs_f64(), cpu_s: cpu as f64 / 1e9, micros })
}

/// Runs operations outside any measurement until `go_on` (given the number completed) says stop.
///
/// # Errors
/// As [`measure`].
pub fn fill(
    target: &Target,
    scenario: &mut dyn Scenario,
    connections: usize,
    go_on: impl FnMut(usize) -> bool,
) -> Result<(), String> {
    let mut pool = Pool::open(target, connections)?;
    pool.drive(scenario, go_on)?;
    pool.drain(scenario)
}

struct Pool {
    addr: SocketAddr,
    connections: Vec<Connection>,
    micros: Vec<u32>,
    exhausted: bool,
}

impl Pool {
    fn open(target: &Target, count: usize) -> Result<Self, String> {
        let connections = (0..count).map(|_| Connection::open(target.addr)).collect::<Result<_, _>>()?;
        Ok(Self { addr: target.addr, connections, micros: Vec::with_capacity(1 << 20), exhausted: false })
    }

    /// Keeps every connection busy while `go_on` holds; returns with operations still under way.
    fn drive(
        &mut self,
        scenario: &mut dyn Scenario,
        mut go_on: impl FnMut(usize) -> bool,
    ) -> Result<(), String> {
        while !self.exhausted && go_on(self.micros.len()) {
            self.sweep(scenario, true)?;
        }
        Ok(())
    }

    /// Lets what is under way come to its end.
    fn drain(&mut self, scenario: &mut dyn Scenario) -> Result<(), String> {
        while self.connections.iter().any(|connection| connection.busy) {
            self.sweep(scenario, false)?;
        }
        Ok(())
    }

    /// Looks at each connection once, and naps if none had heard anything.
    fn sweep(&mut self, scenario: &mut dyn Scenario, start: bool) -> Result<(), String> {
        let mut heard = false;
        for (slot, connection) in self.connections.iter_mut().enumerate() {
            if !connection.busy && start && !self.exhausted {
                connection.begin();
                if scenario.begin(slot, &mut connection.out) {
                    connection.send(self.addr)?;
                } else {
                    connection.busy = false;
                    self.exhausted = true;
                }
            }
            let step = if connection.busy { connection.receive(scenario, slot, self.addr)? } else { None };
            heard |= step.is_some();
            if step == Some(Step::Done) {
                let micros = connection.started.elapsed().as_micros();
                self.micros.push(u32::try_from(micros).unwrap_or(u32::MAX));
            }
        }
        if !heard {
            sleep(NAP);
        }
        Ok(())
    }
}
